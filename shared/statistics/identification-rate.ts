import type { OwnPlace } from './rank-of-own.ts';

/**
 * Rank-k identification rate: share of probes whose true person is among the k most alike of the gallery.
 *
 * Where the own score is tied, the probe counts by the share of the orders of the tied people that put the own one among
 * the first k: equal scores for everybody then give the chance level k / N, neither 0 nor 1. A probe without a
 * comparison (null) counts as not identified and stays in the denominator.
 *
 * @param weights how often each probe counts; absent: once
 * @returns 0…1; null for no probes
 * @see ISO/IEC 19795-1:2021, true-positive identification rate
 */
export function identificationRate(
  places: readonly (OwnPlace | null)[],
  k: number,
  weights?: ArrayLike<number>,
): number | null {
  let sum = 0;
  let total = 0;
  places.forEach((place, n) => {
    const weight = weights ? weights[n]! : 1;
    total += weight;
    if (place) sum += weight * Math.min(1, Math.max(0, (k - place.above) / (place.tied + 1)));
  });
  return total > 0 ? sum / total : null;
}
