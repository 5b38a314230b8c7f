import { z } from 'zod';
import { engineId } from '../morphometry/records.ts';
import { problem } from '../problem.ts';

/** The two open face networks that look at renders of head surfaces; each is a second opinion on the other. */
export const faceNetwork = z.enum(['human', 'face-api']);
export type FaceNetwork = z.infer<typeof faceNetwork>;
export const FACE_NETWORKS: readonly FaceNetwork[] = faceNetwork.options;

export const auditState = z.enum(['safe', 'at-risk', 'cannot-tell']);
export type AuditState = z.infer<typeof auditState>;
export const AUDIT_STATES: readonly AuditState[] = auditState.options;

/** When an audited scan counts as safe, and what follows when it does not. */
export const auditLimits = z.object({
  /**
   * Share of strangers that the recognition threshold would let through, 0…1: a de-identified head that is at least
   * as similar to its original as that share of pairs of different people is recognised.
   */
  maxFalseAccept: z.number().min(0.001).max(0.2).default(0.01),
  /** Fewest people (the project's own and borrowed variations of the average head) for a claim about recognition. */
  minPeople: z.number().int().min(2).max(1000).default(10),
  /** Least rank-1 rate of untouched heads (another pose, light and noise); below it the audit cannot see. */
  minUpperBound: z.number().min(0).max(1).default(0.8),
  /**
   * Least distance of the new face surface from the true one, as a share of the distance of a population-average face:
   * 1 means that the scan tells no more about the face than not having it.
   */
  minDistanceShare: z.number().min(0).max(2).default(0.5),
  /** A scan about which nothing can be told: `review` holds it for a person, `keep` leaves its verdict as it was. */
  cannotTell: z.enum(['review', 'keep']).default('keep'),
  /** A scan that was not audited may not leave. */
  beforeShare: z.boolean().default(true),
});
export type AuditLimits = z.infer<typeof auditLimits>;

/** A figure with its 95 % bootstrap interval over people; null where too few people give one. */
export const estimate = z.object({
  value: z.number().nullable(),
  low: z.number().nullable(),
  high: z.number().nullable(),
  /** People or scans behind it. */
  n: z.number(),
});
export type Estimate = z.infer<typeof estimate>;

/** What one network says about one de-identified head. */
export const scanRecognition = z.object({
  network: faceNetwork,
  /** Pictures looked at, and in how many of them a face was found. */
  views: z.number(),
  viewsWithFace: z.number(),
  /** Similarity to the own original, higher is more alike; null when no view of both shows a face. */
  similarity: z.number().nullable(),
  /** Similarity from which a stranger is let through at the policy's rate; null without enough people. */
  threshold: z.number().nullable(),
  accepted: z.boolean().nullable(),
  /** Place of the own original among all people of the gallery, 1 is first; null without a face. */
  rank: z.number().nullable(),
  people: z.number(),
  /** The same for the untouched original in another pose and light: what could have been seen. */
  originalSimilarity: z.number().nullable(),
  originalRank: z.number().nullable(),
});
export type ScanRecognition = z.infer<typeof scanRecognition>;

/** Distance between two face surfaces over the face region, mm. */
export const faceDistance = z.object({
  meanMm: z.number(),
  p95Mm: z.number(),
  /** Share of the region farther than 2 mm away, 0…1. */
  shareOver2mm: z.number(),
  points: z.number(),
});
export type FaceDistance = z.infer<typeof faceDistance>;

export const scanDistance = z.object({
  edited: faceDistance,
  /** From the true face to the population-average face placed by the brain; null where it could not be placed. */
  average: faceDistance.nullable(),
  /** The regions of the placed average head, or the window in front of the brain where it could not be placed. */
  regionFrom: z.enum(['average-head', 'window']),
});
export type ScanDistance = z.infer<typeof scanDistance>;

/** One de-identified scan as the audit sees it. */
export const scanAudit = z.object({
  derivativeId: z.number(),
  seriesId: z.number(),
  subjectLabel: z.string(),
  kind: z.string(),
  method: z.string(),
  /** The attempt that a share would take. */
  current: z.boolean(),
  state: auditState,
  /** One sentence each: why, and what to do next (empty when nothing is needed). */
  reason: z.string(),
  next: z.string(),
  recognition: z.array(scanRecognition),
  distance: scanDistance.nullable(),
  problems: z.array(problem),
  at: z.string(),
});
export type ScanAudit = z.infer<typeof scanAudit>;

