import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Every file below a folder, as paths relative to it, '/' separated. */
export function listFiles(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((e) => e.isFile())
    .map((e) => relative(dir, join(e.parentPath, e.name)).replaceAll('\\', '/'))
    .sort();
}

/** Digest of names, sizes, times and contents: unchanged means that nothing was touched. */
export function folderDigest(dir: string): string {
  const hash = createHash('sha256');
  for (const file of listFiles(dir)) {
    const path = join(dir, file);
    const info = statSync(path);
    hash.update(`${file}\0${info.size}\0${info.mtimeMs}\0`).update(readFileSync(path));
  }
  return hash.digest('hex');
}
