import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import type { ModelSummary } from '../../shared/models/records.ts';
import { describeError } from '../describe-error.ts';
import { type GeneratorCard, generatorCard, otherSpace } from '../inference/generator-card.ts';
import { MODEL_ID, modelCard, readCard, taskOf } from '../inference/model-card.ts';
import { cardScores } from './card-scores.ts';

const described = z.object({
  name: z.string().regex(/^[\w.-]+$/),
  sha256: z.string(),
  bytes: z.number().int().optional(),
});

/** What is read of the card of an atlas: files beside it, and what people should know of it. */
const atlasCard = z.object({
  id: z.string(),
  version: z.string(),
  task: z.enum(['average-head', 'face-shapes']),
  description: z.string().default(''),
  reference: z.string().default(''),
  licence: z.string(),
  attribution: z.string().optional(),
  files: z.record(z.string(), described),
  trainingData: z
    .array(z.object({ name: z.string(), licence: z.string(), attribution: z.string(), use: z.string() }))
    .optional(),
  scores: z.record(z.string(), z.unknown()).default({}),
  limitations: z.array(z.string()).default([]),
  notAPerson: z.string().optional(),
});

const TITLES: Readonly<Record<ModelSummary['task'], string>> = {
  'head-segmentation': 'Head segmentation',
  'face-generation': 'Face generator',
  'average-head': 'Average head',
  'face-shapes': 'Face shapes',
};

/** Where models are looked for. */
export interface ModelFolders {
  /** One folder per model that the application ships with. */
  readonly shipped: string;
  /** One folder per pack that was added; may be absent. */
  readonly packs: string;
}

/** Folder of the packs that were added on this computer. */
export function packsDir(userDataDir: string): string {
  return join(userDataDir, 'models');
}

/**
 * Every model of this installation, shipped ones first, each held against its card.
 *
 * A damaged one is listed with its reason and does not touch the rest.
 */
export async function listModels(folders: ModelFolders): Promise<ModelSummary[]> {
  const shipped = modelFolders(folders.shipped);
  const names = shipped.map((dir) => basename(dir));
  const packs = modelFolders(folders.packs);
  return Promise.all([
    ...shipped.map((dir) => summariseModel(dir, 'shipped')),
    ...packs.map(async (dir) => {
      const pack = await summariseModel(dir, 'pack');
      return names.includes(basename(dir)) ? damaged(pack, takenName(basename(dir))) : pack;
    }),
  ]);
}

/** Why a pack of this name cannot be used beside the application's own. */
export function takenName(id: string): string {
  return `Expected a name that the application does not use itself, got "${id}": give the pack another id.`;
}

/** Folders below `dir` that hold a card, or weights without one. */
export function modelFolders(dir: string): string[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && MODEL_ID.test(entry.name))
    .map((entry) => join(dir, entry.name))
    .filter((folder) => readdirSync(folder).some((name) => name === 'card.json' || name.endsWith('.onnx')))
    .sort();
}

/** One model as its card describes it; never throws for what is in its folder. */
export async function summariseModel(dir: string, origin: ModelSummary['origin']): Promise<ModelSummary> {
  try {
    return await readSummary(dir, origin);
  } catch (error) {
    const nothing = {
      version: '',
      method: null,
      description: '',
      reference: '',
      licence: '',
      trainingData: [],
      scores: [],
      limitations: [],
      bytes: 0,
      sha256: '',
    };
    const task = guessTask(dir);
    return {
      ...nothing,
      id: basename(dir),
      task,
      title: TITLES[task],
      origin,
      state: 'damaged',
      reason: describeError(error),
    };
  }
}

async function readSummary(dir: string, origin: ModelSummary['origin']): Promise<ModelSummary> {
  const task = taskOf(dir);
  if (task === 'face-generation') {
    const card = readCard(dir, generatorCard, 'a face generator');
    const summary = summariseGenerator(card, origin);
    const wrong = otherSpace(card) || (await wrongFiles(dir, [{ ...card, name: card.file }]));
    return wrong === '' ? summary : damaged(summary, wrong);
  }
  if (task === 'average-head' || task === 'face-shapes') return readAtlas(dir, origin);
  const card = readCard(dir, modelCard, 'a model');
  const summary: ModelSummary = {
    ...shared(card),
    task: card.task,
    method: null,
    title: TITLES[card.task],
    description: card.description,
    reference: '',
    bytes: card.bytes,
    sha256: card.sha256,
    origin,
    state: 'ready',
    reason: '',
  };
  const wrong = await wrongFiles(dir, [{ ...card, name: card.file }]);
  return wrong === '' ? summary : damaged(summary, wrong);
}

