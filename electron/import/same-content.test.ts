import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { importSources } from './import.ts';
import { type ImportFixture, importFixture } from './import-fixture.ts';
import { testNiftiFile } from './nifti/write-test-file.ts';

let f: ImportFixture;
beforeEach(() => {
  f = importFixture();
});
afterEach(() => f.close());

/** A head whose voxels differ from others by one, in the middle or at another place. */
const image = (value = 0, voxel = 500_000) => {
  const bytes = testNiftiFile({ shape: [100, 100, 100] });
  bytes.writeInt16LE(value, 352 + 2 * voxel);
  return bytes;
};
const warned = () =>
  f
    .series()
    .filter((s) => f.codes(s.id).includes('same-content'))
    .map((s) => s.description);

describe('images of equal content', () => {
  it('are warned of when they stand as different people', async () => {
    f.put('a/one.nii', image());
    f.put('b/two.nii', image());
    f.put('c/three.nii', image(1));
    f.put('c/four.nii', image(1, 100_000)); // told apart only by reading all of it
    f.put('ds/sub-01/ses-1/anat/sub-01_ses-1_T1w.nii', image(2));
    f.put('ds/sub-01/ses-2/anat/sub-01_ses-2_T1w.nii', image(2));
    // Empty masks of two people are alike and mean nothing.
    for (const s of ['sub-02', 'sub-03']) f.put(`ds/${s}/anat/${s}_mask.nii`, image(3));
    await f.import();
    expect(warned()).toEqual(['one', 'two']);
  });

  it('are compared with those of earlier imports, until one has changed or gone', async () => {
    f.put('a/one.nii', image());
    await f.import('a');
    expect(warned()).toEqual([]);
    f.put('b/two.nii', image());
    f.put('b/three.nii', image());
    await f.import('b');
    expect(warned().sort()).toEqual(['one', 'three', 'two']);
    f.remove('b/two.nii');
    await f.import('b');
    expect(warned().sort()).toEqual(['one', 'three']);
    writeFileSync(join(f.dir, 'b/three.nii'), Buffer.concat([image(), Buffer.alloc(2)]));
    await f.import('b');
    expect(warned()).toEqual([]);
  });

  it('are compared by the next import when one was stopped before', async () => {
    f.put('a/one.nii', image());
    f.put('b/two.nii', image());
    const stopped = importSources(f.db, [f.dir], {
      ...f.options,
      runTask: (name, params) =>
        name === 'import.hashFiles' ? Promise.reject(new Error('stopped')) : f.options.runTask(name, params),
    });
    await expect(stopped).rejects.toThrow('stopped');
    expect(await f.import()).toMatchObject({ filesUnchanged: 2, filesNew: 0 });
    expect(warned()).toEqual(['one', 'two']);
  });

  it('are read only where sizes are equal, and nothing when nothing came', async () => {
    const read: string[] = [];
    const watching = {
      ...f.options,
      runTask: (name: string, params: unknown) => {
        if (name === 'import.hashFiles') read.push(...(params as { files: string[] }).files);
        return f.options.runTask(name, params);
      },
    };
    f.put('one.nii', image());
    f.put('two.nii', image(1));
    f.put('alone.nii', Buffer.concat([image(), Buffer.alloc(2)]));
    await importSources(f.db, [f.dir], watching);
    expect(read).toEqual([join(f.dir, 'one.nii'), join(f.dir, 'two.nii')]);
    await importSources(f.db, [f.dir], watching);
    expect(read).toHaveLength(2);
  });
});
