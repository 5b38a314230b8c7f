import type { Dirent } from 'node:fs';
import { access, opendir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Problem } from '../../shared/problem.ts';
import { PROJECT_MARKER } from '../project/project-folder.ts';
import { parseNiftiPath } from './nifti/bids-name.ts';
import { isInside, relativeTo, slashes } from './source-paths.ts';

/** A file met on the walk; it has been neither opened nor measured yet. */
export interface FoundFile {
  /** Relative to the walked folder, '/' separated. */
  path: string;
}

/** `unread` is a folder or file that could not be looked at, relative to the walked folder. */
export type Discovery = { file: FoundFile } | { problem: Problem; unread?: string };

/**
 * Walks a folder, depth first, and yields every regular file under it.
 *
 * Symbolic links are followed, after everything else, in the order of their paths; a folder that was already
 * visited (by its real path) is not entered again, so loops end. A link to a NIfTI file that is met anyway, or
 * that another link led to, is left out with a Problem: such a file is known by its path, so one scan
 * would become several people. `.git` is not entered: what is in it is linked from where it belongs.
 *
 * A folder that cannot be opened becomes a Problem and the walk goes on, and so does the folder of a project: what
 * is in it was made here. Only links are collected: otherwise memory stays with the depth of the tree.
 *
 * @param root absolute path of a folder
 * @param signal aborts the walk between files
 * @param elsewhere real paths of other folders that the same import walks
 */
export async function* discover(
  root: string,
  signal?: AbortSignal,
  elsewhere: readonly string[] = [],
): AsyncGenerator<Discovery> {
  const visited = new Set<string>();
  const pending: string[] = [''];
  const linkedFolders: string[] = [];
  const linkedImages: Array<{ path: string; real: string }> = [];
  const entered = new Set<string>();
  while (pending.length > 0 || linkedFolders.length > 0) {
    if (pending.length === 0) linkedFolders.sort(descending);
    const linked = pending.length === 0;
    const folder = (pending.pop() ?? linkedFolders.pop())!;
    signal?.throwIfAborted();
    const absolute = folder ? join(root, folder) : root;
    let names: Dirent[];
    try {
      const real = slashes(await realpath(absolute));
      if (visited.has(real) || (linked && elsewhere.some((w) => isMet(real, w)))) continue;
      visited.add(real);
      if (await holdsProject(absolute)) {
        yield { problem: projectFolder(absolute), unread: folder };
        continue;
      }
      entered.add(real);
      names = [];
      for await (const entry of await opendir(absolute, { bufferSize: 256 })) {
        names.push(entry);
        if (names.length === 1024) {
          yield* settle(names, folder);
          names = [];
        }
      }
    } catch (error) {
      yield { problem: unreadableFolder(absolute, error), unread: folder };
      continue;
    }
    yield* settle(names, folder);
  }
  yield* images();

  async function* images(): AsyncGenerator<Discovery> {
    const first = new Map<string, string>();
    linkedImages.sort((a, b) => -descending(a.path, b.path));
    for (const { path, real } of linkedImages) {
      const bids = (p: string) => parseNiftiPath(slashes(p)).bids;
      // A BIDS name says more than the name of the file it leads to: both are imported and compared then.
      const met =
        (entered.has(real.slice(0, real.lastIndexOf('/'))) || elsewhere.some((w) => isMet(real, w))) &&
        (bids(real) || !bids(join(root, path)));
      const before = met ? real : first.get(real);
      if (before !== undefined) yield { problem: linkedAgain(path, before) };
      else yield { file: { path } };
      if (!met && !first.has(real)) first.set(real, path);
    }
  }

  async function* settle(entries: Dirent[], folder: string): AsyncGenerator<Discovery> {
    for (const entry of entries) {
      signal?.throwIfAborted();
      const result = look(entry, folder);
      const found = result instanceof Promise ? await result : result;
      if (!found) continue;
      if ('folder' in found) pending.push(found.folder);
      else yield found;
    }
  }

  type Found = Discovery | { folder: string } | undefined;

  function look(entry: Dirent, folder: string): Found | Promise<Found> {
    const path = folder ? `${folder}/${entry.name}` : entry.name;
    if (entry.isDirectory()) return entry.name === '.git' ? undefined : { folder: path };
    if (entry.isFile()) return { file: { path } };
    return entry.isSymbolicLink() ? follow(path) : undefined; // not sockets, pipes, devices
  }

  async function follow(path: string): Promise<Found> {
    try {
      const info = await stat(join(root, path));
      if (info.isDirectory()) linkedFolders.push(path);
      else if (info.isFile() && /\.nii(\.gz)?$/i.test(path))
        linkedImages.push({ path, real: await realOf(join(root, path)) });
      else if (info.isFile()) return { file: { path } };
      return undefined;
    } catch (error) {
      return {
        unread: path,
        problem: {
          code: 'unreadable-file',
          level: 'warning',
          subject: path,
          message: `The file could not be looked at (${(error as NodeJS.ErrnoException).code ?? 'unknown error'}): a broken link or a missing permission.`,
          fix: 'Check the link or the permission, then import again.',
        },
      };
    }
  }
}

async function realOf(path: string): Promise<string> {
  return slashes(await realpath(path).catch(() => path));
}

const descending = (a: string, b: string) => (a < b ? 1 : a > b ? -1 : 0);

/** Does a walk of that folder come by this file or folder? */
function isMet(real: string, walked: string): boolean {
  return isInside(real, walked) && !relativeTo(walked, real).split('/').includes('.git');
}

function linkedAgain(path: string, before: string): Problem {
  return {
    code: 'linked-again',
    level: 'warning',
    subject: path,
    message: `This link leads to an image that is imported as ${before}; it was not imported a second time.`,
    fix: 'Nothing is to be done if it is one scan. If the link stands for another person, put a copy of the right image in its place.',
  };
}

function holdsProject(folder: string): Promise<boolean> {
  return access(join(folder, PROJECT_MARKER)).then(
    () => true,
    () => false,
  );
}

function projectFolder(folder: string): Problem {
  return {
    code: 'project-folder',
    level: 'info',
    subject: folder,
    message: `This is the folder of a Refacade project (it holds ${PROJECT_MARKER}); nothing in it was imported.`,
    fix: 'Nothing is to be done. Scans that were put into it are imported from another folder.',
  };
}

function unreadableFolder(folder: string, error: unknown): Problem {
  return {
    code: 'unreadable-folder',
    level: 'error',
    subject: folder,
    message: `The folder could not be opened (${(error as NodeJS.ErrnoException).code ?? String(error)}); nothing in it was imported.`,
    fix: 'Give this account the right to read it, then import again.',
  };
}
