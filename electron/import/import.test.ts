import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Db, openDatabase } from '../catalog/database.ts';
import { quietContext } from '../worker/task.ts';
import { type TestSlice, testDicomFile, testSlice } from './dicom/write-test-file.ts';
import { importHandlers } from './handlers.ts';
import { type ImportOptions, importSources } from './import.ts';
import { testNiftiFile } from './nifti/write-test-file.ts';
import oracle from './oracle-dicom.json' with { type: 'json' };
import { resolveSeriesFiles } from './resolve-series-files.ts';
import { importTasks } from './tasks.ts';

const data = fileURLToPath(new URL('../../../shared/data/', import.meta.url));
let dir = '';
let db: Db;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'refacade-import-'));
  db = openDatabase(':memory:');
});
afterEach(() => {
  db.close();
  rmSync(dir, { recursive: true, force: true });
});

const options = (signal = new AbortController().signal): ImportOptions => ({
  runTask: (name, params) => importTasks[name as keyof typeof importTasks](params as never, quietContext),
  pseudonym: (key) => `sub-${createHash('sha256').update(key).digest('hex').slice(0, 8).toUpperCase()}`,
  clock: () => new Date(),
  progress() {},
  signal,
});
const put = (path: string, bytes: Uint8Array | string) => {
  mkdirSync(dirname(join(dir, path)), { recursive: true });
  writeFileSync(join(dir, path), bytes);
};
/** A head of 40 slices, 200 × 200 × 200 mm. */
const putHead = (folder: string, slice: TestSlice = {}, count = 40) => {
  for (let n = 1; n <= count; n++)
    put(
      `${folder}/${String(100 - n)}.dcm`,
      testDicomFile(testSlice({ instanceNumber: n, position: [-100, -100, 5 * n], ...slice })),
    );
};
const series = () =>
  db
    .prepare(
      'SELECT s.*, u.label, u.patient_id, t.session_label FROM series s JOIN subject u ON u.id = s.subject_id JOIN study t ON t.id = s.study_id ORDER BY s.id',
    )
    .all() as Array<Record<string, unknown> & { id: number }>;
const codes = (id: number) =>
  (db.prepare('SELECT code FROM problem WHERE series_id = ?').all(id) as Array<{ code: string }>).map(
    (p) => p.code,
  );
const totalChanges = () =>
  db
    .prepare(
      'SELECT (SELECT count(*) FROM series) s, (SELECT count(*) FROM instance) i, (SELECT count(*) FROM source_file) f, (SELECT count(*) FROM problem) p',
    )
    .get();

