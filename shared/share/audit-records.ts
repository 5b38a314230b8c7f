import { z } from 'zod';
import { auditState, estimate, faceNetwork } from '../risk/records.ts';

/*
 * The audit as a share carries it. Receipts are read years after they were written, so their fields are spelled out
 * here instead of taken over from the audit's own records; a field added later needs a default.
 */

/** What one network said about one shared scan, compared with the own original: render to render. */
export const sharedMatch = z.object({
  network: faceNetwork,
  views: z.number(),
  viewsWithFace: z.number(),
  /** Higher is more alike; null when no picture shows a face. */
  similarity: z.number().nullable(),
  /** Similarity that the policy's share of strangers reaches; null without enough people. */
  threshold: z.number().nullable(),
  accepted: z.boolean().nullable(),
  /** Place of the own original among all people, 1 is first. */
  rank: z.number().nullable(),
  people: z.number(),
});
export type SharedMatch = z.infer<typeof sharedMatch>;

/** Distance of the new face surface from the true one, mm. */
export const sharedDistance = z.object({
  meanMm: z.number(),
  p95Mm: z.number(),
  /** Mean distance of the population-average face; null where it could not be placed. */
  averageMeanMm: z.number().nullable(),
  /** Least mean distance the policy asks for; null without an average face. */
  leastMm: z.number().nullable(),
});
export type SharedDistance = z.infer<typeof sharedDistance>;

/** The audit of one shared scan. Its own file, no descriptor and no picture is in it. */
export const sharedAudit = z.object({
  state: auditState,
  at: z.string(),
  matches: z.array(sharedMatch),
  distance: sharedDistance.nullable(),
});
export type SharedAudit = z.infer<typeof sharedAudit>;

/** How well one network found people again over the whole project. */
export const sharedRecognition = z.object({
  network: faceNetwork,
  /** People looked for, and those in none of whose pictures a face was found. */
  probes: z.number(),
  withoutFace: z.number(),
  rank1: estimate,
  rank5: estimate,
  auc: estimate,
  eer: estimate,
  dPrime: estimate,
  /** Share of heads at or above the similarity that the policy's share of strangers reaches. */
  accepted: estimate,
  /** At most 200 points. */
  roc: z.array(z.object({ falseAccept: z.number(), trueAccept: z.number() })),
});
export type SharedRecognition = z.infer<typeof sharedRecognition>;

export const sharedMethodAudit = z.object({
  method: z.string(),
  scans: z.number(),
  recognition: z.array(sharedRecognition),
  distance: z
    .object({
      n: z.number(),
      meanMm: estimate,
      p95Mm: estimate,
      averageMeanMm: estimate,
      averageN: z.number(),
      /** Scans whose new face lies closer to the true one than the average face does. */
      closer: z.number(),
      /** Paired Wilcoxon signed-rank, two-sided. */
      p: z.number().nullable(),
    })
    .nullable(),
  /** Mean |change| of GM, WM, CSF and TIV in percent, by engine. */
  morphometry: z.array(z.object({ engine: z.string(), meanAbsPercent: estimate, over5Percent: z.number() })),
  secondsPerScan: z.number().nullable(),
});
export type SharedMethodAudit = z.infer<typeof sharedMethodAudit>;

/** The last audit of the project, of the methods with which the shared scans were edited. */
export const sharedAuditReport = z.object({
  at: z.string(),
  people: z.number(),
  galleryPeople: z.number(),
  borrowed: z.number(),
  chanceRank1: z.number(),
  chanceRank5: z.number(),
  /** Untouched heads in another pose and light. */
  upperBound: z.array(sharedRecognition),
  /** Networks that recognise untouched heads well enough to be believed. */
  sees: z.array(faceNetwork),
  methods: z.array(sharedMethodAudit),
  limits: z.object({
    maxFalseAccept: z.number(),
    minPeople: z.number(),
    minUpperBound: z.number(),
    minDistanceShare: z.number(),
  }),
  tools: z.string(),
  sentence: z.string(),
  caveats: z.array(z.string()),
});
export type SharedAuditReport = z.infer<typeof sharedAuditReport>;
