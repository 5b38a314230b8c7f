import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';

/**
 * A model's name, which is also that of its folder: `headseg`, `pix2pix-2.5d`.
 *
 * Not what Windows keeps for devices, with or without an ending, and no dot at the end, which it would drop.
 */
export const MODEL_ID = /^(?!(con|prn|aux|nul|(com|lpt)\d)(\.|$))[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/;

/** What the card of every network says, whatever the network is for. */
export const networkParts = {
  /** The folder's name. */
  id: z
    .string()
    .regex(
      MODEL_ID,
      'small letters, digits, dots and hyphens, a letter or digit first and last, and no name that Windows keeps for itself (aux, con, nul …)',
    ),
  version: z.string().trim().min(1),
  /** Of the weights. */
  licence: z.string().trim().min(1),
  /** Weights, beside the card. */
  file: z.string().regex(/^(?!(con|prn|aux|nul|(com|lpt)\d)\.)[\w.-]+\.onnx$/i),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.number().int().positive(),
  trainingData: z.array(
    z.object({ name: z.string(), licence: z.string(), attribution: z.string(), use: z.string() }),
  ),
  /** Measured quality, free form; each figure says how it was measured. */
  scores: z.record(z.string(), z.unknown()),
  history: z.array(
    z.object({ date: z.string(), what: z.string(), scores: z.record(z.string(), z.unknown()).default({}) }),
  ),
  limitations: z.array(z.string()).default([]),
};

const range = z.object({ low: z.number(), high: z.number() });

/**
 * What a segmentation network is, takes and gives: `models/<id>/card.json`, beside the weights.
 *
 * The training side writes it together with the weights; the application refuses weights that do not match it.
 *
 * @example
 * {
 *   "id": "headseg",
 *   "version": "1.0.0",
 *   "task": "head-segmentation",
 *   "description": "Names every voxel of a head, with or without its face.",
 *   "licence": "Apache-2.0",
 *   "file": "model.onnx",
 *   "sha256": "64 hexadecimal digits of model.onnx",
 *   "bytes": 2900000,
 *   "input": {
 *     "name": "image",
 *     "spacingMm": 2,
 *     "orientation": "RAS",
 *     "multipleOf": 8,
 *     "tileMarginVoxels": 48,
 *     "intensity": { "rule": "percentiles", "low": 0.5, "high": 99.5, "clip": [0, 1.1] }
 *   },
 *   "output": { "name": "probabilities", "kind": "probabilities" },
 *   "labels": [{ "label": 130, "structure": "air" }, { "label": 2, "structure": "left cerebral white matter" }],
 *   "populationLimits": { "left hippocampus": { "low": 1800, "high": 6500 } },
 *   "trainingData": [
 *     { "name": "IXI", "licence": "CC BY-SA 3.0", "attribution": "https://brain-development.org", "use": "T1 heads" }
 *   ],
 *   "scores": { "brainDice": 0.97 },
 *   "history": [{ "date": "2026-01-31", "what": "first export, 2 h of training", "scores": { "brainDice": 0.97 } }],
 *   "limitations": ["T1-weighted heads of adults"]
 * }
 */
export const modelCard = z.object({
  ...networkParts,
  task: z.literal('head-segmentation'),
  description: z.string().default(''),
  /** float32 [1, 1, x, y, z]: x left→right, y back→front, z bottom→top. */
  input: z.object({
    name: z.string().min(1),
    /** Isotropic voxel size, mm. */
    spacingMm: z.number().positive(),
    orientation: z.literal('RAS'),
    /** Every size is a multiple of this; zeros fill the high ends. */
    multipleOf: z.number().int().positive(),
    /** How far one voxel's input can change another's output: the margin that makes tiles equal the whole. */
    tileMarginVoxels: z.number().int().nonnegative().default(48),
    /** x = clip((v − p_low) / (p_high − p_low)); percentiles over the field of view, linear between ranks. */
    intensity: z.object({
      rule: z.literal('percentiles'),
      low: z.number().min(0).max(100),
      high: z.number().min(0).max(100),
      clip: z.tuple([z.number(), z.number()]),
    }),
  }),
  /** float32 [1, channels, x, y, z]; the softmax is part of the network. */
  output: z.object({ name: z.string().min(1), kind: z.literal('probabilities') }),
  /** One entry per channel, in order: FreeSurfer label and its name. */
  labels: z
    .array(z.object({ label: z.number().int().min(0).max(32767), structure: z.string().min(1) }))
    .min(2),
  /** Plausible volume in mm³ by structure name, from a reference population; a scan outside is looked at. */
  populationLimits: z.record(z.string(), range).optional(),
});
export type ModelCard = z.infer<typeof modelCard>;

/** A network whose card and weights have been checked against each other. */
export interface Model<Card = ModelCard> {
  readonly dir: string;
  readonly card: Card;
  /** Path of the weights. */
  readonly weights: string;
}

/** The model's folder does not hold what it should; the message says what was expected and what is there. */
export class ModelCardError extends Error {
  override name = 'ModelCardError';
}

/**
 * Reads and checks the folder of a segmentation network: card, and size and SHA-256 of the weights.
 *
 * @throws ModelCardError for a missing, damaged, cut or foreign file
 */
export function loadModelCard(dir: string): Model {
  const card = parseCard(dir);
  return { dir, card, weights: checkWeights(dir, card) };
}

/** The card alone, without looking at the weights. @throws ModelCardError for a missing or wrong card */
export function parseCard(dir: string): ModelCard {
  const card = readCard(dir, modelCard, 'a head-segmentation model');
  const labels = card.labels.map((l) => l.label);
  if (new Set(labels).size !== labels.length) {
    throw new ModelCardError(`Expected each label once in ${join(dir, 'card.json')}, got one twice.`);
  }
  return card;
}

/**
 * The card of a folder as one kind of card.
 *
 * @param what the kind in words, as in "the card of …"
 * @throws ModelCardError for a missing or wrong card, or one that belongs into another folder
 */
export function readCard<Card extends { readonly id: string }>(
  dir: string,
  schema: z.ZodType<Card>,
  what: string,
): Card {
  const file = join(dir, 'card.json');
  const card = asCard(readJson(file), schema, what, file);
  if (card.id !== basename(dir)) {
    throw new ModelCardError(
      `Expected the card of model "${basename(dir)}" in ${file}, got one of "${card.id}".`,
    );
  }
  return card;
}

/** @param file where it was read, for the message. @throws ModelCardError for content of another shape */
export function asCard<Card>(json: unknown, schema: z.ZodType<Card>, what: string, file: string): Card {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [first] = parsed.error.issues;
  throw new ModelCardError(
    `Expected a card of ${what} in ${file}, got one whose ${first?.path.join('.') || 'content'} is wrong: ${first?.message}`,
    { cause: parsed.error },
  );
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new ModelCardError(`Expected a model card in ${file}, got: ${(cause as Error).message}`, { cause });
  }
}

