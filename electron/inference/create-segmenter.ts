import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { makerOf, type Segmenter } from '../segmentation/segmentation.ts';
import { VOLUME_RULE } from '../segmentation/soft-volumes.ts';
import { findModels, parseCard } from './model-card.ts';
import { spawnNodeWorker } from './spawn-node.ts';
import { type ClientOptions, InferenceClient } from './worker-client.ts';
import type { Device } from './worker-contract.ts';

/** A segmenter that can also say what it runs on. */
export interface ModelSegmenter extends Segmenter {
  readonly modelDir: string;
  /** Where the network runs, as of the last start of its process. @throws an Error that says why it cannot run */
  describe(): Promise<Device>;
}

export interface SegmenterOptions extends Partial<Omit<ClientOptions, 'spawn' | 'workerFile' | 'modelDir'>> {
  /** Folder with one folder per model. */
  readonly modelsDir: string;
  /** The build folder, with `inference/main.js`. */
  readonly distDir: string;
  readonly spawn?: ClientOptions['spawn'] | undefined;
}

/** The head-segmentation model's own name; another one in the folder is used only where this one is absent. */
const PREFERRED = 'headseg';

/**
 * The segmenter of this build, or undefined where it has no model.
 *
 * Nothing is loaded yet. A model that is there but damaged gives a segmenter whose every answer says so, because
 * silence would look like a build without a model. `REFACADE_EP` forces an execution provider.
 */
export function createSegmenter(options: SegmenterOptions): ModelSegmenter | undefined {
  const found = findModels(options.modelsDir, 'head-segmentation');
  const modelDir = found.find((dir) => basename(dir) === PREFERRED) ?? found[0];
  if (!modelDir) return undefined;
  const client = new InferenceClient({
    ...options,
    spawn: options.spawn ?? spawnNodeWorker,
    workerFile: join(options.distDir, 'inference', 'main.js'),
    modelDir,
    threads: options.threads ?? availableParallelism(),
    forced: options.forced ?? (process.env.REFACADE_EP || undefined),
  });
  return {
    modelDir,
    maker: makerIn(modelDir),
    segment: (volumePath, outDir, { signal, onProgress = () => {} } = {}) =>
      client.segment(volumePath, outDir, signal, onProgress),
    describe: () => client.describe(),
    close: () => client.close(),
  };
}

function makerIn(modelDir: string): string | undefined {
  try {
    return makerOf(parseCard(modelDir).sha256, VOLUME_RULE);
  } catch {
    return undefined; // a damaged card: every segmentation will say so
  }
}
