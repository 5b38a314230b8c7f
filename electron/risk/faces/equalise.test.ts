import { describe, expect, it } from 'vitest';
import { equalise } from './equalise.ts';

describe('equalise', () => {
  it('gives every gray of the head its share of the range: worked out by hand', () => {
    // Head of ten pixels: 4 of 10, 4 of 20, 1 of 30, 1 of 200; their cumulated shares are 0.4, 0.8, 0.9, 1.
    const picture = Uint8Array.of(0, 0, 0, 10, 10, 10, 10, 20, 20, 20, 20, 30, 200);
    expect([...equalise(picture, 1)]).toEqual([0, 0, 0, 102, 102, 102, 102, 204, 204, 204, 204, 230, 255]);
    expect([...equalise(picture, 0.5)]).toEqual([0, 0, 0, 56, 56, 56, 56, 112, 112, 112, 112, 130, 228]);
    expect(equalise(picture, 0)).toEqual(picture);
  });

  it('keeps order, background and the picture it was given', () => {
    const picture = Uint8Array.from({ length: 4096 }, (_, n) => (n % 7 === 0 ? 0 : 1 + ((n * n) % 255)));
    const before = picture.slice();
    const after = equalise(picture, 0.5);
    expect(picture).toEqual(before);
    const pairs = [...picture].map((value, n) => [value, after[n]!] as const).sort((a, b) => a[0] - b[0]);
    for (let n = 1; n < pairs.length; n++) expect(pairs[n]![1]).toBeGreaterThanOrEqual(pairs[n - 1]![1]);
    for (const [value, changed] of pairs) expect(changed === 0).toBe(value === 0);
  });

  it('has nothing to spread in an empty picture', () => {
    expect([...equalise(new Uint8Array(4), 1)]).toEqual([0, 0, 0, 0]);
  });
});
