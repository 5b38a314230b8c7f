import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { ModelSummary } from '../../shared/models/records.ts';
import { type GeneratorCard, otherSpace, parseGeneratorCard } from '../inference/generator-card.ts';
import { GeneratorClient, type GeneratorClientOptions } from '../inference/generator-client.ts';
import { findModels, MODEL_ID, taskOf } from '../inference/model-card.ts';
import { spawnNodeWorker } from '../inference/spawn-node.ts';
import type { Device, FaceMaker } from '../inference/worker-contract.ts';
import { listModels, type ModelFolders } from './installed-models.ts';

/** Runs a generator on files; how the channels came into the file is the caller's affair. */
export type GenerateFiles = (
  id: string,
  inputPath: string,
  outPath: string,
  options?: { readonly signal?: AbortSignal | undefined },
) => Promise<FaceMaker>;

/** The face generators of this installation, shipped and added. Their processes start when they are needed. */
export interface Generators {
  /** Damaged ones among them, with the reason. */
  list(): Promise<ModelSummary[]>;
  /** There is a generator of this name; it may still turn out damaged. */
  has(id: string): boolean;
  /**
   * Makes one face; orders for one generator wait in a queue.
   *
   * @param inputPath float32 file: the card's channels one after the other, each x fastest on the box
   * @param outPath float32 file to write: tissue, x fastest; nothing is there when it fails
   * @throws GeneratorError where there is no such generator or it is for another box; ModelCardError, WorkerExitedError,
   * InferenceError, or the signal's reason
   */
  readonly generate: GenerateFiles;
  /** Where a generator runs, which starts its process and self-test. @throws an Error that says why it cannot run */
  describe(id: string): Promise<Device>;
  /** Ends a generator's process, so that its files can be taken away. */
  release(id: string): Promise<void>;
  close(): Promise<void>;
}

export interface GeneratorsOptions
  extends Partial<Omit<GeneratorClientOptions, 'spawn' | 'workerFile' | 'modelDir'>> {
  readonly folders: ModelFolders;
  /** The build folder, with `inference/main.js`. */
  readonly distDir: string;
  readonly spawn?: GeneratorClientOptions['spawn'] | undefined;
}

/** A generator that was asked for cannot be used; the message says which there are. */
export class GeneratorError extends Error {
  override name = 'GeneratorError';
}

/** Nothing is loaded yet. `REFACADE_EP` forces an execution provider. */
export function createGenerators(options: GeneratorsOptions): Generators {
  const { folders } = options;
  /** By folder and weights: a pack that was replaced gets a process of its own. */
  const clients = new Map<string, { readonly id: string; readonly client: GeneratorClient }>();
  let closed = false;
  const dirOf = (id: string): string | undefined => {
    if (!MODEL_ID.test(id)) return undefined;
    const shipped = join(folders.shipped, id);
    if (existsSync(shipped)) return taskOf(shipped) === 'face-generation' ? shipped : undefined;
    const pack = join(folders.packs, id);
    return existsSync(pack) ? pack : undefined;
  };
  const clientOf = (id: string): GeneratorClient => {
    if (closed) throw new GeneratorError('Expected an open application; it is being closed.');
    const dir = dirOf(id);
    if (!dir) throw new GeneratorError(noSuchGenerator(id, folders));
    const card = parseGeneratorCard(dir);
    const wrong = otherSpace(card);
    if (wrong) throw new GeneratorError(wrong);
    const key = `${dir} ${card.sha256}`;
    let known = clients.get(key);
    if (!known) {
      known = { id, client: openGeneratorClient(dir, options) };
      clients.set(key, known);
    }
    return known.client;
  };
  return {
    list: async () => (await listModels(folders)).filter((m) => m.task === 'face-generation'),
    has: (id) => dirOf(id) !== undefined,
    generate: async (id, inputPath, outPath, { signal } = {}) =>
      clientOf(id).generate(inputPath, outPath, signal),
    describe: async (id) => clientOf(id).describe(),
    async release(id) {
      for (const [key, known] of [...clients]) {
        if (known.id !== id) continue;
        clients.delete(key);
        await known.client.close();
      }
    },
    async close() {
      closed = true;
      await Promise.all([...clients.values()].map(({ client }) => client.close()));
    },
  };
}

/** A process for the generator in one folder. */
export function openGeneratorClient(
  dir: string,
  options: Omit<GeneratorsOptions, 'folders'>,
): GeneratorClient {
  return new GeneratorClient({
    ...options,
    spawn: options.spawn ?? spawnNodeWorker,
    workerFile: join(options.distDir, 'inference', 'main.js'),
    modelDir: dir,
    threads: options.threads ?? availableParallelism(),
    forced: options.forced ?? (process.env.REFACADE_EP || undefined),
  });
}

function noSuchGenerator(id: string, folders: ModelFolders): string {
  const cards: GeneratorCard[] = [];
  for (const dir of [folders.shipped, folders.packs].flatMap((d) => findModels(d, 'face-generation'))) {
    try {
      cards.push(parseGeneratorCard(dir));
    } catch {
      // A damaged one is no choice.
    }
  }
  const there =
    cards.length > 0
      ? `this installation has ${cards.map((c) => c.id).join(', ')}`
      : 'this installation has none';
  return `Expected a face generator named "${id}"; ${there}. Choose another method, or add the model (Models, or refacade models add).`;
}
