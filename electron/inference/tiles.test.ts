// Oracle: the same network over the whole image at once.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Block, Network, Shape3 } from '../segmentation/network.ts';
import { loadModelCard } from './model-card.ts';
import { NotFiniteError } from './not-finite.ts';
import { openOnnxNetwork } from './onnx-network.ts';
import { nodesOfType } from './onnx-nodes.ts';
import { OutOfMemoryError, planTiles, runInTiles } from './tiles.ts';

const model = loadModelCard(resolve('electron/inference/fixtures/tiny'));
const weights = readFileSync(join(model.dir, 'model.onnx'));
const shape: Shape3 = [40, 32, 24];
const size = 40 * 32 * 24;
const image = Float32Array.from(
  { length: size },
  (_, n) => Math.abs(Math.sin(n * 12.9898) * 43758.5453) % 1.1,
);
const rules = { multipleOf: 8, margin: 8, maxVoxels: size };
let network: Network;
let whole: Float32Array;

beforeAll(async () => {
  network = (await openOnnxNetwork(weights, model.card, 'cpu', 1)).network;
  whole = await network(image, shape);
});

/** Puts blocks together; fails when a voxel is given twice or never. */
async function assemble(run: (take: (block: Block) => void) => Promise<void>): Promise<Float32Array> {
  const out = new Float32Array(5 * size);
  const given = new Uint8Array(size);
  await run(({ probabilities, shape: s, origin, from, to }) => {
    for (let x = from[0]; x < to[0]; x++)
      for (let y = from[1]; y < to[1]; y++)
        for (let z = from[2]; z < to[2]; z++) {
          const voxel = z + shape[2] * (y + shape[1] * x);
          const own = z - origin[2] + s[2] * (y - origin[1] + s[1] * (x - origin[0]));
          given[voxel]!++;
          for (let c = 0; c < 5; c++) out[c * size + voxel] = probabilities[c * s[0] * s[1] * s[2] + own]!;
        }
  });
  expect(given.every((n) => n === 1)).toBe(true);
  return out;
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  let worst = 0;
  for (let n = 0; n < a.length; n++) worst = Math.max(worst, Math.abs(a[n]! - b[n]!));
  return worst;
}

describe('tiles', () => {
  it.each([size, size / 2, size / 4, 24 ** 3, 16 ** 3])(
    'of at most %i voxels give what the whole gives, within 1e-5',
    async (maxVoxels) => {
      const tiles = planTiles(shape, [0, 0, 0], shape, { ...rules, maxVoxels });
      const largest = Math.max(...tiles.map((t) => t.shape[0] * t.shape[1] * t.shape[2]));
      if (maxVoxels >= 24 ** 3) expect(largest).toBeLessThanOrEqual(maxVoxels);
      expect(tiles.length > 1).toBe(maxVoxels < size);
      const parts = await assemble((take) =>
        runInTiles(network, image, shape, { ...rules, maxVoxels }, take),
      );
      expect(largestDifference(parts, whole)).toBeLessThan(1e-5);
    },
  );

  it('without margins they do not: the margin is what makes them agree', async () => {
    const bare = { ...rules, margin: 0, maxVoxels: size / 4 };
    const parts = await assemble((take) => runInTiles(network, image, shape, bare, take));
    expect(largestDifference(parts, whole)).toBeGreaterThan(1e-3);
  });

  it('become smaller when memory runs out in the middle, and say so', async () => {
    const seen: number[] = [];
    const tight: Network = (part, s) => {
      seen.push(part.length);
      // The second part fails although it is no larger than the first.
      if (seen.length === 2) throw new Error('std::bad_alloc');
      return network(part, s);
    };
    const messages: string[] = [];
    const parts = await assemble((take) =>
      runInTiles(
        tight,
        image,
        shape,
        { ...rules, maxVoxels: size * 0.8, onTile: (_f, m) => void messages.push(m) },
        take,
      ),
    );
    expect(largestDifference(parts, whole)).toBeLessThan(1e-5);
    expect(Math.min(...seen)).toBeLessThan(seen[1]!);
    expect(messages.at(-1)).toMatch(/smaller parts: .* did not fit into memory/);
  });

  it('give up with the size that does not fit, and pass other failures on untouched', async () => {
    const none: Network = async () => {
      throw new Error('Failed to allocate memory for requested buffer of size 1');
    };
    await expect(runInTiles(none, image, shape, rules, () => {})).rejects.toThrow(OutOfMemoryError);
    const broken: Network = async () => {
      throw new Error('the device was lost');
    };
    await expect(runInTiles(broken, image, shape, rules, () => {})).rejects.toThrow('the device was lost');
  });
});

