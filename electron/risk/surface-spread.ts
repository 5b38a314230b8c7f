import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AverageHeadError } from '../deidentify/face/average-head.ts';
import { findDist } from '../dist-dir.ts';
import { modelsDir } from '../inference/model-card.ts';
import { readNifti } from '../volume/nifti.ts';
import type { Volume } from '../volume/volume.ts';

/** The part of `models/average-head/card.json` that names this file. */
const spreadCard = z.object({
  files: z.object({
    surfaceSpread: z.object({
      name: z.string().regex(/^[\w.-]+\.nii\.gz$/),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  }),
});

/**
 * How much people's skin deviates from the average head's: the deviation over people of the signed distance, mm, in the
 * average head's space.
 *
 * @param folder the models folder; default: that of this build
 * @throws AverageHeadError when the file is missing or not the one the card describes
 */
export async function surfaceSpread(folder = modelsDir(findDist())): Promise<Volume<Float32Array>> {
  const dir = join(folder, 'average-head');
  let name: string;
  let sha256: string;
  let bytes: Uint8Array;
  try {
    const card = spreadCard.parse(JSON.parse(await readFile(join(dir, 'card.json'), 'utf8')));
    ({ name, sha256 } = card.files.surfaceSpread);
    bytes = await readFile(join(dir, name));
  } catch (cause) {
    throw new AverageHeadError(
      `Expected the spread of the average head's surface in ${dir}: ${(cause as Error).message}`,
      { cause },
    );
  }
  const got = createHash('sha256').update(bytes).digest('hex');
  if (got !== sha256) throw new AverageHeadError(`Expected SHA-256 ${sha256} of ${name}, got ${got}.`);
  const { volume } = await readNifti(bytes);
  const data = Float32Array.from(volume.data, (v) => v * volume.slope + volume.inter);
  return { data, shape: volume.shape, affine: volume.affine, slope: 1, inter: 0 };
}
