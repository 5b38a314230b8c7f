import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ImportReport } from '../../shared/import/records.ts';
import { type Db, openDatabase } from '../catalog/database.ts';
import { quietContext } from '../worker/task.ts';
import { type TestSlice, testDicomFile, testSlice } from './dicom/write-test-file.ts';
import { type ImportOptions, importSources } from './import.ts';
import { importTasks } from './tasks.ts';

/** A scan as the catalog has it, with the words of its subject and session. */
export type SeriesRow = Record<string, unknown> & { id: number };

/** For tests: an empty catalog and a folder to import from. */
export interface ImportFixture {
  dir: string;
  db: Db;
  options: ImportOptions;
  put(path: string, bytes: Uint8Array | string): void;
  /** Writes a head of 40 slices, 200 × 200 × 200 mm, into a folder. */
  putHead(folder: string, slice?: TestSlice): void;
  /** Writes one slice of such a head. */
  putSlice(path: string, instanceNumber: number, slice?: TestSlice): void;
  remove(path: string): void;
  /** Imports sources below the folder; the folder itself when none is named. */
  import(...sources: string[]): Promise<ImportReport>;
  series(): SeriesRow[];
  codes(seriesId: number): string[];
  close(): void;
}

export function importFixture(): ImportFixture {
  const dir = mkdtempSync(join(tmpdir(), 'refacade-import-'));
  const db = openDatabase(':memory:');
  const options: ImportOptions = {
    runTask: (name, params) => importTasks[name as keyof typeof importTasks](params as never, quietContext),
    pseudonym: (key) => `sub-${createHash('sha256').update(key).digest('hex').slice(0, 8).toUpperCase()}`,
    clock: () => new Date(),
    progress() {},
    signal: new AbortController().signal,
  };
  const put = (path: string, bytes: Uint8Array | string) => {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), bytes);
  };
  const putSlice = (path: string, n: number, slice: TestSlice = {}) =>
    put(path, testDicomFile(testSlice({ instanceNumber: n, position: [-100, -100, 5 * n], ...slice })));
  return {
    dir,
    db,
    options,
    put,
    putSlice,
    putHead(folder, slice = {}) {
      for (let n = 1; n <= 40; n++) putSlice(`${folder}/${100 - n}.dcm`, n, slice);
    },
    remove: (path) => rmSync(join(dir, path), { recursive: true }),
    import: (...sources) =>
      importSources(db, sources.length > 0 ? sources.map((s) => join(dir, s)) : [dir], options),
    series: () =>
      db
        .prepare(
          'SELECT s.*, u.label, u.source_key, u.patient_id, t.session_label FROM series s JOIN subject u ON u.id = s.subject_id JOIN study t ON t.id = s.study_id ORDER BY s.id',
        )
        .all() as SeriesRow[],
    codes: (seriesId) =>
      db
        .prepare('SELECT code FROM problem WHERE series_id = ? ORDER BY id')
        .pluck()
        .all(seriesId) as string[],
    close() {
      db.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
