import { beforeEach, describe, expect, it } from 'vitest';
import { type Db, openDatabase } from '../catalog/database.ts';
import type { ProjectFolder } from './project-folder.ts';
import { summarise } from './summary.ts';

let db: Db;
const folder = { dir: '/project', name: 'project', createdAt: '' } as ProjectFolder;
const impact = () => summarise(db, folder, '').steps.find((step) => step.id === 'impact');

/** A T1-weighted scan with a current derivative, measured before and after with this outcome where one is given. */
function addScan(id: number, failure?: string): void {
  db.prepare('INSERT INTO subject (id, source_key, label) VALUES (?, ?, ?)').run(id, `k${id}`, `sub-${id}`);
  db.prepare('INSERT INTO study (id, subject_id, study_instance_uid) VALUES (?, ?, ?)').run(
    id,
    id,
    `1.${id}`,
  );
  db.prepare(
    `INSERT INTO series (id, study_id, subject_id, root_id, format, series_key, kind, layout, state, imported_at)
     VALUES (?, ?, ?, 1, 'nifti', ?, 'T1w', '3d', 'passed', '')`,
  ).run(id, id, id, `s${id}`);
  db.prepare(
    `INSERT INTO derivative (id, series_id, method, method_params, seed, policy_name, policy, folder, verdict, state,
       steps, seconds, created_at, current) VALUES (?, ?, 'blur', '{}', 0, '', '{}', '', '{}', 'passed', '[]', 0, '', 1)`,
  ).run(id + 10, id);
  if (failure === undefined) return;
  for (const derivativeId of [null, id + 10]) {
    db.prepare(
      `INSERT INTO measurement (series_id, derivative_id, engine, structure, volume_mm3, failure, details)
       VALUES (?, ?, 'tissue-em', 'GM', 600, ?, '{}')`,
    ).run(id, derivativeId, failure);
  }
}

beforeEach(() => {
  db = openDatabase(':memory:');
  db.prepare("INSERT INTO source_root (id, path, added_at) VALUES (1, '/in', '')").run();
  return () => db.close();
});

describe('the impact step of a project', () => {
  it('counts what is measured, waits and failed, without scans that were set aside', () => {
    addScan(1, '');
    addScan(2, 'no brain');
    addScan(3);
    addScan(4);
    expect(impact()).toEqual({ id: 'impact', done: 1, waiting: 3, failed: 1 });
    for (const id of [1, 2, 3]) db.prepare("UPDATE series SET state = 'excluded' WHERE id = ?").run(id);
    expect(impact()).toEqual({ id: 'impact', done: 0, waiting: 1, failed: 0 });
  });
});
