import { mean } from './mean.ts';

/**
 * Pearson's product-moment correlation.
 *
 * @returns null for fewer than two pairs or when one side does not vary
 * @throws RangeError when the lengths differ
 */
export function pearson(x: readonly number[], y: readonly number[]): number | null {
  if (x.length !== y.length) throw new RangeError(`Expected pairs, got ${x.length} and ${y.length} values.`);
  const mx = mean(x);
  const my = mean(y);
  let xy = 0;
  let xx = 0;
  let yy = 0;
  for (let i = 0; i < x.length; i++) {
    const dx = x[i]! - mx;
    const dy = y[i]! - my;
    xy += dx * dy;
    xx += dx * dx;
    yy += dy * dy;
  }
  if (x.length < 2 || xx === 0 || yy === 0) return null;
  return Math.max(-1, Math.min(1, xy / Math.sqrt(xx * yy)));
}
