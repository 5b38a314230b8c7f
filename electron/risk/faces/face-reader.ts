import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import type { FaceNetwork } from '../../../shared/risk/records.ts';
import { ProcessClient, type ProcessOptions } from '../../inference/process-client.ts';
import { spawnNodeWorker } from '../../inference/spawn-node.ts';
import type { FaceReadRequest, FaceStartRequest } from './face-contract.ts';
import { findFacePackages } from './face-packages.ts';

/** A gray picture, row by row from the top left: what `renderHead` makes. */
export interface GrayPicture {
  readonly width: number;
  readonly height: number;
  readonly gray: Uint8Array;
}

/** What one network says of one picture; of several faces, the one it is surest of. */
export interface FaceReading {
  /** `human` detects with BlazeFace and describes with FaceRes, `face-api` with TinyFaceDetector and a ResNet-34. */
  readonly network: FaceNetwork;
  /** A face was found by this network; the descriptor is null otherwise. */
  readonly found: boolean;
  /** The detector's confidence in the best face, 0…1; 0 where it saw nothing at all. */
  readonly score: number;
  /** Unit length: 1024 values (human) or 128 (face-api). */
  readonly descriptor: readonly number[] | null;
}

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((fraction: number, message: string) => void) | undefined;
}

/** Looks for faces in pictures, and describes them, in a process of its own. */
export interface FaceReader {
  /** Versions of networks, packages and settings: part of every cache key. */
  readonly version: string;
  /**
   * Readings of both networks per picture, in the order of the pictures.
   *
   * @throws WorkerExitedError when the process died, InferenceError when a picture cannot be read, or the signal's
   * reason; the next call starts a new process
   */
  read(pictures: readonly GrayPicture[], options?: ReadOptions): Promise<FaceReading[][]>;
  /** What runs and where. @throws an Error that says why the networks cannot run */
  describe(): Promise<{ detail: string }>;
  close(): Promise<void>;
}

/** Raise it whenever a reading of an unchanged picture may change: settings, preprocessing, limits. */
export const READING_VERSION = 2;

export interface FaceReaderOptions
  extends Partial<Omit<ProcessOptions<FaceStartRequest | FaceReadRequest, FaceReading[]>, 'workerFile'>> {
  /** The build folder, with `faces/main.js`. */
  readonly distDir: string;
}

/** The face reader of this build, or undefined where the packages of its networks are not installed. */
export function createFaceReader(options: FaceReaderOptions): FaceReader | undefined {
  const packages = findFacePackages(options.distDir);
  if (!packages) return undefined;
  const client = new ProcessClient<GrayPicture, FaceReading[], FaceStartRequest | FaceReadRequest>(
    {
      name: 'face process',
      start: (excluded) => ({ type: 'start', packages, excluded }),
      ask: (id, { width, height, gray }) => ({
        type: 'read',
        id,
        width,
        height,
        gray: Buffer.from(gray.buffer, gray.byteOffset, gray.byteLength).toString('base64'),
      }),
    },
    {
      ...options,
      spawn: options.spawn ?? spawnNodeWorker,
      workerFile: join(options.distDir, 'faces', 'main.js'),
    },
  );
  const { human, faceApi, wasm } = packages;
  const version = `human ${human.version}, face-api ${faceApi.version}, tfjs ${wasm.version}, reading ${READING_VERSION}`;
  return {
    version,
    read: (pictures, readOptions) => readAll(client, pictures, readOptions),
    async describe() {
      const { provider, reports } = await client.describe();
      const others = reports.map((r) => `; ${r.provider} ${r.state}: ${r.detail}`).join('');
      return { detail: `human ${human.version} and face-api ${faceApi.version} run on ${provider}${others}` };
    },
    close: () => client.close(),
  };
}

/** One order per picture, so that a second caller need not wait for all of the first's; one failure stops the rest. */
async function readAll(
  client: Pick<ProcessClient<GrayPicture, FaceReading[], never>, 'run'>,
  pictures: readonly GrayPicture[],
  { signal, onProgress = () => {} }: ReadOptions = {},
): Promise<FaceReading[][]> {
  signal?.throwIfAborted();
  const stop = new AbortController();
  setMaxListeners(0, stop.signal); // every waiting picture listens
  const pass = () => stop.abort(signal?.reason);
  signal?.addEventListener('abort', pass, { once: true });
  let done = 0;
  const readOne = async (picture: GrayPicture): Promise<FaceReading[]> => {
    try {
      const readings = await client.run(picture, stop.signal, () => {});
      done += 1;
      onProgress(done / pictures.length, `looked at picture ${done} of ${pictures.length}`);
      return readings;
    } catch (error) {
      // Those still waiting end with this error too, and nobody is left to hear it.
      stop.abort(error);
      throw error;
    }
  };
  try {
    const readings = await Promise.all(pictures.map(readOne));
    signal?.throwIfAborted();
    return readings;
  } finally {
    signal?.removeEventListener('abort', pass);
  }
}
