import { z } from 'zod';

/** One step that was applied to data; the manifest of a share is the list of them. */
export const appliedStep = z.object({
  name: z.string(),
  version: z.string(),
  params: z.record(z.string(), z.unknown()),
  /** What went in: file fingerprints (SHA-256) or catalog ids, never paths that could identify. */
  inputs: z.array(z.string()),
  model: z.string().optional(),
  /** ISO 8601, UTC. */
  at: z.string(),
});
export type AppliedStep = z.infer<typeof appliedStep>;
