import type { Dirent } from 'node:fs';
import { access, opendir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Problem } from '../../shared/problem.ts';
import { PROJECT_MARKER } from '../project/project-folder.ts';

/** A file met on the walk; it has been neither opened nor measured yet. */
export interface FoundFile {
  /** Relative to the walked folder, '/' separated. */
  path: string;
}

/** `unreadableFolder` is one that was not looked into, relative to the walked folder. */
export type Discovery = { file: FoundFile } | { problem: Problem; unreadableFolder?: string };

/**
 * Walks a folder, depth first, and yields every regular file under it.
 *
 * Symbolic links are followed; a folder that was already visited (by its real path) is not entered
 * again, so loops end. A folder that cannot be opened becomes a Problem and the walk goes on, and so does the
 * folder of a project: what is in it was made here. Nothing is collected: memory stays with the depth of the tree.
 *
 * @param root absolute path of a folder
 * @param signal aborts the walk between files
 */
export async function* discover(root: string, signal?: AbortSignal): AsyncGenerator<Discovery> {
  const visited = new Set<string>();
  const pending: string[] = [''];
  while (pending.length > 0) {
    const folder = pending.pop()!;
    signal?.throwIfAborted();
    const absolute = folder ? join(root, folder) : root;
    let names: Dirent[];
    try {
      const real = await realpath(absolute);
      if (visited.has(real)) continue;
      visited.add(real);
      if (await holdsProject(absolute)) {
        yield { problem: projectFolder(absolute), unreadableFolder: folder };
        continue;
      }
      names = [];
      for await (const entry of await opendir(absolute, { bufferSize: 256 })) {
        names.push(entry);
        if (names.length === 1024) {
          yield* settle(names, folder);
          names = [];
        }
      }
    } catch (error) {
      yield { problem: unreadableFolder(absolute, error), unreadableFolder: folder };
      continue;
    }
    yield* settle(names, folder);
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
    if (entry.isDirectory()) return { folder: path };
    if (entry.isFile()) return { file: { path } };
    return entry.isSymbolicLink() ? follow(path) : undefined; // not sockets, pipes, devices
  }

  async function follow(path: string): Promise<Found> {
    try {
      const info = await stat(join(root, path));
      if (info.isDirectory()) return { folder: path };
      if (!info.isFile()) return undefined;
      return { file: { path } };
    } catch (error) {
      return {
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
