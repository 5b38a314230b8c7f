import { describe, expect, it } from 'vitest';
import { isSeen, LEAST_LOOK_MS } from './is-seen.ts';

const pictures = (...complete: boolean[]) => complete.map((done) => ({ complete: done }));

describe('isSeen', () => {
  it('is false for a scan that is not loaded yet', () => {
    expect(isSeen(undefined, pictures())).toBe(false);
  });

  it('is false for the second of two quick presses, which was meant for the scan before', () => {
    expect(isSeen(150, pictures(true, true))).toBe(false);
    expect(isSeen(LEAST_LOOK_MS, pictures(true, true))).toBe(true);
  });

  it('waits for every picture, however long', () => {
    expect(isSeen(60_000, pictures(true, false))).toBe(false);
  });
});
