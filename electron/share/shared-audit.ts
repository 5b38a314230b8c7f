import type {
  AuditLimits,
  AuditReport,
  Estimate,
  RecognitionFigures,
  ScanAudit,
} from '../../shared/risk/records.ts';
import type { SharedAudit, SharedAuditReport, SharedRecognition } from '../../shared/share/audit-records.ts';
import { sentenceFor } from '../risk/audit-words.ts';

/** Points of a ROC curve that a share carries. */
const ROC_POINTS = 200;

/**
 * What the audit found about one scan, without its sentences: numbers and states name nobody.
 *
 * @param limits of the policy the scan leaves under
 */
export function sharedAudit(
  audit: ScanAudit | null,
  limits: Pick<AuditLimits, 'minDistanceShare'>,
): SharedAudit | null {
  if (!audit) return null;
  const { edited, average } = audit.distance ?? { edited: null, average: null };
  return {
    state: audit.state,
    at: audit.at,
    matches: audit.recognition.map(
      ({ network, views, viewsWithFace, similarity, threshold, accepted, rank, people }) => ({
        network,
        views,
        viewsWithFace,
        similarity: rounded(similarity),
        threshold: rounded(threshold),
        accepted,
        rank,
        people,
      }),
    ),
    distance: edited && {
      meanMm: round(edited.meanMm),
      p95Mm: round(edited.p95Mm),
      averageMeanMm: rounded(average?.meanMm ?? null),
      leastMm: rounded(average && limits.minDistanceShare * average.meanMm),
    },
  };
}

/**
 * The last audit of the project as far as it concerns a share: the methods its scans were edited with, and no scan,
 * problem or person of its own.
 *
 * @param methods of the scans that leave
 */
export function sharedAuditReport(report: AuditReport, methods: ReadonlySet<string>): SharedAuditReport {
  const { maxFalseAccept, minPeople, minUpperBound, minDistanceShare } = report.limits;
  const used = report.methods.filter((m) => methods.has(m.method));
  return {
    at: report.at,
    people: report.people,
    galleryPeople: report.galleryPeople,
    borrowed: report.borrowed,
    chanceRank1: round(report.chanceRank1),
    chanceRank5: round(report.chanceRank5),
    upperBound: report.upperBound.map(figures),
    sees: report.sees,
    methods: used.map(({ method, scans, recognition, distance, morphometry, secondsPerScan }) => ({
      method,
      scans,
      recognition: recognition.map(figures),
      distance: distance && {
        n: distance.n,
        meanMm: estimate(distance.meanMm),
        p95Mm: estimate(distance.p95Mm),
        averageMeanMm: estimate(distance.averageMeanMm),
        averageN: distance.averageN,
        closer: distance.closer,
        p: distance.p === null ? null : Number(distance.p.toPrecision(3)),
      },
      morphometry: morphometry.map(({ engine, meanAbsPercent, over5Percent }) => ({
        engine,
        meanAbsPercent: estimate(meanAbsPercent),
        over5Percent,
      })),
      secondsPerScan: rounded(secondsPerScan),
    })),
    limits: { maxFalseAccept, minPeople, minUpperBound, minDistanceShare },
    tools: report.tools,
    sentence: sentenceFor(report, used),
    caveats: report.caveats,
  };
}

function figures(f: RecognitionFigures): SharedRecognition {
  return {
    network: f.network,
    probes: f.probes,
    withoutFace: f.withoutFace,
    rank1: estimate(f.rank1),
    rank5: estimate(f.rank5),
    auc: estimate(f.auc),
    eer: estimate(f.eer),
    dPrime: estimate(f.dPrime),
    accepted: estimate(f.accepted),
    roc: thinned(f.roc).map((p) => ({
      falseAccept: round(p.falseAccept),
      trueAccept: round(p.trueAccept),
    })),
  };
}

/** Both ends and points at even steps between. */
function thinned<T>(points: readonly T[]): T[] {
  if (points.length <= ROC_POINTS) return [...points];
  const step = (points.length - 1) / (ROC_POINTS - 1);
  return Array.from({ length: ROC_POINTS }, (_, n) => points[Math.round(n * step)]!);
}

function estimate({ value, low, high, n }: Estimate): Estimate {
  return { value: rounded(value), low: rounded(low), high: rounded(high), n };
}

function rounded(value: number | null): number | null {
  return value === null ? null : round(value);
}

function round(value: number): number {
  return Math.round(value * 1e4) / 1e4 + 0; // + 0: no negative zero
}
