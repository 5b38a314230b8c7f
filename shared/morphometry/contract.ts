import { z } from 'zod';
import { defineContract } from '../rpc.ts';
import { comparison, engineId, engineState, sideBySide } from './records.ts';

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
  /** Both engines: what they have measured, and what failed and why. */
  'morphometry.engines': {
    input: z.object({ method: z.string().default('') }),
    output: z.array(engineState),
  },
  /** The structures that both engines measure, beside each other. */
  'morphometry.sideBySide': {
    input: z.object({ method: z.string().default('') }),
    output: sideBySide,
  },
  /** Methods that have derivatives to compare. */
  'morphometry.methods': { input: z.object({}), output: z.array(z.string()) },
  'morphometry.export': {
    input: z.object({ engine: engineId.default('tissue-em'), method: z.string().default('') }),
    output: z.object({ fileName: z.string(), text: z.string() }),
  },
});
