/**
 * Quantile by linear interpolation between order statistics.
 *
 * Type 7 of Hyndman & Fan 1996, the default of R and NumPy.
 *
 * @param values any order, no NaN
 * @param q 0…1
 * @returns NaN for no values
 * @throws RangeError when q lies outside 0…1
 * @example quantile([1, 2, 3, 4], 0.5) // 2.5
 */
export function quantile(values: readonly number[], q: number): number {
  if (!(q >= 0 && q <= 1)) throw new RangeError(`Expected a quantile from 0 to 1, got ${q}.`);
  if (values.length === 0) return Number.NaN;
  const sorted = Float64Array.from(values).sort();
  const position = q * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (position - below) * (sorted[above]! - sorted[below]!);
}
