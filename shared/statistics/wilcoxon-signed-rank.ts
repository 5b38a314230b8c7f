import { normalTail } from './normal-tail.ts';
import { ranks } from './ranks.ts';

export interface WilcoxonResult {
  /** Smaller of the two rank sums. */
  readonly statistic: number;
  /** Two-sided; null when fewer than one difference is non-zero. */
  readonly p: number | null;
  /** Non-zero differences. */
  readonly n: number;
  readonly method: 'exact' | 'normal' | 'none';
}

/**
 * Paired Wilcoxon signed-rank test, two-sided.
 *
 * Zero differences are dropped before ranking (Wilcoxon's own handling, `zero_method='wilcox'`). Exact null
 * distribution for up to 50 non-zero differences without ties among their magnitudes and without zeros;
 * otherwise the normal approximation with tie correction and continuity correction
 * (`scipy.stats.wilcoxon(x, y, zero_method='wilcox', correction=True)`).
 *
 * @param before first of each pair
 * @param after second of each pair, same length
 * @throws RangeError when the lengths differ
 * @see Wilcoxon 1945; https://docs.scipy.org/doc/scipy/reference/generated/scipy.stats.wilcoxon.html
 */
export function wilcoxonSignedRank(before: readonly number[], after: readonly number[]): WilcoxonResult {
  if (before.length !== after.length) {
    throw new RangeError(`Expected pairs, got ${before.length} values before and ${after.length} after.`);
  }
  const all = before.map((value, i) => after[i]! - value);
  const differences = all.filter((d) => d !== 0);
  const n = differences.length;
  if (n === 0) return { statistic: 0, p: null, n, method: 'none' };
  const magnitudes = differences.map(Math.abs);
  const ranked = ranks(magnitudes);
  let positive = 0;
  for (let i = 0; i < n; i++) if (differences[i]! > 0) positive += ranked[i]!;
  const statistic = Math.min(positive, (n * (n + 1)) / 2 - positive);
  const groups = tieGroups(magnitudes);
  if (n <= 50 && groups.length === 0 && all.length === n) {
    return { statistic, p: exactTwoSided(statistic, n), n, method: 'exact' };
  }
  const expected = (n * (n + 1)) / 4;
  const ties = groups.reduce((s, t) => s + (t ** 3 - t), 0);
  const variance = (n * (n + 1) * (2 * n + 1)) / 24 - ties / 48;
  const distance = Math.max(0, Math.abs(statistic - expected) - 0.5);
  return { statistic, p: Math.min(1, 2 * normalTail(distance / Math.sqrt(variance))), n, method: 'normal' };
}

/** Sizes of the groups of equal values, those of one left out. */
function tieGroups(values: readonly number[]): number[] {
  const sizes = new Map<number, number>();
  for (const value of values) sizes.set(value, (sizes.get(value) ?? 0) + 1);
  return [...sizes.values()].filter((size) => size > 1);
}

/** 2 · P(W ≤ statistic): counts the subsets of {1 … n} by their sum. */
function exactTwoSided(statistic: number, n: number): number {
  const total = (n * (n + 1)) / 2;
  const chance = new Float64Array(total + 1);
  chance[0] = 1;
  for (let rank = 1; rank <= n; rank++) {
    for (let sum = total; sum >= 0; sum--) {
      chance[sum] = (chance[sum]! + (sum >= rank ? chance[sum - rank]! : 0)) / 2;
    }
  }
  let p = 0;
  for (let sum = 0; sum <= statistic; sum++) p += chance[sum]!;
  return Math.min(1, 2 * p);
}
