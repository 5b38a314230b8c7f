import { z } from 'zod';
import { defineContract } from '../rpc.ts';
import { importReport, quarantineClass, seriesKind } from './records.ts';

export const importContract = defineContract({
  /** Read-only import of folders or files; progress comes as events of the returned batch. */
  'import.start': {
    input: z.object({ sources: z.array(z.string()).min(1) }),
    output: z.object({ batchId: z.string() }),
  },
  /** The newest import's totals, or null before the first. */
  'import.report': { input: z.object({}), output: importReport.nullable() },
  'import.quarantine': {
    input: z.object({}),
    output: z.array(z.object({ class: quarantineClass, count: z.number(), meaning: z.string() })),
  },
  'import.setKind': {
    input: z.object({ seriesIds: z.array(z.number()), kind: seriesKind }),
    output: z.object({ changed: z.number() }),
  },
  'import.exclude': {
    input: z.object({ seriesIds: z.array(z.number()), reason: z.string().min(1) }),
    output: z.object({ changed: z.number() }),
  },
  /** Takes series out of quarantine or exclusion and queues them. */
  'import.include': {
    input: z.object({ seriesIds: z.array(z.number()) }),
    output: z.object({ changed: z.number() }),
  },
});
