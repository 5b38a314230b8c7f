import { type BigIntStats, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/**
 * Do two paths name one file, so that writing to one would change the other?
 *
 * Symbolic links are followed, in the folders too; hard links and, where the file system takes no notice of case, other
 * spellings are found by device and inode. A file need not exist yet.
 *
 * @param a taken from where the process is, like `b`
 */
export function sameFile(a: string, b: string): boolean {
  if (realPath(a) === realPath(b)) return true;
  const [x, y] = [stats(a), stats(b)];
  // File systems without inodes say 0 for every file.
  return x !== undefined && y !== undefined && x.ino !== 0n && x.dev === y.dev && x.ino === y.ino;
}

/** The path with every link of its existing part followed. */
function realPath(path: string): string {
  const full = resolve(path);
  try {
    return realpathSync.native(full);
  } catch {
    const folder = dirname(full);
    return folder === full ? full : join(realPath(folder), basename(full));
  }
}

/** Whole numbers of 64 bits: inodes of network drives are not exact as floating point. */
function stats(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true });
  } catch {
    return undefined;
  }
}
