// Oracle: drawn by hand, small enough to see.
import { describe, expect, it } from 'vitest';
import { cleanLabels } from './clean-labels.ts';
import { connectedParts } from './connected-parts.ts';

const shape = [12, 12, 6];
const at = (i: number, j: number, k: number) => i + 12 * (j + 12 * k);
const box = (channel: Uint8Array, value: number, from: number[], to: number[]) => {
  for (let k = from[2]!; k < to[2]!; k++)
    for (let j = from[1]!; j < to[1]!; j++)
      for (let i = from[0]!; i < to[0]!; i++) channel[at(i, j, k)] = value;
};
// Channels: 0 air, 1 head, 2 and 3 brain structures, 4 fluid.
const brain = Uint8Array.of(0, 0, 1, 1, 1);
const scattered = Uint8Array.of(0, 0, 0, 0, 1);
const head = () => {
  const channel = new Uint8Array(12 * 12 * 6);
  box(channel, 1, [0, 0, 0], [12, 11, 6]);
  box(channel, 2, [1, 1, 1], [6, 8, 5]);
  box(channel, 3, [6, 1, 1], [10, 8, 5]);
  return channel;
};

describe('connected parts', () => {
  it('joins voxels over edges and corners, and keeps kinds apart', () => {
    const channel = new Uint8Array(12 * 12 * 6);
    for (const p of [at(0, 0, 0), at(1, 1, 1), at(11, 11, 5)]) channel[p] = 2;
    channel[at(2, 2, 2)] = 3;
    const { start, kind, order } = connectedParts(channel, shape, Uint8Array.of(0, 0, 1, 2, 0));
    const parts = kind.map((k, n) => [k, [...order.slice(start[n], start[n + 1])]]);
    expect(parts).toEqual([
      [1, [at(0, 0, 0), at(1, 1, 1)]],
      [2, [at(2, 2, 2)]],
      [1, [at(11, 11, 5)]],
    ]);
  });

  it('does not reach round the end of a row', () => {
    const channel = new Uint8Array(12 * 12 * 6);
    channel[at(11, 0, 0)] = 2;
    channel[at(0, 1, 0)] = 2;
    expect(connectedParts(channel, shape, Uint8Array.of(0, 0, 1)).kind).toHaveLength(2);
  });
});

describe('cleaning labels', () => {
  it('leaves a tidy head as it is', () => {
    const channel = head();
    expect(cleanLabels(channel, shape, brain, scattered)).toEqual({ apartShare: 0, moved: 0 });
    expect(channel).toEqual(head());
  });

  it('gives an island of brain in the neck to the head, and one inside the other side to that side', () => {
    const channel = head();
    channel[at(11, 10, 5)] = 2; // touches head and the border
    channel[at(8, 4, 3)] = 2; // inside structure 3
    const result = cleanLabels(channel, shape, brain, scattered);
    expect(result.moved).toBe(2);
    expect(result.apartShare).toBeCloseTo(1 / (9 * 7 * 4 + 1), 9);
    expect(channel).toEqual(head());
  });

  it('keeps the scattered fluid, wherever it is inside the brain', () => {
    const channel = head();
    for (const p of [at(2, 2, 2), at(8, 5, 3)]) channel[p] = 4;
    expect(cleanLabels(channel, shape, brain, scattered).moved).toBe(0);
  });

  it('does not throw away a second part that is too large to be a mistake, but counts it', () => {
    const channel = head();
    box(channel, 4, [1, 10, 1], [11, 11, 5]); // 40 voxels, apart from the 252 others
    const { apartShare, moved } = cleanLabels(channel, shape, brain, scattered);
    expect(apartShare).toBeCloseTo(40 / 292, 9);
    expect(moved).toBe(0);
  });

  it('stands a head without brain', () => {
    const channel = new Uint8Array(12 * 12 * 6).fill(1);
    expect(cleanLabels(channel, shape, brain, scattered)).toEqual({ apartShare: 0, moved: 0 });
  });
});
