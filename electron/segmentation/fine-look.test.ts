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

/** By thresholds that no mean of eight voxels meets: air is 0, head 0.3, cortex 0.6, white matter 1. */
const kindOf = (value: number) =>
  value < 0.143 ? AIR : value < 0.457 ? HEAD : value < 0.777 ? CORTEX : WHITE;

/** Stands in for the first network: it knows a voxel by its mean. */
const coarse: RunBlocks = async (image, shape, take) => {
  const probabilities = new Float32Array(card.labels.length * image.length);
  image.forEach((v, n) => {
    probabilities[kindOf(v) * image.length + n] = 1;
  });
  take({ probabilities, shape, origin: [0, 0, 0], from: [0, 0, 0], to: shape });
};

/** Stands in for the second: it knows each part by its value. @param seen shapes of the parts; `unlike`: see below */
function fine(maxVoxels: number, seen: Shape3[] = [], unlike: number[] = []): RunFine {
  return async (order, take) => {
    await runInTiles(
      async ({ origin, shape }) => {
        seen.push(shape);
        const { image, probabilities } = order.input(origin, shape);
        const count = shape[0] * shape[1] * shape[2];
        expect(image).toHaveLength(8 * count);
        const out = new Float32Array(card.labels.length * 8 * count);
        let off = 0;
        // Share of the voxels whose eight parts together are not what the first network said of them.
        let other = 0;
        for (let n = 0; n < count; n++) {
          let mean = 0;
          for (let part = 0; part < 8; part++) mean += image[part * count + n]! / 8;
          if (probabilities[kindOf(mean) * count + n] !== 1) other += 1 / count;
        }
        unlike.push(other);
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
    return true;
  };
}

/** Stripes of one voxel, uneven in all three directions, so that no two axes can be confused. */
const stripes = (i: number, j: number, k: number) => i + 2 * (j >> 1) + (k % 3);

/** A head of 54 to 68 mm, different along each axis, with a brain whose two tissues alternate around a white middle from voxel to voxel; the truth beside it. */
function head(affine: Affine, shape: Shape3, stripe = stripes) {
  const data = new Float32Array(shape[0] * shape[1] * shape[2]);
  const truth = new Int16Array(data.length);
  const middle = apply(affine, (shape[0] - 1) / 2, (shape[1] - 1) / 2, (shape[2] - 1) / 2);
  let n = 0;
  for (let k = 0; k < shape[2]; k++) {
    for (let j = 0; j < shape[1]; j++) {
      for (let i = 0; i < shape[0]; i++, n++) {
        const p = apply(affine, i, j, k);
        const r = Math.hypot(1.25 * (p[0] - middle[0]), p[1] - middle[1], 1.1 * (p[2] - middle[2]));
        const kind = r > 34 ? AIR : r > 26 ? HEAD : r > 12 && stripe(i, j, k) % 2 ? CORTEX : WHITE;
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
    const unlike: number[] = [];
    const after = await segmentVolume(volume, card, coarse, 'head', () => {}, fine(Infinity, [], unlike));
    expect(unlike).toHaveLength(1);
    expect(unlike[0]).toBeLessThan(1e-3);
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

  it('is half a voxel off on odd extents, and still better than the first', async () => {
    const { volume, truth } = head(diag(1, 1, 1), [71, 73, 75], (_i, j) => Math.floor(j / 4));
    const before = await segmentVolume(volume, card, coarse, 'head');
    const after = await segmentVolume(volume, card, coarse, 'head', () => {}, fine(Infinity));
    expect(right(after.labels.data, truth)).toBeGreaterThan(right(before.labels.data, truth) + 0.03);
    expect(after.labels.shape).toEqual([71, 73, 75]);
  });

  it('does not stand where it sees another brain, or where memory ran out, and says so', async () => {
    const { volume } = head(diag(1, 1, 1), [72, 74, 76]);
    const before = await segmentVolume(volume, card, coarse, 'head');
    const blind: RunFine = async ({ from, to }, take) => {
      const shape = to.map((n, axis) => n - from[axis]!) as unknown as Shape3;
      const count = 8 * shape[0] * shape[1] * shape[2];
      const probabilities = new Float32Array(card.labels.length * count).fill(1, 0, count);
      take({ probabilities, shape, origin: from, from, to });
      return true;
    };
    for (const [run, level, why] of [
      [blind, 'warning', /the brain is another one/],
      [async () => false, 'info', /not enough memory/],
    ] as const) {
      const { problems, ...found } = await segmentVolume(volume, card, coarse, 'head', () => {}, run);
      expect(problems.at(-1)).toMatchObject({
        code: 'second-look-left-out',
        level,
        message: expect.stringMatching(why),
      });
      expect({ ...found, problems: problems.slice(0, -1) }).toEqual(before);
    }
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
