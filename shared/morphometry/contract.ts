import { z } from 'zod';
import { defineContract } from '../rpc.ts';
import { comparison, engineId } from './records.ts';

export const morphometryContract = defineContract({
  /** Measures originals and current derivatives that have no measurement yet. */
  'morphometry.start': {
    input: z.object({ seriesIds: z.array(z.number()).default([]) }),
    output: z.object({ batchId: z.string(), scans: z.number() }),
  },
  'morphometry.comparison': {
    input: z.object({ engine: engineId.default('tissue-em'), method: z.string().default('') }),
    output: comparison,
  },
  /** Methods that have derivatives to compare. */
  'morphometry.methods': { input: z.object({}), output: z.array(z.string()) },
  'morphometry.export': {
    input: z.object({ engine: engineId.default('tissue-em'), method: z.string().default('') }),
    output: z.object({ fileName: z.string(), text: z.string() }),
  },
});
