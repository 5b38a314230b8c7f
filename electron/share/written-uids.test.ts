import { expect, it } from 'vitest';
import { policy as policySchema } from '../../shared/deidentify/records.ts';
import { openDatabase } from '../catalog/database.ts';
import {
  emptyDataset,
  getItems,
  getString,
  sequenceElement,
  setElement,
  setString,
} from '../deidentify/header/dicom-dataset.ts';
import { stampPixelsEdited } from '../deidentify/header/stamps.ts';
import { pseudonymsFrom } from '../deidentify/pseudonyms.ts';
import type { ScanToWrite } from './write-scan.ts';
import { pointToWritten, writtenUids } from './written-uids.ts';

const keys = pseudonymsFrom(new Uint8Array(32).fill(42));
const policy = policySchema.parse({ name: 'p' });

function catalog() {
  const db = openDatabase(':memory:');
  db.exec(`
    INSERT INTO source_root (id, path, added_at) VALUES (1, '/x', '');
    INSERT INTO subject (id, source_key, label) VALUES (1, 'a', 'sub-A'), (2, 'b', 'sub-B');
    INSERT INTO study (id, subject_id, study_instance_uid) VALUES (1, 1, '1'), (2, 2, '2');
    INSERT INTO source_file (id, root_id, path, size, mtime_ms, kind) VALUES (1, 1, 'a', 1, 1, 'dicom');
    INSERT INTO series (id, study_id, subject_id, root_id, format, series_key, kind, layout, state, imported_at) VALUES
      (1, 1, 1, 1, 'dicom', 'a', 'T1w', '3d', 'passed', ''), (2, 1, 1, 1, 'dicom', 'b', 'T1w', '3d', 'passed', ''),
      (3, 2, 2, 1, 'dicom', 'c', 'T1w', '3d', 'passed', ''), (4, 1, 1, 1, 'dicom', 'd', 'T1w', '3d', 'queued', '');
    INSERT INTO instance (series_id, file_id, sop_instance_uid) VALUES
      (1, 1, '1.2.3.1'), (1, 1, '1.2.3.7'), (2, 1, '1.2.3.2'), (2, 1, '1.2.3.7'), (3, 1, '1.2.3.3'), (4, 1, '1.2.3.4');`);
  return db;
}

const scan = (
  seriesId: number,
  subjectLabel: string,
  method: string,
  dicomFolder: string | null = 'DICOM/x',
) => ({ selected: { scan: { seriesId, subjectLabel }, derivative: { method } }, dicomFolder }) as ScanToWrite;
const scans = [scan(1, 'sub-A', 'blur'), scan(2, 'sub-A', 'template'), scan(3, 'sub-B', 'blur', null)];

/** The UID that the stamps really give an object. */
function stamped(uid: string, method: string): string {
  const d = emptyDataset();
  setString(d, '00080018', uid);
  return getString(stampPixelsEdited(d, { facePassed: false, method }, keys), '00080018')!;
}

it('knows what each instance is called that leaves as DICOM, and no other', () => {
  const replaced = (uid: string) => keys.replaceUid(uid);
  const uids = writtenUids(catalog(), scans, policy, keys);
  expect([...uids.keys()]).toEqual(['sub-A']);
  expect(Object.fromEntries(uids.get('sub-A')!)).toEqual({
    '1.2.3.1': stamped(replaced('1.2.3.1'), 'blur'),
    [replaced('1.2.3.1')]: stamped(replaced('1.2.3.1'), 'blur'),
    '1.2.3.2': stamped(replaced('1.2.3.2'), 'template'),
    [replaced('1.2.3.2')]: stamped(replaced('1.2.3.2'), 'template'),
  });
  const retained = { ...policy, options: { ...policy.options, retainUids: true } };
  expect(writtenUids(catalog(), scans, retained, keys).get('sub-A')!.get('1.2.3.1')).toBe(
    stamped('1.2.3.1', 'blur'),
  );
});

it.each(['00080018', 'ReferencedSOPInstanceUID'])(
  'leaves references alone when the policy decides about %s',
  (tag) => {
    expect(writtenUids(catalog(), scans, { ...policy, overrides: { [tag]: 'X' } }, keys).size).toBe(0);
  },
);

it('changes references at any depth, says which, and leaves the others', () => {
  const reference = (uid: string) => {
    const item = emptyDataset();
    setString(item, '00081155', uid);
    return item;
  };
  const series = emptyDataset();
  setElement(series, sequenceElement('0008114A', [reference('1.2.3.1'), reference('1.2.3.9')]));
  const d = emptyDataset();
  setString(d, '00080018', '1.2.3.1');
  setElement(d, sequenceElement('00081115', [series]));
  const changes = pointToWritten(d, new Map([['1.2.3.1', '2.25.1']]));
  expect(changes.map((c) => [c.tag, c.before, c.after])).toEqual([
    ['(0008,1115)[0].(0008,114A)[0].(0008,1155)', '1.2.3.1', '2.25.1'],
  ]);
  const items = getItems(getItems(d, '00081115')[0]!, '0008114A');
  expect(items.map((item) => getString(item, '00081155'))).toEqual(['2.25.1', '1.2.3.9']);
  expect(getString(d, '00080018')).toBe('1.2.3.1');
});
