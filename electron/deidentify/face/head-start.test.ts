import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../shared/statistics/seeded-random.ts';
import { percentiles } from './head-start.ts';

const WANTED = [1, 50, 99.5];

describe('percentiles', () => {
  it.each([
    ['signed', Int16Array, -900, 2600],
    ['unsigned', Uint16Array, 0, 61_000],
  ] as const)('of small whole numbers, %s, are those of the same real numbers', (_, Kind, low, high) => {
    const next = seededRandom(5);
    const values = Kind.from(Array.from({ length: 5000 }, () => low + next() ** 3 * (high - low)));
    expect(percentiles(values, WANTED)).toEqual(percentiles(Float32Array.from(values), WANTED));
    expect(percentiles(values, [50])[0]).toBeLessThan(low + 0.3 * (high - low));
  });

  it('of one value are that value, and of none 0', () => {
    expect(percentiles(Int16Array.from([7, 7, 7]), WANTED)).toEqual([7, 7, 7]);
    expect(percentiles(Float32Array.from([7, 7, 7]), WANTED)).toEqual([7, 7, 7]);
    expect(percentiles(new Int16Array(0), WANTED)).toEqual([0, 0, 0]);
  });
});
