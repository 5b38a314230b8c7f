import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ImportWrites } from '../catalog/import-writes.ts';
import { type ImportFixture, importFixture } from './import-fixture.ts';
import { testNiftiFile } from './nifti/write-test-file.ts';
import { implausibleExtent } from './plausible-extent.ts';

let f: ImportFixture;
beforeEach(() => {
  f = importFixture();
});
afterEach(() => f.close());

const cube = (mm: number) => [mm, 0, 0, 0, 0, mm, 0, 0, 0, 0, mm, 0, 0, 0, 0, 1];
const head = (voxelMm: number, unit = 2) => {
  const bytes = testNiftiFile({ shape: [100, 100, 100], affine: cube(voxelMm) });
  bytes[123] = unit;
  return bytes;
};

it('judges volumes, along every axis, and no single slices', () => {
  expect(implausibleExtent([256, 256, 176], [1, 1, 1])).toBeUndefined();
  expect(implausibleExtent([256, 256, 3], [1, 1, 0.5])).toBeUndefined();
  expect(implausibleExtent([256, 256, 100], [1, 1, 30])).toContain('256 × 256 × 3000 mm');
  expect(implausibleExtent([256, 256, 100], [1, 1, 0.01])).toContain('voxels of 1 × 1 × 0.01 mm');
});

describe('a head whose size cannot be right', () => {
  it.each([
    ['metres', head(2, 1), '200000'],
    ['micrometres', head(2, 3), '0.2'],
    ['millimetres that are metres', head(0.002), '0.2'],
  ])('is set aside for good when a NIfTI file says %s', async (_, bytes, size) => {
    f.put('sub-01_T1w.nii', bytes);
    await f.import();
    const [s] = f.series();
    expect(s).toMatchObject({ state: 'excluded', quarantine: 'missing-geometry', face_in_view: 'unknown' });
    const said = f.db.prepare("SELECT message, fix FROM problem WHERE code = 'implausible-size'").get();
    expect(said).toMatchObject({
      message: expect.stringContaining(
        `Expected 10 mm to 2000 mm along each axis; the header gives ${size} ×`,
      ),
      fix: expect.stringContaining('unit of length'),
    });
    expect(new ImportWrites(f.db).include([s!.id])).toBe(0);
  });

  it('is set aside when DICOM slices are spaced so', async () => {
    f.putHead('a', { spacing: [1250, 1250] });
    await f.import();
    expect(f.series()).toMatchObject([{ state: 'excluded', quarantine: 'missing-geometry', layout: 'none' }]);
    expect(f.codes(f.series()[0]!.id)).toContain('implausible-size');
  });
});