describe('importSources', () => {
  it('imports a head, in slice order, queued, and adds nothing the second time', async () => {
    putHead('a');
    put('notes.txt', 'hello');
    put('broken.dcm', 'not an image');
    const report = await importSources(db, [dir], options());
    expect(report).toMatchObject({
      filesSeen: 42,
      filesNew: 42,
      dicomFiles: 40,
      otherFiles: 1,
      unreadableFiles: 1,
      series: 1,
      quarantined: 0,
    });
    expect(series()).toMatchObject([
      {
        kind: 'T1w',
        layout: 'thick-slice',
        state: 'queued',
        instance_count: 40,
        face_in_view: 'yes',
        session_label: 'ses-01',
        shape: '[16,16,40]',
      },
    ]);
    const files = resolveSeriesFiles(db, series()[0]!.id);
    expect(files.files[0]).toBe(join(dir, 'a/99.dcm'));
    expect(files.files.at(-1)).toBe(join(dir, 'a/60.dcm'));
    const before = totalChanges();
    const again = await importSources(db, [dir], {
      ...options(),
      runTask: (name, params) =>
        name === 'import.readHeaders'
          ? Promise.reject(new Error('opened a known file'))
          : options().runTask(name, params),
    });
    expect(again).toMatchObject({
      filesSeen: 42,
      filesUnchanged: 42,
      filesNew: 0,
      filesChanged: 0,
      filesMissing: 0,
      dicomFiles: 40,
      unreadableFiles: 1,
    });
    expect(totalChanges()).toEqual(before);
  });

  it('notices a changed, a missing and a returned file, and lets other series be', async () => {
    putHead('a');
    putHead('b', { seriesUid: '2.25.100.2', description: 't2_tse' });
    await importSources(db, [dir], options());
    db.exec(`UPDATE series SET state = 'passed';
      INSERT INTO derivative (series_id, method, method_params, seed, policy_name, policy, folder, verdict, state, steps, seconds, created_at)
        SELECT id, 'm', '{}', 1, 'p', '{}', 'f', '{}', 'passed', '[]', 1, '' FROM series;
      INSERT INTO measurement (series_id, engine, structure, volume_mm3) SELECT id, 'tissue-em', 'GM', 1 FROM series;`);
    put(
      'a/99.dcm',
      testDicomFile(testSlice({ instanceNumber: 1, position: [-100, -100, 5], patientName: 'Doe^Janet' })),
    );
    expect(await importSources(db, [dir], options())).toMatchObject({ filesChanged: 1, filesUnchanged: 79 });
    expect(series().map((s) => s.state)).toEqual(['queued', 'passed']);
    expect(codes(series()[0]!.id)).toContain('source-changed');
    // What was made of the earlier files is history; the other series keeps its own.
    expect(db.prepare('SELECT series_id FROM derivative WHERE current = 1').pluck().all()).toEqual([
      series()[1]!.id,
    ]);
    expect(db.prepare('SELECT series_id FROM measurement').pluck().all()).toEqual([series()[1]!.id]);
    renameSync(join(dir, 'b/80.dcm'), join(dir, '..', 'refacade-away.dcm'));
    expect(await importSources(db, [dir], options())).toMatchObject({ filesMissing: 1, filesUnchanged: 79 });
    expect(series()[1]).toMatchObject({ state: 'queued', instance_count: 39 });
    expect(codes(series()[1]!.id)).toContain('missing-slices');
    renameSync(join(dir, '..', 'refacade-away.dcm'), join(dir, 'b/80.dcm'));
    await importSources(db, [dir], options());
    expect(series()[1]).toMatchObject({ state: 'queued', instance_count: 40 });
    rmSync(join(dir, 'b'), { recursive: true });
    await importSources(db, [dir], options());
    expect(series()[1]).toMatchObject({ state: 'excluded' });
    expect(codes(series()[1]!.id)).toContain('source-missing');
  });

  it('never merges people by an empty or placeholder Patient ID, and keeps one series of two people apart', async () => {
    putHead('a', { patientId: '', studyUid: '2.25.1', seriesUid: '2.25.1.1' });
    putHead('b', { patientId: '', studyUid: '2.25.2', seriesUid: '2.25.2.1' });
    putHead('c', { patientId: 'ANONYMOUS', studyUid: '2.25.3', seriesUid: '2.25.3.1' });
    putHead('d', { patientId: 'ANONYMOUS', studyUid: '2.25.4', seriesUid: '2.25.4.1' });
    putHead('e', { patientId: 'P1', studyUid: '2.25.5', seriesUid: '2.25.5.1' }, 20);
    for (let n = 21; n <= 40; n++)
      put(
        `e/x${n}.dcm`,
        testDicomFile(
          testSlice({
            patientId: 'P2',
            studyUid: '2.25.5',
            seriesUid: '2.25.5.1',
            instanceNumber: n,
            position: [-100, -100, 5 * n],
          }),
        ),
      );
    await importSources(db, [dir], options());
    expect(new Set(series().map((s) => s.label)).size).toBe(6);
    const mixed = series().filter((s) => s.series_instance_uid === '2.25.5.1');
    expect(mixed.map((s) => [s.state, s.quarantine])).toEqual([
      ['excluded', 'identity'],
      ['excluded', 'identity'],
    ]);
    expect(codes(mixed[0]!.id)).toEqual(
      expect.arrayContaining(['mixed-identity', 'study-of-several-patients']),
    );
  });

  it('sets second copies aside without disturbing the first', async () => {
    putHead('a');
    await importSources(db, [dir], options());
    db.exec(`UPDATE series SET state = 'passed'`);
    putHead('copy');
    await importSources(db, [dir], options());
    expect(series().map((s) => [s.state, s.quarantine, s.instance_count])).toEqual([
      ['passed', null, 40],
      ['excluded', 'duplicate', 40],
    ]);
  });

  it('orders sessions by date and takes overlapping sources once', async () => {
    putHead('late', { studyUid: '2.25.7', seriesUid: '2.25.7.1', extra: [['00080020', 'DA', '20210101']] });
    putHead('early', { studyUid: '2.25.9', seriesUid: '2.25.9.1', extra: [['00080020', 'DA', '20200101']] });
    const report = await importSources(db, [join(dir, 'late'), dir, join(dir, 'late/99.dcm')], options());
    expect(report).toMatchObject({ filesSeen: 80, series: 2 });
    const sessions = Object.fromEntries(series().map((s) => [s.series_instance_uid, s.session_label]));
    expect(sessions).toEqual({ '2.25.9.1': 'ses-01', '2.25.7.1': 'ses-02' });
  });

  it('is completed by running it again after it was stopped', async () => {
    for (let n = 0; n < 6; n++) putHead(`s${n}`, { seriesUid: `2.25.100.${n}` });
    const stop = new AbortController();
    let tasks = 0;
    const stopped = importSources(db, [dir], {
      ...options(stop.signal),
      progress: (_d, total) => total !== null && ++tasks === 1 && stop.abort(),
    });
    await stopped.catch(() => {});
    await importSources(db, [dir], options());
    expect(series()).toHaveLength(6);
    expect(series().every((s) => s.instance_count === 40)).toBe(true);
  });

  it('tells a missing source from missing files', async () => {
    putHead('a');
    await importSources(db, [dir], options());
    const report = await importSources(db, [join(dir, 'nowhere')], options());
    expect(report).toMatchObject({ filesSeen: 0, filesMissing: 0 });
    expect(db.prepare(`SELECT count(*) AS n FROM problem WHERE code = 'source-not-found'`).get()).toEqual({
      n: 1,
    });
    expect(series()[0]!.state).toBe('queued');
  });

  it('reads BIDS names and sidecars, keeps plain files apart, and asks about unknown contrasts', async () => {
    const head = testNiftiFile({
      shape: [90, 100, 90],
      affine: [2, 0, 0, -90, 0, 2, 0, -100, 0, 0, 2, -90, 0, 0, 0, 1],
    });
    put('bids/sub-01/ses-a/anat/sub-01_ses-a_T1w.nii', head);
    put('bids/sub-01/ses-a/anat/sub-01_ses-a_T1w.json', '{"EchoTime": 0.003, "Manufacturer": "Phantom"}');
    put('bids/sub-01/ses-b/anat/sub-01_ses-b_FLAIR.nii', head);
    put('bids/participants.tsv', 'participant_id\tage\n');
    put('loose/scan1.nii', head);
    put('loose/scan2.nii', head);
    const report = await importSources(db, [dir], options());
    expect(report).toMatchObject({ niftiFiles: 4, sidecarFiles: 1, otherFiles: 1, series: 4 });
    const rows = series().sort((a, b) => String(a.description).localeCompare(String(b.description)));
    expect(rows.map((s) => [s.description, s.kind, s.session_label, s.state])).toEqual([
      ['scan1', 'other', 'ses-01', 'queued'],
      ['scan2', 'other', 'ses-01', 'queued'],
      ['sub-01_ses-a_T1w', 'T1w', 'ses-01', 'queued'],
      ['sub-01_ses-b_FLAIR', 'FLAIR', 'ses-02', 'queued'],
    ]);
    expect(new Set(rows.map((s) => s.label)).size).toBe(3);
    expect(JSON.parse(rows[2]!.attributes as string)).toMatchObject({ EchoTime: 0.003 });
    expect(codes(rows[0]!.id)).toContain('unknown-kind');
    put('bids/sub-01/ses-a/anat/sub-01_ses-a_T1w.json', '{"EchoTime": 0.005}');
    utimesSync(
      join(dir, 'bids/sub-01/ses-a/anat/sub-01_ses-a_T1w.json'),
      new Date(),
      new Date(Date.now() + 5000),
    );
    await importSources(db, [dir], options());
    expect(JSON.parse(series().find((s) => s.id === rows[2]!.id)!.attributes as string)).toMatchObject({
      EchoTime: 0.005,
    });
  });

  it('makes one series of each plane of a localizer, each with its own place in space', async () => {
    const planes: [string, number[]][] = [
      ['sagittal', [0, 1, 0, 0, 0, -1]],
      ['coronal', [1, 0, 0, 0, 0, -1]],
      ['axial', [1, 0, 0, 0, 1, 0]],
    ];
    planes.forEach(([name, orientation], n) => {
      const slice = { seriesUid: '2.25.100.9', description: 'localizer', orientation, instanceNumber: n + 1 };
      putHead(`scout/${name}`, { ...slice, position: [n, 2 * n, 3 * n] }, 1);
    });
    await importSources(db, [dir], options());
    const rows = series();
    expect(rows.map((s) => [s.kind, s.quarantine, s.state, s.instance_count])).toEqual(
      Array(3).fill(['localizer', 'localizer', 'excluded', 1]),
    );
    // RAS+ of the first pixels: LPS with the first two signs changed.
    const origins = rows.map((s) =>
      (JSON.parse(s.affine as string) as number[]).filter((_, n) => n % 4 === 3),
    );
    expect(origins.map((o) => o.slice(0, 3)).sort()).toEqual([
      [-1, -2, 3],
      [-2, -4, 6],
      [0, 0, 0],
    ]);
  });

  it('answers the import questions', async () => {
    putHead('a');
    putHead('scout', { seriesUid: '2.25.100.8', description: 'localizer' }, 3);
    await importSources(db, [dir], options());
    const handlers = importHandlers({ db, startImport: () => ({ batchId: 'x' }), cancelJobs: () => {} });
    expect(await handlers['import.quarantine']({})).toMatchObject([{ class: 'localizer', count: 1 }]);
    expect(await handlers['import.report']({})).toMatchObject({ dicomFiles: 43 });
    const [head, scout] = series();
    await handlers['import.exclude']({ seriesIds: [head!.id], reason: 'Consent withdrawn.' });
    await handlers['import.setKind']({ seriesIds: [scout!.id], kind: 'T1w' });
    expect(await handlers['import.include']({ seriesIds: [scout!.id] })).toEqual({ changed: 1 });
    expect(series().map((s) => [s.state, s.state_reason, s.kind_source])).toEqual([
      ['excluded', 'Consent withdrawn.', 'auto'],
      ['queued', '', 'user'],
    ]);
  });
});

