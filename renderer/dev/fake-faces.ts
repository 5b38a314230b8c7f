import type { Estimate, FaceNetwork, Histogram, RecognitionFigures } from '../../shared/risk/records.ts';
import { bootstrapPeople } from '../../shared/statistics/bootstrap-people.ts';
import { identificationRate } from '../../shared/statistics/identification-rate.ts';
import { type OwnPlace, rankOfOwn } from '../../shared/statistics/rank-of-own.ts';
import { rocCurve } from '../../shared/statistics/roc-curve.ts';
import { scoreThreshold } from '../../shared/statistics/score-threshold.ts';
import { seededRandom } from '../../shared/statistics/seeded-random.ts';
import { verificationFigures } from '../../shared/statistics/verification-figures.ts';
import { wilsonInterval } from '../../shared/statistics/wilson-interval.ts';

/** Made-up similarities of a cohort. The scores are invented; every figure is computed from them. */
export interface FaceScores {
  readonly network: FaceNetwork;
  /** `rows[p][g]`: similarity of person p's probe to person g's original; −Infinity without a face. */
  readonly rows: readonly (readonly number[])[];
}

export interface FaceRecipe {
  readonly network: FaceNetwork;
  /** How far the own original lies above strangers, in spreads of the strangers' scores. */
  readonly lift: number;
  /** Share of probes in which no face is found. */
  readonly noFace: number;
  readonly seed: number;
}

const STRANGERS: Readonly<Record<FaceNetwork, readonly [mean: number, spread: number]>> = {
  human: [0.46, 0.07],
  'face-api': [0.58, 0.06],
};
const VIEWS = 5;
/** Places of rank-1, rank-5 and accepted among the statistics. */
const RATES: readonly number[] = [0, 1, 5];

export function normalFrom(seed: number): () => number {
  const next = seededRandom(seed);
  return () => Math.sqrt(-2 * Math.log(next() + 1e-9)) * Math.cos(2 * Math.PI * next());
}

/** @param borrowed heads that only strangers stand in for, after the people in every row */
export function makeScores(
  people: number,
  borrowed: number,
  { network, lift, noFace, seed }: FaceRecipe,
): FaceScores {
  const normal = normalFrom(seed);
  const chance = seededRandom(seed + 1);
  const [mean, spread] = STRANGERS[network];
  const rows = Array.from({ length: people }, (_, p) => {
    const found = chance() >= noFace;
    return Array.from({ length: people + borrowed }, (_, g) => {
      const score = mean + spread * (normal() + (g === p ? lift : 0));
      return found ? Math.min(0.99, score) : Number.NEGATIVE_INFINITY;
    });
  });
  return { network, rows };
}

/** Place of a person's own original; null without a face. */
export function placeOf({ rows }: FaceScores, person: number): OwnPlace | null {
  const row = rows[person] ?? [];
  return rankOfOwn(
    row[person] ?? null,
    row.filter((_, g) => g !== person),
  );
}

/** @param resamples 0 gives no intervals, as for too few people */
export function figuresOf(
  scores: FaceScores,
  threshold: number | null,
  resamples: number,
): RecognitionFigures {
  const { rows, network } = scores;
  const people = rows.length;
  const gallery = rows[0]?.length ?? people;
  const own = rows.map((row, p) => row[p] ?? Number.NEGATIVE_INFINITY);
  const strangers = rows.flatMap((row, p) =>
    row.flatMap((score, g) => (g === p ? [] : [{ score, probe: p, gallery: g }])),
  );
  const impostor = strangers.map((s) => s.score);
  const places = rows.map((_, p) => placeOf(scores, p));
  const verify = verificationFigures({
    genuine: own,
    genuinePerson: own.map((_, p) => p),
    impostor,
    impostorProbe: strangers.map((s) => s.probe),
    impostorGallery: strangers.map((s) => s.gallery),
  });
  const reached = own.map((score) => (threshold !== null && score >= threshold ? 1 : 0));
  const statistics = (times?: ArrayLike<number>): (number | null)[] => {
    const { auc, eer, dPrime } = verify(times);
    const total = own.reduce((sum, _, p) => sum + (times?.[p] ?? 1), 0);
    const accepted = reached.reduce<number>((sum, hit, p) => sum + hit * (times?.[p] ?? 1), 0);
    return [
      identificationRate(places, 1, times),
      identificationRate(places, 5, times),
      auc,
      eer,
      dPrime,
      threshold === null ? null : accepted / total,
    ];
  };
  const intervals =
    resamples > 0 ? bootstrapPeople([people, gallery - people], statistics, { resamples }) : [];
  const [rank1, rank5, auc, eer, dPrime, accepted] = statistics().map((value, n): Estimate => {
    // As the host does: at 0 and 1 a bootstrap of a share shrinks to a point.
    const atEnd = RATES.includes(n) && (value === 0 || value === 1) && resamples > 0;
    const interval = atEnd ? wilsonInterval(value * people, people) : intervals[n];
    return { value, low: interval?.low ?? null, high: interval?.high ?? null, n: people };
  }) as [Estimate, Estimate, Estimate, Estimate, Estimate, Estimate];
  const withoutFace = own.filter((score) => !Number.isFinite(score)).length;
  const pictures = VIEWS * people;
  const shown = Math.round(pictures * 0.96 * (1 - withoutFace / people));
  const interval = wilsonInterval(shown, pictures);
  return {
    network,
    probes: people,
    withoutFace,
    facesByView: [],
    faceFound: {
      value: shown / pictures,
      low: interval?.low ?? null,
      high: interval?.high ?? null,
      n: people,
    },
    rank1,
    rank5,
    auc,
    eer,
    dPrime,
    roc: rocCurve(own, impostor).map(({ falseAccept, trueAccept }) => ({ falseAccept, trueAccept })),
    genuine: histogramOf(own),
    impostor: histogramOf(impostor),
    threshold,
    accepted,
  };
}

export function thresholdOf({ rows }: FaceScores, maxFalseAccept: number): number | null {
  return scoreThreshold(
    rows.flatMap((row, p) => row.filter((_, g) => g !== p)),
    maxFalseAccept,
  );
}

function histogramOf(scores: readonly number[]): Histogram {
  const [from, to, bins] = [0.2, 1, 40];
  const counts = new Array<number>(bins).fill(0);
  for (const score of scores) {
    if (!Number.isFinite(score)) continue;
    const bin = Math.floor(((score - from) / (to - from)) * bins);
    const at = Math.max(0, Math.min(bins - 1, bin));
    counts[at] = (counts[at] ?? 0) + 1;
  }
  return { from, to, counts };
}
