import { pearson } from './pearson.ts';
import { ranks } from './ranks.ts';

/**
 * Spearman's rank correlation, ties sharing mean ranks.
 *
 * @returns null for fewer than two pairs or when one side does not vary
 * @throws RangeError when the lengths differ
 * @see Spearman 1904; the same number as scipy.stats.spearmanr
 */
export function spearman(x: readonly number[], y: readonly number[]): number | null {
  return pearson(ranks(x), ranks(y));
}
