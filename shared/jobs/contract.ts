import { z } from 'zod';
import { defineContract } from '../rpc.ts';
import { batchProgress, job, jobState } from './records.ts';

export const jobsContract = defineContract({
  'jobs.batches': { input: z.object({}), output: z.array(batchProgress) },
  'jobs.list': {
    input: z.object({
      batchId: z.string().default(''),
      states: z.array(jobState).default([]),
      limit: z.number().default(200),
    }),
    output: z.array(job),
  },
  'jobs.cancel': { input: z.object({ batchId: z.string() }), output: z.object({ cancelled: z.number() }) },
  'jobs.retryFailed': {
    input: z.object({ batchId: z.string().default('') }),
    output: z.object({ requeued: z.number() }),
  },
  /** Resolves when the batch has finished; used by the command line. */
  'jobs.wait': { input: z.object({ batchId: z.string() }), output: batchProgress },
});
