import type { Problem } from '../../shared/problem.ts';
import type { Db } from './database.ts';

/** Setting with the state that a series had when its study turned out to name several people, JSON. */
export const asideKey = (seriesId: number) => `identity-aside:${seriesId}`;

const reason = 'Its study stands under more than one patient.';
const next =
  'Find out whose study it is and correct the files at their source; or include it if it is right as it is.';

interface Before {
  state: string;
  reason: string;
  next: string;
}

interface Row {
  id: number;
  description: string;
  state: string;
  state_reason: string;
  state_next: string;
}

/** Series that have files, of a study that several people have files in. */
const conflicting = `
  SELECT s.id, s.description, s.state, s.state_reason, s.state_next FROM series s JOIN study t ON t.id = s.study_id
  WHERE s.format = 'dicom' AND ${present('s')} AND t.study_instance_uid IN
    (SELECT u.study_instance_uid FROM study u WHERE EXISTS (SELECT 1 FROM series v WHERE v.study_id = u.id AND ${present('v')})
     GROUP BY u.study_instance_uid HAVING count(DISTINCT u.subject_id) > 1)`;

/**
 * Finds one study under several people, and one Patient ID that stands for several people.
 *
 * The series of such a study are set aside, once: who includes them again has decided. They go back to
 * where they were when the study has one patient again. A running one is left to finish.
 */
export function checkAcrossStudies(db: Db, addProblem: (p: Problem, seriesId: number) => void): void {
  db.prepare("DELETE FROM problem WHERE code IN ('study-of-several-patients', 'patient-id-shared')").run();
  const rows = db.prepare(conflicting).all() as Row[];
  for (const row of rows) {
    addProblem(
      {
        code: 'study-of-several-patients',
        level: 'error',
        subject: row.description || 'study',
        message:
          'One Study Instance UID stands under more than one patient (Patient ID, issuer, birth date or name differ). They were kept apart and set aside.',
        fix: 'Find out whose study it is and correct the files at their source, then import again; or include the series if they are right as they are.',
      },
      row.id,
    );
    setAside(db, row);
  }
  release(db, new Set(rows.map((r) => r.id)));
  for (const row of sharedIds(db)) {
    addProblem(
      {
        code: 'patient-id-shared',
        level: 'warning',
        subject: row.description || 'series',
        message:
          'The same Patient ID occurs with different birth dates, issuers or names. They were kept apart as different people.',
        fix: 'If it is one person, correct the birth date, issuer or name at the source and import again.',
      },
      row.id,
    );
  }
}

function setAside(db: Db, row: Row): void {
  if (row.state === 'excluded' || row.state === 'running') return;
  const before: Before = { state: row.state, reason: row.state_reason, next: row.state_next };
  const added = db
    .prepare('INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT (key) DO NOTHING')
    .run(asideKey(row.id), JSON.stringify(before));
  if (added.changes === 0) return;
  db.prepare(
    `UPDATE series SET state = 'excluded', quarantine = 'identity', state_reason = ?, state_next = ? WHERE id = ?
     AND NOT EXISTS (SELECT 1 FROM problem p WHERE p.series_id = series.id AND p.code = 'mixed-identity')`,
  ).run(reason, next, row.id);
}

function release(db: Db, stillConflicting: ReadonlySet<number>): void {
  const prefix = asideKey(0).slice(0, -1);
  const marked = db
    .prepare('SELECT key, value FROM setting WHERE substr(key, 1, ?) = ?')
    .all(prefix.length, prefix) as Array<{ key: string; value: string }>;
  for (const { key, value } of marked) {
    const id = Number(key.slice(prefix.length));
    if (stillConflicting.has(id)) continue;
    const before = JSON.parse(value) as Before;
    db.prepare(
      `UPDATE series SET state = ?, quarantine = NULL, state_reason = ?, state_next = ?
       WHERE id = ? AND state = 'excluded' AND quarantine = 'identity' AND state_reason = ? AND ${present('series')}`,
    ).run(before.state, before.reason, before.next, id, reason);
    db.prepare('DELETE FROM setting WHERE key = ?').run(key);
  }
}

/** One series of every person whose Patient ID stands for others too. */
function sharedIds(db: Db): Array<{ id: number; description: string }> {
  return db
    .prepare(
      `WITH person AS (SELECT DISTINCT p.id, p.patient_id FROM subject p JOIN series v ON v.subject_id = p.id
         WHERE p.source_key LIKE 'dicom:%' AND v.instance_count > 0)
       SELECT min(s.id) AS id, s.description FROM person p JOIN series s ON s.subject_id = p.id
       WHERE p.patient_id IN (SELECT patient_id FROM person GROUP BY patient_id HAVING count(*) > 1)
       GROUP BY p.id`,
    )
    .all() as Array<{ id: number; description: string }>;
}

/** Some file of the series is where it was imported from. */
function present(series: string): string {
  return `EXISTS (SELECT 1 FROM instance i JOIN source_file f ON f.id = i.file_id WHERE i.series_id = ${series}.id AND f.state <> 'missing')`;
}
