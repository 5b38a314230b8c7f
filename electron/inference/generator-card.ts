import { z } from 'zod';
import { FACE_CHANNELS, FACE_SPACE } from '../deidentify/face/generate-face.ts';
import type { Shape3 } from '../segmentation/network.ts';
import { checkWeights, type Model, networkParts, readCard } from './model-card.ts';

const [image, removed, shape, noise] = FACE_CHANNELS;
const index = z.number().int().nonnegative();
const extent = z.number().int().positive();

/**
 * What a face generator is, takes and gives: `models/<id>/card.json`, beside the weights.
 *
 * Channels are handed in one after the other, each x fastest on the box: `index = x + nx·(y + ny·z)`, x left→right,
 * y back→front, z bottom→top. The network's own layouts, last axis fastest:
 *
 * - `volume`: float32 [1, C, x, y, z] → [1, 1, x, y, z]
 * - `slices`: float32 [n, 3·C, y, z] → [n, 1, y, z], one row for each sagittal slice x with the channels
 *   c0(x−1), c0(x), c0(x+1), c1(x−1), …; beyond the edges the edge slice is repeated
 *
 * @example
 * {
 *   "id": "cgan-3d",
 *   "version": "1.0.0",
 *   "task": "face-generation",
 *   "title": "3-D conditional GAN",
 *   "method": "cgan-3d",
 *   "description": "Makes a new face for a head whose face was removed.",
 *   "reference": "Molchanova et al.",
 *   "licence": "CC BY-SA 3.0",
 *   "file": "model.onnx",
 *   "sha256": "64 hexadecimal digits of model.onnx",
 *   "bytes": 2900000,
 *   "space": { "averageHead": "1.1.0", "low": [5, 34, 0], "shape": [96, 96, 112], "spacingMm": 2 },
 *   "input": { "name": "channels", "channels": ["image", "removed", "shape", "noise"], "layout": "volume" },
 *   "output": { "name": "tissue", "kind": "tissue" },
 *   "trainingData": [],
 *   "scores": {},
 *   "history": [],
 *   "limitations": ["T1-weighted heads of adults"]
 * }
 */
export const generatorCard = z.object({
  ...networkParts,
  task: z.literal('face-generation'),
  /** Name for people. */
  title: z.string().trim().min(1),
  /** Face method that can use it. */
  method: z.enum(['pix2pix-2.5d', 'cgan-3d']),
  description: z.string(),
  /** Publication whose idea it follows. */
  reference: z.string(),
  /** The box on the average head's grid that it works on. */
  space: z.object({
    averageHead: z.string().min(1),
    low: z.tuple([index, index, index]),
    shape: z.tuple([extent, extent, extent]),
    spacingMm: z.number().positive(),
  }),
  input: z.object({
    name: z.string().min(1),
    channels: z.tuple([z.literal(image), z.literal(removed), z.literal(shape), z.literal(noise)]),
    layout: z.enum(['volume', 'slices']),
  }),
  /** Tissue: 0 is air, 1 the brighter half of the brain. */
  output: z.object({ name: z.string().min(1), kind: z.literal('tissue') }),
});
export type GeneratorCard = z.infer<typeof generatorCard>;

/** The card alone. @throws ModelCardError for a missing or wrong card */
export function parseGeneratorCard(dir: string): GeneratorCard {
  return readCard(dir, generatorCard, 'a face generator');
}

/** Reads and checks a generator's folder: card, and size and SHA-256 of the weights. @throws ModelCardError */
export function loadGenerator(dir: string): Model<GeneratorCard> {
  const card = parseGeneratorCard(dir);
  return { dir, card, weights: checkWeights(dir, card) };
}

/** How a generator is named in provenance. */
export function generatorName({ id, version, sha256 }: GeneratorCard): string {
  return `${id} ${version} sha256:${sha256}`;
}

/** Number of values that a generator is handed. */
export function channelValues({ space, input }: GeneratorCard): number {
  return input.channels.length * boxVoxels(space.shape);
}

export function boxVoxels([nx, ny, nz]: Shape3): number {
  return nx * ny * nz;
}

/** Why a generator's box is not this application's; empty when it is. */
export function otherSpace({ id, space }: GeneratorCard): string {
  const text = (s: {
    averageHead: string;
    low: readonly number[];
    shape: readonly number[];
    spacingMm: number;
  }) =>
    `${s.shape.join('×')} voxels of ${s.spacingMm} mm from ${s.low.join(', ')} in average head ${s.averageHead}`;
  if (text(space) === text(FACE_SPACE)) return '';
  return `Expected a generator for ${text(FACE_SPACE)}, got ${id} for ${text(space)}: use one made for this version of Refacade.`;
}
