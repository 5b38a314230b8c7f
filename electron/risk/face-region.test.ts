import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Affine, apply, diag, fromColumns, identity, type Vec3 } from '../../shared/geometry/affine.ts';
import { averageHead } from '../deidentify/face/average-head.ts';
import type { AverageHead, FaceFrame } from '../deidentify/face/face-frame.ts';
import { averageHeadRegion, type FaceRegion, windowRegion, withinScan } from './face-region.ts';

const MODELS = join(fileURLToPath(import.meta.url), '..', '..', '..', 'models');
let average: AverageHead;
beforeAll(async () => {
  average = (await averageHead(MODELS))!;
});

const placed = (averageToWorld: Affine): FaceFrame => ({
  averageToWorld,
  residualMm: 1,
  source: 'centroids',
  problems: [],
});

/** Landmarks of models/average-head/card.json, average mm. */
const FACE: Record<string, Vec3> = {
  'nose tip': [0, 97, -80],
  nasion: [0, 84.8, -44],
  lips: [0, 80, -105],
  chin: [0, 68.5, -134],
  'left eye': [-32, 70, -52],
  'right eye': [32, 68.2, -52],
};
const NOT_FACE: Record<string, Vec3> = {
  'left ear': [-82, -34.4, -47.2],
  'right ear': [82, -40.8, -47.2],
  forehead: [0, 84, 20],
  'top of the head': [0, -20, 90],
  'back of the head': [0, -115, 0],
  'middle of the brain': [0, -20, 10],
};

describe('region of the average head', () => {
  it.each([
    ['where it is', identity()],
    ['moved, zoomed and turned', fromColumns([0.9, 0.2, 0], [-0.2, 0.9, 0.1], [0, -0.1, 1.1], [12, -30, 5])],
  ])('holds eyes, nose, lips and chin, and no ear, forehead or skull: %s', (_, averageToWorld) => {
    const region = averageHeadRegion(average, placed(averageToWorld));
    expect(region.from).toBe('average-head');
    for (const [name, at] of Object.entries(FACE))
      expect(region.contains(...apply(averageToWorld, ...at)), name).toBe(true);
    for (const [name, at] of Object.entries(NOT_FACE))
      expect(region.contains(...apply(averageToWorld, ...at)), name).toBe(false);
  });

  it('goes on in front of the average skin and a little behind it', () => {
    const region = averageHeadRegion(average, placed(identity()));
    expect(region.contains(0, 97 + 40, -80)).toBe(true);
    expect(region.contains(0, 80 - 12, -105)).toBe(true);
    expect(region.contains(0, 500, -80)).toBe(true);
  });
});

describe('window in front of the brain', () => {
  it('holds brow to chin in the frame of the brain', () => {
    const region = windowRegion(diag(1, 1, 1.2));
    expect(region.from).toBe('window');
    expect(region.contains(0, 90, -60 * 1.2)).toBe(true);
    expect(region.contains(0, 90, -118 * 1.2)).toBe(false);
    expect(region.contains(0, 90, -118)).toBe(true);
    expect(region.contains(60, 70, -60)).toBe(false);
    expect(region.contains(0, -100, -60)).toBe(false);
  });
});

it('leaves out what lies at the border of the scan', () => {
  const all: FaceRegion = { from: 'window', contains: () => true };
  // 20 voxels of 2 mm: centres from −19 to 19 mm.
  const affine = fromColumns([-2, 0, 0], [0, 2, 0], [0, 0, 2], [19, -19, -19]);
  const region = withinScan(all, { shape: [20, 20, 20], affine });
  expect(region.contains(0, 0, 0)).toBe(true);
  expect(region.contains(0, 15.9, 0)).toBe(true);
  expect(region.contains(0, 16.1, 0)).toBe(false);
  expect(region.contains(-16.1, 0, 0)).toBe(false);
  expect(region.contains(0, 0, -30)).toBe(false);
});
