import { z } from 'zod';

/** One sentence-like figure of a card: what was measured, the value as text, and how. */
export const cardScore = z.object({ name: z.string(), value: z.string(), how: z.string().default('') });

/**
 * A network or atlas of this installation as its card describes it, for reading in the application.
 *
 * `state` says whether its files are the ones the card describes; a method whose model is not `ready` cannot be chosen.
 */
export const modelSummary = z.object({
  /** Folder name of the model. */
  id: z.string(),
  version: z.string(),
  task: z.enum(['head-segmentation', 'face-generation', 'average-head', 'face-shapes']),
  /** Face method that runs on it, e.g. `pix2pix-2.5d`; null where none does. */
  method: z.string().nullable(),
  title: z.string(),
  description: z.string(),
  /** Publication whose idea it follows. */
  reference: z.string(),
  licence: z.string(),
  trainingData: z.array(
    z.object({ name: z.string(), licence: z.string(), attribution: z.string(), use: z.string() }),
  ),
  scores: z.array(cardScore),
  limitations: z.array(z.string()),
  bytes: z.number(),
  sha256: z.string(),
  /** `shipped` with the application, or a `pack` that somebody added on this computer. */
  origin: z.enum(['shipped', 'pack']),
  state: z.enum(['ready', 'damaged']),
  /** Why it is damaged; empty when ready. */
  reason: z.string(),
});
export type ModelSummary = z.infer<typeof modelSummary>;
