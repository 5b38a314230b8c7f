import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { encodePng, type Raster } from './png.ts';

/**
 * Writes a picture under its final name only when it is complete: temporary name → fsync → rename.
 *
 * @param path ends in `.png`; its folder exists
 * @returns the bytes of the file
 */
export async function writePng(path: string, raster: Raster): Promise<Uint8Array> {
  const bytes = encodePng(raster);
  const suffix = `${process.pid}-${randomBytes(4).toString('hex')}`;
  const temporary = join(dirname(path), `.${basename(path)}.${suffix}.part`);
  const file = await open(temporary, 'wx');
  try {
    await file.writeFile(bytes);
    await file.sync();
    await file.close();
    await rename(temporary, path);
  } catch (cause) {
    await file.close().catch(() => {});
    await rm(temporary, { force: true });
    throw cause;
  }
  return bytes;
}
