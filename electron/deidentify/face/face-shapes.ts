import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readNifti } from '../../volume/nifti.ts';
import type { Volume } from '../../volume/volume.ts';
import { ownModels } from './average-head.ts';
import { normalRandom } from './noise.ts';

/** How faces differ between people: `models/face-shapes`, made by `models/training/reface/shapes.py`. */
export interface FaceShapes {
  readonly version: string;
  /** Shape nx, ny, nz, modes, 3 (x, y, z of the average head, mm); each mode's coefficient has deviation 1 over people. */
  readonly modes: Volume;
}

const card = z.object({
  id: z.literal('face-shapes'),
  version: z.string().min(1),
  files: z.object({
    modes: z.object({
      name: z.string().regex(/^[\w.-]+\.nii\.gz$/),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  }),
});

/** The folder of the face shapes does not hold what it should; the message says what was expected and what is there. */
export class FaceShapesError extends Error {
  override name = 'FaceShapesError';
}

let kept: Promise<FaceShapes | null> | undefined;

/** The shapes of this installation, read once per process; null where there are none. @throws FaceShapesError */
export function installedFaceShapes(): Promise<FaceShapes | null> {
  if (!kept) {
    kept = loadFaceShapes(join(ownModels(), 'face-shapes'));
    // A damaged file may be put right while the application runs.
    kept.catch(() => {
      kept = undefined;
    });
  }
  return kept;
}

/** @throws FaceShapesError when the folder's files are not those its card describes */
export async function loadFaceShapes(dir: string): Promise<FaceShapes | null> {
  const path = join(dir, 'card.json');
  if (!existsSync(path)) return null;
  try {
    const { version, files } = card.parse(JSON.parse(await readFile(path, 'utf8')));
    const bytes = await readFile(join(dir, files.modes.name));
    const got = createHash('sha256').update(bytes).digest('hex');
    if (got !== files.modes.sha256) {
      throw new Error(`SHA-256 ${files.modes.sha256} expected of ${files.modes.name}, got ${got}`);
    }
    const { volume } = await readNifti(bytes);
    if (volume.shape.length !== 5 || volume.shape[4] !== 3) {
      throw new Error(`modes of three components expected, got shape ${volume.shape.join('×')}`);
    }
    return { version, modes: volume };
  } catch (cause) {
    throw new FaceShapesError(`The face shapes in ${dir} cannot be used: ${(cause as Error).message}.`, {
      cause,
    });
  }
}

/** Coefficients are drawn within this many deviations: a face of the outermost few per cent would draw looks. */
const FARTHEST = 2;

/**
 * A random face: displacement field on the grid of the modes, all x, then y, then z, in mm of the average head.
 *
 * A new face is the average head's distance read at y + v(y).
 *
 * @param seed the same seed gives the same face
 * @param amount 1 differs from the average as people do
 */
export function drawFace(shapes: FaceShapes, seed: number, amount: number): Float32Array {
  const { shape, data, slope } = shapes.modes;
  const voxels = shape[0]! * shape[1]! * shape[2]!;
  const modes = shape[3]!;
  const normal = normalRandom(seed);
  const out = new Float32Array(3 * voxels);
  for (let m = 0; m < modes; m++) {
    let z = normal();
    while (Math.abs(z) > FARTHEST) z = normal();
    const by = amount * z * (slope || 1);
    for (let c = 0; c < 3; c++) {
      const from = voxels * (m + modes * c);
      for (let v = 0; v < voxels; v++) out[voxels * c + v]! += by * data[from + v]!;
    }
  }
  return out;
}
