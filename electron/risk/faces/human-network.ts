import { join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type BackendEnum, type Config, type FaceResult, Human } from '@vladmandic/human';
import { equalise } from './equalise.ts';
import type { FaceReading, GrayPicture } from './face-reader.ts';
import { toTensor } from './picture-tensor.ts';
import { unitLength } from './unit-length.ts';

/** A file of a face network could not be loaded. */
export class FaceNetworkError extends Error {
  override name = 'FaceNetworkError';
}

/** Looks at one picture; the background is 0. */
export type ReadFace = (picture: GrayPicture) => Promise<FaceReading>;

/**
 * What counts as a face: the detector and the mesh agree on it, and it is at least a hand's breadth wide (76 mm of a
 * picture 260 mm across).
 *
 * The mesh is what tells a face from a heap of shapes: scans that came without a face, and heads emptied or sheared off
 * by us, stay below 0.25. A plain ball got 0.41, one of four blurred faces 0.47; of 161 front renders of intact heads in
 * which a face was found, the least 0.52.
 */
const MIN_SCORE = 0.45;
const MIN_SHARE_OF_PICTURE = 0.29;

/** How much the shadows are opened, see {@link equalise}. */
const EQUALISE = 0.5;

/** Loads BlazeFace, FaceMesh and FaceRes from the installed package. @throws FaceNetworkError */
export async function openHuman(packageDir: string, backend: string): Promise<ReadFace> {
  const off = { enabled: false };
  const config: Partial<Config> = {
    backend: backend as BackendEnum,
    modelBasePath: pathToFileURL(join(packageDir, 'models') + sep).href,
    debug: false,
    async: false,
    warmup: 'none',
    // Every picture is another head: nothing may be carried over from the one before.
    cacheSensitivity: 0,
    filter: off,
    gesture: off,
    body: off,
    hand: off,
    object: off,
    segmentation: off,
    face: {
      enabled: true,
      detector: { maxDetected: 5, minConfidence: 0.05, rotation: false, return: false },
      mesh: { enabled: true, keepInvalid: true },
      description: { enabled: true },
      iris: off,
      emotion: off,
      antispoof: off,
      liveness: off,
    },
  };
  const human = new Human(config);
  await human.load();
  const missing = ['blazeface', 'facemesh', 'faceres'].filter(
    (name) => !human.models.loaded().includes(name),
  );
  if (missing.length > 0)
    throw new FaceNetworkError(
      `Expected the networks ${missing.join(', ')} in ${packageDir}; they could not be loaded.`,
    );
  return async (picture) => {
    const input = toTensor({ ...picture, gray: equalise(picture.gray, EQUALISE) });
    try {
      const { face, error } = await human.detect(input);
      if (error) throw new FaceNetworkError(`human: ${error}`);
      return toReading(face, MIN_SHARE_OF_PICTURE * picture.width);
    } finally {
      input.dispose();
    }
  };
}

function toReading(candidates: readonly FaceResult[], minSize: number): FaceReading {
  const network = 'human';
  const large = candidates.filter(({ box }) => Math.min(box[2], box[3]) >= minSize);
  // Of several, the one that both are surest of.
  const sureness = (face: FaceResult) => Math.min(face.boxScore, face.faceScore);
  const best = large.reduce<FaceResult | undefined>(
    (a, b) => (a && sureness(a) >= sureness(b) ? a : b),
    undefined,
  );
  const score = best ? sureness(best) : 0;
  const descriptor = score < MIN_SCORE ? null : unitLength(best?.embedding ?? []);
  return { network, found: descriptor !== null, score, descriptor };
}
