/**
 * Rank-k identification rate of somebody who guesses among `people`: k / N, at most 1.
 *
 * @returns null for an empty gallery
 */
export function chanceLevel(k: number, people: number): number | null {
  return people > 0 ? Math.min(1, k / people) : null;
}
