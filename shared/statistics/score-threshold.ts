/**
 * The lowest score that at most a given share of impostors reaches.
 *
 * Scores of at least the threshold are accepted. It lies just above the highest impostor score that has to be refused, so
 * with fewer than 1 / share impostors it lies just above all of them. Impostors tied there are refused together.
 *
 * @param impostor one score per comparison; −Infinity where none could be made
 * @param maxFalseAccept share of impostors that may be accepted, 0…1
 * @returns null without impostors; −Infinity when all may be accepted
 * @throws RangeError for a share outside 0…1 or a score that is NaN
 * @example scoreThreshold([0.1, 0.2, 0.3, 0.4], 0.25) // just above 0.3: only 0.4 is accepted
 */
export function scoreThreshold(impostor: ArrayLike<number>, maxFalseAccept: number): number | null {
  if (!(maxFalseAccept >= 0 && maxFalseAccept <= 1)) {
    throw new RangeError(`Expected a share from 0 to 1, got ${maxFalseAccept}.`);
  }
  if (impostor.length === 0) return null;
  const sorted = Float64Array.from(impostor).sort();
  if (Number.isNaN(sorted.at(-1))) throw new RangeError('Expected scores, got NaN among them.');
  // A share such as 0.07 · 100 must not lose its seventh impostor to rounding.
  const accepted = Math.floor(maxFalseAccept * sorted.length * (1 + 1e-12));
  if (accepted >= sorted.length) return Number.NEGATIVE_INFINITY;
  return nextAbove(sorted[sorted.length - 1 - accepted]!);
}

/** The smallest double greater than a number. */
function nextAbove(value: number): number {
  if (value === Number.NEGATIVE_INFINITY) return -Number.MAX_VALUE;
  if (value === 0) return Number.MIN_VALUE;
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  bits.setBigInt64(0, bits.getBigInt64(0) + (value > 0 ? 1n : -1n));
  return bits.getFloat64(0);
}
