import { open, readFile } from 'node:fs/promises';

/** A file of float32 values is not as long as what it is said to hold. */
export class FloatFileError extends Error {
  override name = 'FloatFileError';
}

/**
 * Reads a file of float32 values in this machine's order of bytes: such files live as long as one call.
 *
 * @param count of values that must be in it
 * @throws FloatFileError for another number of values
 */
export async function readFloats(path: string, count: number): Promise<Float32Array> {
  const bytes = await readFile(path);
  if (bytes.length !== 4 * count) {
    throw new FloatFileError(`Expected ${count} values in ${path}, got ${bytes.length / 4}.`);
  }
  const out = new Float32Array(count);
  new Uint8Array(out.buffer).set(bytes);
  return out;
}

/** Writes values as they are in memory; readable by the owner only, for it may be part of a head. */
export async function writeFloats(path: string, values: Float32Array): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  } finally {
    await file.close();
  }
}
