import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Db } from '../catalog/database.ts';
import type { SearchIdentifier } from '../share/identifier-forms.ts';
import { identifiersOf } from './header/identifiers.ts';
import { filesContaining, textFinder } from './identifying-files.ts';
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

/**
 * The crosswalk as it was when encrypted, together with everybody imported since.
 *
 * @param sealed from `keys.unlock`; of a subject that the catalog still has, the catalog's line is taken
 */
export function mergeCrosswalk(
  sealed: readonly CrosswalkRow[],
  now: readonly CrosswalkRow[],
): CrosswalkRow[] {
  const byLabel = new Map([...sealed, ...now].map((row) => [row.subjectLabel, row]));
  return [...byLabel.values()].sort((a, b) => (a.subjectLabel < b.subjectLabel ? -1 : 1));
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
  { table: 'study', column: 'study_time', to: 'empty' },
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

/** Settings that lead back: the last import's report names source files by their paths. */
const tiedSettings = ['import.report'];

/** Sentences, some of them typed by people: emptied where they name somebody or a source, kept otherwise. */
const sentences: readonly { table: string; column: string }[] = [
  { table: 'series', column: 'state_reason' },
  { table: 'series', column: 'state_next' },
  { table: 'review', column: 'note' },
  { table: 'measurement', column: 'failure' },
  { table: 'share', column: 'message' },
];

/** Words of folder names that say nothing about whose scans lie there. */
const ordinaryFolders = new Set(
  `data dataset datasets dicom dicomdir nifti nii bids raw rawdata source sources sourcedata input inputs output scan scans
  image images import imports export exports incoming study studies series subject subjects patient patients project
  projects research head heads brain brains mri mr ct pet users user home mnt media volumes desktop documents downloads
  test tests sample samples archive archives new old copy all folder files`.split(/\s+/),
);

/** What was found after cutting: files of the project that still hold an identifier (their names, never the identifier). */
export interface CutReport {
  readonly state: KeysState;
  readonly filesStillIdentifying: string[];
}

/**
 * Destroys the key, the crosswalk and everything in the catalog that leads back to a person or a source file.
 *
 * The catalog is rewritten (VACUUM with secure delete), its write-ahead log emptied, copies kept before
 * migrations destroyed. Afterwards the files of the project are searched for what was known of the subjects and
 * for the folders they came from.
 *
 * @param keys the open keys of this project, so that the running application forgets the secret too
 */
export function cutAllTies(projectDir: string, db: Db, keys: ProjectKeys = openKeys(projectDir)): CutReport {
  const wanted = identifyingTexts(db);
  const named = textFinder(wanted);
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
    if (hasColumn(db, 'setting', 'value'))
      for (const key of tiedSettings) db.prepare('DELETE FROM setting WHERE key = ?').run(key);
    for (const { table, column } of sentences) {
      if (!hasColumn(db, table, column)) continue;
      const rows = db
        .prepare(`SELECT rowid AS id, ${column} AS text FROM ${table} WHERE ${column} <> ''`)
        .all();
      const empty = db.prepare(`UPDATE ${table} SET ${column} = '' WHERE rowid = ?`);
      for (const { id, text } of rows as { id: number; text: string }[]) if (named(text)) empty.run(id);
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
  // Last: an end in between leaves a project that can be cut again, not one that says "cut" and still names people.
  keys.destroy();
  return { state: keys.state, filesStillIdentifying: filesContaining(projectDir, wanted) };
}

function hasColumn(db: Db, table: string, column: string): boolean {
  return (db.pragma(`table_info(${table})`) as { name: string }[]).some((c) => c.name === column);
}

/** What is known of the subjects, and the names of the folders they were imported from. */
function identifyingTexts(db: Db): SearchIdentifier[] {
  const rows = db
    .prepare(
      'SELECT patient_id AS patientId, patient_name AS patientName, birth_date AS birthDate FROM subject',
    )
    .all() as {
    patientId: string;
    patientName: string;
    birthDate: string;
  }[];
  const roots = db.prepare('SELECT path FROM source_root').pluck().all() as string[];
  return [
    ...rows.flatMap((row) => identifiersOf(row)).filter((i) => i.kind !== 'birth-date' && i.text.length >= 5),
    ...roots.flatMap(rootTexts).map((text) => ({ kind: 'source', text })),
  ];
}

/** The path of a source folder, and its own name unless that is as ordinary as `dicom` or `scans_2019`. */
function rootTexts(path: string): string[] {
  const name = path.split(/[\\/]/).filter(Boolean).at(-1) ?? '';
  const telling = name
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .some((word) => word.length > 1 && !ordinaryFolders.has(word) && !/^\d{1,4}$/.test(word));
  return telling && name.length >= 5 ? [path, name] : [path];
}
