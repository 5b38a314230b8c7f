import { z } from 'zod';
import { verdict } from '../deidentify/records.ts';

export const reviewDecision = z.enum(['accept', 'redo', 'reject']);
export type ReviewDecision = z.infer<typeof reviewDecision>;

export const reviewRecord = z.object({
  id: z.number(),
  derivativeId: z.number(),
  decision: reviewDecision,
  note: z.string(),
  reviewer: z.string(),
  at: z.string(),
  /** Method, parameters and policy the decision was about. */
  settings: z.record(z.string(), z.unknown()),
});
export type ReviewRecord = z.infer<typeof reviewRecord>;

/** A still picture, addressed by URL; made on the CPU. */
export const picture = z.object({
  name: z.string(),
  /** What it shows, in words (alternative text). */
  label: z.string(),
  stage: z.enum(['before', 'after']),
  view: z.enum(['front', 'three-quarter', 'left', 'right', 'sagittal', 'coronal', 'axial']),
  url: z.string(),
});
export type Picture = z.infer<typeof picture>;

export const reviewItem = z.object({
  derivativeId: z.number(),
  seriesId: z.number(),
  subjectLabel: z.string(),
  sessionLabel: z.string(),
  kind: z.string(),
  description: z.string(),
  method: z.string(),
  methodParams: z.record(z.string(), z.unknown()),
  policyName: z.string(),
  state: z.string(),
  verdict,
  pictures: z.array(picture),
  reviews: z.array(reviewRecord),
  /** Other attempts on the same series, newest first. */
  attempts: z.array(
    z.object({ derivativeId: z.number(), method: z.string(), state: z.string(), createdAt: z.string() }),
  ),
});
export type ReviewItem = z.infer<typeof reviewItem>;
