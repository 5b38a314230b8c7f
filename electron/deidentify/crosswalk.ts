import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Db } from '../catalog/database.ts';
import { identifiersOf } from './header/identifiers.ts';
import { type CrosswalkRow, type KeysState, openKeys, type ProjectKeys, shred } from './keys.ts';

/** Who is behind each pseudonym, as the catalog knows it now. */
export function readCrosswalk(db: Db, keys: ProjectKeys): CrosswalkRow[] {
  const rows = db
    .prepare('SELECT label, source_key, patient_id, patient_name FROM subject ORDER BY label')
    .all() as { label: string; source_key: string; patient_id: string; patient_name: string }[];
  return rows.map((row) => ({
    subjectLabel: row.label,
    patientId: row.patient_id,
    patientName: row.patient_name,
    shiftDays: keys.shiftDays(row.source_key),
  }));
}

export function crosswalkState(db: Db, keys: ProjectKeys): { state: KeysState; subjects: number } {
  return { state: keys.state, subjects: db.prepare('SELECT count(*) FROM subject').pluck().get() as number };
}

/** Columns that lead back to a person or to a source; a column that a catalog does not have is passed over. */
const tiedColumns: readonly { table: string; column: string; to: 'empty' | 'token' | 'json' }[] = [
  { table: 'subject', column: 'source_key', to: 'token' },
  { table: 'subject', column: 'patient_id', to: 'empty' },
  { table: 'subject', column: 'patient_name', to: 'empty' },
  { table: 'subject', column: 'birth_date', to: 'empty' },
  { table: 'study', column: 'study_instance_uid', to: 'token' },
  { table: 'study', column: 'study_date', to: 'empty' },
  { table: 'study', column: 'description', to: 'empty' },
  { table: 'study', column: 'accession_number', to: 'empty' },
  { table: 'series', column: 'series_key', to: 'token' },
  { table: 'series', column: 'series_instance_uid', to: 'empty' },
  { table: 'series', column: 'description', to: 'empty' },
  { table: 'series', column: 'protocol', to: 'empty' },
  { table: 'series', column: 'attributes', to: 'json' },
  { table: 'instance', column: 'sop_instance_uid', to: 'empty' },
  { table: 'source_root', column: 'path', to: 'token' },
  { table: 'source_file', column: 'path', to: 'token' },
  { table: 'problem', column: 'subject', to: 'empty' },
  { table: 'problem', column: 'message', to: 'empty' },
];

/** What was found after cutting: files of the project that still hold an identifier (their names, never the identifier). */
export interface CutReport {
  readonly state: KeysState;
  readonly filesStillIdentifying: string[];
}

/**
 * Destroys the key, the crosswalk and everything in the catalog that leads back to a person or a source file.
 *
 * The catalog is rewritten (VACUUM with secure delete), its write-ahead log emptied, copies kept before
 * migrations destroyed. Afterwards every file of the project is searched for what was known of the
 * subjects; cached source volumes are not text and carry no identifiers.
 *
 * @param keys the open keys of this project, so that the running application forgets the secret too
 */
export function cutAllTies(projectDir: string, db: Db, keys: ProjectKeys = openKeys(projectDir)): CutReport {
  const wanted = identifyingTexts(db);
  keys.destroy();
  db.pragma('secure_delete = ON');
  db.transaction(() => {
    for (const { table, column, to } of tiedColumns) {
      if (!hasColumn(db, table, column)) continue;
      if (to === 'token') {
        const ids = db.prepare(`SELECT id FROM ${table}`).pluck().all() as number[];
        const update = db.prepare(`UPDATE ${table} SET ${column} = ? WHERE id = ?`);
        for (const id of ids) update.run(`cut-${randomBytes(12).toString('hex')}`, id);
      } else db.prepare(`UPDATE ${table} SET ${column} = ?`).run(to === 'json' ? '{}' : '');
    }
    if (hasColumn(db, 'job', 'payload')) {
      db.exec("UPDATE job SET payload = '{}', label = kind, error = '', result = NULL WHERE kind = 'import'");
      db.exec("UPDATE job SET error = ''");
    }
  })();
  db.exec('VACUUM');
  db.pragma('wal_checkpoint(TRUNCATE)');
  const catalogFile = db.name;
  const dir = join(catalogFile, '..');
  for (const name of existsSync(dir) ? readdirSync(dir) : []) {
    const path = join(dir, name);
    if (path.startsWith(`${catalogFile}.before-`)) shred(path);
  }
  return { state: keys.state, filesStillIdentifying: filesContaining(projectDir, wanted) };
}

function hasColumn(db: Db, table: string, column: string): boolean {
  return (db.pragma(`table_info(${table})`) as { name: string }[]).some((c) => c.name === column);
}

function identifyingTexts(db: Db): string[] {
  const rows = db
    .prepare(
      'SELECT patient_id AS patientId, patient_name AS patientName, birth_date AS birthDate FROM subject',
    )
    .all() as {
    patientId: string;
    patientName: string;
    birthDate: string;
  }[];
  return rows
    .flatMap((row) => identifiersOf(row))
    .filter((i) => i.kind !== 'birth-date' && i.text.length >= 5)
    .map((i) => i.text);
}

/** Files below 64 MB whose bytes hold any of the texts, as paths within the project. */
function filesContaining(root: string, texts: readonly string[]): string[] {
  const found: string[] = [];
  const visit = (dir: string): void => {
    for (const entry of readdirSync(dir, { withFileTypes: true })) {
      const path = join(dir, entry.name);
      if (entry.isDirectory()) visit(path);
      else if (entry.isFile() && statSync(path).size < 2 ** 26) {
        const bytes = readFileSync(path);
        if (texts.some((text) => bytes.includes(text) || entry.name.includes(text)))
          found.push(relative(root, path));
      }
    }
  };
  visit(root);
  return found;
}
