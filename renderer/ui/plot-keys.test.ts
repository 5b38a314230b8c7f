import { describe, expect, it } from 'vitest';
import { type Layout, type Spot, spotAfterKey } from './plot-keys.ts';

/** Every point that is met when one key is pressed again and again. */
function walk(spots: readonly Spot[], start: number, key: string, layout: Layout): number[] {
  const met = [start];
  for (;;) {
    const next = spotAfterKey(spots, met.at(-1) as number, key, layout);
    if (next === undefined || next === met.at(-1)) return met;
    met.push(next);
    if (met.length > spots.length) throw new Error(`round in circles: ${met.join(' ')}`);
  }
}

// Two points in one place, and one that is the nearest of none.
const scatter: Spot[] = [
  { x: 50, y: 80 },
  { x: 10, y: 20 },
  { x: 50, y: 80 },
  { x: 90, y: 10 },
  { x: 30, y: 300 },
];
// Rows as Plot draws them: heights differ by rounding only.
const rows: Spot[] = [
  { x: 40, y: 10 },
  { x: 10, y: 10.2 },
  { x: 60, y: 36 },
  { x: 15, y: 35.8 },
  { x: 42, y: 62 },
];

describe('spotAfterKey', () => {
  it('reaches every point of a scatter by x and by y', () => {
    expect(walk(scatter, 1, 'ArrowRight', 'scatter')).toEqual([1, 4, 0, 2, 3]);
    expect(walk(scatter, 3, 'ArrowLeft', 'scatter')).toEqual([3, 2, 0, 4, 1]);
    expect(walk(scatter, 3, 'ArrowDown', 'scatter')).toEqual([3, 1, 0, 2, 4]);
    expect(walk(scatter, 4, 'ArrowUp', 'scatter')).toEqual([4, 2, 0, 1, 3]);
  });

  it('reads rows from left to right and goes to the next row at the end', () => {
    expect(walk(rows, 1, 'ArrowRight', 'rows')).toEqual([1, 0, 3, 2, 4]);
    expect(walk(rows, 4, 'ArrowLeft', 'rows')).toEqual([4, 2, 3, 0, 1]);
  });

  it('goes to the nearest point of the next row', () => {
    expect(walk(rows, 1, 'ArrowDown', 'rows')).toEqual([1, 3, 4]);
    expect(walk(rows, 4, 'ArrowUp', 'rows')).toEqual([4, 2, 0]);
  });

  it('knows the first and the last, and leaves other keys alone', () => {
    expect(spotAfterKey(rows, 2, 'Home', 'rows')).toBe(1);
    expect(spotAfterKey(rows, 2, 'End', 'rows')).toBe(4);
    expect(spotAfterKey(scatter, 2, 'End', 'scatter')).toBe(3);
    expect(spotAfterKey(scatter, 2, 'a', 'scatter')).toBeUndefined();
    expect(spotAfterKey([], 0, 'Home', 'scatter')).toBeUndefined();
  });
});
