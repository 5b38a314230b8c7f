/** Audits of nobody for the tests of sharing, in plausible sizes. */
import {
  type AuditReport,
  type AuditState,
  auditLimits,
  type Estimate,
  type FaceNetwork,
  type MethodAudit,
  type RecognitionFigures,
  type ScanDistance,
  type ScanRecognition,
} from '../../shared/risk/records.ts';
import type { Db } from '../catalog/database.ts';
import { type AuditRecord, saveAudit } from '../risk/audit-rows.ts';
import { caveatsOf, sentenceOf } from '../risk/audit-words.ts';

export const AUDITED_AT = '2026-01-05T10:12:00.000Z';

export const estimate = (value: number | null, half = 0.05, n = 42): Estimate => ({
  value,
  low: value === null ? null : Math.max(0, value - half),
  high: value === null ? null : value + half,
  n,
});

/** @param sharpness of the ROC curve: 1 is chance */
export function figures(
  network: FaceNetwork,
  rank1: number,
  sharpness: number,
  more: Partial<RecognitionFigures> = {},
): RecognitionFigures {
  return {
    network,
    probes: 42,
    withoutFace: 0,
    faceFound: estimate(0.9),
    facesByView: [],
    rank1: { ...estimate(rank1), high: Math.min(1, rank1 + 0.05) },
    rank5: { ...estimate(Math.min(1, 2 * rank1)), high: Math.min(1, 2 * rank1 + 0.05) },
    auc: estimate(sharpness / (sharpness + 1)),
    eer: estimate(0.5 / sharpness),
    dPrime: { value: sharpness - 1.2, low: sharpness - 1.5, high: sharpness - 0.9, n: 42 },
    roc: Array.from({ length: 41 }, (_, n) => ({
      falseAccept: n / 40,
      trueAccept: (n / 40) ** (1 / sharpness),
    })),
    genuine: { from: 0, to: 1, counts: [1, 2] },
    impostor: { from: 0, to: 1, counts: [2, 1] },
    threshold: 0.61,
    accepted: { ...estimate(rank1 / 2), high: rank1 / 2 + 0.05 },
    ...more,
  };
}

export function methodAudit(method: string, rank1: number, changePercent: number | null): MethodAudit {
  return {
    method,
    scans: 44,
    states: { safe: 40, 'at-risk': 3, 'cannot-tell': 1 },
    recognition: [
      figures('human', rank1, 1 + 4 * rank1, { withoutFace: 3 }),
      figures('face-api', rank1 / 2, 1 + 2 * rank1),
    ],
    distance: {
      n: 44,
      meanMm: estimate(2.41, 0.2, 44),
      p95Mm: estimate(5.62, 0.5, 44),
      averageMeanMm: estimate(2.12, 0.15, 40),
      averageN: 40,
      closer: 7,
      p: 0.00042,
      pairs: [{ seriesId: 7, derivativeId: 9, subjectLabel: 'sub-HELD0000', meanMm: 1, averageMm: 2 }],
    },
    morphometry: [
      {
        engine: 'tissue-em',
        meanAbsPercent: estimate(changePercent, 0.2, 44),
        over5Percent: 1,
        failedAfter: 0,
      },
    ],
    secondsPerScan: 5.7,
  };
}

/** A report with its own words, as the audit writes it. */
export function auditReport(more: Partial<AuditReport> = {}, blind = ''): AuditReport {
  const report = {
    at: AUDITED_AT,
    people: 42,
    galleryPeople: 42,
    borrowed: 0,
    chanceRank1: 1 / 42,
    chanceRank5: 5 / 42,
    upperBound: [figures('human', 0.976, 40), figures('face-api', 0.929, 25)],
    sees: ['human', 'face-api'] as FaceNetwork[],
    methods: [methodAudit('quickshear', 0.048, 0.62), methodAudit('template', 0.024, 0.35)],
    limits: auditLimits.parse({}),
    tools: 'Human 3.3.6, face-api 1.7.15, renders 1',
    problems: [],
    seconds: { look: 4, distance: 3 },
    ...more,
  };
  const words = { ...report, blind };
  return { ...report, sentence: sentenceOf(words), caveats: caveatsOf(words), ...more };
}

/** Few people and no network that sees them. */
export function blindReport(): AuditReport {
  const method = methodAudit('quickshear', 0.25, null);
  const few = { galleryPeople: 4, people: 4, chanceRank1: 0.25, chanceRank5: 1 };
  const nobody = (f: RecognitionFigures): RecognitionFigures => ({
    ...f,
    probes: 4,
    threshold: null,
    accepted: estimate(null),
  });
  return auditReport(
    {
      ...few,
      upperBound: [nobody(figures('human', 0.75, 3))],
      sees: [],
      methods: [{ ...method, recognition: method.recognition.map(nobody) }],
    },
    'the project has 4 people, and 10 are needed',
  );
}

export function recognition(network: FaceNetwork, more: Partial<ScanRecognition> = {}): ScanRecognition {
  return {
    network,
    views: 5,
    viewsWithFace: 4,
    similarity: 0.42,
    threshold: 0.61,
    accepted: false,
    rank: 17,
    people: 42,
    originalSimilarity: 0.91,
    originalRank: 1,
    ...more,
  };
}

export function distance(meanMm = 2.4, averageMm: number | null = 2.1): ScanDistance {
  const of = (mean: number) => ({ meanMm: mean, p95Mm: 2 * mean, shareOver2mm: 0.5, points: 3000 });
  return {
    edited: of(meanMm),
    average: averageMm === null ? null : of(averageMm),
    regionFrom: 'average-head',
  };
}

export function auditRecord(state: AuditState, more: Partial<AuditRecord> = {}): AuditRecord {
  return {
    state,
    reason: {
      safe: 'Human does not recognise it.',
      'at-risk': 'Human takes the de-identified head for its own original.',
      'cannot-tell': 'Whether this face can be recognised cannot be told: too few people.',
    }[state],
    next: '',
    recognition: [recognition('human'), recognition('face-api')],
    distance: distance(),
    problems: [],
    ...more,
  };
}

/** As the audit job writes it; the verdict itself is left as it is. */
export function audit(
  db: Db,
  derivativeId: number,
  state: AuditState,
  more: Partial<AuditRecord> = {},
  at = AUDITED_AT,
): void {
  const verdict = db.prepare('SELECT verdict FROM derivative WHERE id = ?').pluck().get(derivativeId);
  saveAudit(db, derivativeId, auditRecord(state, more), JSON.parse(verdict as string), at);
}
