/**
 * Change from `before` to `after` in percent of `before`.
 *
 * @returns NaN when `before` is 0 and `after` is not (no percentage exists); 0 when both are 0
 * @example percentChange(200, 190) // -5
 */
export function percentChange(before: number, after: number): number {
  if (before === 0) return after === 0 ? 0 : Number.NaN;
  return (100 * (after - before)) / Math.abs(before);
}