export const histogram = z.object({
  /** Left edge of the first bin and right edge of the last. */
  from: z.number(),
  to: z.number(),
  counts: z.array(z.number()),
});
export type Histogram = z.infer<typeof histogram>;

/** How well one network recognises people over a cohort. */
export const recognitionFigures = z.object({
  network: faceNetwork,
  /** People looked for, and those in none of whose pictures a face was found: they count as not recognised. */
  probes: z.number(),
  withoutFace: z.number(),
  /** Share of all pictures in which a face was found. */
  faceFound: estimate,
  /** Probes in which each view showed a face; views without any are not listed, older audits list none. */
  facesByView: z.array(z.object({ view: z.string(), found: z.number() })).default([]),
  rank1: estimate,
  rank5: estimate,
  /** Area under the ROC curve, equal error rate and d′ of own against other people's originals. */
  auc: estimate,
  eer: estimate,
  dPrime: estimate,
  roc: z.array(z.object({ falseAccept: z.number(), trueAccept: z.number() })),
  /** Similarities to the own original and to the other people's; one bin width for both. */
  genuine: histogram,
  impostor: histogram,
  threshold: z.number().nullable(),
  /** Share of probes at or above the threshold. */
  accepted: estimate,
});
export type RecognitionFigures = z.infer<typeof recognitionFigures>;

export const distanceFigures = z.object({
  n: z.number(),
  meanMm: estimate,
  p95Mm: estimate,
  /** Of the population-average face, over the scans where it could be placed. */
  averageMeanMm: estimate,
  averageN: z.number(),
  /** Scans whose new face lies closer to the true one than the average face does. */
  closer: z.number(),
  /** Paired Wilcoxon signed-rank of the two distances, two-sided; null with fewer than six pairs. */
  p: z.number().nullable(),
  pairs: z.array(
    z.object({
      seriesId: z.number(),
      derivativeId: z.number(),
      subjectLabel: z.string(),
      meanMm: z.number(),
      averageMm: z.number().nullable(),
    }),
  ),
});
export type DistanceFigures = z.infer<typeof distanceFigures>;

export const methodAudit = z.object({
  method: z.string(),
  scans: z.number(),
  states: z.object({ safe: z.number(), 'at-risk': z.number(), 'cannot-tell': z.number() }),
  recognition: z.array(recognitionFigures),
  distance: distanceFigures.nullable(),
  /** Mean |change| of GM, WM, CSF and TIV in percent, and scans above 5 %, by engine; empty where not measured. */
  morphometry: z.array(
    z.object({
      engine: engineId,
      meanAbsPercent: estimate,
      over5Percent: z.number(),
      failedAfter: z.number(),
    }),
  ),
  /** Median seconds of the face step. */
  secondsPerScan: z.number().nullable(),
});
export type MethodAudit = z.infer<typeof methodAudit>;

/** The audit of a whole project: what could be recognised, and what could have been. */
export const auditReport = z.object({
  at: z.string(),
  /** People whose originals were looked at, those of them with a usable gallery picture, and borrowed heads. */
  people: z.number(),
  galleryPeople: z.number(),
  borrowed: z.number(),
  chanceRank1: z.number(),
  chanceRank5: z.number(),
  /** Untouched originals in another pose, light and noise against the same gallery. */
  upperBound: z.array(recognitionFigures),
  /** Networks whose upper bound reaches the policy's limit. */
  sees: z.array(faceNetwork),
  methods: z.array(methodAudit),
  limits: auditLimits,
  /** Versions of networks and renders. */
  tools: z.string(),
  /** The finding in one sentence, what the match is, and what it is not. */
  sentence: z.string(),
  caveats: z.array(z.string()),
  /** Scans that could not be looked at, and why. */
  problems: z.array(problem),
  /** Seconds of each part, median per scan. */
  seconds: z.object({ look: z.number().nullable(), distance: z.number().nullable() }),
});
export type AuditReport = z.infer<typeof auditReport>;
