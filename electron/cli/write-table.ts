import { closeSync, fsyncSync, openSync, readSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { UserError } from '../dispatch.ts';

/** So much of a file tells whether it is a table. */
const LOOK_AT = 4096;

/**
 * Writes a table, whole or not at all. An earlier table of that name is replaced, any other file is not: a mistyped name
 * must not cost a scan or a catalog. A link is replaced, never written through.
 *
 * @param text lines of cells with tabs between
 * @throws UserError `not-a-table` when the name is taken by something else
 */
export function writeTable(path: string, text: string): void {
  const before = beginning(path);
  if (before && before.length > 0 && (before.includes(0) || !before.includes('\t'))) {
    throw new UserError(
      'not-a-table',
      `${path} is there already and is no table; it was not overwritten.`,
      'Give the table another name, one that ends in .tsv.',
    );
  }
  const temporary = `${path}.part-${process.pid}`;
  try {
    const file = openSync(temporary, 'wx');
    try {
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** The first bytes of a file; undefined when there is none. */
function beginning(path: string): Buffer | undefined {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const bytes = Buffer.alloc(LOOK_AT);
    return bytes.subarray(0, readSync(file, bytes, 0, LOOK_AT, 0));
  } finally {
    closeSync(file);
  }
}
