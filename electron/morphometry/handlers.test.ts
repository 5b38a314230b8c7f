import { beforeEach, describe, expect, it } from 'vitest';
import { morphometryContract } from '../../shared/morphometry/contract.ts';
import { type Db, openDatabase } from '../catalog/database.ts';
import {
  derivedMethods,
  type MeasureResult,
  readComparisonRows,
  saveMeasurements,
} from './comparison-rows.ts';
import { morphometryHandlers } from './handlers.ts';
import { readScansToMeasure } from './scans-to-measure.ts';

let db: Db;

function addScan(id: number): void {
  db.prepare('INSERT INTO subject (id, source_key, label) VALUES (?, ?, ?)').run(
    id,
    `key-${id}`,
    `sub-${id}`,
  );
  db.prepare('INSERT INTO study (id, subject_id, study_instance_uid) VALUES (?, ?, ?)').run(
    id,
    id,
    `1.${id}`,
  );
  db.prepare(
    `INSERT INTO series (id, study_id, subject_id, root_id, format, series_key, kind, layout, state, imported_at)
     VALUES (?, ?, ?, 1, 'nifti', ?, 'T1w', '3d', 'passed', '')`,
  ).run(id, id, id, `s${id}`);
}

function addDerivative(id: number, seriesId: number, method: string, current: 0 | 1): void {
  db.prepare(
    `INSERT INTO derivative (id, series_id, method, method_params, seed, policy_name, policy, folder, verdict, state,
       steps, seconds, created_at, current) VALUES (?, ?, ?, '{}', 0, '', '{}', '', '{}', 'passed', '[]', 0, '', ?)`,
  ).run(id, seriesId, method, current);
}

const measured = (gm: number, extra: Partial<MeasureResult> = {}): MeasureResult => ({
  engine: 'tissue-em',
  measurements: [
    { engine: 'tissue-em', structure: 'GM', volumeMm3: gm },
    { engine: 'tissue-em', structure: 'TIV', volumeMm3: 2 * gm },
  ],
  failure: '',
  details: { note: 'x' },
  seconds: 1.5,
  ...extra,
});

beforeEach(() => {
  db = openDatabase(':memory:');
  db.prepare("INSERT INTO source_root (id, path, added_at) VALUES (1, '/in', '')").run();
  for (const id of [1, 2, 3]) addScan(id);
  addDerivative(11, 1, 'quickshear', 1);
  addDerivative(12, 2, 'quickshear', 1);
  addDerivative(13, 3, 'blur', 1);
  addDerivative(14, 1, 'blur', 0);
});

describe('measurements in the catalog', () => {
  it('come back as rows of the current derivatives of one method only', () => {
    saveMeasurements(db, 1, null, 'tissue-em', measured(600));
    saveMeasurements(db, 1, 11, 'tissue-em', measured(590, { dice: { GM: 0.97 } }));
    saveMeasurements(db, 1, 14, 'tissue-em', measured(1));
    saveMeasurements(db, 2, null, 'tissue-em', measured(0, { measurements: [], failure: 'no brain' }));
    expect(readComparisonRows(db, 'tissue-em', 'quickshear')).toEqual([
      {
        seriesId: 1,
        subjectId: 1,
        subjectLabel: 'sub-1',
        before: { failure: '', volumes: { GM: 600, TIV: 1200 }, dice: {} },
        after: { failure: '', volumes: { GM: 590, TIV: 1180 }, dice: { GM: 0.97 } },
      },
      {
        seriesId: 2,
        subjectId: 2,
        subjectLabel: 'sub-2',
        before: { failure: 'no brain', volumes: {}, dice: {} },
        after: null,
      },
    ]);
    expect(readComparisonRows(db, 'regional', 'quickshear').every((r) => !r.before && !r.after)).toBe(true);
  });

  it('are replaced, never doubled, when a scan is measured again', () => {
    saveMeasurements(db, 1, null, 'tissue-em', measured(0, { measurements: [], failure: 'first try' }));
    saveMeasurements(db, 1, null, 'tissue-em', measured(600));
    saveMeasurements(db, 1, null, 'tissue-em', measured(601));
    const rows = db.prepare('SELECT structure, volume_mm3 AS v, details FROM measurement').all() as {
      structure: string;
      v: number;
      details: string;
    }[];
    expect(rows.map((r) => [r.structure, r.v])).toEqual([
      ['GM', 601],
      ['TIV', 1202],
    ]);
    expect(JSON.parse(rows[0]!.details)).toEqual({ note: 'x', seconds: 1.5 });
  });
});

describe('a scan that was set aside', () => {
  const exclude = (id: number) =>
    db.prepare("UPDATE series SET state = 'excluded', quarantine = NULL WHERE id = ?").run(id);

  it('is in no comparison, and is not measured with what is missing', () => {
    saveMeasurements(db, 1, null, 'tissue-em', measured(600));
    saveMeasurements(db, 1, 11, 'tissue-em', measured(300));
    exclude(1);
    expect(readComparisonRows(db, 'tissue-em', 'quickshear').map((row) => row.seriesId)).toEqual([2]);
    expect(readScansToMeasure(db)).toEqual([
      { id: 2, label: 'sub-2 T1w' },
      { id: 3, label: 'sub-3 T1w' },
    ]);
  });

  it('does not make its method the most used one, and neither does a scan of another contrast', () => {
    // Localiser planes by mask-out: more derivatives than any other method has, and nothing to compare.
    for (const id of [4, 5, 6]) {
      addScan(id);
      addDerivative(20 + id, id, 'mask-out', 1);
    }
    db.prepare("UPDATE series SET kind = 'localizer' WHERE id IN (4, 5, 6)").run();
    expect(derivedMethods(db)).toEqual(['quickshear', 'blur']);
    for (const id of [1, 2]) exclude(id);
    expect(derivedMethods(db)).toEqual(['blur']);
  });
});

describe('morphometry handlers', () => {
  const handlers = () =>
    morphometryHandlers(() => ({
      db,
      startMeasure: (ids) => ({ batchId: 'b1', scans: ids.length }),
    }));

  it('answer every name of the contract with what it promises', async () => {
    saveMeasurements(db, 1, null, 'tissue-em', measured(600));
    saveMeasurements(db, 1, 11, 'tissue-em', measured(590));
    const h = handlers();
    for (const [name, procedure] of Object.entries(morphometryContract)) {
      const input = procedure.input.parse({});
      const output = await (h as Record<string, (i: unknown) => unknown>)[name]!(input);
      expect(procedure.output.safeParse(output).error, name).toBeUndefined();
    }
  });

  it('take the most used method when none is named', async () => {
    const h = handlers();
    expect(await h['morphometry.methods']({})).toEqual(['quickshear', 'blur']);
    expect((await h['morphometry.comparison']({ engine: 'tissue-em', method: '' })).method).toBe(
      'quickshear',
    );
    expect((await h['morphometry.comparison']({ engine: 'tissue-em', method: 'blur' })).method).toBe('blur');
  });

  it('export a file name without surprises', async () => {
    const h = handlers();
    const { fileName } = await h['morphometry.export']({ engine: 'tissue-em', method: '../a b' });
    expect(fileName).toBe('morphometry_tissue-em_..-a-b.tsv');
  });

  it('hand the start on to the queue', async () => {
    expect(await handlers()['morphometry.start']({ seriesIds: [1, 2] })).toEqual({ batchId: 'b1', scans: 2 });
  });
});
