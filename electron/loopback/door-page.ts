import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

export interface DoorPage {
  /** What the browser is given instead of the link. */
  readonly file: string;
  /** Takes the page away again; a second call does nothing. */
  remove(): void;
}

/**
 * Writes a page that goes on to a link which opens the browser door.
 *
 * The arguments of a program that runs can be read by every user of the computer (`/proc/<pid>/cmdline`), so the
 * link with its token must not be one of the browser's. The page is readable by its owner only, folder 0700 and file
 * 0600, as Jupyter does it.
 *
 * @param url link with the one-time token
 * @param folders where the page's own folder may lie; the first that can be written
 */
export function writeDoorPage(url: string, folders: readonly string[] = pageFolders()): DoorPage {
  const dir = makeFolder(folders);
  const file = join(dir, 'open.html');
  writeFileSync(file, pageThatGoesTo(url), { mode: 0o600, flag: 'wx' });
  return { file, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

/**
 * A page that goes on to another one.
 *
 * @param url written by ourselves; it is put into the page as it stands
 */
export function pageThatGoesTo(url: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url=${url}">
<title>Refacade</title>
</head>
<body><p><a href="${url}">Open Refacade</a></p></body>
</html>
`;
}

/** Browsers in a sandbox (snap) see neither the temporary folder of Linux nor hidden folders, only the home folder. */
function pageFolders(): string[] {
  return process.platform === 'linux' ? [homedir(), tmpdir()] : [tmpdir()];
}

function makeFolder(folders: readonly string[]): string {
  let failure: unknown;
  for (const folder of folders) {
    try {
      return mkdtempSync(join(folder, 'refacade-open-'));
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}
