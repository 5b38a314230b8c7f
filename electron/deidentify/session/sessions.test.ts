import { expect, it } from 'vitest';
import { openDatabase } from '../../catalog/database.ts';
import { choosePrimaryScan, readScanSession } from './sessions.ts';

function catalog() {
  const db = openDatabase(':memory:');
  db.exec(`INSERT INTO source_root (id, path, added_at) VALUES (1, '/src', '');
    INSERT INTO subject (id, source_key, label) VALUES (1, 'a', 'sub-A');
    INSERT INTO study (id, subject_id, study_instance_uid) VALUES (1, 1, '1.1'), (2, 1, '1.2');`);
  const add = db.prepare(
    `INSERT INTO series (id, study_id, subject_id, root_id, format, series_key, kind, layout, voxel_size_mm, quarantine, state, imported_at)
     VALUES (?, ?, 1, 1, 'nifti', ?, ?, ?, ?, ?, 'queued', '')`,
  );
  const series = (
    id: number,
    study: number,
    kind: string,
    layout: string,
    size: number[],
    quarantine: string | null,
  ) => add.run(id, study, `s${id}`, kind, layout, JSON.stringify(size), quarantine);
  series(1, 1, 'T1w', 'thick-slice', [0.5, 0.5, 5], null);
  series(2, 1, 'T1w', '3d', [1.2, 1, 1], null);
  series(3, 1, 'T1w', '3d', [1, 1, 1], null);
  series(4, 1, 'T1w', '3d', [0.5, 0.5, 0.5], 'derived');
  series(5, 1, 'T2w', '3d', [0.8, 0.8, 0.8], null);
  series(6, 2, 'FLAIR', '3d', [1, 1, 1], null);
  return db;
}

it('lets the finest T1-weighted 3-D scan lead, never a quarantined or thick one', () => {
  const session = readScanSession(catalog(), 5);
  expect(session).toMatchObject({ studyId: 1, primary: 3, chosenBy: 'rule' });
  expect(session.scans.map((s) => s.seriesId)).toEqual([1, 2, 3, 5]);
});

it('says that a session without a T1-weighted scan has none', () => {
  expect(readScanSession(catalog(), 6)).toMatchObject({
    primary: null,
    reason: expect.stringContaining('No T1-weighted'),
  });
});

it('puts a person before the rule, and takes the choice back', () => {
  const db = catalog();
  choosePrimaryScan(db, 1, 5);
  expect(readScanSession(db, 3)).toMatchObject({ primary: 5, chosenBy: 'user' });
  choosePrimaryScan(db, 1, null);
  expect(readScanSession(db, 3)).toMatchObject({ primary: 3, chosenBy: 'rule' });
  expect(() => choosePrimaryScan(db, 1, 6)).toThrow(/not a usable scan/);
  expect(() => choosePrimaryScan(db, 1, 4)).toThrow(/not a usable scan/);
});

it('lets no scan lead that a person excluded, neither by rule nor by an earlier choice', () => {
  const db = catalog();
  choosePrimaryScan(db, 1, 5);
  db.exec("UPDATE series SET state = 'excluded' WHERE id IN (3, 5)");
  expect(readScanSession(db, 1)).toMatchObject({ primary: 2, chosenBy: 'rule' });
  expect(() => choosePrimaryScan(db, 1, 3)).toThrow(/not a usable scan/);
});
