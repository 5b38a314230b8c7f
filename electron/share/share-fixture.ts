/**
 * A small project for the tests of sharing: two people, one scanned as DICOM and one as NIfTI, names and
 * numbers planted everywhere a scanner and a person could put them. Nobody in it exists.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { policy as policySchema } from '../../shared/deidentify/records.ts';
import { type Db, openDatabase } from '../catalog/database.ts';
import { type Dataset, emptyDataset, setElement, setString } from '../deidentify/header/dicom-dataset.ts';
import { explicitLittleEndian } from '../deidentify/header/read-dicom.ts';
import { writeDicom } from '../deidentify/header/write-dicom.ts';
import { pseudonymsFrom } from '../deidentify/pseudonyms.ts';
import { newNifti, writeNifti } from '../volume/nifti.ts';
import { audit } from './audit-fixture.ts';

export const SIZE = 16;
export const keys = pseudonymsFrom(new Uint8Array(32).fill(42));
export const policy = policySchema.parse({ name: 'Share outside' });

/** What must never leave: `find` is searched for in every byte of the share by the tests themselves. */
export const planted = {
  names: ['Quentrell', 'Marigold', 'Überwasser', 'Thaddäus'],
  ids: ['HX-20417-B', 'KRN5582913', 'ACC770155'],
  others: ['St. Brannock Infirmary', 'Oduya', '1.2.826.0.1.3680043.10.543.77'],
};

const LABEL = { dicom: keys.subjectLabel('dicom:1'), nifti: keys.subjectLabel('nifti:2') };

/** Stored value of the head at voxel (i, j, k) of the DICOM grid: columns, rows, slices. */
export const value = (c: number, r: number, s: number) => 40 + ((c * 7 + r * 13 + s * 29) % 900);
/** The "face": what the edit empties. */
export const inEdit = (c: number, r: number, s: number) => r >= 10 && s >= 3 && s < 12 && c > 2;

export function instance(slice: number): Dataset {
  const d = emptyDataset('ISO_IR 100');
  const put = (tag: string, text: string, vr?: string) => setString(d, tag, text, vr);
  const uid = (tail: string) => `1.2.826.0.1.3680043.10.543.77.${tail}`;
  put('00080005', 'ISO_IR 100');
  put('00080008', 'ORIGINAL\\PRIMARY\\M\\NORM');
  put('00080016', '1.2.840.10008.5.1.4.1.1.4');
  put('00080018', uid(`1.${slice + 1}`));
  put('00080020', '20190314');
  put('00080021', '20190314');
  put('00080030', '101500');
  put('00080050', 'ACC770155');
  put('00080060', 'MR');
  put('00080070', 'ACME');
  put('00080080', 'St. Brannock Infirmary');
  put('00080090', 'Oduya^Ngozi');
  put('0008103E', 'T1 mprage for Quentrell');
  put('00100010', 'Quentrell^Marigold');
  put('00100020', 'HX-20417-B');
  put('00100030', '19610823');
  put('00100040', 'F');
  put('00101010', '057Y');
  put('00180023', '3D');
  put('00180050', '2');
  put('00180080', '2300');
  put('00180081', '2.98');
  put('0020000D', uid('100'));
  put('0020000E', uid('200'));
  put('00200011', '3');
  put('00200013', String(slice + 1));
  put('00200052', uid('300'));
  // Oblique: the normal is tilted by about 17 degrees.
  const [cos, sin] = [0.9578262852, 0.2873478856];
  const [x, y, z] = [-12 + 0, -20 - sin * 2 * slice, 5 + cos * 2 * slice];
  put('00200032', `${x}\\${y.toFixed(8)}\\${z.toFixed(8)}`);
  put('00200037', `1\\0\\0\\0\\${cos}\\${sin}`);
  put('00280004', 'MONOCHROME2');
  put('00280030', '1.5\\1.25');
  const us = (tag: string, n: number) =>
    setElement(d, { tag, vr: 'US', value: Uint8Array.of(n & 255, n >> 8) });
  us('00280002', 1);
  us('00280010', SIZE);
  us('00280011', SIZE);
  us('00280100', 16);
  us('00280101', 12);
  us('00280102', 11);
  us('00280103', 0);
  us('00280106', 40);
  us('00280107', 939);
  // Nested and private places.
  const nested = emptyDataset('ISO_IR 100');
  setString(nested, '00081150', '1.2.840.10008.5.1.4.1.1.4');
  setString(nested, '00081155', uid('9.9'));
  setString(nested, '00100010', 'Quentrell^Marigold');
  setElement(d, { tag: '00081140', vr: 'SQ', value: new Uint8Array(0), items: [nested] });
  put('00290010', 'ACME HEADER', 'LO');
  setElement(d, {
    tag: '00291020',
    vr: 'UN',
    value: Buffer.from('patient=Marigold Quentrell;id=HX-20417-B '),
  });
  const pixels = new Uint8Array(2 * SIZE * SIZE);
  const view = new DataView(pixels.buffer);
  for (let r = 0; r < SIZE; r++)
    for (let c = 0; c < SIZE; c++) view.setUint16(2 * (c + SIZE * r), value(c, r, slice), true);
  setElement(d, { tag: '7FE00010', vr: 'OW', value: pixels });
  return d;
}

