import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Db, openDatabase } from '../catalog/database.ts';
import { crosswalkState, cutAllTies, mergeCrosswalk, readCrosswalk } from './crosswalk.ts';
import { crosswalkHandlers } from './crosswalk-handlers.ts';
import { openKeys, type ProjectKeys } from './keys.ts';

let dir: string;
let db: Db;
let keys: ProjectKeys;
const secrets = [
  'Quillfeather',
  'Zenobia',
  'PX-449173-K',
  '19310417',
  'ACC7719305',
  '1.2.826.0.1.3680043.9',
  'Nether_Wallop',
  '20190623',
  'Wallop_Clinic',
];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'refacade-crosswalk-'));
  db = openDatabase(join(dir, 'catalog.sqlite'));
  keys = openKeys(dir);
  const label = keys.subjectLabel('dicom:|PX-449173-K|19310417');
  db.prepare(
    "INSERT INTO subject (id, source_key, patient_id, patient_name, birth_date, label) VALUES (1, 'dicom:|PX-449173-K|19310417', 'PX-449173-K', 'Quillfeather^Zenobia', '19310417', ?)",
  ).run(label);
  db.exec(`
    INSERT INTO source_root (id, path, added_at) VALUES (1, '/data/Nether_Wallop', '2020');
    INSERT INTO source_file (id, root_id, path, size, mtime_ms, kind) VALUES (1, 1, 'Quillfeather/1.dcm', 1, 1, 'dicom'), (2, 1, 'Quillfeather/2.dcm', 1, 1, 'dicom');
    INSERT INTO study (id, subject_id, study_instance_uid, study_date, study_time, description, accession_number, session_label)
      VALUES (1, 1, '1.2.826.0.1.3680043.9.1', '20190623', '081542', 'Head of Quillfeather', 'ACC7719305', 'ses-01');
    INSERT INTO series (id, study_id, subject_id, root_id, format, series_key, series_instance_uid, description, kind, layout, state, attributes, imported_at)
      VALUES (1, 1, 1, 1, 'dicom', '1.2.826.0.1.3680043.9.2', '1.2.826.0.1.3680043.9.2', 'Quillfeather T1', 'T1w', '3d', 'passed', '{"name":"Zenobia"}', '2020');
    INSERT INTO instance (id, series_id, file_id, sop_instance_uid) VALUES (1, 1, 1, '1.2.826.0.1.3680043.9.3');
    INSERT INTO problem (id, series_id, code, level, subject, message) VALUES (1, 1, 'gap', 'warning', 'Quillfeather/1.dcm', 'gap in Quillfeather/2.dcm');
    INSERT INTO setting (key, value) VALUES ('policyName', 'Strict'),
      ('import.report', '{"problems":[{"subject":"/data/Nether_Wallop/Quillfeather/1.dcm","message":"/mnt/Wallop_Clinic/2.dcm"}]}');
    UPDATE series SET state_reason = 'Excluded: this is quillfeather, see /data/nether_wallop', state_next = 'Include it again.';
    INSERT INTO job (id, batch_id, kind, label, payload, created_at, error) VALUES (1, 'b', 'import', '/data/Nether_Wallop', '{"sources":["/data/Nether_Wallop"]}', '2020', 'Quillfeather');
  `);
});
afterEach(() => {
  db.close();
  rmSync(dir, { recursive: true, force: true });
});

function bytesOfProject(): string {
  return readdirSync(dir, { recursive: true })
    .map((f) => join(dir, String(f)))
    .filter((f) => statSync(f).isFile())
    .map((f) => readFileSync(f, 'latin1'))
    .join('\n');
}