/** A generator's card as it is shown, its files not looked at. */
export function summariseGenerator(card: GeneratorCard, origin: ModelSummary['origin']): ModelSummary {
  return {
    ...shared(card),
    task: card.task,
    method: card.method,
    title: card.title,
    description: card.description,
    reference: card.reference,
    bytes: card.bytes,
    sha256: card.sha256,
    origin,
    state: 'ready',
    reason: '',
  };
}

function shared(card: {
  id: string;
  version: string;
  licence: string;
  trainingData: ModelSummary['trainingData'];
  scores: Readonly<Record<string, unknown>>;
  limitations: string[];
}) {
  const { id, version, licence, trainingData, limitations } = card;
  return { id, version, licence, trainingData, limitations, scores: cardScores(card.scores) };
}

async function readAtlas(dir: string, origin: ModelSummary['origin']): Promise<ModelSummary> {
  const card = readCard(dir, atlasCard, 'an atlas');
  const { licence, attribution } = card;
  const files = Object.values(card.files);
  const sizes = await Promise.all(
    files.map(({ name, bytes }) =>
      stat(join(dir, name)).then(
        (s) => s.size,
        () => bytes ?? 0,
      ),
    ),
  );
  const summary: ModelSummary = {
    ...shared({
      ...card,
      trainingData:
        card.trainingData ??
        (attribution ? [{ name: attribution, licence, attribution, use: card.description }] : []),
      limitations: [...card.limitations, ...(card.notAPerson ? [card.notAPerson] : [])],
    }),
    task: card.task,
    method: null,
    title: TITLES[card.task],
    description: card.description,
    reference: card.reference,
    bytes: sizes.reduce((sum, n) => sum + n, 0),
    // One number for several files, as provenance has it.
    sha256: createHash('sha256')
      .update(files.map((f) => f.sha256).join(' '))
      .digest('hex'),
    origin,
    state: 'ready',
    reason: '',
  };
  const wrong = await wrongFiles(dir, files);
  return wrong === '' ? summary : damaged(summary, wrong);
}

function damaged(summary: ModelSummary, reason: string): ModelSummary {
  return { ...summary, state: 'damaged', reason };
}

function guessTask(dir: string): ModelSummary['task'] {
  const task = taskOf(dir);
  if (task !== undefined && task in TITLES) return task as ModelSummary['task'];
  const byName: Readonly<Record<string, ModelSummary['task']>> = {
    headseg: 'head-segmentation',
    'average-head': 'average-head',
    'face-shapes': 'face-shapes',
  };
  return byName[basename(dir)] ?? 'face-generation';
}

/** What is not as a card says, in words; empty when everything is. */
async function wrongFiles(
  dir: string,
  files: readonly { name: string; sha256: string; bytes?: number | undefined }[],
): Promise<string> {
  for (const { name, sha256, bytes } of files) {
    const path = join(dir, name);
    let found: { size: number; sha256: string };
    try {
      found = await hashOf(path);
    } catch (cause) {
      return `Expected ${name} in ${dir}: ${(cause as Error).message}. Bring the file back, or install again.`;
    }
    if (bytes !== undefined && found.size !== bytes)
      return `Expected ${bytes} bytes in ${path}, got ${found.size}: the file is cut short or another one. Install it again.`;
    if (found.sha256 !== sha256)
      return `Expected SHA-256 ${sha256} of ${path}, got ${found.sha256}: the file is damaged or not the one its card describes. Install it again.`;
  }
  return '';
}

const hashes = new Map<string, { readonly size: number; readonly sha256: string }>();

/** Hash of a file, computed once while its size and time stay. */
async function hashOf(path: string): Promise<{ readonly size: number; readonly sha256: string }> {
  const { size, mtimeMs, ino } = await stat(path);
  const key = [path, size, mtimeMs, ino].join(' ');
  let known = hashes.get(key);
  if (!known) {
    known = {
      size,
      sha256: createHash('sha256')
        .update(await readFile(path))
        .digest('hex'),
    };
    hashes.set(key, known);
  }
  return known;
}
