import { describe, expect, it } from 'vitest';
import { diag } from '../../shared/geometry/affine.ts';
import { ProbabilityMap } from './probability-map.ts';
import { softVolumes } from './soft-volumes.ts';

// Channels: 0 air, 1 head, 2 and 3 structures of the brain. A head of 2 mm voxels with a ball of each structure.
const brain = Uint8Array.of(0, 0, 1, 1);
const scattered = new Uint8Array(4);
const size = 40;
const volume = size ** 3;
const at = (i: number, j: number, k: number) => k + size * (j + size * i); // tensor order

/** Balls of radius 4 voxels with rims two voxels wide around (14, 20, 26) and (26, 20, 26), in a head. */
function probabilities(): Float32Array {
  const p = new Float32Array(4 * volume);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      for (let k = 0; k < size; k++) {
        const share = (x: number) => Math.min(1, Math.max(0, (5 - Math.hypot(i - x, j - 20, k - 26)) / 2));
        const [a, b] = [share(14), share(26)];
        p[2 * volume + at(i, j, k)] = a;
        p[3 * volume + at(i, j, k)] = b;
        p[volume + at(i, j, k)] = 1 - a - b;
      }
    }
  }
  return p;
}

/** Moves `share` of a voxel's probability from the head to structure 2. */
function plant(p: Float32Array, voxel: number, share: number): void {
  p[volume + voxel]! -= share;
  p[2 * volume + voxel]! += share;
}

function volumesOf(p: Float32Array) {
  const map = new ProbabilityMap({ shape: [size, size, size], affine: diag(2, 2, 2) }, 4);
  const shape = [size, size, size] as const;
  map.add({ probabilities: p, shape, origin: [0, 0, 0], from: [0, 0, 0], to: shape });
  return softVolumes(map, brain, scattered);
}

const clean = volumesOf(probabilities());
const wholeSum = (p: Float32Array, c: number) =>
  8 * p.subarray(c * volume, (c + 1) * volume).reduce((sum, v) => sum + v, 0);

describe('soft volumes', () => {
  it('are the whole sum of a structure that is nowhere else, rim included', () => {
    for (const c of [2, 3]) {
      expect(clean[c]!.volumeMm3).toBeCloseTo(wholeSum(probabilities(), c), 1);
    }
    expect(clean[2]!.centroidRas!.map((v) => Math.round(v * 100) / 100)).toEqual([28, 40, 52]);
  });

  it('do not notice traces of probability all over the face, where a sum over the head does', () => {
    const p = probabilities();
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) for (let k = 0; k < 12; k++) plant(p, at(i, j, k), 0.01);
    }
    expect(wholeSum(p, 2) / wholeSum(probabilities(), 2)).toBeGreaterThan(1.3);
    expect(volumesOf(p)[2]).toEqual(clean[2]);
  });

  it('do not notice an island that was taken for the structure, nor does its middle', () => {
    const p = probabilities();
    for (let i = 12; i < 16; i++) {
      for (let j = 18; j < 20; j++) for (let k = 4; k < 6; k++) plant(p, at(i, j, k), 0.9);
    }
    expect(volumesOf(p)[2]).toEqual(clean[2]);
  });

  it('count what lies beside the structure', () => {
    const p = probabilities();
    const beside = at(14, 20, 26 + 6); // 2 voxels outside the last one that is mostly structure
    plant(p, beside, 0.25);
    expect(volumesOf(p)[2]!.volumeMm3 - clean[2]!.volumeMm3).toBeCloseTo(8 * 0.25, 2);
  });

  it('are nothing for a structure that is likeliest nowhere', () => {
    const p = probabilities();
    for (let n = 0; n < volume; n++) {
      p[volume + n]! += p[2 * volume + n]! * 0.6;
      p[2 * volume + n]! *= 0.4;
    }
    expect(volumesOf(p)[2]).toEqual({ volumeMm3: 0, centroidRas: null });
  });

  it('hold more channels than one word has bits', () => {
    const many = new ProbabilityMap({ shape: [8, 8, 8], affine: diag(2, 2, 2) }, 40);
    const p = new Float32Array(40 * 512);
    p.fill(1, 39 * 512);
    many.add({ probabilities: p, shape: [8, 8, 8], origin: [0, 0, 0], from: [0, 0, 0], to: [8, 8, 8] });
    const found = softVolumes(many, new Uint8Array(40), new Uint8Array(40));
    expect(found.map((v) => v.volumeMm3)).toEqual([...new Array(39).fill(0), 4096]);
  });
});
