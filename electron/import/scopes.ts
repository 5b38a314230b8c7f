import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import type { Problem } from '../../shared/problem.ts';
import { foldersAbove, relativeTo, slashes, withSlash } from './source-paths.ts';

/** A folder of which an import walks all or part. */
export interface Scope {
  rootId: number;
  /** Absolute root folder as the catalog has it, '/' separated. */
  root: string;
  /** The same without links and in the spelling of the file system. */
  realRoot: string;
  /** What of the root is walked, relative; '' for all. */
  prefix: string;
  /** Only these files, relative to the root, when the sources are files. */
  files?: string[];
}

/** Folders that the catalog imports from, by id. */
export class Roots {
  /** Absolute, '/' separated, as the catalog has it: files are named after it. */
  readonly paths = new Map<number, string>();
  /** Without links; what two roots or sources are compared by. */
  readonly real = new Map<number, string>();
  readonly #byReal = new Map<string, number>();

  async add(id: number, path: string): Promise<void> {
    if (this.paths.has(id)) return;
    const real = await realFolder(path);
    this.paths.set(id, path);
    this.real.set(id, real);
    if (!this.#byReal.has(real)) this.#byReal.set(real, id);
  }

  /** The root that holds this folder most closely. */
  closest(realPath: string): number | undefined {
    const own = this.#byReal.get(realPath);
    if (own !== undefined) return own;
    for (const folder of foldersAbove(realPath)) {
      const id = this.#byReal.get(folder);
      if (id !== undefined) return id;
    }
    return undefined;
  }
}

/**
 * Where an import has to look.
 *
 * A source is known by its real path, so that a link to a folder, or another spelling of it, is that
 * folder. A source inside another is walked with it, once; files of one folder make one scope.
 *
 * @param sources absolute paths of folders or files
 * @param addRoot makes a root in the catalog
 */
export async function openScopes(
  sources: readonly string[],
  roots: Roots,
  addRoot: (path: string) => number,
): Promise<{ scopes: Scope[]; problems: Problem[] }> {
  const problems: Problem[] = [];
  const folders = new Map<string, Scope>();
  const files = new Map<string, { scope: Scope; names: Set<string> }>();
  const realOf = new Map<string, string>();
  for (const source of sources) {
    const path = resolve(source);
    const info = await stat(path).catch(() => undefined);
    if (!info || !(info.isDirectory() || info.isFile())) {
      problems.push(notFound(source));
      continue;
    }
    // A file that is a link keeps its own name, which says more than that of the file it leads to.
    const folder = info.isFile() ? dirname(path) : path;
    const real = realOf.get(folder) ?? (await realFolder(folder));
    realOf.set(folder, real);
    let rootId = roots.closest(real);
    if (rootId === undefined) {
      rootId = addRoot(real);
      await roots.add(rootId, real);
    }
    const realRoot = roots.real.get(rootId)!;
    const scope: Scope = {
      rootId,
      root: roots.paths.get(rootId)!,
      realRoot,
      prefix: relativeTo(realRoot, real),
    };
    if (info.isDirectory()) folders.set(real, scope);
    else {
      const known = files.get(real) ?? { scope, names: new Set<string>() };
      files.set(real, known);
      known.names.add(basename(path));
    }
  }
  const kept = outermost(folders);
  const loose = [...files].flatMap(([real, { scope, names }]) =>
    kept.has(real) || [...foldersAbove(real)].some((f) => kept.has(f))
      ? []
      : [{ ...scope, files: [...names].map((n) => (scope.prefix ? `${scope.prefix}/${n}` : n)) }],
  );
  return { scopes: [...kept.values(), ...loose], problems };
}

/** The folders that lie in no other one: in order of their paths a folder comes right before what is in it. */
function outermost(folders: ReadonlyMap<string, Scope>): Map<string, Scope> {
  const ordered = [...folders]
    .map(([real, scope]) => ({ real, scope, start: withSlash(real) }))
    .sort((a, b) => (a.start < b.start ? -1 : 1));
  const kept = new Map<string, Scope>();
  let last: string | undefined;
  for (const { real, scope, start } of ordered) {
    if (last !== undefined && start.startsWith(last)) continue;
    kept.set(real, scope);
    last = start;
  }
  return kept;
}

async function realFolder(path: string): Promise<string> {
  return slashes(await realpath(path).catch(() => path));
}

function notFound(source: string): Problem {
  return {
    code: 'source-not-found',
    level: 'error',
    subject: source,
    message:
      'There is no such folder or file (or it cannot be reached); nothing was imported from it and nothing was marked missing.',
    fix: 'Check the path or connect the drive, then import again.',
  };
}
