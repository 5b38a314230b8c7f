/**
 * Where the brain's outline puts ICBM152 in a few heads, as JSON for evaluate.py: { name: affine ICBM152 mm → world mm }.
 *
 *     npx esbuild models/training/average-head/outlines.ts --bundle --platform=node --format=esm --outfile=/tmp/outlines.mjs
 *     node /tmp/outlines.mjs <folder of heads> outlines.json <name> <name> …
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { extractBrain } from '../../../electron/deidentify/face/brain-extract.ts';
import { readNifti } from '../../../electron/volume/nifti.ts';

const [heads, out, ...names] = process.argv.slice(2) as [string, string, ...string[]];
const found: Record<string, number[]> = {};
for (const name of names) {
  const { volume } = await readNifti(readFileSync(join(heads, `${name}.nii.gz`)));
  const brain = await extractBrain(volume, { signal: new AbortController().signal });
  found[name] = Array.from(brain.standardToWorld);
  writeFileSync(out, `${JSON.stringify(found, null, 1)}\n`);
}
