import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** What decides which native SQLite binary fits: see docs/decisions/0002-two-sqlite-binaries.md. */
export interface RunningOn {
  /** `REFACADE_SQLITE_BINDING`: somebody, or the shell for its workers, has decided already. */
  readonly named: string | undefined;
  /** Version of Electron, or undefined in plain Node. */
  readonly electron: string | undefined;
  /** `process.versions.modules`, the ABI number: 115 for Node 20, 150 for Electron 45. */
  readonly abi: string;
  /** Folder of a packaged application's resources. */
  readonly resourcesPath: string | undefined;
  /** Folder with `package.json`, when started from a checkout. */
  readonly checkout: string | undefined;
  readonly exists: (file: string) => boolean;
}

export class SqliteBindingMissingError extends Error {
  override name = 'SqliteBindingMissingError';
}

/**
 * The file of the native SQLite binary for the running ABI.
 *
 * @returns undefined when the driver's own build, made by `npm ci` for Node, is the right one
 * @throws SqliteBindingMissingError in Electron when no binary for its ABI is there: the driver's own would be
 *   refused by the loader with a message nobody can act on
 */
export function chooseSqliteBinding(on: RunningOn): string | undefined {
  if (on.named) return on.named;
  const candidates = [
    ...(on.resourcesPath ? [join(on.resourcesPath, 'native', `abi-${on.abi}`, 'better_sqlite3.node')] : []),
    ...(on.checkout ? [join(on.checkout, 'build', 'native', `abi-${on.abi}`, 'better_sqlite3.node')] : []),
  ];
  const found = candidates.find((file) => on.exists(file));
  if (found || !on.electron) return found;
  throw new SqliteBindingMissingError(
    `Electron ${on.electron} needs a SQLite binary for ABI ${on.abi}; looked for ${candidates.join(' and ') || 'none'}. ` +
      'In a checkout run `npm run build && node dist/build/build-sqlite.js`; a packaged application is damaged and must be installed again.',
  );
}

/** The choice for this process. */
export function sqliteBinding(checkout?: string): string | undefined {
  return chooseSqliteBinding({
    named: process.env.REFACADE_SQLITE_BINDING,
    electron: process.versions.electron,
    abi: process.versions.modules,
    resourcesPath: (process as { resourcesPath?: string }).resourcesPath,
    checkout,
    exists: existsSync,
  });
}

/**
 * Called once by the shell: chooses, and tells every thread and child process through the environment, as those
 * know neither the resources folder nor the checkout.
 */
export function announceElectronBinding(checkout: string): void {
  const file = sqliteBinding(checkout);
  if (file) process.env.REFACADE_SQLITE_BINDING = file;
}
