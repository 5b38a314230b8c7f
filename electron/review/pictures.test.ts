import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { headPhantom } from '../../build/phantom/head.ts';
import { diag } from '../../shared/geometry/affine.ts';
import { allAxisCodes } from '../../shared/geometry/orientation.ts';
import { newNifti, writeNifti } from '../volume/nifti.ts';
import { reorient } from '../volume/reorient.ts';
import type { Volume } from '../volume/volume.ts';
import { quietContext } from '../worker/task.ts';
import { makePictures, PictureGridError } from './pictures.ts';
import { drawLetter } from './pictures-font.ts';
import { SLICE_LETTERS, type SlicePlane, sliceRaster } from './pictures-slice.ts';
import type { Raster } from './png.ts';
import { reviewTasks } from './tasks.ts';

const PLANES: readonly SlicePlane[] = ['sagittal', 'coronal', 'axial'];

/** 20 × 24 × 28 voxels of 2 mm, RAS: dim everywhere, bright in the Left-Anterior-Superior octant. */
function octant(): Volume<Int16Array> {
  const [nx, ny, nz] = [20, 24, 28] as const;
  const data = new Int16Array(nx * ny * nz);
  for (let v = 0; v < data.length; v++) {
    const [i, j, k] = [v % nx, Math.floor(v / nx) % ny, Math.floor(v / (nx * ny))];
    data[v] = i < nx / 2 && j >= ny / 2 && k >= nz / 2 ? 900 : 100 + (v % 7);
  }
  const affine = diag(2, 2, 2);
  affine.set([-19], 3);
  affine.set([-23], 7);
  affine.set([-27], 11);
  return { data, shape: [nx, ny, nz], affine, slope: 1, inter: 0 };
}

const OPTIONS = { window: [0, 1000] as const, positionRas: [-9, 11, 13] as const, size: 280 };

/** Mean of the red channel in the quarter of the picture that lies on these sides, away from the letters. */
function quarter({ width, height, data }: Raster, side: 'left' | 'right', end: 'top' | 'bottom'): number {
  let [n, sum] = [0, 0];
  const x0 = side === 'left' ? 0.15 : 0.6;
  const y0 = end === 'top' ? 0.15 : 0.6;
  for (let y = Math.round(y0 * height); y < (y0 + 0.25) * height; y++)
    for (let x = Math.round(x0 * width); x < (x0 + 0.25) * width; x++) {
      sum += data[4 * (y * width + x)]!;
      n += 1;
    }
  return sum / n;
}

describe('slicePicture', () => {
  it.each([
    ['axial', 'right', 'top'],
    ['coronal', 'right', 'top'],
    ['sagittal', 'left', 'top'],
  ] as const)('lays the %s slice out in radiological convention', (plane, side, end) => {
    // The patient's left is on the picture's right; sagittal slices look to the left.
    const raster = sliceRaster(octant(), plane, OPTIONS);
    for (const s of ['left', 'right'] as const)
      for (const e of ['top', 'bottom'] as const) {
        const mean = quarter(raster, s, e);
        if (s === side && e === end) expect(mean).toBeGreaterThan(200);
        else expect(mean).toBeLessThan(40);
      }
  });

  it('draws the same picture, letters included, from all 48 axis orders', () => {
    const volume = octant();
    for (const plane of PLANES) {
      const expected = sliceRaster(volume, plane, OPTIONS).data;
      for (const codes of allAxisCodes())
        expect(
          Buffer.compare(sliceRaster(reorient(volume, codes), plane, OPTIONS).data, expected),
          `${plane} ${codes}`,
        ).toBe(0);
    }
  });

  it.each(PLANES)('puts the letters on the edges of the %s slice that they name', (plane) => {
    const raster = sliceRaster(octant(), plane, OPTIONS);
    const { width, height, data } = raster;
    const places = [
      [2, (height - 7) >> 1],
      [width - 7, (height - 7) >> 1],
      [(width - 5) >> 1, 2],
      [(width - 5) >> 1, height - 9],
    ] as const; // prettier-ignore
    const found = places.map(
      ([left, top]) =>
        ['L', 'R', 'A', 'P', 'S', 'I'].filter((letter) => {
          let same = true;
          drawLetter(letter, left, top, 1, (x, y, ink) => {
            if (data[4 * (y * width + x)] !== (ink ? 255 : 0)) same = false;
          });
          return same;
        })[0],
    );
    expect(found).toEqual(SLICE_LETTERS[plane]);
  });

  it('shows millimetres equally long in both directions', () => {
    const volume = { ...octant(), affine: diag(1, 1, 4) };
    const { width, height } = sliceRaster(volume, 'coronal', { size: 280 });
    expect([width, height]).toEqual([50, 280]); // 20 mm × 112 mm
  });

  it('outlines the mask in colour, and nothing where there is none', () => {
    const volume = octant();
    const mask = volume.data.map((value) => (value === 900 ? 1 : 0));
    const coloured = ({ data }: Raster) => {
      let n = 0;
      for (let p = 0; p < data.length; p += 4) if (data[p] !== data[p + 2]) n += 1;
      return n;
    };
    const raster = sliceRaster(volume, 'axial', { ...OPTIONS, mask });
    // Half of each side lies within the picture; the line is two pixels wide.
    const border = raster.width / 2 + raster.height / 2;
    expect(coloured(raster)).toBeGreaterThan(1.7 * border);
    expect(coloured(raster)).toBeLessThan(2.1 * border);
    expect(coloured(sliceRaster(volume, 'axial', { ...OPTIONS, mask: new Uint8Array(mask.length) }))).toBe(0);
  });
});

