import { quantile } from './quantile.ts';

/** Middle value, or the mean of the two middle ones; NaN for no values. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}
