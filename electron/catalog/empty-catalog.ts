import type { ScanState } from '../../shared/import/records.ts';
import { type Db, openDatabase } from './database.ts';

/** An in-memory catalog with one subject and one study, for tests that need rows but no import. */
export function emptyCatalog(): {
  db: Db;
  addSeries(s: { state: ScanState; description: string; kind?: string }): number;
} {
  const db = openDatabase(':memory:');
  db.exec(`
    INSERT INTO source_root (id, path, added_at) VALUES (1, '/source', '2026-01-01T00:00:00Z');
    INSERT INTO subject (id, source_key, patient_id, label) VALUES (1, 'key', 'ID1', 'sub-AAAAAAAA');
    INSERT INTO study (id, subject_id, study_instance_uid, session_label) VALUES (1, 1, '1.2.3', 'ses-01');
  `);
  let n = 0;
  return {
    db,
    addSeries({ state, description, kind = 'T1w' }) {
      n++;
      const { lastInsertRowid } = db
        .prepare(
          `INSERT INTO series (study_id, subject_id, root_id, format, series_key, kind, layout, state, description, imported_at)
           VALUES (1, 1, 1, 'nifti', ?, ?, '3d', ?, ?, '2026-01-01T00:00:00Z')`,
        )
        .run(`series-${n}`, kind, state, description);
      return Number(lastInsertRowid);
    },
  };
}
