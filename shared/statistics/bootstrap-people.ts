import type { BootstrapInterval } from './bootstrap.ts';
import { quantile } from './quantile.ts';
import { seededRandom } from './seeded-random.ts';

/**
 * Percentile bootstrap intervals of several statistics at once, drawing people.
 *
 * A person's scores travel together: they hang together, and drawing them one by one would give intervals for that many
 * independent people, which are not there. A statistic over pairs of people counts a pair as often as both were drawn together
 * (times[a] · times[b]); a person paired with a copy of himself is not a pair.
 *
 * @param groups people per group, numbered through; each group is drawn within itself and keeps its size (people looked
 *   for; people who are only in the gallery)
 * @param statistics all values for one draw; `times[p]` says how often person p was drawn. Null or NaN where a value does
 *   not exist; such draws are left out of its interval
 * @param options resamples (1000), confidence (0.95), seed (1); the same seed gives the same intervals
 * @returns one interval per statistic; null where it never existed or nobody is there
 * @see Snijders & Borgatti 1999, Connections 22(2):61–70 (pairs); Bolle, Ratha & Pankanti 2004, CVIU 93:1–25 (people)
 */
export function bootstrapPeople(
  groups: readonly number[],
  statistics: (times: Uint16Array) => readonly (number | null)[],
  options: { resamples?: number; confidence?: number; seed?: number } = {},
): (BootstrapInterval | null)[] {
  const { resamples = 1000, confidence = 0.95, seed = 1 } = options;
  const people = groups.reduce((sum, n) => sum + n, 0);
  const times = new Uint16Array(people);
  if (people === 0) return statistics(times).map(() => null);
  const random = seededRandom(seed);
  const values: number[][] = [];
  for (let b = 0; b < resamples; b++) {
    times.fill(0);
    let first = 0;
    for (const size of groups) {
      for (let n = 0; n < size; n++) times[first + Math.floor(random() * size)]!++;
      first += size;
    }
    statistics(times).forEach((value, s) => {
      values[s] ??= [];
      if (value !== null && !Number.isNaN(value)) values[s].push(value);
    });
  }
  const tail = (1 - confidence) / 2;
  return values.map((found) =>
    found.length > 0
      ? { low: quantile(found, tail), high: quantile(found, 1 - tail), resamples: found.length }
      : null,
  );
}
