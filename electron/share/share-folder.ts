import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm, statfs } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { ShareJournal } from './share-journal.ts';
import { explainWriteFailure, ShareWriteError } from './whole-file.ts';

/** Where a share is put together; nothing outside it is touched until everything has been checked. */
export const PARTIAL = '.refacade-partial';

export interface ShareFolder {
  readonly dir: string;
  readonly partialDir: string;
  readonly contentDir: string;
  readonly journal: ShareJournal;
}

/**
 * Makes sure a folder can become a share and opens its unfinished part.
 *
 * @param dir where the share goes: new, empty, or an unfinished share of the same project
 * @param project fingerprint of the project
 * @param forbidden folders that must stay as they are: the sources and the project
 * @param resume continue what lies there; otherwise an unfinished share is started over
 * @throws ShareWriteError when the folder is in use, forbidden or cannot be written to
 */
export async function openShareFolder(
  dir: string,
  project: string,
  forbidden: { sources: readonly string[]; projectDir: string },
  resume: boolean,
): Promise<ShareFolder> {
  const full = resolve(dir);
  refuseForbidden(full, forbidden);
  const partialDir = join(full, PARTIAL);
  try {
    await mkdir(full, { recursive: true });
    const entries = readdirSync(full).filter((name) => name !== '.DS_Store' && name !== 'Thumbs.db');
    const journal = ShareJournal.read(partialDir);
    const ours = journal.start?.project === project;
    // The receipt of a refused share lies beside its unfinished part and is written anew.
    const expected = [
      PARTIAL,
      ...(ours ? ['refacade-receipt.json', 'refacade-receipt.html', ...(journal.moving ?? [])] : []),
    ];
    const strangers = entries.filter((name) => !expected.includes(name));
    if (strangers.length > 0 || (entries.includes(PARTIAL) && journal.start && !ours)) throw inUse(entries);
    if (!resume && !journal.moving) await rm(partialDir, { recursive: true, force: true });
    await mkdir(join(partialDir, 'content'), { recursive: true });
    return {
      dir: full,
      partialDir,
      contentDir: join(partialDir, 'content'),
      journal: ShareJournal.read(partialDir),
    };
  } catch (cause) {
    throw explainWriteFailure(cause, full);
  }
}

function inUse(entries: readonly string[]): ShareWriteError {
  const finished = entries.includes('refacade-receipt.json');
  return new ShareWriteError(
    'not-empty',
    finished
      ? 'The folder already holds a finished share.'
      : `The folder is not empty (${entries.length} ${entries.length === 1 ? 'entry' : 'entries'}) and is not an unfinished share of this project.`,
    'Choose a new or empty folder.',
  );
}

function refuseForbidden(
  dir: string,
  { sources, projectDir }: { sources: readonly string[]; projectDir: string },
): void {
  const wanted = realPath(dir);
  const check = (folder: string, what: string) => {
    const real = realPath(folder);
    if (isInside(wanted, real)) {
      throw new ShareWriteError(
        'inside-protected',
        `The share would lie inside ${what}.`,
        'Choose a folder elsewhere.',
      );
    }
    if (isInside(real, wanted)) {
      throw new ShareWriteError(
        'around-protected',
        `The share folder contains ${what}.`,
        'Choose a folder elsewhere.',
      );
    }
  };
  for (const source of sources) check(source, 'a source folder, which is never written to');
  check(projectDir, 'the project folder, which holds the originals of this lab');
}

function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return (
    way === '' ||
    (!way.startsWith(`..${sep}`) && way !== '..' && resolve(folder, way) === path && !/^[A-Za-z]:/.test(way))
  );
}

/** The path with links followed as far as it exists. */
function realPath(path: string): string {
  let existing = resolve(path);
  const rest: string[] = [];
  while (!existsSync(existing) && dirname(existing) !== existing) {
    rest.unshift(basename(existing));
    existing = dirname(existing);
  }
  return join(realpathSync(existing), ...rest);
}

/** Stops before a write that cannot fit. @throws ShareWriteError */
export async function requireSpace(dir: string, bytes: number): Promise<void> {
  const info = await statfs(dir).catch(() => null);
  if (!info) return;
  const free = info.bavail * info.bsize;
  if (free >= bytes) return;
  const gigabytes = (n: number) => `${(n / 1e9).toFixed(2)} GB`;
  throw new ShareWriteError(
    'ENOSPC',
    `The share needs about ${gigabytes(bytes)} and ${gigabytes(free)} are free.`,
    'Free some space or choose another disk.',
  );
}

/**
 * Moves everything checked to its final name, then removes the unfinished part.
 *
 * Each top-level entry is one rename on one disk. A process that dies in between leaves a journal that
 * names what was on the move; the next start moves the rest.
 */
export async function publish(
  folder: ShareFolder,
  checkpoint: (place: string) => void = () => {},
): Promise<void> {
  const names = folder.journal.moving ?? (await readdir(folder.contentDir)).sort();
  if (!folder.journal.moving) folder.journal.append({ moving: [...names] });
  for (const name of names) {
    const from = join(folder.contentDir, name);
    if (existsSync(from)) await rename(from, join(folder.dir, name));
    checkpoint(`moved ${name}`);
  }
  await syncFolder(folder.dir);
  await rm(folder.partialDir, { recursive: true, force: true });
}

/** Flushes a folder's entries; not every system allows it. */
async function syncFolder(dir: string): Promise<void> {
  try {
    const handle = await open(dir, 'r');
    await handle.sync();
    await handle.close();
  } catch {
    // Windows cannot open a folder; its renames are journalled by the file system.
  }
}
