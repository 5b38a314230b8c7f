import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { diag, voxelSizes } from '../../shared/geometry/affine.ts';
import { allAxisCodes, axisCodes } from '../../shared/geometry/orientation.ts';
import { inflateStart, isGzip, readNiftiHeader } from '../import/nifti/read-header.ts';
// Made by build/oracle/volume_nifti.py: what nibabel reads in files of every type and byte order.
import fixture from './nifti.fixture.json' with { type: 'json' };
import { NiftiError, newNifti, niftiBytes, readNifti, writeNifti } from './nifti.ts';
import { reorient, reorientBack } from './reorient.ts';

const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, 'base64'));

describe('readNifti agrees with nibabel', () => {
  it.each(fixture.cases)('$name', async ({ file, shape, affine, stored, slope, inter, codes }) => {
    const { volume } = await readNifti(bytesOf(file));
    expect(volume.shape).toEqual(shape);
    const plain = isGzip(bytesOf(file)) ? inflateStart(bytesOf(file)) : bytesOf(file);
    expect(readNiftiHeader(plain, false).affine).toEqual([...volume.affine]); // import sees the same place
    expect(Array.from(volume.data)).toEqual(stored);
    expect(volume.slope).toBeCloseTo(slope, 6);
    expect(volume.inter).toBeCloseTo(inter, 6);
    affine.forEach((v, n) => {
      expect(volume.affine[n]!).toBeCloseTo(v, 5);
    });
    expect(axisCodes(volume.affine)).toBe(codes);
  });
});

describe('files in other units than millimetres', () => {
  it.each([
    ['metres', 1, 1000],
    ['micrometres', 3, 0.001],
    ['an unknown unit', 0, 1],
  ])('%s are read in millimetres and written in their own unit', async (_, unit, toMm) => {
    for (const { file, name, affine } of fixture.cases) {
      const raw = bytesOf(file);
      const bytes = raw[0] === 0x1f && raw[1] === 0x8b ? new Uint8Array(gunzipSync(raw)) : raw;
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      const little = view.getInt32(0, true) === 348 || view.getInt32(0, true) === 540;
      if (view.getInt32(0, little) === 540) view.setInt32(500, unit | 8, little);
      else view.setUint8(123, unit | 8);
      const image = await readNifti(bytes);
      affine.slice(0, 12).forEach((v, n) => {
        expect(image.volume.affine[n]! / toMm, name).toBeCloseTo(v, 5);
      });
      expect(Buffer.compare(Buffer.from(niftiBytes(image)), Buffer.from(bytes)), name).toBe(0);
      const shape = image.volume.shape.slice(0, 3);
      const mask = { ...image.volume, data: new Uint8Array(shape[0]! * shape[1]! * shape[2]!), shape };
      const back = await readNifti(niftiBytes(newNifti(mask, 2, image)));
      image.volume.affine.forEach((v, n) => {
        expect(back.volume.affine[n]! / toMm, name).toBeCloseTo(v / toMm, 4);
      });
    }
  });

  it('come out as the voxel sizes that import shows', async () => {
    const volume = { data: new Uint8Array(27), shape: [3, 3, 3], affine: diag(-1, 2, 3), slope: 1, inter: 0 };
    for (const [unit, perMm] of [
      [1, 0.001],
      [3, 1000],
    ] as const) {
      const image = newNifti({ ...volume, affine: diag(-perMm, 2 * perMm, 3 * perMm) }, 2);
      image.header[123] = unit | 8;
      const bytes = niftiBytes(image);
      const { affine } = (await readNifti(bytes)).volume;
      voxelSizes(affine).forEach((mm, n) => {
        expect(mm).toBeCloseTo(n + 1, 5);
        expect(readNiftiHeader(bytes, false).voxelSizeMm[n]).toBeCloseTo(mm, 5);
      });
    }
  });
});

describe('axisCodes', () => {
  it('agrees with nibabel on oblique affines unless two axes are nearly tied', () => {
    const same = fixture.orientations.filter(
      (o) => axisCodes(Float64Array.from(o.affine)) === o.codes,
    ).length;
    // nibabel lets the first axis choose first, we the clearest; only near 45° can that differ.
    expect(same).toBeGreaterThanOrEqual(fixture.orientations.length - 8);
  });
});

