import type { Problem } from '../../shared/problem.ts';
import {
  type AuditReport,
  type AuditState,
  auditLimits,
  type Estimate,
  FACE_NETWORKS,
  type FaceNetwork,
  type MethodAudit,
  type ScanAudit,
} from '../../shared/risk/records.ts';
import { bootstrap } from '../../shared/statistics/bootstrap.ts';
import { mean } from '../../shared/statistics/mean.ts';
import { wilcoxonSignedRank } from '../../shared/statistics/wilcoxon-signed-rank.ts';
import { makeRow } from './fake-data.ts';
import { type FaceScores, figuresOf, makeScores, normalFrom, placeOf, thresholdOf } from './fake-faces.ts';

/** What an audit may look like: as it should be, of few people, with networks that cannot see, without any, with failures. */
export type AuditVariant = 'usual' | 'few' | 'blind' | 'no-networks' | 'failures';

export interface FakeAudit {
  readonly report: AuditReport;
  readonly scans: readonly ScanAudit[];
}

interface Recipe {
  readonly method: string;
  /** Lift of the own original by network, see `makeScores`. */
  readonly lift: readonly [human: number, faceApi: number];
  readonly noFace: number;
  /** Mean distance to the true face, mm, and its spread. */
  readonly distanceMm: readonly [number, number];
  readonly changePercent: readonly [tissue: number, regional: number];
  readonly seconds: number;
}

/** The first one is the attempt that a share would take. */
const RECIPES: readonly Recipe[] = [
  {
    method: 'template',
    lift: [0.35, 0.5],
    noFace: 0.02,
    distanceMm: [2.9, 0.6],
    changePercent: [0.21, 0.34],
    seconds: 14.2,
  },
  {
    method: 'mask-out',
    lift: [0.1, 0.3],
    noFace: 0.45,
    distanceMm: [9.4, 1.6],
    changePercent: [0.46, 0.81],
    seconds: 6.1,
  },
  {
    method: 'quickshear',
    lift: [0.6, 0.4],
    noFace: 0.7,
    distanceMm: [11.8, 2.2],
    changePercent: [0.38, 0.66],
    seconds: 3.4,
  },
  {
    method: 'blur',
    lift: [2.3, 2.0],
    noFace: 0.05,
    distanceMm: [1.5, 0.4],
    changePercent: [0.17, 0.22],
    seconds: 9.8,
  },
];
const AT = '2026-11-20T13:40:00.000Z';
const NAMES: Readonly<Record<FaceNetwork, string>> = { human: 'Human', 'face-api': 'face-api' };
const LIMITS = auditLimits.parse({});
const AVERAGE_MM = [3.1, 0.5] as const;

const made = new Map<AuditVariant, FakeAudit>();

/** An audit of 40 people, or of six. Scores and distances are invented; every figure is computed from them. */
export function makeAudit(variant: AuditVariant): FakeAudit {
  let audit = made.get(variant);
  if (!audit) {
    audit = build(variant);
    made.set(variant, audit);
  }
  return audit;
}

