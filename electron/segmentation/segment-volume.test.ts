// Oracle: scipy and torch on one oblique, anisotropic, scaled scan (build/oracle/segmentation.py).
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { diag } from '../../shared/geometry/affine.ts';
import type { OpenNetwork } from '../inference/device.ts';
import { loadModelCard } from '../inference/model-card.ts';
import { openOnnxNetwork } from '../inference/onnx-network.ts';
import { readNifti } from '../volume/nifti.ts';
import type { Volume } from '../volume/volume.ts';
import { labelGrid } from './label-grid.ts';
import { networkInput, SegmentationInputError } from './network-input.ts';
import { ProbabilityMap } from './probability-map.ts';
import { type RunBlocks, segmentVolume } from './segment-volume.ts';
import oracle from './segmentation.fixture.json' with { type: 'json' };
import { softVolumes } from './soft-volumes.ts';

const model = loadModelCard(resolve('electron/inference/fixtures/tiny'));
const { card } = model;
let scan: Volume;
let open: OpenNetwork;
const whole: RunBlocks = async (image, shape, take) => {
  const probabilities = await open.network(image, shape);
  take({ probabilities, shape, origin: [0, 0, 0], from: [0, 0, 0], to: shape });
};

beforeAll(async () => {
  scan = (await readNifti(gunzipSync(Buffer.from(oracle.scan, 'base64')))).volume;
  open = await openOnnxNetwork(readFileSync(join(model.dir, card.file)), card, 'cpu', 1);
});

describe('the way into the network', () => {
  it('conforms, scales, pads and transposes as scipy does, within 1e-4', () => {
    const input = networkInput(scan, card.input);
    expect(input.grid.shape).toEqual(oracle.grid.shape);
    input.grid.affine.forEach((v, n) => {
      expect(v).toBeCloseTo(oracle.grid.affine[n]!, 4);
    });
    expect(input.shape).toEqual(oracle.padded);
    const off = oracle.tensorAt.map((at, n) => Math.abs(input.image[at]! - oracle.tensor[n]!));
    // float32 interpolation against float64; a voxel on the very edge of the field of view may fall to either side.
    expect(off.filter((d) => d > 1e-4).length).toBeLessThanOrEqual(2);
    const sum = input.image.reduce((a, b) => a + b, 0);
    expect(Math.abs(sum / oracle.tensorSum - 1)).toBeLessThan(1e-4);
  });

  const flat = (shape: number[], fill: (n: number) => number, size = 2): Volume => ({
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, n) => fill(n)),
    shape,
    affine: diag(size, size, size),
    slope: 1,
    inter: 0,
  });
  it.each([
    ['all voxels alike', flat([20, 20, 20], () => 7), /light and dark.*all 7/],
    ['nothing but NaN', flat([20, 20, 20], () => Number.NaN), /light and dark.*all 0/],
    ['a single slice', flat([64, 64, 1], (n) => n), /at least 32 mm.*64×64×1/],
    ['a tiny box', flat([8, 8, 8], (n) => n), /at least 32 mm.*16×16×16 mm/],
    ['voxel sizes in the wrong unit', flat([20, 20, 20], (n) => n, 2000), /Expected a scan of a head/],
  ])('refuses %s by name', (_name, volume, message) => {
    const attempt = () => networkInput(volume, card.input);
    expect(attempt).toThrow(SegmentationInputError);
    expect(attempt).toThrow(message);
  });

  it('takes values that are no numbers as 0, and counts them', () => {
    const volume = flat([20, 20, 20], (n) => (n % 4 === 0 ? Number.POSITIVE_INFINITY : n % 17));
    const input = networkInput(volume, card.input);
    expect(input.notFinite).toBeCloseTo(0.25, 6);
    expect(input.image.every(Number.isFinite)).toBe(true);
  });
});

describe('the way out of the network', () => {
  it('volumes, centroids, labels and confidence as torch and scipy have them', async () => {
    const input = networkInput(scan, card.input);
    const map = new ProbabilityMap(input.grid, card.labels.length);
    await whole(input.image, input.shape, (block) => map.add(block));
    // Air, head, fluid, cortex, white matter: all but the first two are brain, the fluid is scattered.
    const found = softVolumes(map, Uint8Array.of(0, 0, 1, 1, 1), Uint8Array.of(0, 0, 1, 0, 0));
    oracle.volumesMm3.forEach((mm3, c) => {
      expect(Math.abs(found[c]!.volumeMm3 / mm3 - 1), `volume of channel ${c}`).toBeLessThan(1e-3);
      found[c]!.centroidRas!.forEach((v, n) => {
        expect(Math.abs(v - oracle.centroids[c]![n]!), `centroid of channel ${c}`).toBeLessThan(0.01);
      });
    });
    const native = labelGrid(map, { shape: scan.shape, affine: scan.affine });
    const expected = gunzipSync(Buffer.from(oracle.labels, 'base64'));
    let different = 0;
    for (let n = 0; n < expected.length; n++) if (native.channel[n] !== expected[n]) different++;
    expect(different / expected.length).toBeLessThan(5e-4);
    for (let c = 1; c < 5; c++) {
      expect(native.confidence[c]! / native.counts[c]!).toBeCloseTo(oracle.confidence[c]!, 2);
    }
  });

  it('gives labels on the scan’s own grid and says what is odd about a head of one ball', async () => {
    const found = await segmentVolume(scan, card, whole, 'ball.nii.gz');
    expect(found.labels.shape).toEqual(scan.shape);
    expect(found.labels.affine).toEqual(scan.affine);
    expect(new Set(found.labels.data)).toEqual(new Set([130, 258, 24, 3, 2]));
    const codes = found.problems.map((p) => p.code);
    expect(codes).toContain('brain-volume-implausible');
    expect(found.problems.every((p) => p.level === 'warning' && p.subject === 'ball.nii.gz')).toBe(true);
    expect(found.confidence).toBeGreaterThan(0.5);
    expect(found.confidence).toBeLessThanOrEqual(1);
  });

  it('segments the first frame of a series of frames, whatever the later ones hold', async () => {
    const one = scan.data as Int16Array;
    const data = new Int16Array(one.length * 3);
    data.set(one);
    data.fill(4000, one.length);
    const film = { ...scan, data, shape: [...scan.shape, 3] };
    const [single, first] = [
      await segmentVolume(scan, card, whole, 'a'),
      await segmentVolume(film, card, whole, 'a'),
    ];
    expect(first.labels.shape).toEqual(scan.shape);
    expect(first.labels.data).toEqual(single.labels.data);
    expect(first.structures).toEqual(single.structures);
  });
});
