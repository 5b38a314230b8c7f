import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Affine, apply, diag } from '../../shared/geometry/affine.ts';
import { loadModelCard, type ModelCard } from '../inference/model-card.ts';
import { runInTiles } from '../inference/tiles.ts';
import type { Volume } from '../volume/volume.ts';
import type { RunFine } from './fine-look.ts';
import type { Shape3 } from './network.ts';
import { type RunBlocks, segmentVolume } from './segment-volume.ts';

/** Air, head, fluid, cortex, white matter. */
const tiny = loadModelCard(resolve('electron/inference/fixtures/tiny')).card;
const [AIR, HEAD, CORTEX, WHITE] = [0, 1, 3, 4];
const MARGIN = 3;
const card: ModelCard = {
  ...tiny,
  fine: {
    file: 'fine.onnx',
    sha256: 'f'.repeat(64),
    bytes: 1,
    image: 'image',
    probabilities: 'probabilities',
    output: 'fine',
    tileMarginVoxels: MARGIN,
    largestVoxelMm: 1.5,
  },
};
const label = (channel: number) => card.labels[channel]!.label;

/** Thresholds of a ball's image: air 0, head 0.3, cortex 0.6, white matter 1. */
const kindOf = (value: number) => (value < 0.15 ? AIR : value < 0.45 ? HEAD : value < 0.8 ? CORTEX : WHITE);

/** Stands in for the first network: it knows a voxel by its mean. */
const coarse: RunBlocks = async (image, shape, take) => {
  const probabilities = new Float32Array(card.labels.length * image.length);
  image.forEach((v, n) => {
    probabilities[kindOf(v) * image.length + n] = 1;
  });
  take({ probabilities, shape, origin: [0, 0, 0], from: [0, 0, 0], to: shape });
};

/** Stands in for the second: it knows each part by its value, and sees nothing where the first one saw nothing. */
function fine(maxVoxels: number, seen: Shape3[] = []): RunFine {
  return (order, take) =>
    runInTiles(
      async ({ origin, shape }) => {
        seen.push(shape);
        const { image, probabilities } = order.input(origin, shape);
        const count = shape[0] * shape[1] * shape[2];
        expect(image).toHaveLength(8 * count);
        const out = new Float32Array(card.labels.length * 8 * count);
        let off = 0;
        for (let part = 0; part < 8; part++) {
          for (let n = 0; n < count; n++) {
            let known = 0;
            for (let c = 0; c < card.labels.length; c++) known += probabilities[c * count + n]!;
            off = Math.max(off, Math.abs(known - 1));
            out[(kindOf(image[part * count + n]!) * 8 + part) * count + n] = 1;
          }
        }
        expect(off).toBeLessThan(1e-5);
        return out;
      },
      order.shape,
      { multipleOf: 1, margin: MARGIN, maxVoxels, region: order },
      take,
    );
}

/** A head of 68 mm with a brain whose two tissues alternate from voxel to voxel; the truth beside it. */
function head(affine: Affine, shape: Shape3) {
  const data = new Float32Array(shape[0] * shape[1] * shape[2]);
  const truth = new Int16Array(data.length);
  const middle = apply(affine, (shape[0] - 1) / 2, (shape[1] - 1) / 2, (shape[2] - 1) / 2);
  let n = 0;
  for (let k = 0; k < shape[2]; k++) {
    for (let j = 0; j < shape[1]; j++) {
      for (let i = 0; i < shape[0]; i++, n++) {
        const p = apply(affine, i, j, k);
        const r = Math.hypot(p[0] - middle[0], p[1] - middle[1], p[2] - middle[2]);
        // Stripes of one voxel in the brain; uneven in all three directions, so that no two axes can be confused.
        const kind = r > 34 ? AIR : r > 26 ? HEAD : (i + 2 * (j >> 1) + (k % 3)) % 2 ? CORTEX : WHITE;
        data[n] = [0, 0.3, 0, 0.6, 1][kind]!;
        truth[n] = label(kind);
      }
    }
  }
  const volume: Volume = { data, shape: [...shape], affine, slope: 1, inter: 0 };
  return { volume, truth };
}

/** Share of the brain's voxels that are labelled as they are. */
function right(found: ArrayLike<number>, truth: Int16Array): number {
  let [same, all] = [0, 0];
  for (let n = 0; n < truth.length; n++) {
    if (truth[n] !== label(CORTEX) && truth[n] !== label(WHITE)) continue;
    all++;
    if (found[n] === truth[n]) same++;
  }
  return same / all;
}