describe.skipIf(!existsSync(data))('the shared data (needs ../shared/data)', () => {
  const files = oracle.files as Record<string, { kind: string; sop?: string }>;

  it('accounts for every file of ../shared/data/dicom as pydicom does', async () => {
    const report = await importSources(db, [join(data, 'dicom')], options());
    const count = (kind: string) => Object.values(files).filter((f) => f.kind === kind).length;
    expect(report.filesSeen).toBe(Object.keys(files).length);
    // pydicom's fixture script counts priv_SQ.dcm (two private attributes, nothing else) as no DICOM; here it is a non-image object.
    expect(report.dicomFiles).toBe(count('dicom') + 1);
    expect(report.unreadableFiles).toBe(1); // no_meta.dcm: its name promises an image, pydicom reads one unknown attribute
    expect(report.otherFiles).toBe(count('dicomdir') + 3); // two README.txt, one gzipped DICOM
    expect(db.prepare('SELECT count(*) AS n FROM instance').get()).toEqual({ n: report.dicomFiles });
    // Only the two series that show a whole head are queued.
    expect(
      series()
        .filter((s) => s.state === 'queued')
        .map((s) => [s.kind, s.shape]),
    ).toEqual([
      ['T1w', '[192,192,87]'],
      ['T1w', '[128,128,96]'],
    ]);
    expect(await importSources(db, [join(data, 'dicom')], options())).toMatchObject({
      filesNew: 0,
      filesChanged: 0,
      filesMissing: 0,
      filesUnchanged: report.filesSeen,
    });
  });

  it.each(Object.entries(oracle.folders).filter(([, volumes]) => volumes.length > 0))(
    '%s: as many volumes of the same extents as dcm2niix',
    async (folder, volumes) => {
      await importSources(db, [join(data, 'dicom', folder)], options());
      const extents = (shape: number[]) => [...shape].sort((a, b) => a - b);
      expect(series().map((s) => extents(JSON.parse(s.shape as string)))).toEqual(volumes.map(extents));
    },
  );
});
