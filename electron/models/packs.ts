import { createHash, randomUUID } from 'node:crypto';
import { lstat, mkdir, mkdtemp, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { ModelSummary } from '../../shared/models/records.ts';
import { describeError } from '../describe-error.ts';
import { UserError } from '../dispatch.ts';
import { writeFloats } from '../inference/float-file.ts';
import { testChannels } from '../inference/generator.ts';
import { type GeneratorCard, generatorCard, otherSpace } from '../inference/generator-card.ts';
import { asCard } from '../inference/model-card.ts';
import { type Generators, type GeneratorsOptions, openGeneratorClient } from './generators.ts';
import { modelFolders, summariseGenerator, summariseModel, takenName } from './installed-models.ts';

/** Largest weights of a pack. */
export const MOST_PACK_BYTES = 64 * 2 ** 20;
/** A card is a page of text. */
const MOST_CARD_BYTES = 2 ** 20;
/** A network that has not made one face by then is of no use. */
const TRIAL_MS = 120_000;
const LEFTOVER_MS = 60 * 60_000;

export interface PackOptions extends GeneratorsOptions {
  readonly generators: Generators;
  /** How long the trial of a pack's network may take. */
  readonly trialRunMs?: number | undefined;
}

/** What a look at a folder gave. */
export interface PackReport {
  /** What the card says; null when it could not be read. */
  readonly model: ModelSummary | null;
  /** Why it would be refused; empty: it can be added. */
  readonly problems: string[];
}

/** Packs of face generators in the application's data folder. Nothing is ever downloaded. */
export interface Packs {
  /** Looks at a folder and runs its network once in a process of its own; changes nothing. */
  inspect(folder: string): Promise<PackReport>;
  /** Copies a pack into the application's data. @throws UserError `pack-refused` with every reason; nothing is left then */
  add(folder: string): Promise<ModelSummary>;
  /** Takes a pack away. @throws UserError `shipped-model` for one that the application ships */
  remove(id: string): Promise<boolean>;
}

export function createPacks(options: PackOptions): Packs {
  const { folders, generators } = options;
  // One at a time: two packs of one name must not race for its folder.
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <R>(work: () => Promise<R>): Promise<R> => {
    const turn = last.then(work, work);
    last = turn.catch(() => {});
    return turn;
  };
  return {
    inspect: (folder) =>
      inTurn(async () => {
        const staging = await mkdtemp(join(tmpdir(), 'refacade-pack-'));
        try {
          return await examine(folder, staging, options);
        } finally {
          await rm(staging, { recursive: true, force: true });
        }
      }),
    add: (folder) =>
      inTurn(async () => {
        // Beside its place, so that the checked copy is moved and not copied again.
        const staging = join(folders.packs, `.adding-${randomUUID()}`);
        await mkdir(staging, { recursive: true });
        try {
          await removeLeftovers(folders.packs);
          const { model, problems } = await examine(folder, staging, options);
          if (!model || problems.length > 0) throw refused(problems);
          const place = join(folders.packs, model.id);
          await rename(join(staging, model.id), place);
          return await summariseModel(place, 'pack');
        } finally {
          await rm(staging, { recursive: true, force: true });
        }
      }),
    remove: (id) =>
      inTurn(async () => {
        const place = modelFolders(folders.packs).find((dir) => basename(dir) === id);
        if (!place) {
          if (!modelFolders(folders.shipped).some((dir) => basename(dir) === id)) return false;
          throw new UserError(
            'shipped-model',
            `Expected a pack that was added, got "${id}", which the application ships with.`,
            'Models of the application stay; packs that were added can be removed.',
          );
        }
        await generators.release(id);
        // Out of sight in one step, so that no half of it is ever found.
        const leaving = join(folders.packs, `.removing-${randomUUID()}`);
        await rename(place, leaving);
        await rm(leaving, { recursive: true, force: true });
        return true;
      }),
  };
}

/**
 * What an application that was killed in the middle left; a young one may be another's that is still at it. What cannot be
 * removed (a scanner for viruses holds it) waits for the next time.
 */
async function removeLeftovers(packs: string): Promise<void> {
  for (const name of await readdir(packs)) {
    if (!/^\.(adding|removing)-/.test(name)) continue;
    const path = join(packs, name);
    try {
      const { mtimeMs } = await stat(path);
      if (Date.now() - mtimeMs > LEFTOVER_MS) await rm(path, { recursive: true, force: true });
    } catch {
      // No reason to refuse a pack.
    }
  }
}

function refused(problems: readonly string[]): UserError {
  return new UserError(
    'pack-refused',
    `This pack was not added. ${problems.join(' ')}`,
    'Nothing was changed. When the folder is as its makers gave it, ask them for one for this version of Refacade.',
  );
}

/**
 * Every check of a pack: what stands in its folder, then a run of its network.
 *
 * The checked bytes are left in `staging/<id>`, so that what was looked at is what is added.
 */
async function examine(folder: string, staging: string, options: PackOptions): Promise<PackReport> {
  let card: GeneratorCard;
  let cardBytes: Buffer;
  try {
    await needFolder(folder);
    cardBytes = await readPlain(join(folder, 'card.json'), MOST_CARD_BYTES);
    card = readPackCard(cardBytes, join(folder, 'card.json'));
  } catch (error) {
    return { model: null, problems: [describeError(error)] };
  }
  const model = summariseGenerator(card, 'pack');
  const problems = placeProblems(card, options);
  const weights = await readPlain(join(folder, card.file), MOST_PACK_BYTES).catch((error: unknown) => {
    problems.push(describeError(error));
  });
  if (weights) problems.push(...weightProblems(card, weights, join(folder, card.file)));
  if (!weights || problems.length > 0) return { model, problems };
  const copy = join(staging, card.id);
  await mkdir(copy);
  await writeWhole(join(copy, 'card.json'), cardBytes);
  await writeWhole(join(copy, card.file), weights);
  return { model, problems: await trialProblems(copy, card, staging, options) };
}

class PackError extends Error {
  override name = 'PackError';
}

async function needFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch((cause: Error) => {
    throw new PackError(`Expected a folder with a card and a network at ${folder}: ${cause.message}.`, {
      cause,
    });
  });
  if (!found.isDirectory()) {
    throw new PackError(
      `Expected a folder with a card and a network, got the file ${folder}: choose the folder it lies in.`,
    );
  }
}

