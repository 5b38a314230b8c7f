/** Reproducible random numbers: the same seed gives the same sequence on every machine. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform in [low, high). */
  between(low: number, high: number): number;
  /** Whole number in [0, n). */
  below(n: number): number;
  /** One of the items. */
  pick<T>(items: readonly T[]): T;
  /** Standard normal. */
  normal(): number;
}

/** A generator with a 32-bit state that steps by a Weyl constant and is hashed on output (splitmix construction). */
export function randomFrom(seed: number): Random {
  let state = (seed ^ 0x5bd1e995) >>> 0;
  const next = () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return ((z ^ (z >>> 16)) >>> 0) / 4294967296;
  };
  const random: Random = {
    next,
    between: (low, high) => low + (high - low) * next(),
    below: (n) => Math.floor(n * next()),
    pick: (items) => items[Math.floor(items.length * next())]!,
    // Box–Muller, one of the pair.
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  };
  return random;
}
