import { normalTail } from './normal-tail.ts';

/**
 * Wilson score interval of a proportion; holds near 0 and 1 too, where a bootstrap shrinks to a point.
 *
 * @param successes 0…n; may be a fraction where items count by a share
 * @param confidence two-sided
 * @returns null for n = 0
 * @throws RangeError when successes lie outside 0…n or the confidence outside 0…1
 * @see Wilson 1927, JASA 22:209–212
 * @example wilsonInterval(0, 30) // { low: 0, high: 0.1135… }
 */
export function wilsonInterval(
  successes: number,
  n: number,
  confidence = 0.95,
): { readonly low: number; readonly high: number } | null {
  if (!(successes >= 0 && successes <= n)) {
    throw new RangeError(`Expected 0 to ${n} successes of ${n}, got ${successes}.`);
  }
  if (!(confidence > 0 && confidence < 1)) {
    throw new RangeError(`Expected a confidence between 0 and 1, got ${confidence}.`);
  }
  if (n === 0) return null;
  const z = normalQuantile((1 - confidence) / 2);
  const p = successes / n;
  const middle = (p + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  return {
    low: successes === 0 ? 0 : Math.max(0, middle - half),
    high: successes === n ? 1 : Math.min(1, middle + half),
  };
}

/** z with this much of the normal distribution above it, by bisection. */
function normalQuantile(tail: number): number {
  let low = 0;
  let high = 40;
  for (let n = 0; n < 80; n++) {
    const z = (low + high) / 2;
    if (normalTail(z) > tail) low = z;
    else high = z;
  }
  return (low + high) / 2;
}