export interface Fixture {
  readonly db: Db;
  readonly root: string;
  readonly sourceDir: string;
  readonly projectDir: string;
  readonly shareDir: string;
}

/** Builds sources, catalog, working volumes and derivatives, audited as safe, below `root`. */
export async function makeFixture(root: string): Promise<Fixture> {
  const sourceDir = join(root, 'source');
  const projectDir = join(root, 'project');
  for (const dir of [
    'source/dicom',
    'source/nifti',
    'project/volumes',
    'project/derivatives/1',
    'project/derivatives/2',
  ]) {
    mkdirSync(join(root, dir), { recursive: true });
  }
  writeFileSync(
    join(projectDir, 'refacade-project.json'),
    JSON.stringify({ product: 'Refacade', name: 'p', createdAt: 'x' }),
  );
  const db = openDatabase(join(projectDir, 'catalog.sqlite'));
  db.exec(`INSERT INTO source_root (id, path, added_at) VALUES (1, '${sourceDir}', 'x')`);
  const subject = db.prepare(
    'INSERT INTO subject (id, source_key, patient_id, patient_name, birth_date, sex, label) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  subject.run(1, 'dicom:1', 'HX-20417-B', 'Quentrell^Marigold', '19610823', 'F', LABEL.dicom);
  subject.run(2, 'nifti:2', 'KRN5582913', 'Überwasser^Thaddäus', '', 'M', LABEL.nifti);
  const study = db.prepare(
    'INSERT INTO study (id, subject_id, study_instance_uid, study_date, accession_number, session_label) VALUES (?, ?, ?, ?, ?, ?)',
  );
  study.run(1, 1, '1.2.826.0.1.3680043.10.543.77.100', '20190314', 'ACC770155', 'ses-01');
  study.run(2, 2, 'nifti/2', '', '', 'ses-01');
  const series = db.prepare(
    `INSERT INTO series (id, study_id, subject_id, root_id, format, series_key, series_instance_uid, series_number, kind, layout, state, state_reason, imported_at)
     VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?, '3d', ?, ?, 'x')`,
  );
  series.run(1, 1, 1, 'dicom', 'a', '1.2.826.0.1.3680043.10.543.77.200', 3, 'T1w', 'passed', '');
  series.run(2, 2, 2, 'nifti', 'b', '', null, 'T1w', 'passed', '');
  series.run(
    3,
    1,
    1,
    'dicom',
    'c',
    '1.2.826.0.1.3680043.10.543.77.201',
    1,
    'localizer',
    'excluded',
    'A localiser of Quentrell.',
  );
  series.run(4, 2, 2, 'nifti', 'd', '', null, 'T2w', 'queued', '');

  const file = db.prepare(
    'INSERT INTO source_file (id, root_id, path, size, mtime_ms, kind) VALUES (?, 1, ?, 1, 1, ?)',
  );
  const link = db.prepare(
    'INSERT INTO instance (series_id, file_id, sop_instance_uid, position_mm, instance_number) VALUES (?, ?, ?, ?, ?)',
  );
  for (let s = 0; s < SIZE; s++) {
    const path = `dicom/Quentrell_${s}.dcm`;
    writeFileSync(
      join(sourceDir, path),
      writeDicom({ dataset: instance(s), transferSyntaxUid: explicitLittleEndian }),
    );
    file.run(s + 1, path, 'dicom');
    link.run(1, s + 1, `1.2.826.0.1.3680043.10.543.77.1.${s + 1}`, s * 2, s + 1);
  }
  await dicomVolumes(projectDir);
  file.run(100, 'nifti/KRN5582913_T1.nii.gz', 'nifti');
  link.run(2, 100, '', 0, 1);
  await niftiVolumes(sourceDir, projectDir);
  const derivative = db.prepare(
    `INSERT INTO derivative (id, series_id, method, method_params, seed, policy_name, policy, folder, verdict, state, steps, seconds, created_at)
     VALUES (?, ?, 'quickshear', '{}', 1, 'Share outside', '{}', ?, ?, 'passed', ?, 1, 'x')`,
  );
  const verdict = JSON.stringify({
    state: 'passed',
    reason: 'Fine.',
    next: '',
    numbers: [],
    assumptions: [],
    problems: [],
    concern: 0,
  });
  const steps = JSON.stringify([
    {
      name: 'quickshear',
      version: '1',
      params: { buffer: 10 },
      inputs: ['series 1'],
      at: '2026-01-01T00:00:00Z',
    },
  ]);
  for (const id of [1, 2]) {
    derivative.run(id, id, `derivatives/${id}`, verdict, steps);
    audit(db, id, 'safe');
  }
  return { db, root, sourceDir, projectDir, shareDir: join(root, 'share') };
}

/** The DICOM series as dcm2niix lays it out: rows from the back forwards, LPS turned into RAS. */
async function dicomVolumes(projectDir: string): Promise<void> {
  const n = SIZE;
  const [cos, sin] = [0.9578262852, 0.2873478856];
  // Column step along +x of DICOM (1.25 mm), row step along the tilted y (1.5 mm), slice step along the normal (2 mm).
  const column = [-1.25, 0, 0];
  const row = [0, -1.5 * cos, 1.5 * sin];
  const slice = [0, 2 * sin, 2 * cos];
  const first = [12, 20, 5];
  const flipped = first.map((x, a) => x + row[a]! * (n - 1));
  const affine = Float64Array.of(
    ...[0, 1, 2].flatMap((a) => [column[a]!, -row[a]!, slice[a]!, flipped[a]!]),
    0,
    0,
    0,
    1,
  );
  const data = new Int16Array(n ** 3);
  const mask = new Uint8Array(n ** 3);
  const edited = new Int16Array(n ** 3);
  for (let s = 0; s < n; s++) {
    for (let r = 0; r < n; r++) {
      for (let c = 0; c < n; c++) {
        const at = c + n * (n - 1 - r + n * s);
        data[at] = value(c, r, s);
        mask[at] = inEdit(c, r, s) ? 1 : 0;
        edited[at] = mask[at] ? 3 : data[at];
      }
    }
  }
  const volume = { data, shape: [n, n, n], affine, slope: 1, inter: 0 };
  const image = newNifti(volume);
  await writeNifti(join(projectDir, 'volumes', '1.nii'), image);
  await writeNifti(join(projectDir, 'derivatives', '1', 'edited.nii.gz'), {
    ...image,
    volume: { ...volume, data: edited },
  });
  await writeNifti(
    join(projectDir, 'derivatives', '1', 'edit-mask.nii.gz'),
    newNifti({ ...volume, data: mask }, 2, image),
  );
}

/** A NIfTI scan with a name in `descrip`, in an extension, in the sidecar and in its gzip header. */
async function niftiVolumes(sourceDir: string, projectDir: string): Promise<void> {
  const n = SIZE;
  const data = Float32Array.from({ length: n ** 3 }, (_, v) => ((v * 37) % 211) / 4);
  const volume = {
    data,
    shape: [n, n, n],
    affine: Float64Array.of(0, 0, 2, -9, -2, 0, 0, 11, 0, 2, 0, -7, 0, 0, 0, 1),
    slope: 2,
    inter: -5,
  };
  const image = newNifti(volume);
  const header = image.header.slice();
  header.set(Buffer.from('Thaddäus Überwasser', 'latin1'), 148);
  const extension = Buffer.alloc(4 + 48);
  extension[0] = 1;
  extension.writeInt32LE(48, 4);
  extension.writeInt32LE(6, 8);
  extension.write('id KRN5582913', 12);
  new DataView(header.buffer).setFloat32(108, 348 + extension.length, true);
  const source = Buffer.concat([header, extension, new Uint8Array(data.buffer)]);
  const zipped = gzipSync(source);
  const name = Buffer.from('KRN5582913.nii\0');
  zipped[3] = 8;
  writeFileSync(
    join(sourceDir, 'nifti', 'KRN5582913_T1.nii.gz'),
    Buffer.concat([zipped.subarray(0, 10), name, zipped.subarray(10)]),
  );
  writeFileSync(
    join(sourceDir, 'nifti', 'KRN5582913_T1.json'),
    JSON.stringify({
      PatientName: 'Überwasser^Thaddäus',
      PatientID: 'KRN5582913',
      EchoTime: 0.003,
      PatientAge: '091Y',
    }),
  );
  const edited = data.slice();
  const mask = new Uint8Array(n ** 3);
  for (let v = 0; v < 900; v++) [edited[v], mask[v]] = [0, 1];
  const kept = { ...image, header: Uint8Array.from(header), extensions: Uint8Array.from(extension) };
  await writeNifti(join(projectDir, 'derivatives', '2', 'edited.nii.gz'), {
    ...kept,
    volume: { ...volume, data: edited },
  });
  await writeNifti(
    join(projectDir, 'derivatives', '2', 'edit-mask.nii.gz'),
    newNifti({ ...volume, data: mask }, 2, image),
  );
}
