/**
 * Probability that a genuine score is higher than an impostor score, ties counting half: the area under the ROC.
 *
 * 0.5 is chance, 1 is perfect separation. Equals the Mann–Whitney U statistic divided by the number of pairs. A comparison
 * that could not be made has score −Infinity; two of them are a tie.
 *
 * @returns null when either side is empty
 * @throws RangeError for a score that is NaN
 * @see Hanley & McNeil 1982, Radiology 143:29–36
 * @example areaUnderRoc([0.9, 0.4], [0.5, 0.1]) // 0.75
 */
export function areaUnderRoc(genuine: ArrayLike<number>, impostor: ArrayLike<number>): number | null {
  if (genuine.length === 0 || impostor.length === 0) return null;
  const own = Float64Array.from(genuine).sort();
  const other = Float64Array.from(impostor).sort();
  // NaN sorts to the end.
  if (Number.isNaN(own.at(-1)) || Number.isNaN(other.at(-1))) {
    throw new RangeError('Expected scores, got NaN among them.');
  }
  let below = 0;
  let upTo = 0;
  let wins = 0;
  for (const score of own) {
    while (below < other.length && other[below]! < score) below++;
    if (upTo < below) upTo = below;
    while (upTo < other.length && other[upTo]! <= score) upTo++;
    wins += (below + upTo) / 2;
  }
  return wins / (own.length * other.length);
}
