import { mean } from './mean.ts';
import { standardDeviation } from './standard-deviation.ts';

export interface BlandAltman {
  /** Mean of after − before. */
  readonly bias: number;
  /** bias ∓ 1.96 SD of the differences; null for fewer than two pairs. */
  readonly low: number | null;
  readonly high: number | null;
}

/**
 * Bland–Altman bias and 95 % limits of agreement of paired values.
 *
 * @throws RangeError when the lengths differ
 * @see Bland & Altman 1986, Lancet 327:307–310
 */
export function blandAltman(before: readonly number[], after: readonly number[]): BlandAltman {
  if (before.length !== after.length) {
    throw new RangeError(`Expected pairs, got ${before.length} values before and ${after.length} after.`);
  }
  const differences = before.map((value, i) => after[i]! - value);
  const bias = mean(differences);
  if (differences.length < 2) return { bias, low: null, high: null };
  const reach = 1.96 * standardDeviation(differences);
  return { bias, low: bias - reach, high: bias + reach };
}
