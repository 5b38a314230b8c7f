import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PROJECT_MARKER } from '../project/project-folder.ts';
import { importSources } from './import.ts';
import { type ImportFixture, importFixture } from './import-fixture.ts';
import { testNiftiFile } from './nifti/write-test-file.ts';

let f: ImportFixture;
beforeEach(() => {
  f = importFixture();
});
afterEach(() => f.close());

const image = (n = 0) => {
  const bytes = testNiftiFile({ shape: [100, 100, 100] });
  bytes.writeInt16LE(n, 352 + 2 * 505_050);
  return bytes;
};
const link = (target: string, path: string) => {
  mkdirSync(join(f.dir, path, '..'), { recursive: true });
  symlinkSync(target, join(f.dir, path));
};
const names = () => f.series().map((s) => s.description);
const problems = (code: string) =>
  f.db.prepare('SELECT subject FROM problem WHERE code = ?').pluck().all(code) as string[];

describe('a scan that is reached twice', () => {
  it('is met once when one source is a link to another', async () => {
    f.put('scans/a.nii', image());
    link('scans', 'alias');
    await f.import('scans');
    expect(await f.import('alias')).toMatchObject({ filesSeen: 1, filesNew: 0, filesUnchanged: 1 });
    expect(await f.import('alias', 'scans')).toMatchObject({ filesSeen: 1, filesUnchanged: 1 });
    expect(names()).toEqual(['a']);
  });

  it('keeps the root of a catalog that was given by a link', async () => {
    f.put('scans/a.nii', image());
    link('scans', 'alias');
    f.db.prepare("INSERT INTO source_root (path, added_at) VALUES (?, '')").run(join(f.dir, 'alias'));
    await f.import('alias');
    await f.import('scans');
    expect(f.db.prepare('SELECT count(*) FROM source_root').pluck().get()).toBe(1);
    expect(names()).toEqual(['a']);
  });

  it('is imported where git-annex shows it, not where it keeps it', async () => {
    f.put('ds/.git/annex/objects/aa/MD5E-s1--abc.nii', image());
    link('../../.git/annex/objects/aa/MD5E-s1--abc.nii', 'ds/sub-01/anat/sub-01_T1w.nii');
    await f.import('ds');
    expect(names()).toEqual(['sub-01_T1w']);
    expect(problems('linked-again')).toEqual([]);
  });

  it('is named once when a link leads to it, and the link is a Problem', async () => {
    f.put('d/a.nii', image(1));
    link('a.nii', 'd/0-link.nii');
    f.put('far/b.nii', image(2));
    link('../far/b.nii', 'd/y.nii');
    link('../far/b.nii', 'd/x.nii');
    await f.import('d');
    expect(names().sort()).toEqual(['a', 'x']);
    expect(problems('linked-again').sort()).toEqual(['0-link.nii', 'y.nii']);
    await f.import('d');
    expect(problems('linked-again')).toHaveLength(2);
  });

  it('keeps its own folder when a linked folder leads there too', async () => {
    f.put('d/z/a.nii', image());
    link('z', 'd/0-link');
    f.put('e/b.nii', image(1));
    link('../e', 'd/1-link');
    await f.import('d', 'e');
    expect(f.db.prepare('SELECT path FROM source_file ORDER BY path').pluck().all()).toEqual([
      'b.nii',
      'z/a.nii',
    ]);
  });
});

describe('sources', () => {
  it('takes the subject of BIDS from its own folder when one above begins with sub-', async () => {
    for (const s of ['a', 'b'])
      f.put(`sub-projects/ds/sub-07/ses-${s}/anat/sub-07_ses-${s}_T1w.nii`, image());
    await f.import();
    expect(new Set(f.series().map((s) => s.label)).size).toBe(1);
    expect(f.series().map((s) => s.session_label)).toEqual(['ses-01', 'ses-02']);
  });

  it('misses a file beside a folder that was not looked into and is named alike', async () => {
    f.put('sub1/a.nii', image());
    f.put('sub10/b.nii', image(1));
    await f.import();
    writeFileSync(join(f.dir, 'sub1', PROJECT_MARKER), '{}');
    f.remove('sub10/b.nii');
    expect(await f.import()).toMatchObject({ filesMissing: 1 });
    expect(f.series().map((s) => [s.description, s.state])).toEqual([
      ['a', 'queued'],
      ['b', 'excluded'],
    ]);
  });

  it('misses nothing in a root beside the part that is walked', async () => {
    f.put('d/a/a.nii', image());
    f.put('d/b/b.nii', image(1));
    await f.import('d/b');
    await f.import('d');
    expect(await f.import('d/a')).toMatchObject({ filesSeen: 1, filesMissing: 0 });
  });

  it('reads many single files in a few tasks', async () => {
    const files = Array.from({ length: 600 }, (_, n) => `many/${n}.txt`);
    for (const path of files) f.put(path, 'x');
    let tasks = 0;
    const report = await importSources(
      f.db,
      files.map((path) => join(f.dir, path)),
      {
        ...f.options,
        runTask: (name, params) => {
          tasks++;
          return f.options.runTask(name, params);
        },
      },
    );
    expect(report).toMatchObject({ filesSeen: 600, otherFiles: 600 });
    expect(tasks).toBe(3);
  });
});
