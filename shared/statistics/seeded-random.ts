/**
 * A small deterministic generator of uniform numbers in [0, 1).
 *
 * Mulberry32: 32 bits of state, period 2³². Good for resampling and phantoms, not for secrets.
 *
 * @param seed any integer; the lowest 32 bits count
 * @see Tommy Ettinger's mulberry32 (public domain), https://gist.github.com/tommyettinger/46a874533244883189143505d203312c
 * @example const next = seededRandom(1); next(); // 0.62707…
 */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