describe('writing', () => {
  it('gives back the same bytes for every type, byte order and version', async () => {
    for (const { file, name } of fixture.cases) {
      const image = await readNifti(bytesOf(file));
      const raw = Buffer.from(file, 'base64');
      const { gunzipSync } = await import('node:zlib');
      const plain = image.gzipped ? gunzipSync(raw) : raw;
      expect(Buffer.compare(Buffer.from(niftiBytes(image)), plain), name).toBe(0);
    }
  });

  it('leaves no temporary file, no time and no name in the gzip header', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'refacade-nifti-'));
    const image = await readNifti(bytesOf(fixture.cases[0]!.file));
    await writeNifti(join(folder, 'secret-name.nii.gz'), image);
    expect(await readdir(folder)).toEqual(['secret-name.nii.gz']);
    const bytes = await readFile(join(folder, 'secret-name.nii.gz'));
    expect(bytes.subarray(3, 8).every((b) => b === 0)).toBe(true); // flags (no name) and mtime
    expect(bytes.includes('secret-name')).toBe(false);
    expect(Array.from((await readNifti(bytes)).volume.data)).toEqual(fixture.cases[0]!.stored);
  });

  it('a mask made on a scan lies on the same grid', async () => {
    for (const { file } of fixture.cases) {
      const image = await readNifti(bytesOf(file));
      const frame = image.volume.shape.slice(0, 3);
      const mask = {
        ...image.volume,
        data: new Uint8Array(frame[0]! * frame[1]! * frame[2]!),
        shape: frame,
        slope: 1,
        inter: 0,
      };
      const back = await readNifti(niftiBytes(newNifti(mask, 2, image)));
      image.volume.affine.forEach((v, n) => {
        expect(back.volume.affine[n]!).toBeCloseTo(v, 4);
      });
    }
  });

  it('a new header keeps its affine, by sform and by qform', async () => {
    for (const { affine, shape, stored } of fixture.cases) {
      const data = Float32Array.from(stored);
      const image = newNifti({ data, shape, affine: Float64Array.from(affine), slope: 1, inter: 0 });
      const bytes = niftiBytes(image);
      const bySform = await readNifti(bytes);
      new DataView(bytes.buffer).setInt16(254, 0, true);
      const byQform = await readNifti(bytes);
      affine.forEach((v, n) => {
        expect(bySform.volume.affine[n]!).toBeCloseTo(v, 4);
        expect(byQform.volume.affine[n]!).toBeCloseTo(v, 4);
      });
    }
  });
});

describe('hostile files are refused with a reason', () => {
  const good = niftiBytes(
    newNifti({
      data: new Int16Array(24),
      shape: [2, 3, 4],
      affine: Float64Array.of(1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1),
      slope: 1,
      inter: 0,
    }),
  );
  const changed = (edit: (view: DataView) => void) => {
    const copy = good.slice();
    edit(new DataView(copy.buffer));
    return copy;
  };
  it.each<[string, Uint8Array, RegExp]>([
    ['empty', new Uint8Array(0), /348 header bytes/],
    ['text', new TextEncoder().encode('x'.repeat(400)), /another kind of file/],
    ['cut short', good.subarray(0, good.length - 1), /cut short/],
    ['half a gzip stream', gzipSync(good).subarray(0, 60), /gzip/],
    ['RGB', changed((v) => v.setInt16(70, 128, true)), /RGB/],
    ['complex', changed((v) => v.setInt16(70, 32, true)), /complex/],
    ['unknown type', changed((v) => v.setInt16(70, 77, true)), /unknown type/],
    ['zero extent', changed((v) => v.setInt16(42, 0, true)), /positive extents/],
    ['nine dimensions', changed((v) => v.setInt16(40, 9, true)), /dimensions/],
    ['flat affine', changed((v) => v.setFloat32(280, 0, true)), /independent axes/],
    ['NaN affine', changed((v) => v.setFloat32(280, NaN, true)), /finite numbers/],
    ['pair', changed((v) => v.setUint8(345, 0x69)), /pair/],
  ])('%s', async (_, bytes, message) => {
    await expect(readNifti(bytes)).rejects.toThrow(NiftiError);
    await expect(readNifti(bytes)).rejects.toThrow(message);
  });
});

describe('reorient', () => {
  it('goes to all 48 orders and exactly back, each voxel keeping its place in the world', async () => {
    const { volume } = await readNifti(bytesOf(fixture.cases.find((c) => c.name === 'shape 3x4x2x3')!.file));
    for (const codes of allAxisCodes()) {
      const moved = reorient(volume, codes);
      expect(axisCodes(moved.affine)).toBe(codes);
      expect(reorientBack(moved.data, codes, volume)).toEqual(volume.data);
      const here = (v: typeof volume, i: number, j: number, k: number) =>
        [0, 4, 8].map(
          (r) => v.affine[r]! * i + v.affine[r + 1]! * j + v.affine[r + 2]! * k + v.affine[r + 3]!,
        );
      // The voxel of highest value, followed through the move.
      const frame = 24;
      const peak = (v: typeof volume) => {
        const n = v.data.subarray(0, frame).indexOf(Math.max(...v.data.subarray(0, frame)));
        return here(
          v,
          n % v.shape[0]!,
          Math.floor(n / v.shape[0]!) % v.shape[1]!,
          Math.floor(n / (v.shape[0]! * v.shape[1]!)),
        );
      };
      const values = volume.data.subarray(0, frame);
      const top = Math.max(...values);
      if (values.filter((x) => x === top).length > 1) throw new Error('fixture needs a single peak');
      peak(moved).forEach((v, n) => {
        expect(v).toBeCloseTo(peak(volume)[n]!, 6);
      });
    }
  });
});
