import { z } from 'zod';

/** How much a finding matters: `info` is worth knowing, `warning` needs a look, `error` stops this item. */
export const problemLevel = z.enum(['info', 'warning', 'error']);

/**
 * What a check finds in data. A value, never thrown: one bad file must not stop a batch.
 *
 * `code` is stable and kebab-case (`missing-geometry`), `subject` names the file or series in the user's
 * words, `message` says what was expected and what arrived, `fix` what to do next.
 */
export const problem = z.object({
  code: z.string(),
  level: problemLevel,
  subject: z.string(),
  message: z.string(),
  fix: z.string().optional(),
});
export type Problem = z.infer<typeof problem>;
