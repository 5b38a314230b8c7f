import { beforeEach, expect, it } from 'vitest';
import { catalogContract } from '../../shared/catalog/contract.ts';
import { saveMeasurements } from '../morphometry/comparison-rows.ts';
import { type Db, openDatabase } from './database.ts';
import { catalogHandlers } from './handlers.ts';

let db: Db;
beforeEach(() => {
  db = openDatabase(':memory:');
  db.exec(`
    INSERT INTO source_root (id, path, added_at) VALUES (1, '/in', '');
    INSERT INTO subject (id, source_key, label) VALUES (1, 'k', 'sub-1');
    INSERT INTO study (id, subject_id, study_instance_uid) VALUES (1, 1, '1');
    INSERT INTO series (id, study_id, subject_id, root_id, format, series_key, kind, layout, state, imported_at)
      VALUES (1, 1, 1, 1, 'nifti', 's1', 'T1w', '3d', 'passed', '');
    INSERT INTO derivative (id, series_id, method, method_params, seed, policy_name, policy, folder, verdict, state,
        steps, seconds, created_at, current)
      VALUES (11, 1, 'blur', '{}', 0, '', '{}', '', '{"state":"passed","reason":"","next":"","numbers":[],"assumptions":[],"problems":[],"concern":0}',
        'passed', '[]', 0, '', 1);`);
  return () => db.close();
});

function measure(
  derivativeId: number | null,
  volumes: Record<string, number>,
  details: Record<string, unknown> = {},
) {
  saveMeasurements(db, 1, derivativeId, 'tissue-em', {
    engine: 'tissue-em',
    measurements: Object.entries(volumes).map(([structure, volumeMm3]) => ({
      engine: 'tissue-em',
      structure,
      volumeMm3,
    })),
    failure: '',
    details,
    seconds: 0,
  });
}

/** The changes that one series' answer tells, by structure and version. */
async function changes() {
  const answer = await catalogHandlers(() => db)['catalog.series']({ id: 1 });
  const detail = catalogContract['catalog.series'].output.parse(answer);
  return detail.measurements.map((m) => [m.structure, m.derivativeId, m.percentChange]);
}

it('tells the change of each volume from the original’s; none for what was not there', async () => {
  measure(null, { CSF: 0, GM: 600 });
  measure(11, { CSF: 5, GM: 594 });
  expect(await changes()).toEqual([
    ['CSF', null, null],
    ['CSF', 11, null],
    ['GM', null, null],
    ['GM', 11, -1],
  ]);
});

it.each([
  ['kinds of brain mask', { brainMask: 'network' }, { brainMask: 'extraction' }],
  ['networks', { model: { sha256: 'old' } }, { model: { sha256: 'new' } }],
])('tells no change between two %s', async (_, before, after) => {
  measure(null, { GM: 600 }, before);
  measure(11, { GM: 594 }, after);
  expect(await changes()).toEqual([
    ['GM', null, null],
    ['GM', 11, null],
  ]);
});
