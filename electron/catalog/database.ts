import { copyFileSync, existsSync } from 'node:fs';
import Database from 'better-sqlite3';
import * as m0010 from './migrations/0010-catalog.ts';
import * as m0020 from './migrations/0020-work.ts';
import * as m0030 from './migrations/0030-audit.ts';
import * as m0040 from './migrations/0040-indexes.ts';
import * as m0050 from './migrations/0050-study-order.ts';
import { sqliteBinding } from './sqlite-binding.ts';

export type Db = Database.Database;

export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}

/** Every migration ever shipped, in order. Frozen once released: a change is a new file. */
export const migrations: readonly Migration[] = [m0010, m0020, m0030, m0040, m0050];

export class CatalogFromFutureError extends Error {
  override name = 'CatalogFromFutureError';
  constructor(file: string, found: number, known: number) {
    super(
      `The catalog ${file} has schema ${found}; this version of Refacade knows schemas up to ${known}. Open it with the newer version that made it.`,
    );
  }
}

/**
 * Opens (and creates or migrates) a catalog file.
 *
 * The one file that names the driver. The native binary is chosen at start: Node and Electron have
 * different ABIs, see `sqlite-binding.ts`. Before migrating an existing file a copy is kept beside it.
 *
 * @param file path of the database, or `:memory:`
 * @throws CatalogFromFutureError when a newer version of the application wrote it
 */
export function openDatabase(file: string, list: readonly Migration[] = migrations): Db {
  const existed = file !== ':memory:' && existsSync(file);
  const nativeBinding = sqliteBinding();
  const db = new Database(file, nativeBinding ? { nativeBinding } : {});
  try {
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = NORMAL');
    db.pragma('foreign_keys = ON');
    db.pragma('busy_timeout = 5000');
    migrate(db, file, existed, list);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function migrate(db: Db, file: string, existed: boolean, list: readonly Migration[]): void {
  for (let i = 1; i < list.length; i++) {
    if (list[i]!.version <= list[i - 1]!.version) {
      throw new Error(
        `Migrations must ascend: ${list[i - 1]!.name} (${list[i - 1]!.version}) comes before ${list[i]!.name} (${list[i]!.version})`,
      );
    }
  }
  const current = db.pragma('user_version', { simple: true }) as number;
  const newest = list.at(-1)?.version ?? 0;
  if (current > newest) throw new CatalogFromFutureError(file, current, newest);
  const pending = list.filter((m) => m.version > current);
  if (pending.length === 0) return;
  if (existed && current > 0) {
    db.pragma('wal_checkpoint(TRUNCATE)');
    copyFileSync(file, `${file}.before-${newest}`);
  }
  db.transaction(() => {
    for (const m of pending) {
      db.exec(m.sql);
      db.pragma(`user_version = ${m.version}`);
    }
  })();
}
