import { mkdirSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { type Db, openDatabase } from '../catalog/database.ts';
import { sourceVersionKey } from '../catalog/import-writes.ts';
import type { Segmenter } from '../segmentation/segmentation.ts';
import { createInlinePool } from '../worker/pool.ts';
import { openProjectFolder, type ProjectFolder } from './project-folder.ts';
import { ensureSegmentation } from './source-segmentation.ts';
import { ensureVolume } from './source-volume.ts';

const pause = (ms: number) => new Promise((r) => setTimeout(r, ms));
const signal = new AbortController().signal;
const quiet = () => {};
let root: string;
let db: Db;
let folder: ProjectFolder;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'refacade-made-once-'));
  folder = openProjectFolder(join(root, 'project'), true, new Date(0));
  db = openDatabase(':memory:');
  db.exec(`
    INSERT INTO source_root (id, path, added_at) VALUES (1, '${root}', '');
    INSERT INTO subject (id, source_key, label) VALUES (1, 'key', 'sub-1');
    INSERT INTO study (id, subject_id, study_instance_uid) VALUES (1, 1, '1');
    INSERT INTO series (id, study_id, subject_id, root_id, format, series_key, kind, layout, state, imported_at)
      VALUES (1, 1, 1, 1, 'dicom', 's1', 'T1w', '3d', 'queued', '');
    INSERT INTO source_file (id, root_id, path, size, mtime_ms, kind) VALUES (1, 1, 'a.dcm', 0, 0, 'dicom');
    INSERT INTO instance (series_id, file_id) VALUES (1, 1);`);
  writeFileSync(source(), '');
  asImported();
  return () => {
    db.close();
    rmSync(root, { recursive: true, force: true });
  };
});

const source = () => join(root, 'a.dcm');

/** The catalog knows the source file as it is now. */
function asImported(): void {
  const { size, mtimeMs } = statSync(source());
  db.prepare('UPDATE source_file SET size = ?, mtime_ms = ?').run(size, mtimeMs);
}

/** A converter that takes a while and must not be at one file twice at a time. */
function converter() {
  const seen = { runs: 0, together: 0, most: 0 };
  const pool = createInlinePool({
    'import.convertSeries': async ({ outPath }: { outPath: string }) => {
      seen.runs++;
      seen.most = Math.max(seen.most, ++seen.together);
      await pause(10);
      writeFileSync(outPath, 'volume');
      seen.together--;
      const problems = [{ code: 'several-volumes', level: 'info', subject: 's', message: 'two' }];
      return { path: outPath, shape: [2, 2, 2], voxelSizeMm: [1, 1, 1], affine: [], problems };
    },
  });
  return { seen, ensure: () => ensureVolume({ db, folder, pool }, 1, signal, quiet) };
}

it('a series that several scans of its session ask for is converted once', async () => {
  const { seen, ensure } = converter();
  const paths = await Promise.all([ensure(), ensure(), ensure(), ensure()]);
  expect(new Set(paths).size).toBe(1);
  expect(seen).toMatchObject({ runs: 1, most: 1 });
  expect(db.prepare('SELECT count(*) FROM problem').pluck().get()).toBe(1);
});

it('a series of other files than before is converted again, and its findings are told once', async () => {
  const { seen, ensure } = converter();
  await ensure();
  await ensure();
  expect(seen.runs).toBe(1);
  const later = new Date(Date.now() + 60_000).toISOString();
  db.prepare('INSERT INTO setting (key, value) VALUES (?, ?)').run(sourceVersionKey(1), later);
  await ensure();
  expect(seen.runs).toBe(2);
  expect(db.prepare('SELECT count(*) FROM problem').pluck().get()).toBe(1);
});

it.each(['dicom', 'nifti'])(
  'a %s source that is another file than the one imported is refused',
  async (format) => {
    db.prepare('UPDATE series SET format = ?').run(format);
    const { seen, ensure } = converter();
    await ensure();
    const { mtimeMs, mtime } = statSync(source());
    const refused = {
      code: 'source-changed',
      message: '1 of 1 source files of this series changed since it was imported.',
      fix: 'Import the folder again; the scan is then read anew and starts over.',
    };
    writeFileSync(source(), 'longer');
    utimesSync(source(), mtime, mtime); // as old as before, of another size
    await expect(ensure()).rejects.toMatchObject(refused);
    writeFileSync(source(), '');
    utimesSync(source(), mtime, new Date(mtimeMs + 2000)); // of the same size, younger
    await expect(ensure()).rejects.toMatchObject(refused);
    asImported();
    await ensure();
    rmSync(source());
    await expect(ensure()).rejects.toMatchObject({ code: 'source-missing' });
    expect(seen.runs).toBe(format === 'dicom' ? 2 : 0);
  },
);

it('a volume is segmented once for all who ask, and again when it was written anew', async () => {
  let runs = 0;
  const segmenter: Segmenter = {
    segment: async (_volume, outDir) => {
      runs++;
      await pause(10);
      mkdirSync(outDir, { recursive: true });
      writeFileSync(join(outDir, 'segmentation.json'), '{}');
      return {} as never;
    },
    close: async () => {},
  };
  const volume = join(root, 'v.nii');
  writeFileSync(volume, 'a');
  await pause(5);
  const dir = join(root, 'v.headseg');
  const ensure = () => ensureSegmentation(segmenter, volume, dir, signal, quiet);
  await Promise.all([ensure(), ensure(), ensure()]);
  await ensure();
  expect(runs).toBe(1);
  const past = new Date(Date.now() - 60_000);
  utimesSync(join(dir, 'segmentation.json'), past, past); // the volume is younger now
  await ensure();
  expect(runs).toBe(2);
});
