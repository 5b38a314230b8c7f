import { beforeEach, describe, expect, it } from 'vitest';
import { type Db, openDatabase } from '../catalog/database.ts';
import { saveMeasurements } from './comparison-rows.ts';
import { readFloors } from './scan-rescan.ts';

let db: Db;
let next: number;

interface Scan {
  readonly study?: number;
  readonly date?: string;
  readonly description?: string;
  readonly uid?: string;
  readonly attributes?: Readonly<Record<string, unknown>>;
  readonly voxelSizeMm?: readonly number[];
  readonly details?: Readonly<Record<string, unknown>>;
  readonly state?: string;
}

/** A T1-weighted scan of one subject whose original has been measured: `gm` mm³ of grey matter by the regional engine. */
function addScan(gm: number, scan: Scan = {}): void {
  const id = next++;
  const { study = 1, date = '', description = 'MPRAGE', uid = `1.2.${id}`, attributes = {} } = scan;
  const { voxelSizeMm = [1, 1, 1], details = {}, state = 'passed' } = scan;
  db.prepare(
    'INSERT OR IGNORE INTO study (id, subject_id, study_instance_uid, study_date) VALUES (?, 1, ?, ?)',
  ).run(study, `1.${study}`, date);
  db.prepare(
    `INSERT INTO series (id, study_id, subject_id, root_id, format, series_key, series_instance_uid, series_number,
       description, kind, layout, voxel_size_mm, state, attributes, imported_at)
     VALUES (?, ?, 1, 1, 'dicom', ?, ?, ?, ?, 'T1w', '3d', ?, ?, ?, '')`,
  ).run(
    id,
    study,
    `s${id}`,
    uid,
    id,
    description,
    JSON.stringify(voxelSizeMm),
    state,
    JSON.stringify(attributes),
  );
  const measurements = [{ engine: 'regional' as const, structure: 'GM', volumeMm3: gm }];
  saveMeasurements(db, id, null, 'regional', {
    engine: 'regional',
    measurements,
    failure: '',
    details,
    seconds: 0,
  });
}

const pairs = () => readFloors(db, 'regional').get('GM')?.pairs ?? 0;

beforeEach(() => {
  db = openDatabase(':memory:');
  db.prepare("INSERT INTO source_root (id, path, added_at) VALUES (1, '/in', '')").run();
  db.prepare("INSERT INTO subject (id, source_key, label) VALUES (1, 'k', 'sub-1')").run();
  next = 1;
  return () => db.close();
});

describe('the scan–rescan floor', () => {
  it('is the median difference of successive repeats, in percent of their mean', () => {
    for (const gm of [100, 102, 103]) addScan(gm);
    const floor = readFloors(db, 'regional').get('GM')!;
    expect(floor.percent).toBeCloseTo((100 * (2 / 101 + 1 / 102.5)) / 2, 9);
    expect(floor.pairs).toBe(2);
  });

  it('leaves out scans that were set aside', () => {
    addScan(100);
    addScan(200, { state: 'excluded' });
    expect(pairs()).toBe(0);
    addScan(101);
    expect(readFloors(db, 'regional').get('GM')).toEqual({
      percent: expect.closeTo(100 / 100.5, 9),
      pairs: 1,
    });
  });

  it('pairs originals by one network and one rule of volumes only', () => {
    addScan(100, { details: { model: { sha256: 'old' } } });
    addScan(120, { details: { model: { sha256: 'new' } } });
    expect(pairs()).toBe(0);
    addScan(121, { details: { model: { sha256: 'new' }, volumeRule: 'near-structure' } });
    expect(pairs()).toBe(0);
    addScan(101, { details: { model: { sha256: 'old' } } });
    expect(readFloors(db, 'regional').get('GM')!.percent).toBeCloseTo(100 / 100.5, 9);
  });

  it.each([
    ['two days of one known month', ['20200101', '20200120'], 1],
    ['four years', ['20200101', '20240101'], 0],
    ['one unknown date', ['', '20200101'], 0],
    ['no date at all, as NIfTI sessions have none', ['', ''], 0],
  ])('pairs sessions by their dates: %s', (_, [first, second], expected) => {
    addScan(100, { study: 1, date: first! });
    addScan(101, { study: 2, date: second! });
    expect(pairs()).toBe(expected);
  });

  it.each<[string, Scan[]]>([
    [
      'the parts of an MP2RAGE',
      ['INV1', 'INV2', 'UNI_Images'].map((part) => ({ description: `t1_mp2rage_sag_${part}` })),
    ],
    ['a scan and itself without distortion correction', [{}, { description: 'MPRAGE_ND' }]],
    [
      'a scan and itself normalised, under one name',
      [
        { attributes: { ImageType: 'ORIGINAL\\PRIMARY\\M\\ND' } },
        { attributes: { ImageType: 'ORIGINAL\\PRIMARY\\M\\ND\\NORM' } },
      ],
    ],
    ['the echoes of one scan', [{ attributes: { EchoTime: 1.64 } }, { attributes: { EchoTime: 3.5 } }]],
    ['two inversions', [{ attributes: { InversionTime: 700 } }, { attributes: { InversionTime: 2500 } }]],
    ['two volumes of one series', [{ uid: '1.2.3' }, { uid: '1.2.3' }]],
    ['with and without contrast agent', [{}, { attributes: { ContrastBolusAgent: 'Gadovist' } }]],
    [
      'NIfTI parts',
      [
        { uid: '', description: 'sub-1_inv-1_T1w' },
        { uid: '', description: 'sub-1_inv-2_T1w' },
      ],
    ],
    ['another resolution', [{}, { voxelSizeMm: [1, 1, 3] }]],
  ])('never pairs %s', (_, scans) => {
    for (const scan of scans) addScan(100, scan);
    expect(pairs()).toBe(0);
  });

  it('pairs runs of one session, whatever numbers them', () => {
    addScan(100, { uid: '', description: 'sub-1_ses-2_run-1_T1w' });
    addScan(100, { uid: '', description: 'sub-1_ses-2_run-02_T1w' });
    expect(pairs()).toBe(1);
    addScan(100, { description: 'MPRAGE run 1', attributes: { EchoTime: 2.96 } });
    addScan(100, { description: 'MPRAGE run 2', attributes: { EchoTime: 2.98 } });
    addScan(100, { description: 'MPRAGE_repeat', attributes: { EchoTime: 2.96 } });
    expect(pairs()).toBe(3);
  });

  it('finds the repeat of a scan behind others that do not repeat it', () => {
    for (const gm of [100, 102]) {
      addScan(gm, { description: 'MPRAGE' });
      addScan(gm + 100, { description: 'MPRAGE_ND' });
    }
    const floor = readFloors(db, 'regional').get('GM')!;
    expect(floor.pairs).toBe(2);
    expect(floor.percent).toBeCloseTo((100 * (2 / 101 + 2 / 201)) / 2, 9);
  });
});
