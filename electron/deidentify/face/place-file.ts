import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Affine } from '../../../shared/geometry/affine.ts';
import { type NiftiImage, readNifti, writeNifti } from '../../volume/nifti.ts';
import type { PlacedHead } from '../session/place-in-session.ts';
import { maskImage } from './face-files.ts';

const BRAIN_FILE = 'place-brain.nii.gz';
const PLACE_FILE = 'place.json';

/** Whether a folder holds a whole place: the record is written last. */
export function hasPlace(dir: string): boolean {
  return existsSync(join(dir, PLACE_FILE));
}

/** Keeps where a head lies, so that the next attempt on the same scan need not look for it again. */
export async function writePlace(dir: string, place: PlacedHead, scan: NiftiImage): Promise<void> {
  await mkdir(dir, { recursive: true });
  await writeNifti(join(dir, BRAIN_FILE), maskImage(place.brain, scan));
  const { brain: _, standardToWorld, frame, ...rest } = place;
  const record = {
    ...rest,
    standardToWorld: Array.from(standardToWorld),
    frame: frame && { ...frame, averageToWorld: Array.from(frame.averageToWorld) },
  };
  const path = join(dir, PLACE_FILE);
  await writeFile(`${path}.part`, JSON.stringify(record));
  await rename(`${path}.part`, path);
}

/** What {@link writePlace} kept. @throws when there is none, or its files cannot be read */
export async function readPlace(dir: string): Promise<PlacedHead> {
  type Stored = Omit<PlacedHead, 'brain' | 'standardToWorld' | 'frame'> & {
    readonly standardToWorld: number[];
    readonly frame:
      | (Omit<NonNullable<PlacedHead['frame']>, 'averageToWorld'> & { averageToWorld: number[] })
      | null;
  };
  const stored = JSON.parse(await readFile(join(dir, PLACE_FILE), 'utf8')) as Stored;
  const { volume } = await readNifti(join(dir, BRAIN_FILE));
  const affine = (m: number[]): Affine => Float64Array.from(m);
  return {
    ...stored,
    brain: Uint8Array.from(volume.data),
    standardToWorld: affine(stored.standardToWorld),
    frame: stored.frame && { ...stored.frame, averageToWorld: affine(stored.frame.averageToWorld) },
  };
}
