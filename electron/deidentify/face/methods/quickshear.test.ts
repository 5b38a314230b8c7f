import { describe, expect, it } from 'vitest';
import { apply, fromColumns, multiply, voxelSizes } from '../../../../shared/geometry/affine.ts';
import { allAxisCodes } from '../../../../shared/geometry/orientation.ts';
import { grow } from '../../../volume/distance.ts';
import { newNifti } from '../../../volume/nifti.ts';
import { reorient, reorientBack } from '../../../volume/reorient.ts';
import type { Volume, VoxelArray } from '../../../volume/volume.ts';
import { convexHull, shearPlane } from '../brain-hull.ts';
import { composite } from '../composite.ts';
import { quickshear } from './quickshear.ts';

const signal = new AbortController().signal;
const oblique = multiply(
  fromColumns(
    [0.96, 0.28, 0],
    [-0.28 * 0.936, 0.96 * 0.936, 0.352],
    [0.28 * 0.352, -0.96 * 0.352, 0.936],
    [-40, -52, -38],
  ),
  fromColumns([3, 0, 0], [0, 4, 0], [0, 0, 2.5], [0, 0, 0]),
);

/** A brain-like blob (cerebrum and a stem below its back half) in a box of random tissue; sizes in voxels. */
function phantom<A extends VoxelArray>(
  make: (n: number) => A,
  frames: number[] = [],
): { volume: Volume<A>; brain: Uint8Array } {
  const shape = [30, 28, 34, ...frames];
  const size = 30 * 28 * 34;
  const data = make(size * frames.reduce((a, b) => a * b, 1));
  let seed = 7;
  for (let n = 0; n < data.length; n++) {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    data[n] = 1 + (seed % 200);
  }
  const brain = new Uint8Array(size);
  for (let k = 0; k < 34; k++) {
    for (let j = 0; j < 28; j++) {
      for (let i = 0; i < 30; i++) {
        const cerebrum = ((i - 15) / 9) ** 2 + ((j - 12) / 9) ** 2 + ((k - 23) / 8) ** 2 < 1;
        const stem = ((i - 15) / 3) ** 2 + ((j - 9) / 3) ** 2 < 1 && k > 8 && k < 20;
        if (cerebrum || stem) brain[i + 30 * (j + 28 * k)] = 1;
      }
    }
  }
  return { volume: { data, shape, affine: oblique, slope: 2, inter: 0 }, brain };
}

const propose = (volume: Volume, brain: Uint8Array) =>
  quickshear.propose({
    volume,
    brain,
    average: null,
    frame: null,
    threshold: 0,
    frameAt: () => volume,
    params: { bufferMm: 10 },
    seed: 1,
    signal,
  });

describe('quickshear', () => {
  it('keeps the buffer: every emptied voxel lies at least 10 mm from every brain voxel', async () => {
    const { volume, brain } = phantom((n) => new Uint8Array(n));
    const { mask } = await propose(volume, brain);
    const count = mask.reduce((a, b) => a + b, 0);
    expect(count).toBeGreaterThan(1000);
    const near = grow(brain, volume.shape, voxelSizes(volume.affine), 9.9);
    expect(mask.some((v, n) => v && near[n])).toBe(false);
  });

  it('empties what lies in front and below, not behind or above', async () => {
    const { volume, brain } = phantom((n) => new Uint8Array(n));
    const { mask } = await propose(volume, brain);
    let [y, z, n, by, bz, bn] = [0, 0, 0, 0, 0, 0];
    mask.forEach((v, at) => {
      const [, wy, wz] = apply(volume.affine, at % 30, Math.floor(at / 30) % 28, Math.floor(at / 840));
      if (v) [y, z, n] = [y + wy, z + wz, n + 1];
      if (brain[at]) [by, bz, bn] = [by + wy, bz + wz, bn + 1];
    });
    expect(y / n).toBeGreaterThan(by / bn);
    expect(z / n).toBeLessThan(bz / bn);
  });

  it('edits the same voxels of the body in all 48 axis orders, oblique and anisotropic', async () => {
    const { volume, brain } = phantom((n) => new Int16Array(n));
    const expected = (await propose(volume, brain)).mask;
    for (const codes of allAxisCodes()) {
      const moved = reorient(volume, codes);
      const movedBrain = reorient({ ...volume, data: brain }, codes).data;
      const { mask } = await propose(moved, movedBrain);
      const back = reorientBack(mask, codes, volume);
      // Rounding in the affine may tip a voxel exactly on the plane; there is none in this phantom.
      expect(Buffer.compare(back, expected), codes).toBe(0);
    }
  });

  it('reports an empty brain as a problem and empties nothing', async () => {
    const { volume, brain } = phantom((n) => new Uint8Array(n));
    const result = await propose(
      volume,
      brain.map(() => 0),
    );
    expect(result.problems[0]?.level).toBe('error');
    expect(result.mask.some((v) => v)).toBe(false);
  });
});

