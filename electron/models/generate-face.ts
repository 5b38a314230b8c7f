import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FACE_SPACE, type GenerateFace } from '../deidentify/face/generate-face.ts';
import { readFloats, writeFloats } from '../inference/float-file.ts';
import type { FaceMaker } from '../inference/worker-contract.ts';

/** Runs a generator on files, wherever that is done. */
export type AskForFace = (
  model: string,
  inputPath: string,
  outPath: string,
  options: { readonly signal: AbortSignal },
) => Promise<FaceMaker>;

/**
 * Generates faces through files, for voxels do not travel between processes.
 *
 * Files lie in `scratch`, made when first needed, and are gone when the face is there or failed.
 */
export function generateThroughFiles(ask: AskForFace, scratch: string): GenerateFace {
  const [nx, ny, nz] = FACE_SPACE.shape;
  return async (model, channels, signal) => {
    signal.throwIfAborted();
    await mkdir(scratch, { recursive: true, mode: 0o700 });
    const name = randomUUID();
    const [input, output] = [join(scratch, `${name}.channels`), join(scratch, `${name}.tissue`)];
    try {
      await writeFloats(input, channels);
      signal.throwIfAborted();
      const maker = await ask(model, input, output, { signal });
      return { tissue: await readFloats(output, nx * ny * nz), ...maker };
    } finally {
      await Promise.all([input, output].map((path) => rm(path, { force: true })));
    }
  };
}
