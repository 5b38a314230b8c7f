import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { quietContext } from '../worker/task.ts';
import { ConversionError, convertSeries } from './convert-series.ts';
import { readDicomHeaderFile } from './dicom/read-header.ts';
import { testDicomFile, testSlice } from './dicom/write-test-file.ts';
import { groupSeries } from './group-series.ts';
import { readNiftiHeader } from './nifti/read-header.ts';
import { testNiftiFile } from './nifti/write-test-file.ts';

const data = fileURLToPath(new URL('../../../shared/data/dicom/', import.meta.url));
const debian = spawnSync('dcm2niix', ['-v'], { stdio: 'ignore', timeout: 20_000 }).error === undefined;

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'refacade-convert-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

interface Image {
  shape: number[];
  affine: number[];
  bytesPerVoxel: number;
  voxels: Buffer;
}

function load(path: string): Image {
  const bytes = readFileSync(path);
  const header = readNiftiHeader(bytes, false);
  return {
    shape: header.shape.slice(0, 3),
    affine: header.affine,
    bytesPerVoxel: header.bitsPerVoxel / 8,
    voxels: bytes.subarray(header.voxelOffset),
  };
}

/** Index in `to` of index (i, j, k) in `from`: to⁻¹ · from, 3×4, by Cramer's rule. */
function gridToGrid(from: readonly number[], to: readonly number[]): number[][] {
  const [a, b, c, , d, e, f, , g, h, i] = to as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const det = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  const inverse = [
    [e * i - f * h, c * h - b * i, b * f - c * e],
    [f * g - d * i, a * i - c * g, c * d - a * f],
    [d * h - e * g, b * g - a * h, a * e - b * d],
  ].map((row) => row.map((v) => v / det));
  return inverse.map((row) =>
    [0, 1, 2, 3].map((column) =>
      row.reduce((sum, v, n) => sum + v * (from[4 * n + column]! - (column === 3 ? to[4 * n + 3]! : 0)), 0),
    ),
  );
}

/** Both grids hold the same voxel centres to within 1e-3 mm; returns the integer map. */
function expectSameGrid(
  from: { affine: readonly number[]; shape: readonly number[] },
  to: { affine: readonly number[] },
  label: string,
): number[][] {
  const map = gridToGrid(from.affine, to.affine);
  const whole = map.map((row) => row.map(Math.round));
  // The farthest corner shows the largest deviation.
  for (const corner of [[0, 0, 0], from.shape.map((n) => n - 1)]) {
    const deviation = map.map((row, r) =>
      row.reduce((s, v, c) => s + (v - whole[r]![c]!) * (c < 3 ? corner[c]! : 1), 0),
    );
    const mm = [0, 1, 2].map((row) => deviation.reduce((s, v, c) => s + v * to.affine[4 * row + c]!, 0));
    expect(Math.hypot(...mm), `${label}: deviation in mm`).toBeLessThan(1e-3);
  }
  return whole;
}

function expectSameImage(ours: Image, theirs: Image, label: string): void {
  const map = expectSameGrid(ours, theirs, label);
  const [nx, ny, nz] = ours.shape as [number, number, number];
  const [mx, my] = theirs.shape as [number, number, number];
  const size = ours.bytesPerVoxel;
  expect(theirs.bytesPerVoxel, label).toBe(size);
  expect([...theirs.shape].sort(), label).toEqual([...ours.shape].sort());
  let different = 0;
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++) {
        const [x, y, z] = map.map((row) => row[0]! * i + row[1]! * j + row[2]! * k + row[3]!) as [
          number,
          number,
          number,
        ];
        const p = size * (i + nx * (j + ny * k));
        const q = size * (x + mx * (y + my * z));
        for (let n = 0; n < size; n++) if (ours.voxels[p + n] !== theirs.voxels[q + n]) different++;
      }
  expect(different, `${label}: bytes that differ`).toBe(0);
}

