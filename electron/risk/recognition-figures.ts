import type { Estimate, FaceNetwork, Histogram, RecognitionFigures } from '../../shared/risk/records.ts';
import { bootstrapPeople } from '../../shared/statistics/bootstrap-people.ts';
import { identificationRate } from '../../shared/statistics/identification-rate.ts';
import { rankOfOwn } from '../../shared/statistics/rank-of-own.ts';
import { rocCurve } from '../../shared/statistics/roc-curve.ts';
import { verificationFigures } from '../../shared/statistics/verification-figures.ts';
import { wilsonInterval } from '../../shared/statistics/wilson-interval.ts';

/** One head that is looked for. */
export interface Probe {
  /** Person of the gallery it is of; −1 when that person has no place there. */
  readonly own: number;
  /** Similarity to each person of the gallery, −Infinity where it could not be compared. */
  readonly scores: Float64Array;
  readonly views: number;
  readonly viewsWithFace: number;
  /** Names of those views. */
  readonly facesIn?: readonly string[];
}

const BINS = 40;
const RESAMPLES = 1000;
/** A resample is one pass over all comparisons: large cohorts, whose intervals are narrow anyway, get fewer. */
const COMPARISONS_PER_FIGURE = 2e8;

/**
 * How well a network finds people again, with 95 % intervals over people.
 *
 * A probe without a face counts as not recognised and stays in every denominator; so does one whose person has no face
 * in the gallery. Intervals draw people, not comparisons: somebody's scores are alike.
 *
 * @param gallery number of people in the gallery, borrowed ones included
 * @param range similarity at the left of the first bin and the right of the last
 * @param threshold similarity from which a stranger would be let through; null where there are no strangers
 */
export function recognitionFigures(
  network: FaceNetwork,
  probes: readonly Probe[],
  gallery: number,
  range: readonly [number, number],
  threshold: number | null,
): RecognitionFigures {
  const ownScores = probes.map(({ own, scores }) => (own < 0 ? Number.NEGATIVE_INFINITY : scores[own]!));
  const places = probes.map(({ own, scores }, p) => rankOfOwn(ownScores[p]!, without(scores, own)));
  // People: those of the gallery, then those looked for who have no place in it.
  let strangers = gallery;
  const personOf = probes.map(({ own }) => (own < 0 ? strangers++ : own));
  const impostor: number[] = [];
  const impostorProbe: number[] = [];
  const impostorGallery: number[] = [];
  probes.forEach(({ scores, own }, p) => {
    for (let g = 0; g < gallery; g++) {
      if (g === own) continue;
      impostor.push(scores[g]!);
      impostorProbe.push(personOf[p]!);
      impostorGallery.push(g);
    }
  });
  const figuresOf = verificationFigures({
    genuine: ownScores,
    genuinePerson: personOf,
    impostor,
    impostorProbe,
    impostorGallery,
  });
  const statistics = (times?: ArrayLike<number>) => {
    const weights = times && personOf.map((person) => times[person]!);
    const { auc, eer, dPrime } = figuresOf(times);
    return [
      weightedShare(
        probes,
        (p) => p.viewsWithFace,
        (p) => p.views,
        weights,
      ),
      identificationRate(places, 1, weights),
      identificationRate(places, 5, weights),
      auc,
      eer,
      dPrime,
      threshold === null
        ? null
        : weightedShare(
            ownScores,
            (s) => (s >= threshold ? 1 : 0),
            () => 1,
            weights,
          ),
    ];
  };
  // People looked for are drawn among themselves, those who only stand in the gallery among themselves.
  const looked = new Set(personOf);
  const order = [...looked, ...Array.from({ length: strangers }, (_, p) => p).filter((p) => !looked.has(p))];
  const resamples = Math.max(
    100,
    Math.min(RESAMPLES, Math.floor(COMPARISONS_PER_FIGURE / Math.max(1, impostor.length))),
  );
  const times = new Float64Array(strangers);
  const intervals =
    looked.size < 2
      ? []
      : bootstrapPeople(
          [looked.size, order.length - looked.size],
          (drawn) => {
            for (const [n, person] of order.entries()) times[person] = drawn[n]!;
            return statistics(times);
          },
          { resamples },
        );
  const [faceFound, rank1, rank5, auc, eer, dPrime, accepted] = statistics().map((value, s) =>
    estimateOf(value, intervals[s] ?? null, looked.size, SHARES.has(s)),
  ) as [Estimate, Estimate, Estimate, Estimate, Estimate, Estimate, Estimate];
  return {
    network,
    probes: probes.length,
    withoutFace: probes.filter((p) => p.viewsWithFace === 0).length,
    faceFound,
    facesByView: countByView(probes),
    rank1,
    rank5,
    auc,
    eer,
    dPrime,
    roc: rocCurve(ownScores, impostor).map(({ falseAccept, trueAccept }) => ({ falseAccept, trueAccept })),
    genuine: histogramOf(ownScores, range),
    impostor: histogramOf(impostor, range),
    threshold,
    accepted,
  };
}

/** Places of plain shares among the statistics: face found, rank-1, rank-5, accepted. */
const SHARES: ReadonlySet<number> = new Set([0, 1, 2, 6]);

/** At 0 and 1 a bootstrap of a share shrinks to a point that promises too much: Wilson's interval stands in. */
function estimateOf(
  value: number | null,
  interval: { readonly low: number; readonly high: number } | null,
  n: number,
  isShare: boolean,
): Estimate {
  if (value === null || interval === null) return { value, low: null, high: null, n };
  const { low, high } =
    isShare && interval.low === interval.high
      ? wilsonInterval(Math.min(n, Math.max(0, value * n)), n)!
      : interval;
  return { value, low, high, n };
}

/** In how many probes each view showed a face, most telling view first as the probes list them. */
function countByView(probes: readonly Probe[]): RecognitionFigures['facesByView'] {
  const found = new Map<string, number>();
  for (const { facesIn } of probes)
    for (const view of facesIn ?? []) found.set(view, (found.get(view) ?? 0) + 1);
  return [...found].map(([view, n]) => ({ view, found: n }));
}

function without(values: Float64Array, index: number): Float64Array {
  return index < 0 ? values : values.filter((_, n) => n !== index);
}

function weightedShare<T>(
  items: readonly T[],
  part: (item: T) => number,
  whole: (item: T) => number,
  weights: readonly number[] | undefined,
): number | null {
  let [sum, total] = [0, 0];
  items.forEach((item, n) => {
    const weight = weights ? weights[n]! : 1;
    sum += weight * part(item);
    total += weight * whole(item);
  });
  return total > 0 ? sum / total : null;
}

/** Comparisons that could not be made are in no bin. */
function histogramOf(values: readonly number[], [from, to]: readonly [number, number]): Histogram {
  const counts = new Array<number>(BINS).fill(0);
  const scale = BINS / Math.max(1e-9, to - from);
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    counts[Math.max(0, Math.min(BINS - 1, Math.floor((value - from) * scale)))]! += 1;
  }
  return { from, to, counts };
}
