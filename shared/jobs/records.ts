import { z } from 'zod';

export const jobKind = z.enum(['import', 'deidentify', 'measure', 'audit', 'share']);
export type JobKind = z.infer<typeof jobKind>;
export const jobState = z.enum(['queued', 'running', 'done', 'failed', 'cancelled']);
export type JobState = z.infer<typeof jobState>;

export const job = z.object({
  id: z.number(),
  batchId: z.string(),
  kind: jobKind,
  seriesId: z.number().nullable(),
  label: z.string(),
  state: jobState,
  attempts: z.number(),
  /** Why it failed and what to do next; empty otherwise. */
  error: z.string(),
  createdAt: z.string(),
  startedAt: z.string().nullable(),
  finishedAt: z.string().nullable(),
});
export type Job = z.infer<typeof job>;

/** What the progress strip shows for one batch of jobs. */
export const batchProgress = z.object({
  batchId: z.string(),
  kind: jobKind,
  total: z.number(),
  done: z.number(),
  failed: z.number(),
  cancelled: z.number(),
  running: z.array(
    z.object({ jobId: z.number(), label: z.string(), message: z.string(), fraction: z.number() }),
  ),
  itemsPerMinute: z.number().nullable(),
  secondsLeft: z.number().nullable(),
  finished: z.boolean(),
});
export type BatchProgress = z.infer<typeof batchProgress>;

/** What `/events` carries, at most ten a second of the first kind. */
export const appEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('progress'), batch: batchProgress }),
  /** Something in these areas changed: screens that show it ask again. */
  z.object({ type: z.literal('changed'), areas: z.array(z.string()) }),
]);
export type AppEvent = z.infer<typeof appEvent>;
