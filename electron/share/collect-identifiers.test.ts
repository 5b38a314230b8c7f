import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { policy } from '../../shared/deidentify/records.ts';
import { type Db, openDatabase } from '../catalog/database.ts';
import { emptyDataset, sequenceElement, setElement, setString } from '../deidentify/header/dicom-dataset.ts';
import { explicitLittleEndian } from '../deidentify/header/read-dicom.ts';
import { writeDicom } from '../deidentify/header/write-dicom.ts';
import { quietContext } from '../worker/task.ts';
import { collectIdentifiers } from './collect-identifiers.ts';

let dir: string;
let db: Db;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'refacade-collect-'));
  db = openDatabase(join(dir, 'catalog.sqlite'));
  db.prepare("INSERT INTO source_root (id, path, added_at) VALUES (1, ?, '')").run(dir);
  const subject = db.prepare(
    'INSERT INTO subject (id, source_key, patient_id, patient_name, birth_date, label) VALUES (?, ?, ?, ?, ?, ?)',
  );
  subject.run(1, 'a', 'HX-20417-B', 'Quentrell^Marigold', '19610823', 'sub-AAAAAAAA');
  subject.run(2, 'b', 'HX-99999-C', 'Oduya^Ngozi', '19610823', 'sub-BBBBBBBB');
  const study = db.prepare('INSERT INTO study (subject_id, study_instance_uid, study_date) VALUES (?, ?, ?)');
  for (const date of ['20190314', '20190310', '20190401']) study.run(1, `1.2.3.4.5.6.${date}`, date);
  study.run(2, '1.2.3.4.5.7.1', '20190310');
});
afterEach(() => {
  db.close();
  rmSync(dir, { recursive: true, force: true });
});

const collect = () =>
  collectIdentifiers(db, { shiftDays: () => -4 }, policy.parse({ name: 'p' }), new Set(), quietContext);

it('keeps the dates of each subject apart, and those out that a shift of its own dates makes', async () => {
  const found = await collect();
  const dates = found.filter((i) => i.kind === 'date').map((i) => `${i.subject} ${i.text}`);
  // Four days before 14 March is 10 March: there it is meant to be found, in the files of subject A alone.
  expect(dates.sort()).toEqual(['sub-AAAAAAAA 20190314', 'sub-AAAAAAAA 20190401', 'sub-BBBBBBBB 20190310']);
  const born = found.filter((i) => i.text === '19610823');
  expect(born.map((i) => [i.kind, i.subject])).toEqual([
    ['birth-date', 'sub-AAAAAAAA'],
    ['birth-date', 'sub-BBBBBBBB'],
  ]);
  expect(found.filter((i) => i.kind === 'patient-id')).toEqual([
    { kind: 'patient-id', text: 'HX-20417-B' },
    { kind: 'patient-id', text: 'HX-99999-C' },
  ]);
});

it('reads in sources what table E.1-1 does not list', async () => {
  const d = emptyDataset('ISO_IR 192');
  const issuer = emptyDataset('ISO_IR 192');
  setString(issuer, '00400031', 'Larkspur Infirmary');
  setElement(d, sequenceElement('00100024', [issuer]));
  setString(d, '00100033', '2504-08-23');
  setString(d, '00401006', 'ORD-778812');
  writeFileSync(join(dir, '1.dcm'), writeDicom({ dataset: d, transferSyntaxUid: explicitLittleEndian }));
  db.exec(`
    INSERT INTO series (id, study_id, subject_id, root_id, format, series_key, kind, layout, state, imported_at)
      VALUES (1, 1, 1, 1, 'dicom', 'k', 'T1w', '3d', 'passed', '');
    INSERT INTO source_file (id, root_id, path, size, mtime_ms, kind) VALUES (1, 1, '1.dcm', 1, 1, 'dicom');
    INSERT INTO instance (series_id, file_id, position_mm, instance_number) VALUES (1, 1, 0, 1);`);
  expect(await collect()).toEqual(
    expect.arrayContaining([
      { kind: 'institution', text: 'Larkspur Infirmary' },
      { kind: 'birth-date', text: '2504-08-23', subject: 'sub-AAAAAAAA' },
      { kind: 'order', text: 'ORD-778812' },
    ]),
  );
});
