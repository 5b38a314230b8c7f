import { z } from 'zod';
import { defineContract } from '../rpc.ts';
import { checklistItem, shareFormat, shareOverride, shareReceipt, shareRow } from './records.ts';

export const shareContract = defineContract({
  /** What stands between the project and a share, before anything is written. */
  'share.checklist': {
    input: z.object({ overrides: z.array(shareOverride).default([]) }),
    output: z.object({
      items: z.array(checklistItem),
      ready: z.number(),
      held: z.array(
        z.object({
          seriesId: z.number(),
          subjectLabel: z.string(),
          kind: z.string(),
          state: z.string(),
          reason: z.string(),
          /** A reasoned override would let it leave. */
          overridable: z.boolean().default(false),
        }),
      ),
    }),
  },
  'share.start': {
    input: z.object({
      dir: z.string().min(1),
      formats: z.array(shareFormat).min(1),
      overrides: z.array(shareOverride).default([]),
      /** Continue an unfinished share in the same folder. */
      resume: z.boolean().default(true),
    }),
    output: z.object({ batchId: z.string(), shareId: z.number() }),
  },
  'share.list': { input: z.object({}), output: z.array(shareRow) },
  'share.receipt': {
    input: z.object({ shareId: z.number() }),
    output: z.object({ receipt: shareReceipt, htmlUrl: z.string() }),
  },
});