function build(variant: AuditVariant): FakeAudit {
  const people = variant === 'few' ? 6 : 40;
  const borrowed = Math.max(0, 12 - people);
  const gallery = people + borrowed;
  const networks = variant === 'no-networks' ? [] : FACE_NETWORKS;
  const sight = variant === 'blind' ? 0.45 : 1;
  const resamples = 300;
  const upper = networks.map((network, n) =>
    makeScores(people, borrowed, {
      network,
      lift: sight * (n === 0 ? 5.2 : 3.1),
      noFace: 0,
      seed: 500 + n,
    }),
  );
  const thresholds = upper.map((scores) => thresholdOf(scores, LIMITS.maxFalseAccept));
  const upperBound = upper.map((scores, n) => figuresOf(scores, thresholds[n] ?? null, resamples));
  const sees = upperBound.flatMap((figures) =>
    gallery >= LIMITS.minPeople && (figures.rank1.value ?? 0) >= LIMITS.minUpperBound
      ? [figures.network]
      : [],
  );
  const problems = variant === 'failures' ? failures() : [];
  const scans: ScanAudit[] = [];
  const methods = RECIPES.map((recipe, m): MethodAudit => {
    const scores = networks.map((network, n) =>
      makeScores(people, borrowed, {
        network,
        lift: sight * (recipe.lift[n] ?? 0),
        noFace: recipe.noFace,
        seed: 40 * m + n + 1,
      }),
    );
    const normal = normalFrom(700 + m);
    const own = Array.from({ length: people }, (_, p) =>
      scanOf({
        recipe,
        m,
        p,
        scores,
        upper,
        thresholds,
        sees,
        normal,
        failed: variant === 'failures' && p < 3,
      }),
    );
    scans.push(...own);
    const count = (state: AuditState) => own.filter((scan) => scan.state === state).length;
    return {
      method: recipe.method,
      scans: people,
      states: { safe: count('safe'), 'at-risk': count('at-risk'), 'cannot-tell': count('cannot-tell') },
      recognition: scores.map((item, n) => figuresOf(item, thresholds[n] ?? null, resamples)),
      distance: distanceOf(own),
      morphometry: (['tissue-em', 'regional'] as const).map((engine, e) => {
        const changes = Array.from({ length: people }, () =>
          Math.abs((recipe.changePercent[e] ?? 0) * (1 + 0.5 * normal())),
        );
        return {
          engine,
          meanAbsPercent: estimateOf(changes),
          over5Percent: m === 1 ? 1 : 0,
          failedAfter: m === 2 ? 1 : 0,
        };
      }),
      secondsPerScan: recipe.seconds,
    };
  });
  const report: AuditReport = {
    at: AT,
    people,
    galleryPeople: networks.length === 0 ? 0 : people,
    borrowed: networks.length === 0 ? 0 : borrowed,
    chanceRank1: networks.length === 0 ? 0 : 1 / gallery,
    chanceRank5: networks.length === 0 ? 0 : Math.min(1, 5 / gallery),
    upperBound,
    sees,
    methods,
    limits: LIMITS,
    tools: networks.length === 0 ? 'no face networks' : 'human 3.3.6 faceres, face-api 1.7.15, renders 1',
    sentence: '',
    caveats: caveatsOf(people, borrowed, networks.length > 0),
    problems,
    seconds: { look: networks.length === 0 ? null : 11.3, distance: 4.6 },
  };
  return { report: { ...report, sentence: sentenceOf(report) }, scans: scans.sort(worstFirst) };
}

interface ScanInput {
  readonly recipe: Recipe;
  readonly m: number;
  readonly p: number;
  readonly scores: readonly FaceScores[];
  readonly upper: readonly FaceScores[];
  readonly thresholds: readonly (number | null)[];
  readonly sees: readonly FaceNetwork[];
  readonly normal: () => number;
  readonly failed: boolean;
}

