import { quantile } from './quantile.ts';
import { seededRandom } from './seeded-random.ts';

export interface BootstrapInterval {
  readonly low: number;
  readonly high: number;
  /** Resamples in which the statistic existed. */
  readonly resamples: number;
}

/**
 * Percentile bootstrap interval of a statistic.
 *
 * Items are drawn with replacement; pass pairs or subjects as items to keep what belongs together. The same seed
 * gives the same interval.
 *
 * @param items the independent units
 * @param statistic null or NaN where it does not exist for a resample; such resamples are left out
 * @param options resamples (1000), confidence (0.95), seed (1)
 * @returns null when there are no items or the statistic never existed
 * @see Efron & Tibshirani 1993, "An Introduction to the Bootstrap", ch. 13
 */
export function bootstrap<T>(
  items: readonly T[],
  statistic: (sample: readonly T[]) => number | null,
  options: { resamples?: number; confidence?: number; seed?: number } = {},
): BootstrapInterval | null {
  const { resamples = 1000, confidence = 0.95, seed = 1 } = options;
  if (items.length === 0) return null;
  const random = seededRandom(seed);
  const values: number[] = [];
  for (let b = 0; b < resamples; b++) {
    const sample = items.map(() => items[Math.floor(random() * items.length)]!);
    const value = statistic(sample);
    if (value !== null && !Number.isNaN(value)) values.push(value);
  }
  if (values.length === 0) return null;
  const tail = (1 - confidence) / 2;
  return { low: quantile(values, tail), high: quantile(values, 1 - tail), resamples: values.length };
}
