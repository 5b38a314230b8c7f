import { z } from 'zod';
import { defineContract } from '../rpc.ts';
import { reviewDecision, reviewItem } from './records.ts';

export const reviewContract = defineContract({
  /** Worst first; `pending` only those that wait for a person. */
  'review.queue': {
    input: z.object({ filter: z.enum(['pending', 'all']).default('pending') }),
    output: z.array(
      z.object({
        derivativeId: z.number(),
        seriesId: z.number(),
        subjectLabel: z.string(),
        kind: z.string(),
        state: z.string(),
        concern: z.number(),
        reason: z.string(),
        decided: reviewDecision.nullable(),
      }),
    ),
  },
  'review.item': { input: z.object({ derivativeId: z.number() }), output: reviewItem },
  'review.decide': {
    input: z.object({
      derivativeId: z.number(),
      decision: reviewDecision,
      note: z.string().default(''),
      reviewer: z.string().min(1),
    }),
    output: z.object({ state: z.string() }),
  },
});
