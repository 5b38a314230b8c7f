import { join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Tensor3D } from '@tensorflow/tfjs-core';
import { type BackendEnum, type Config, type FaceResult, Human } from '@vladmandic/human';
import type { FaceReading } from './face-reader.ts';

/** A file of a face network could not be loaded. */
export class FaceNetworkError extends Error {
  override name = 'FaceNetworkError';
}

/** Looks at an RGB picture of 0…255, shape (height, width, 3). */
export type ReadFace = (picture: Tensor3D) => Promise<FaceReading>;

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
    const { face, error } = await human.detect(picture);
    if (error) throw new FaceNetworkError(`human: ${error}`);
    return toReading(face);
  };
}

function toReading(_faces: readonly FaceResult[]): FaceReading {
  return { network: 'human', found: false, score: 0, descriptor: null };
}
