/**
 * Paths of sources, '/' separated on every system. A root may end in a slash already: `/`, a Windows drive
 * (`D:/`) and a network share (`//nas/dicom/`) do, other folders do not.
 */

export function slashes(path: string): string {
  return path.replaceAll('\\', '/');
}

/** The folder with exactly one slash at its end: what every path inside begins with. */
export function withSlash(folder: string): string {
  return folder.endsWith('/') ? folder : `${folder}/`;
}

/** Is it the folder itself or something below it? A neighbour that only begins alike (`sub1`, `sub10`) is not. */
export function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(withSlash(folder));
}

/** What follows a folder in a path inside it; '' for the folder itself. */
export function relativeTo(folder: string, path: string): string {
  return path === folder ? '' : path.slice(withSlash(folder).length);
}

/** A path below a folder, or the folder where there is nothing to add. */
export function below(folder: string, path: string): string {
  return path === '' ? folder : withSlash(folder) + path;
}

/** The folder of a path and all above it, the closest first. */
export function* foldersAbove(path: string): Generator<string> {
  let at = path.lastIndexOf('/');
  while (at >= 0) {
    // The slash belongs to a root: `/`, `D:/`, `//nas/dicom/`. Both spellings are given, only one exists.
    yield path.slice(0, at + 1);
    if (at > 0) yield path.slice(0, at);
    at = at === 0 ? -1 : path.lastIndexOf('/', at - 1);
  }
}
