import { describe, expect, it } from 'vitest';
import { estimateGrain, grainField, normalRandom } from './noise.ts';

const LENGTH = 20_000;
const places = LENGTH - 4;
const along = (values: ArrayLike<number>) => (place: number, by: number) => values[place + 2 + by]!;

describe('estimateGrain', () => {
  it('finds the deviation of voxel noise on a slope', () => {
    const normal = normalRandom(3);
    const values = Float64Array.from({ length: LENGTH }, (_, n) => 100 + 0.3 * n + 5 * normal());
    const { fine, coarse } = estimateGrain(places, along(values));
    expect(fine).toBeGreaterThan(4.6);
    expect(fine).toBeLessThan(5.4);
    expect(coarse).toBeLessThan(2.5);
  });

  it('tells texture over a few voxels from voxel noise', () => {
    const field = grainField([LENGTH, 1, 1], 1.2, 9);
    const { fine, coarse } = estimateGrain(places, along(field.map((v) => 7 * v)));
    expect(coarse).toBeGreaterThan(3.5);
    expect(fine).toBeLessThan(0.35 * coarse);
  });

  it('is not moved by a few edges, and leaves out what is not a number', () => {
    const normal = normalRandom(4);
    const values = Float64Array.from({ length: LENGTH }, (_, n) => 2 * normal() + (n % 100 < 50 ? 0 : 400));
    values[500] = Number.NaN;
    const { fine } = estimateGrain(places, along(values));
    expect(fine).toBeGreaterThan(1.7);
    expect(fine).toBeLessThan(2.6);
  });

  it('says nothing from a few places', () => {
    expect(estimateGrain(49, () => 1)).toEqual({ fine: 0, coarse: 0 });
  });
});