function scanOf({ recipe, m, p, scores, upper, thresholds, sees, normal, failed }: ScanInput): ScanAudit {
  const row = makeRow(10 * p);
  const meanMm = Math.max(0.6, recipe.distanceMm[0] + recipe.distanceMm[1] * normal());
  const averageMm = AVERAGE_MM[0] + AVERAGE_MM[1] * normal();
  const recognition = scores.map((item, n): ScanAudit['recognition'][number] => {
    const own = item.rows[p]?.[p] ?? Number.NEGATIVE_INFINITY;
    const similarity = Number.isFinite(own) ? own : null;
    const threshold = thresholds[n] ?? null;
    return {
      network: item.network,
      views: 5,
      viewsWithFace: similarity === null ? 0 : 4 + (p % 2),
      similarity,
      threshold,
      accepted: threshold === null ? null : similarity !== null && similarity >= threshold,
      rank: placeOf(item, p)?.rank ?? null,
      people: item.rows[0]?.length ?? 0,
      originalSimilarity: upper[n]?.rows[p]?.[p] ?? null,
      originalRank: upper[n] ? (placeOf(upper[n], p)?.rank ?? null) : null,
    };
  });
  const accepted = recognition.find((r) => r.accepted && sees.includes(r.network));
  const tooClose = !failed && meanMm < LIMITS.minDistanceShare * averageMm;
  const state: AuditState =
    accepted || tooClose ? 'at-risk' : failed || sees.length === 0 || p % 13 === 12 ? 'cannot-tell' : 'safe';
  const mm = (value: number) => `${value.toFixed(1)} mm`;
  const reason = accepted
    ? `${NAMES[accepted.network]} takes the de-identified head for its own original (similarity ${accepted.similarity?.toFixed(2)}, strangers reach ${accepted.threshold?.toFixed(2)}; place ${accepted.rank} of ${accepted.people}).`
    : tooClose
      ? `The new face surface lies ${mm(meanMm)} from the true one on average, ${Math.round((100 * meanMm) / averageMm)} % of what a population-average face would (${mm(averageMm)}); at least 50 % is asked for.`
      : state === 'safe'
        ? `${recognition[0]?.viewsWithFace === 0 ? 'Human finds no face in 5 pictures.' : `Human does not recognise it (similarity ${recognition[0]?.similarity?.toFixed(2)}, strangers reach ${recognition[0]?.threshold?.toFixed(2)}; place ${recognition[0]?.rank} of ${recognition[0]?.people}).`} The new surface lies ${mm(meanMm)} from the true face; an average face would be ${mm(averageMm)} away.`
        : `Whether this face can be recognised cannot be told: ${failed ? 'the pictures could not be made (the scan holds nothing brighter than air).' : recognition.length === 0 ? 'this build has no face networks.' : sees.length === 0 ? 'the networks find too few of the untouched heads of this project again.' : 'the networks do not recognise the untouched head in another view either, so not recognising the edited one means nothing.'}`;
  return {
    derivativeId: m * 1_000_000 + row.id,
    seriesId: row.id,
    subjectLabel: row.subjectLabel,
    kind: row.kind,
    method: recipe.method,
    current: m === 0,
    state,
    reason,
    next:
      state === 'at-risk'
        ? 'Try another method or stronger settings. If it must leave as it is, a person has to accept it in review.'
        : state === 'safe'
          ? ''
          : 'Look at the renders before and after.',
    recognition: failed ? [] : recognition,
    distance: failed
      ? null
      : {
          edited: { meanMm, p95Mm: 2.6 * meanMm, shareOver2mm: Math.min(1, meanMm / 6), points: 18_400 },
          average:
            p % 11 === 10
              ? null
              : { meanMm: averageMm, p95Mm: 2.5 * averageMm, shareOver2mm: 0.52, points: 18_400 },
          regionFrom: p % 11 === 10 ? 'window' : 'average-head',
        },
    problems: [],
    at: AT,
  };
}

function estimateOf(values: readonly number[]): Estimate {
  const interval = values.length < 2 ? null : bootstrap(values, mean, { resamples: 300 });
  return {
    value: values.length === 0 ? null : mean(values),
    low: interval?.low ?? null,
    high: interval?.high ?? null,
    n: values.length,
  };
}

function distanceOf(scans: readonly ScanAudit[]): MethodAudit['distance'] {
  const pairs = scans.flatMap(({ distance, seriesId, derivativeId, subjectLabel }) =>
    distance
      ? [
          {
            seriesId,
            derivativeId,
            subjectLabel,
            meanMm: distance.edited.meanMm,
            averageMm: distance.average?.meanMm ?? null,
          },
        ]
      : [],
  );
  const both = pairs.flatMap((pair) =>
    pair.averageMm === null ? [] : [{ ...pair, averageMm: pair.averageMm }],
  );
  const averages = both.map((pair) => pair.averageMm);
  const means = both.map((pair) => pair.meanMm);
  return {
    n: pairs.length,
    meanMm: estimateOf(pairs.map((pair) => pair.meanMm)),
    p95Mm: estimateOf(pairs.map((pair) => 2.6 * pair.meanMm)),
    averageMeanMm: estimateOf(averages),
    averageN: both.length,
    closer: both.filter((pair) => pair.meanMm < pair.averageMm).length,
    p: both.length < 6 ? null : wilcoxonSignedRank(averages, means).p,
    pairs,
  };
}