// Rows: the scan's axes as RAS, mirrored, and turned; all of 1 mm, on even extents, so that the finer grid is the scan's own.
const grids: [string, Affine][] = [
  ['RAS', diag(1, 1, 1)],
  ['LPI', diag(-1, -1, -1)],
  ['PIR', Float64Array.of(0, 0, 1, 3, -1, 0, 0, 12, 0, -1, 0, -8, 0, 0, 0, 1)],
];

describe('the second look', () => {
  it.each(grids)('names every voxel of a 1 mm scan in %s by what is there', async (_name, affine) => {
    const { volume, truth } = head(affine, [72, 74, 76]);
    const before = await segmentVolume(volume, card, coarse, 'head');
    expect(right(before.labels.data, truth)).toBeLessThan(0.75);
    const after = await segmentVolume(volume, card, coarse, 'head', () => {}, fine(Infinity));
    expect(right(after.labels.data, truth)).toBeGreaterThan(0.999);
    // Outside of the brain the first look stands where the second did not look; checks and certainty are the first one's.
    expect(after.labels.data[0]).toBe(label(AIR));
    expect([before.spacingMm, after.spacingMm]).toEqual([2, 1]);
    expect(after.confidence).toBe(before.confidence);
    expect(after.problems).toEqual(before.problems);
    const count = truth.reduce((sum, v) => sum + (v === label(CORTEX) ? 1 : 0), 0);
    expect(after.structures[CORTEX]!.volumeMm3 / count).toBeCloseTo(1, 2);
    expect(after.structures[HEAD]).toEqual(before.structures[HEAD]);
  });

  it('gives the same in parts as in one piece', async () => {
    const { volume } = head(diag(1, 1, 1), [72, 74, 76]);
    const seen: Shape3[] = [];
    const whole = await segmentVolume(volume, card, coarse, 'head', () => {}, fine(Infinity));
    const parts = await segmentVolume(volume, card, coarse, 'head', () => {}, fine(20 ** 3, seen));
    expect(seen.length).toBeGreaterThan(8);
    expect(Math.max(...seen.map(([x, y, z]) => x * y * z))).toBeLessThanOrEqual(20 ** 3);
    expect(parts.labels.data).toEqual(whole.labels.data);
    parts.structures.forEach((s, c) => {
      expect(s.volumeMm3).toBeCloseTo(whole.structures[c]!.volumeMm3, 3);
    });
  });

  it('leaves oblique voxels outside its box to the first look, and labels those inside', async () => {
    const turned = Float64Array.of(0.96, -0.28, 0, 5, 0.28, 0.96, 0, -9, 0, 0, 1, 2, 0, 0, 0, 1);
    const { volume, truth } = head(turned, [72, 74, 76]);
    const found = await segmentVolume(volume, card, coarse, 'head', () => {}, fine(Infinity));
    const head0 = await segmentVolume(volume, card, coarse, 'head');
    expect(found.labels.data[0]).toBe(head0.labels.data[0]);
    // Interpolated between stripes of one voxel: better than the first look, not perfect.
    expect(right(found.labels.data, truth)).toBeGreaterThan(right(head0.labels.data, truth) + 0.05);
  });

  it.each([
    ['a 2 mm scan', diag(2, 2, 2), [40, 40, 40] as Shape3],
    ['thick slices', diag(1, 1, 3), [72, 74, 30] as Shape3],
  ])('is not for %s', async (_name, affine, shape) => {
    const { volume } = head(affine, shape);
    const seen: Shape3[] = [];
    const found = await segmentVolume(volume, card, coarse, 'head', () => {}, fine(Infinity, seen));
    expect(seen).toEqual([]);
    expect(found.labels).toEqual((await segmentVolume(volume, card, coarse, 'head')).labels);
  });

  it('has nothing to look at where the first network saw no brain', async () => {
    const { volume } = head(diag(1, 1, 1), [72, 74, 76]);
    const blind: RunBlocks = async (image, shape, take) => {
      const probabilities = new Float32Array(card.labels.length * image.length).fill(1, 0, image.length);
      take({ probabilities, shape, origin: [0, 0, 0], from: [0, 0, 0], to: shape });
    };
    const seen: Shape3[] = [];
    await segmentVolume(volume, card, blind, 'head', () => {}, fine(Infinity, seen));
    expect(seen).toEqual([]);
  });
});
