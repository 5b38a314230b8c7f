import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The build folder: beside the running bundle, or `dist/` of a checkout when run from sources. */
export function findDist(): string {
  let dir = dirname(fileURLToPath(import.meta.url));
  for (let up = 0; up < 4; up++) {
    if (basename(dir) === 'dist' && existsSync(dir)) return dir;
    if (existsSync(join(dir, 'dist', 'worker'))) return join(dir, 'dist');
    dir = dirname(dir);
  }
  return resolve('dist');
}
