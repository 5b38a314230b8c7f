import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { constants, gunzipSync } from 'node:zlib';
import { ByteSearch } from '../share/byte-search.ts';
import { bytePatterns, type SearchIdentifier } from '../share/identifier-forms.ts';

const CHUNK = 2 ** 22;
/** Above this a file is searched only if it is part of the catalog. */
const LARGEST = 2 ** 26;
/** Where a volume's header and its extensions lie; voxels are no text, and chance would find names in them. */
const HEADER = 2 ** 16;

/**
 * Files of a folder whose names or bytes hold any of the identifiers, upper or lower case, in the byte forms of the
 * search of a share.
 *
 * Of volumes the header is searched, unpacked; of pictures, which this program makes itself, the name.
 *
 * @returns paths within the folder
 */
export function filesContaining(root: string, identifiers: readonly SearchIdentifier[]): string[] {
  const search = new ByteSearch(bytePatterns(identifiers));
  const found: string[] = [];
  const visit = (dir: string): void => {
    for (const entry of readdirSync(dir, { withFileTypes: true })) {
      const path = join(dir, entry.name);
      const named = holds(search, Buffer.from(entry.name, 'utf8'));
      if (entry.isDirectory()) {
        if (named) found.push(relative(root, path));
        visit(path);
      } else if (entry.isFile() && (named || inFile(search, path))) found.push(relative(root, path));
    }
  };
  visit(root);
  return found;
}

/** Says of a text whether it holds any of the identifiers. */
export function textFinder(identifiers: readonly SearchIdentifier[]): (text: string) => boolean {
  const search = new ByteSearch(bytePatterns(identifiers));
  return (text) => holds(search, Buffer.from(text, 'utf8'));
}

function holds(search: ByteSearch, bytes: Uint8Array): boolean {
  let hit = false;
  search.search(bytes, () => {
    hit = true;
  });
  return hit;
}

function inFile(search: ByteSearch, path: string): boolean {
  if (/\.(?:png|jpe?g)$/i.test(path)) return false;
  if (/\.(?:nii|gz)$/i.test(path)) {
    const start = readStart(path);
    return holds(search, start) || holds(search, unpacked(start));
  }
  if (statSync(path).size >= LARGEST && !/\.sqlite/.test(path)) return false;
  let hit = false;
  const stream = search.stream(() => {
    hit = true;
  });
  const file = openSync(path, 'r');
  try {
    const chunk = Buffer.alloc(CHUNK);
    for (let read = readSync(file, chunk); read > 0 && !hit; read = readSync(file, chunk))
      stream.push(chunk.subarray(0, read));
  } finally {
    closeSync(file);
  }
  if (!hit) stream.end();
  return hit;
}

function readStart(path: string): Uint8Array {
  const file = openSync(path, 'r');
  try {
    const start = Buffer.alloc(HEADER);
    return start.subarray(0, readSync(file, start));
  } finally {
    closeSync(file);
  }
}

/** The header of a packed volume; empty for one that is not packed or is damaged. */
function unpacked(start: Uint8Array): Uint8Array {
  if (start[0] !== 0x1f || start[1] !== 0x8b) return new Uint8Array(0);
  try {
    return gunzipSync(start, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, HEADER);
  } catch {
    return new Uint8Array(0);
  }
}