describe('makePictures', () => {
  let dir: string;
  const file = (name: string) => join(dir, name);

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'refacade-pictures-'));
    const head = headPhantom({ seed: 3, voxelSizeMm: 4, axisCodes: 'PSR', obliqueDegrees: [5, 0, 8] });
    const after = { ...head.volume, data: head.volume.data.map((v, n) => (head.faceMask[n] ? 0 : v)) };
    const mask = { ...head.volume, data: head.faceMask };
    await writeNifti(file('before.nii.gz'), newNifti(head.volume));
    await writeNifti(file('after.nii.gz'), newNifti(after));
    await writeNifti(file('mask.nii.gz'), newNifti(mask));
    await writeNifti(
      file('empty.nii.gz'),
      newNifti({ ...head.volume, data: new Int16Array(mask.data.length) }),
    );
    await writeNifti(file('other.nii.gz'), newNifti(headPhantom({ seed: 3, voxelSizeMm: 6 }).volume));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it('writes six views before and after, under final names only, the same twice', async () => {
    const params = {
      beforePath: file('before.nii.gz'),
      afterPath: file('after.nii.gz'),
      maskPath: file('mask.nii.gz'),
    };
    const first = await reviewTasks['review.pictures']({ ...params, outDir: file('a') }, quietContext);
    const { pictures } = await reviewTasks['review.pictures']({ ...params, outDir: file('b') }, quietContext);
    expect(pictures).toEqual(first.pictures);
    const names = ['before', 'after'].flatMap((stage) =>
      ['axial', 'coronal', 'front', 'left', 'right', 'sagittal'].map((view) => `${stage}-${view}.png`),
    );
    expect(readdirSync(file('a')).sort()).toEqual(names.sort());
    expect(pictures.map((picture) => picture.name).sort()).toEqual(names);
    for (const name of names)
      expect(readFileSync(file(`a/${name}`)).equals(readFileSync(file(`b/${name}`))), name).toBe(true);
    // The face is gone, so every view that crosses it differs.
    for (const view of ['front', 'left', 'right', 'sagittal', 'axial'])
      expect(
        readFileSync(file(`a/before-${view}.png`)).equals(readFileSync(file(`a/after-${view}.png`))),
      ).toBe(false);
  });

  it('adds a view between the front and the side when asked', async () => {
    const out = file('three-quarter');
    const pictures = await makePictures({
      beforePath: file('before.nii.gz'),
      afterPath: file('after.nii.gz'),
      outDir: out,
      threeQuarter: true,
    });
    expect(pictures).toHaveLength(14);
    const bytes = (view: string) => readFileSync(join(out, `before-${view}.png`));
    for (const view of ['front', 'left', 'right'])
      expect(bytes('three-quarter').equals(bytes(view)), view).toBe(false);
    expect(bytes('three-quarter').equals(readFileSync(join(out, 'after-three-quarter.png')))).toBe(false);
  });

  it('shows an emptied scan as emptiness instead of failing', async () => {
    mkdirSync(file('c'));
    const pictures = await makePictures({
      beforePath: file('before.nii.gz'),
      afterPath: file('empty.nii.gz'),
      outDir: file('c'),
    });
    expect(pictures).toHaveLength(12);
  });

  it('refuses two scans on different grids', async () => {
    const params = { beforePath: file('before.nii.gz'), afterPath: file('other.nii.gz'), outDir: file('d') };
    await expect(makePictures(params)).rejects.toThrow(PictureGridError);
  });

  it('stops when cancelled and leaves no half-written picture', async () => {
    const params = { beforePath: file('before.nii.gz'), afterPath: file('after.nii.gz'), outDir: file('e') };
    await expect(makePictures(params, { progress() {}, signal: AbortSignal.abort() })).rejects.toThrow();
    expect(readdirSync(file('e'))).toEqual([]);
  });
});