describe('convertSeries', () => {
  it('puts the voxels of a small series where its headers say', async () => {
    const files = Array.from({ length: 5 }, (_, n) => {
      const pixels = new Uint8Array(2 * 16 * 12);
      new DataView(pixels.buffer).setUint16(2 * (3 + 16 * 2), 500 + n, true); // column 3, row 2
      const path = join(dir, `s${4 - n}.dcm`);
      writeFileSync(
        path,
        testDicomFile(
          testSlice({
            instanceNumber: n + 1,
            rows: 12,
            columns: 16,
            spacing: [3, 2],
            position: [-10, -20, 2.5 * n],
            pixels,
          }),
        ),
      );
      return path;
    });
    const outPath = join(dir, 'small.nii');
    const result = await convertSeries({ files, outPath, format: 'dicom' }, quietContext);
    expect(result).toMatchObject({ path: outPath, shape: [16, 12, 5], problems: [] });
    expect(result.voxelSizeMm.map((v) => +v.toFixed(5))).toEqual([2, 3, 2.5]);
    const image = load(outPath);
    const values = new Uint16Array(image.voxels.buffer, image.voxels.byteOffset, 16 * 12 * 5);
    const at = values.indexOf(502);
    const [i, j, k] = [at % 16, Math.floor(at / 16) % 12, Math.floor(at / 192)];
    const world = [0, 1, 2].map(
      (r) =>
        image.affine[4 * r]! * i +
        image.affine[4 * r + 1]! * j +
        image.affine[4 * r + 2]! * k +
        image.affine[4 * r + 3]!,
    );
    // DICOM: x = −10 + 2·3, y = −20 + 3·2, z = 5 (LPS); RAS turns the first two.
    expect(world.map((v) => +v.toFixed(4))).toEqual([4, 14, 5]);
    expect(readdirSync(dir).filter((f) => f.endsWith('.part'))).toEqual([]);
  });

  it('hands a NIfTI source back untouched', async () => {
    const path = join(dir, 'source.nii');
    writeFileSync(path, testNiftiFile({ shape: [4, 5, 6] }));
    const result = await convertSeries(
      { files: [path], outPath: join(dir, 'never.nii'), format: 'nifti' },
      quietContext,
    );
    expect(result).toMatchObject({ path, shape: [4, 5, 6] });
    expect(existsSync(join(dir, 'never.nii'))).toBe(false);
  });

  it('says why when nothing comes out, and leaves no file', async () => {
    const path = join(dir, 'report.dcm');
    writeFileSync(path, testDicomFile(testSlice({ without: ['7FE00010', '00280010'] })));
    await expect(
      convertSeries({ files: [path], outPath: join(dir, 'none.nii'), format: 'dicom' }, quietContext),
    ).rejects.toThrow(ConversionError);
    expect(existsSync(join(dir, 'none.nii'))).toBe(false);
  });
});

const folders = [
  'FNNDSC_data/adi_brain_T1',
  'neurolabusc_dcm_qa_xa30/5_anat-T1w_acq-tfl',
  'Slicer_CTHeadAxialDicom',
].concat(
  [
    'ge/anatomical',
    'siemens/anatomical',
    'philips/anatomical',
    'hitachi/anatomical',
    'hyperfine/anatomical',
    'philips_enhanced/anatomical',
    'siemens_multiframe/anatomical',
    'generic/compressed',
    'generic/compressed_rle',
    'generic/compressed_j2k',
    'generic/compressed_jpeg',
    'failing/slicecount',
  ].map((f) => `icometrix_dicom2nifti/${f}/001`),
);

describe.skipIf(!existsSync(data) || !debian)(
  "against Debian's dcm2niix (needs it and ../shared/data)",
  () => {
    const filesOf = (folder: string) => readdirSync(join(data, folder)).map((f) => join(data, folder, f));

    it.each(folders)('%s: same voxels, affine within 1e-3 mm', async (folder) => {
      const name = folder.replaceAll('/', '-');
      const ours = await convertSeries(
        { files: filesOf(folder), outPath: join(dir, `${name}.nii`), format: 'dicom' },
        quietContext,
      );
      const out = join(dir, name);
      mkdirSync(out);
      spawnSync('dcm2niix', ['-z', 'n', '-b', 'n', '-f', 'out', '-d', '0', '-o', out, join(data, folder)], {
        stdio: 'ignore',
        timeout: 60_000,
      });
      const images = readdirSync(out).filter((f) => f.endsWith('.nii') && !/_(Eq|Tilt)/.test(f));
      expect(images).toHaveLength(1);
      expectSameImage(load(ours.path), load(join(out, images[0]!)), folder);
    });

    it.each(folders.filter((f) => !f.startsWith('FNNDSC')))(
      '%s: the affine from headers alone is the same grid',
      async (folder) => {
        const files = filesOf(folder);
        const drafts = groupSeries(
          files.map((file) => ({
            rootId: 1,
            path: file,
            file,
            size: 1,
            mtimeMs: 1,
            header: readDicomHeaderFile(file),
          })),
        );
        expect(drafts).toHaveLength(1);
        const converted = await convertSeries(
          { files, outPath: join(dir, 'grid.nii'), format: 'dicom' },
          quietContext,
        );
        expect(drafts[0]!.shape).toEqual(converted.shape.slice(0, 3));
        expectSameGrid(drafts[0]!, converted, folder);
      },
    );

    it('reads JPEG-LS as the same voxels as the lossless JPEG 2000 copy of the series', async () => {
      const [a, b] = await Promise.all(
        ['compressed_jpegls', 'compressed_j2k'].map((f) =>
          convertSeries(
            {
              files: filesOf(`icometrix_dicom2nifti/generic/${f}/001`),
              outPath: join(dir, `${f}.nii`),
              format: 'dicom',
            },
            quietContext,
          ),
        ),
      );
      expectSameImage(load(a!.path), load(b!.path), 'JPEG-LS');
    });
  },
);
