import type { Db } from '../catalog/database.ts';
import type { Statement } from '../catalog/import-writes.ts';
import type { ReadFile } from './read-file.ts';

export type SeenStatus = 'new' | 'changed' | 'returned' | 'unchanged';
/** Why a header was read: `sibling` files did not change but share a series with one that did. */
export type StagedStatus = SeenStatus | 'sibling';

export interface StagedFile {
  rootId: number;
  path: string;
  size: number;
  mtimeMs: number;
  status: StagedStatus;
  kind: 'dicom' | 'nifti';
  header: string;
}

/**
 * What an import knows while it runs, in temporary SQLite tables instead of JavaScript objects: they
 * spill to disk, so 100,000 headers cost no more memory than 1,000.
 */
export class ImportStaging {
  readonly #db: Db;
  readonly #addSeen: Statement;
  readonly #addStaged: Statement;
  readonly #addTouched: Statement;

  constructor(db: Db) {
    this.#db = db;
    this.drop();
    db.exec(`
      CREATE TEMP TABLE import_seen (file_id INTEGER PRIMARY KEY);
      CREATE TEMP TABLE import_staged (
        group_key TEXT, root_id INTEGER, path TEXT, size INTEGER, mtime_ms REAL, status TEXT, kind TEXT, header TEXT
      );
      CREATE TEMP TABLE import_staged_file (root_id INTEGER, path TEXT, PRIMARY KEY (root_id, path)) WITHOUT ROWID;
      CREATE TEMP TABLE import_missing (file_id INTEGER PRIMARY KEY);
      CREATE TEMP TABLE import_touched (series_id INTEGER PRIMARY KEY);
    `);
    this.#addSeen = db.prepare('INSERT OR IGNORE INTO temp.import_seen (file_id) VALUES (?)');
    this.#addStaged = db.prepare(
      'INSERT INTO temp.import_staged (group_key, root_id, path, size, mtime_ms, status, kind, header) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    );
    this.#addTouched = db.prepare('INSERT OR IGNORE INTO temp.import_touched (series_id) VALUES (?)');
  }

  drop(): void {
    for (const table of [
      'import_seen',
      'import_staged',
      'import_staged_file',
      'import_missing',
      'import_touched',
    ])
      this.#db.exec(`DROP TABLE IF EXISTS temp.${table}`);
  }

  /** Remembers that a catalogued file was met. */
  seen(fileId: number): void {
    this.#addSeen.run(fileId);
  }

  /** Remembers that a catalogued file has gone; it is marked when its series is settled. */
  missing(fileId: number): void {
    this.#db.prepare('INSERT OR IGNORE INTO temp.import_missing (file_id) VALUES (?)').run(fileId);
  }

  missingFiles(): number[] {
    return (
      this.#db.prepare('SELECT file_id AS id FROM temp.import_missing').all() as Array<{ id: number }>
    ).map((r) => r.id);
  }

  /** This file needs no second reading. */
  handled(rootId: number, path: string): void {
    this.#db
      .prepare('INSERT OR IGNORE INTO temp.import_staged_file (root_id, path) VALUES (?, ?)')
      .run(rootId, path);
  }

  stage(rootId: number, file: ReadFile, status: StagedStatus): void {
    this.#addStaged.run(
      file.groupKey,
      rootId,
      file.path,
      file.size,
      file.mtimeMs,
      status,
      file.kind,
      file.header,
    );
  }

  touch(seriesId: number): void {
    this.#addTouched.run(seriesId);
  }

  /** Catalogued files under a folder that the walk did not meet. */
  notSeen(rootId: number, prefix: string): Array<{ id: number; path: string; size: number; kind: string }> {
    const under = prefix ? `${prefix}/` : '';
    return this.#db
      .prepare(
        `SELECT f.id, f.path, f.size, f.kind FROM source_file f WHERE f.root_id = ? AND f.state <> 'missing' AND substr(f.path, 1, ?) = ?
         AND NOT EXISTS (SELECT 1 FROM temp.import_seen s WHERE s.file_id = f.id)`,
      )
      .all(rootId, under.length, under) as Array<{ id: number; path: string; size: number; kind: string }>;
  }

  /** Ends the main reading: indexes are built once, which is cheaper than keeping them while staging. */
  index(): void {
    this.#db.exec(`
      CREATE INDEX temp.import_staged_by_group ON import_staged (group_key);
      INSERT OR IGNORE INTO temp.import_staged_file SELECT root_id, path FROM temp.import_staged;
    `);
  }

  isStaged(rootId: number, path: string): boolean {
    return (
      this.#db
        .prepare('SELECT 1 FROM temp.import_staged_file WHERE root_id = ? AND path = ?')
        .get(rootId, path) !== undefined
    );
  }

  /** Present files of every series that is touched or shares its UID with a staged file, and are not staged yet. */
  siblings(): Array<{ rootId: number; path: string }> {
    // One index for the anti-join; building it once is cheaper than keeping it while staging.
    this.#db.exec(
      'INSERT OR IGNORE INTO temp.import_staged_file SELECT root_id, path FROM temp.import_staged',
    );
    return this.#db
      .prepare(
        `WITH affected AS (
           SELECT series_id AS id FROM temp.import_touched
           UNION SELECT s.id FROM series s WHERE s.series_instance_uid <> ''
             AND EXISTS (SELECT 1 FROM temp.import_staged g WHERE g.group_key = s.series_instance_uid)
           UNION SELECT s.id FROM series s WHERE s.series_instance_uid <> '' AND s.series_instance_uid IN
             (SELECT t.series_instance_uid FROM series t WHERE t.id IN (SELECT series_id FROM temp.import_touched))
         )
         SELECT DISTINCT f.root_id AS rootId, f.path FROM affected a
         JOIN instance i ON i.series_id = a.id JOIN source_file f ON f.id = i.file_id
         WHERE f.state <> 'missing' AND NOT EXISTS (SELECT 1 FROM temp.import_missing m WHERE m.file_id = f.id)
           AND NOT EXISTS (SELECT 1 FROM temp.import_staged_file g WHERE g.root_id = f.root_id AND g.path = f.path)
         ORDER BY f.root_id, f.path`,
      )
      .all() as Array<{ rootId: number; path: string }>;
  }

  /** Groups with the number of their files. */
  groups(): Array<{ key: string; files: number }> {
    return this.#db
      .prepare('SELECT group_key AS key, count(*) AS files FROM temp.import_staged GROUP BY group_key')
      .all() as Array<{ key: string; files: number }>;
  }

  group(key: string): StagedFile[] {
    return this.#db
      .prepare(
        'SELECT root_id AS rootId, path, size, mtime_ms AS mtimeMs, status, kind, header FROM temp.import_staged WHERE group_key = ?',
      )
      .all(key) as StagedFile[];
  }

  /** Touched series without a single present file. */
  deserted(): number[] {
    return (
      this.#db
        .prepare(
          `SELECT t.series_id AS id FROM temp.import_touched t WHERE NOT EXISTS
             (SELECT 1 FROM instance i JOIN source_file f ON f.id = i.file_id WHERE i.series_id = t.series_id AND f.state <> 'missing')`,
        )
        .all() as Array<{ id: number }>
    ).map((r) => r.id);
  }
}