/** A file's bytes. @throws PackError when it is missing, too large, or a link or device instead of a file */
async function readPlain(path: string, most: number): Promise<Buffer> {
  const found = await lstat(path).catch((cause: Error) => {
    throw new PackError(`Expected the file ${basename(path)} in the pack's folder: ${cause.message}.`, {
      cause,
    });
  });
  if (!found.isFile()) {
    const what = found.isSymbolicLink()
      ? 'a link to another place'
      : found.isDirectory()
        ? 'a folder'
        : 'no file';
    throw new PackError(`Expected the file ${path} itself, got ${what}: copy the file there.`);
  }
  if (found.size > most) {
    throw new PackError(`Expected at most ${most} bytes in ${path}, got ${found.size}: use a smaller one.`);
  }
  return readFile(path);
}

function readPackCard(bytes: Buffer, file: string): GeneratorCard {
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new PackError(`Expected a model card in ${file}, got: ${(cause as Error).message}.`, { cause });
  }
  return asCard(json, generatorCard, 'a face generator', file);
}

/** Whether a pack of this name and for this box has a place here. */
function placeProblems(card: GeneratorCard, { folders }: PackOptions): string[] {
  const problems: string[] = [];
  const taken = (dir: string) => modelFolders(dir).some((d) => basename(d) === card.id);
  if (taken(folders.shipped)) problems.push(takenName(card.id));
  else if (taken(folders.packs)) {
    problems.push(`Expected a pack that is not here yet, got "${card.id}", which is: remove that one first.`);
  }
  const space = otherSpace(card);
  if (space) problems.push(space);
  if (card.bytes > MOST_PACK_BYTES) {
    problems.push(
      `Expected at most ${MOST_PACK_BYTES} bytes of weights, its card says ${card.bytes}: use a smaller network.`,
    );
  }
  return problems;
}

function weightProblems(card: GeneratorCard, weights: Buffer, path: string): string[] {
  if (weights.length !== card.bytes) {
    const why = weights.length < card.bytes ? 'it is cut short or of another version' : 'it is another file';
    return [`Expected ${card.bytes} bytes in ${path}, got ${weights.length}: ${why}. Copy the pack again.`];
  }
  const sha256 = createHash('sha256').update(weights).digest('hex');
  if (sha256 === card.sha256) return [];
  return [
    `Expected SHA-256 ${card.sha256} of ${path}, got ${sha256}: the file is damaged or not the one its card describes. Copy the pack again.`,
  ];
}

/** Runs the network once on the whole box, in a process that may die of it. */
async function trialProblems(
  copy: string,
  card: GeneratorCard,
  staging: string,
  options: PackOptions,
): Promise<string[]> {
  const ms = options.trialRunMs ?? TRIAL_MS;
  const client = openGeneratorClient(copy, { ...options, trialMs: ms });
  const [input, output] = [join(staging, 'channels.f32'), join(staging, 'tissue.f32')];
  try {
    await writeFloats(input, testChannels(card.space.shape));
    const over = AbortSignal.timeout(ms);
    await client.generate(input, output, over);
    return [];
  } catch (error) {
    const why =
      (error as Error).name === 'TimeoutError' ? `it made no face in ${ms / 1000} s` : describeError(error);
    return [`Expected a network that makes a face of ${card.space.shape.join('×')} voxels: ${why}`];
  } finally {
    await client.close();
    await rm(input, { force: true });
    await rm(output, { force: true });
  }
}

/** On the disk before it is moved to where it is looked for. */
async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}
