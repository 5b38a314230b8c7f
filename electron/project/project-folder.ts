import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { UserError } from '../dispatch.ts';

/** Where things lie inside a project folder. Everything in it stays in the lab. */
export interface ProjectFolder {
  readonly dir: string;
  readonly name: string;
  readonly createdAt: string;
  readonly catalogFile: string;
  readonly volumesDir: string;
  readonly derivativesDir: string;
  readonly previewDir: string;
}

/** The file that makes a folder a project. */
export const PROJECT_MARKER = 'refacade-project.json';

/**
 * Opens a project folder, or makes one.
 *
 * @throws UserError when the folder is not a project and `create` is false, or `create` is true and it holds other files
 */
export function openProjectFolder(path: string, create: boolean, now: Date): ProjectFolder {
  const dir = resolve(path);
  const markerFile = join(dir, PROJECT_MARKER);
  if (!existsSync(markerFile)) {
    if (!create) {
      throw new UserError(
        'not-a-project',
        `"${dir}" is not a Refacade project: expected the file ${PROJECT_MARKER} in it.`,
        'Choose a project folder, or create a new project there.',
      );
    }
    let others: boolean;
    try {
      mkdirSync(dir, { recursive: true });
      others = readdirSync(dir).some((name) => !isFurniture(name));
      if (!others)
        writeFileSync(
          markerFile,
          `${JSON.stringify({ product: 'Refacade', name: basename(dir), createdAt: now.toISOString() }, null, 2)}\n`,
          { flag: 'wx' },
        );
    } catch (cause) {
      throw new UserError(
        'project-not-writable',
        `The project folder "${dir}" could not be made: ${(cause as Error).message}`,
        'Choose a folder you may write to, on a disk with free space.',
        { cause },
      );
    }
    if (others) {
      throw new UserError(
        'folder-not-empty',
        `The folder "${dir}" holds other files: a project needs a folder of its own, not the one of the scans.`,
        'Choose an empty folder, or name a new one, which is made.',
      );
    }
  }
  const info = JSON.parse(readFileSync(markerFile, 'utf8')) as { name: string; createdAt: string };
  const folder: ProjectFolder = {
    dir,
    name: info.name,
    createdAt: info.createdAt,
    catalogFile: join(dir, 'catalog.sqlite'),
    volumesDir: join(dir, 'volumes'),
    derivativesDir: join(dir, 'derivatives'),
    previewDir: join(dir, 'preview'),
  };
  for (const d of [folder.volumesDir, folder.derivativesDir, folder.previewDir])
    mkdirSync(d, { recursive: true });
  return folder;
}

/** What operating systems leave in folders that people take for empty, disks among them. */
function isFurniture(name: string): boolean {
  return (
    name.startsWith('.') ||
    /^(thumbs\.db|desktop\.ini|icon\r|lost\+found|\$recycle\.bin|system volume information)$/i.test(name)
  );
}

/** Whether two spellings (a link, another case) lead to one folder; false where one of them leads nowhere. */
export function isSameFolder(a: string, b: string): boolean {
  try {
    // The native one also gives names in the case that is on the disk.
    return realpathSync.native(a) === realpathSync.native(b);
  } catch {
    return false;
  }
}