describe('shearPlane', () => {
  it('goes through the frontal base and the stem of a profile drawn by hand', () => {
    // y forwards, z up: an upright head; the hollow between (5, 0) and (60, 45) is the longest lower-front edge.
    const plane = shearPlane(
      convexHull([
        [-80, 40],
        [-60, 5],
        [5, 0],
        [60, 45],
        [75, 60],
        [70, 90],
        [0, 120],
        [-70, 90],
        [20, 40],
      ]),
    )!;
    expect([plane.low, plane.front]).toEqual([
      [5, 0],
      [60, 45],
    ]);
    expect(plane.ny).toBeGreaterThan(0);
    expect(plane.nz).toBeLessThan(0);
  });
});

describe('composite keeps its promises', () => {
  const cases: [string, (n: number) => VoxelArray, number[]][] = [
    ['uint8 3-D', (n) => new Uint8Array(n), []],
    ['int16 4-D', (n) => new Int16Array(n), [3]],
    ['float32 singleton 5-D', (n) => new Float32Array(n), [1, 2]],
  ];
  it.each(cases)('%s', async (_, make, frames) => {
    const { volume, brain } = phantom(make, frames);
    const image = newNifti(volume);
    // A greedy method: it wants the whole scan. Only the protected brain may survive.
    const greedy = { mask: new Uint8Array(brain.length).fill(1), assumptions: [], problems: [] };
    for (const proposal of [greedy, await propose({ ...volume, shape: volume.shape.slice(0, 3) }, brain)]) {
      const result = composite(image, brain, proposal);
      const kept = grow(brain, volume.shape, voxelSizes(volume.affine), 2);
      const frame = brain.length;
      result.image.volume.data.forEach((v, n) => {
        const at = n % frame;
        const edit = proposal.mask[at] && !kept[at];
        if (edit ? v !== 0 : v !== volume.data[n]) throw new Error(`voxel ${n} is ${v}`);
      });
      expect(result.counts).toMatchObject({ changedInBrain: 0, changedOutside: 0 });
      expect(result.image.header).toEqual(image.header);
      expect(result.image.volume.data.constructor).toBe(volume.data.constructor);
      expect(result.image.volume.shape).toEqual(volume.shape);
    }
  });

  it('rounds and clips values that a method writes into integers', () => {
    const { volume, brain } = phantom((n) => new Uint8Array(n));
    const values = new Float32Array(brain.length).fill(300.4);
    const result = composite(newNifti(volume), brain, {
      mask: new Uint8Array(brain.length).fill(1),
      values: () => values,
      assumptions: [],
      problems: [],
    });
    expect(result.image.volume.data[0]).toBe(255);
  });

  it('refuses a mask of another grid', () => {
    const { volume, brain } = phantom((n) => new Uint8Array(n));
    expect(() =>
      composite(newNifti(volume), brain.subarray(1), { mask: brain, assumptions: [], problems: [] }),
    ).toThrow(RangeError);
  });
});
