import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { type NiftiImage, newNifti } from '../../volume/nifti.ts';

/** SHA-256 of a file, lower-case hex. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** A 0/1 mask as a file on the grid of the scan it belongs to. */
export function maskImage(mask: Uint8Array, scan: NiftiImage): NiftiImage {
  const volume = {
    data: mask,
    shape: scan.volume.shape.slice(0, 3),
    affine: scan.volume.affine,
    slope: 1,
    inter: 0,
  };
  return newNifti(volume, 2, scan);
}