it('a tile of no numbers is no answer', async () => {
  const overflows: Network = async (part) => new Float32Array(part.length * 5).fill(Number.NaN, 7, 8);
  const taken: unknown[] = [];
  const run = runInTiles(overflows, image, shape, rules, (block) => void taken.push(block));
  await expect(run).rejects.toThrow('Expected probabilities, got NaN among them.');
  await expect(run).rejects.toThrow(NotFiniteError);
  expect(taken).toEqual([]);
});

describe('the plan for little memory', () => {
  const voxels = (s: Shape3) => s[0] * s[1] * s[2];
  /** The network's own figures, see models/headseg/card.json and worker-main.ts. */
  const headseg = { multipleOf: 8, margin: 48 };
  const voxelsIn = (gigabytes: number) => (0.6 * gigabytes * 1e9) / 800;

  // Parts, work by the whole's voxels, share of the whole that the largest part has.
  it.each<[Shape3, number, number, number, number]>([
    [[128, 128, 128], 16, 1, 1, 1],
    [[128, 128, 128], 3, 1, 1, 1],
    [[128, 128, 128], 2.5, 2, 1.75, 0.875],
    [[128, 128, 128], 2.2, 4, 3.06, 0.77],
    [[128, 128, 128], 1.5, 8, 5.36, 0.67],
    [[128, 128, 128], 0.2, 8, 5.36, 0.67],
    [[96, 128, 128], 2, 2, 1.75, 0.875],
    [[96, 128, 128], 0.5, 4, 3.06, 0.77],
    [[96, 120, 104], 0.5, 2, 1.8, 0.93],
    [[64, 64, 64], 0.2, 1, 1, 1],
    [[256, 256, 256], 16, 2, 1.38, 0.69],
    [[256, 256, 256], 1, 28, 5.85, 0.25],
  ])('%j voxels with %d GB free: %i parts, %d times the work', (grid, gigabytes, parts, work, largest) => {
    const tiles = planTiles(grid, [0, 0, 0], grid, { ...headseg, maxVoxels: voxelsIn(gigabytes) });
    const sizes = tiles.map((t) => voxels(t.shape) / voxels(grid));
    expect(tiles).toHaveLength(parts);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeCloseTo(work, 2);
    expect(Math.max(...sizes)).toBeCloseTo(largest, 2);
  });

  it('is made smaller step by step as parts fail, with six times the work at most, then gives up', async () => {
    const grid: Shape3 = [128, 128, 128];
    const blank = new Float32Array(voxels(grid));
    const attempt = async (fits: number) => {
      const tried: number[] = [];
      let worked = 0;
      const small: Network = async (_part, s) => {
        tried.push(voxels(s));
        if (voxels(s) > fits) throw new Error('std::bad_alloc');
        worked += voxels(s);
        return new Float32Array(0);
      };
      await runInTiles(small, blank, grid, { ...headseg, maxVoxels: Infinity }, () => {});
      return { tried: new Set(tried), work: worked / voxels(grid) };
    };
    const [one, two, three] = [112 * 128 * 128, 112 * 112 * 128, 112 ** 3];
    expect(await attempt(one)).toEqual({ tried: new Set([128 ** 3, one]), work: 1.75 });
    expect((await attempt(three)).tried).toEqual(new Set([128 ** 3, one, two, three]));
    expect((await attempt(three)).work).toBeCloseTo(5.36, 2);
    await expect(attempt(three - 1)).rejects.toThrow(/memory for 112×112×112 voxels.*the smallest part/);
  });
});

describe('the names of an ONNX file’s nodes', () => {
  it('are those that make-tiny-model.py gave', () => {
    expect(nodesOfType(weights, 'ConvTranspose')).toEqual(['/ConvTranspose/u1']);
    expect(nodesOfType(weights, 'Conv')).toHaveLength(4);
    expect(nodesOfType(weights, 'LSTM')).toEqual([]);
  });

  it('cannot be had from a cut file', () => {
    expect(() => nodesOfType(Uint8Array.of(0x3a, 0xff), 'Conv')).toThrow(RangeError);
  });
});
