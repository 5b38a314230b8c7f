/** The vector divided by its length; null where it has none. */
export function unitLength(values: ArrayLike<number>): number[] | null {
  let sum = 0;
  for (let n = 0; n < values.length; n++) sum += values[n]! ** 2;
  return sum > 0 && Number.isFinite(sum) ? Array.from(values, (value) => value / Math.sqrt(sum)) : null;
}