/** Path of the weights that a card describes. @throws ModelCardError when they are not those */
export function checkWeights(
  dir: string,
  card: { readonly id: string; readonly file: string; readonly bytes: number; readonly sha256: string },
): string {
  const weights = join(dir, card.file);
  if (!existsSync(weights)) {
    throw new ModelCardError(
      `Expected the weights of model ${card.id} at ${weights}; there is no such file.`,
    );
  }
  const bytes = statSync(weights).size;
  if (bytes !== card.bytes) {
    const why = bytes < card.bytes ? 'it is cut short or of another version' : 'it is another file';
    throw new ModelCardError(`Expected ${card.bytes} bytes in ${weights}, got ${bytes}: ${why}.`);
  }
  const sha256 = createHash('sha256').update(readFileSync(weights)).digest('hex');
  if (sha256 !== card.sha256) {
    throw new ModelCardError(
      `Expected SHA-256 ${card.sha256} of ${weights}, got ${sha256}: the file is damaged or not the one its card describes.`,
    );
  }
  return weights;
}

/**
 * The folder that holds one folder per model: beside the build folder in a checkout, in the resources of a package.
 *
 * `REFACADE_MODELS` names another one.
 *
 * @param distDir the build folder (`dist`)
 */
export function modelsDir(distDir: string): string {
  if (process.env.REFACADE_MODELS) return process.env.REFACADE_MODELS;
  const root = dirname(distDir);
  // A package: resources/app.asar/dist, with the models as real files beside the archive.
  return basename(root) === 'app.asar' ? join(dirname(root), 'models') : join(root, 'models');
}

/**
 * Folders under `dir` that hold a network; empty where there are none.
 *
 * @param task only networks for this; a card that cannot be read leaves the task open and is among them
 */
export function findModels(dir: string, task?: string): string[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && isNetwork(join(dir, entry.name)))
    .map((entry) => join(dir, entry.name))
    .filter((folder) => task === undefined || [task, undefined].includes(taskOf(folder)))
    .sort();
}

/** What the card of a folder says its model is for; undefined where there is no readable card. */
export function taskOf(dir: string): string | undefined {
  try {
    const card = readJson(join(dir, 'card.json')) as { task?: unknown } | null;
    return typeof card?.task === 'string' ? card.task : undefined;
  } catch {
    return undefined;
  }
}

/** A folder with weights, or with a card that speaks of weights; other cards (an atlas) are not networks. */
function isNetwork(dir: string): boolean {
  if (readdirSync(dir).some((name) => name.endsWith('.onnx'))) return true;
  try {
    return readFileSync(join(dir, 'card.json'), 'utf8').includes('.onnx"');
  } catch {
    return false;
  }
}