function failures(): Problem[] {
  return [0, 1, 2].map((p) => ({
    code: 'audit-no-pictures',
    level: 'warning',
    subject: `${makeRow(10 * p).subjectLabel} T1w`,
    message: 'Could not be looked at: the scan holds nothing brighter than air.',
    fix: 'Start the audit again; if it stays, look at the scan in review.',
  }));
}

function sentenceOf({
  methods,
  upperBound,
  sees,
  galleryPeople,
  borrowed,
  chanceRank1,
}: AuditReport): string {
  const percent = (value: number | null | undefined) =>
    value == null ? '–' : `${Math.round(100 * value)} %`;
  const range = (e: Estimate | undefined) =>
    `${percent(e?.value)} (${percent(e?.low)} to ${percent(e?.high)})`;
  const [network] = sees;
  if (!network) {
    const why =
      upperBound.length === 0
        ? 'this build has no face networks'
        : `the networks find too few of the untouched heads of this project again (${upperBound.map((f) => `${NAMES[f.network]} ${percent(f.rank1.value)}`).join(', ')}; the policy asks for 80 %)`;
    return `Whether the faces of this project can be recognised cannot be told: ${why}. The new face surfaces lie from the true ones, on average: ${methods.map((m) => `${m.method} ${m.distance?.meanMm.value?.toFixed(1)} mm`).join(', ')}.`;
  }
  const parts = methods.map(
    (m) => `${m.method} ${range(m.recognition.find((f) => f.network === network)?.rank1)}`,
  );
  return `Put among ${galleryPeople + borrowed} people, the network ${NAMES[network]} finds ${range(upperBound[0]?.rank1)} of the untouched heads again, and of the de-identified ones: ${parts.join(', ')}; chance is ${percent(chanceRank1)}.`;
}

function caveatsOf(people: number, borrowed: number, networks: boolean): string[] {
  const gallery = people + borrowed;
  return [
    'The match is render to render: pictures of head surfaces, computed from scans, compared by two open face networks. It is not a match with photographs and not commercial face recognition, which recognised 97 to 98 % of unmodified scans in a published study.',
    'A face that these networks do not recognise may still be recognised by others. Without a face, a brain can still be linked with another scan of the same person.',
    'Removing or blurring voxels can be undone in part: published attacks regrow removed faces and sharpen blurred ones. This audit looks at scans as they are and does not try that.',
    ...(networks && borrowed > 0
      ? [
          `Only ${people} people of this project could stand in the gallery; ${borrowed} computed variations of the average head stand beside them as strangers. The claim is weak: computed heads are less like a person than people are like each other. A place among them looks better than it would among people.`,
        ]
      : []),
    ...(networks && gallery < 50
      ? [
          `With ${gallery} people one right answer is ${Math.round(100 / gallery)} %: rates below about ${Math.min(100, Math.round(300 / gallery))} % cannot be told from chance.`,
        ]
      : []),
    ...(networks ? [] : ['Nothing is claimed about recognition: this build has no face networks.']),
  ];
}

const ORDER: readonly AuditState[] = ['at-risk', 'cannot-tell', 'safe'];
function worstFirst(a: ScanAudit, b: ScanAudit): number {
  return (
    ORDER.indexOf(a.state) - ORDER.indexOf(b.state) ||
    (a.distance?.edited.meanMm ?? 0) - (b.distance?.edited.meanMm ?? 0)
  );
}