describe('crosswalk', () => {
  it('lists who is behind each pseudonym', () => {
    expect(readCrosswalk(db, keys)).toEqual([
      {
        subjectLabel: keys.subjectLabel('dicom:|PX-449173-K|19310417'),
        patientId: 'PX-449173-K',
        patientName: 'Quillfeather^Zenobia',
        shiftDays: keys.shiftDays('dicom:|PX-449173-K|19310417'),
      },
    ]);
  });

  it('cuts all ties: no byte of the project leads back, pseudonyms and results stay', () => {
    const label = keys.subjectLabel('dicom:|PX-449173-K|19310417');
    const secret = keys.portable();
    writeFileSync(join(dir, 'catalog.sqlite.before-20'), 'a copy that names Quillfeather');
    const before = bytesOfProject();
    for (const text of [...secrets, secret]) expect(before, text).toContain(text);

    const report = cutAllTies(dir, db, keys);
    expect(report).toEqual({ state: 'cut', filesStillIdentifying: [] });
    const after = bytesOfProject();
    for (const text of [...secrets, secret]) expect(after, text).not.toContain(text);
    expect(existsSync(join(dir, 'catalog.sqlite.before-20'))).toBe(false);
    expect(db.prepare('SELECT label FROM subject').pluck().all()).toEqual([label]);
    expect(db.prepare('SELECT study_date, study_time FROM study').raw().all()).toEqual([['', '']]);
    expect(db.prepare('SELECT state, state_reason, state_next FROM series').all()).toEqual([
      { state: 'passed', state_reason: '', state_next: 'Include it again.' },
    ]);
    expect(db.prepare('SELECT key, value FROM setting').all()).toEqual([
      { key: 'policyName', value: 'Strict' },
    ]);
    expect(() => keys.subjectLabel('x')).toThrow(/ties/);
  });

  it('is not called cut as long as the catalog still names people', () => {
    db.exec("CREATE TRIGGER full BEFORE UPDATE ON subject BEGIN SELECT RAISE(FAIL, 'disk full'); END");
    expect(() => cutAllTies(dir, db, keys)).toThrow('disk full');
    expect(crosswalkState(db, keys).state).toBe('open');
    db.exec('DROP TRIGGER full');
    expect(cutAllTies(dir, db, keys).state).toBe('cut');
  });

  it('names files outside the catalog that still identify', () => {
    writeFileSync(join(dir, 'notes.txt'), 'Remember to call Quillfeather');
    expect(cutAllTies(dir, db, keys).filesStillIdentifying).toEqual(['notes.txt']);
  });

  it('finds them in any case, in packed headers of volumes and by the folders they came from', () => {
    const volume = new Uint8Array(2 ** 17);
    volume.set(Buffer.from('ZENOBIA QUILLFEATHER'), 148);
    const files: Record<string, Uint8Array | string> = {
      'a.txt': 'call QUILLFEATHER',
      'b.txt': 'copied from nether_wallop',
      'c.json': '{"from":"/DATA/Nether_Wallop"}',
      'edited.nii.gz': gzipSync(volume),
      'px-449173-k.png': '',
      'innocent.txt': 'dicom data of the project',
    };
    for (const [name, content] of Object.entries(files)) writeFileSync(join(dir, name), content);
    expect(cutAllTies(dir, db, keys).filesStillIdentifying.sort()).toEqual(
      Object.keys(files).filter((name) => name !== 'innocent.txt'),
    );
  });

  it('takes an ordinary folder name for no trace', () => {
    db.exec("UPDATE source_root SET path = '/mnt/dicom_data_2019'");
    writeFileSync(join(dir, 'notes.txt'), 'dicom_data_2019');
    expect(cutAllTies(dir, db, keys).filesStillIdentifying).toEqual([]);
  });

  it('answers through the contract, wrong passphrases by code', async () => {
    const handlers = crosswalkHandlers({ db, projectDir: dir, keys });
    expect(handlers['deidentify.crosswalk']({})).toEqual({ state: 'open', subjects: 1 });
    expect(await handlers['deidentify.encryptCrosswalk']({ passphrase: 'correct horse' })).toEqual({
      state: 'encrypted',
    });
    expect(() => handlers['deidentify.unlockCrosswalk']({ passphrase: 'wrong' })).toThrow(
      expect.objectContaining({ code: 'wrong-passphrase' }),
    );
    const unlocked = await handlers['deidentify.unlockCrosswalk']({ passphrase: 'correct horse' });
    expect(unlocked.rows[0]!.patientId).toBe('PX-449173-K');
    // One who came after encrypting, one whose scans have gone since.
    db.prepare(
      "INSERT INTO subject (id, source_key, patient_id, patient_name, label) VALUES (2, 'later', 'NEW-1', 'Later^Person', ?)",
    ).run(keys.subjectLabel('later'));
    const again = await handlers['deidentify.unlockCrosswalk']({ passphrase: 'correct horse' });
    expect(again.rows.map((row) => row.patientId).sort()).toEqual(['NEW-1', 'PX-449173-K']);
    expect(again.rows.find((row) => row.patientId === 'NEW-1')).toEqual({
      subjectLabel: keys.subjectLabel('later'),
      patientId: 'NEW-1',
      patientName: 'Later^Person',
      shiftDays: keys.shiftDays('later'),
    });
    expect(mergeCrosswalk(unlocked.rows, []).map((row) => row.patientId)).toEqual(['PX-449173-K']);
    writeFileSync(join(dir, 'notes.txt'), 'Remember to call Quillfeather');
    expect(await handlers['deidentify.cutAllTies']({ confirm: 'cut all ties' })).toEqual({
      state: 'cut',
      filesStillIdentifying: ['notes.txt'],
    });
    expect(() => handlers['deidentify.encryptCrosswalk']({ passphrase: 'correct horse' })).toThrow(
      expect.objectContaining({ code: 'keys-cut' }),
    );
  });
});
