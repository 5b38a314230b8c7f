import { type Affine, apply, diag, multiply, voxelSizes } from '../../shared/geometry/affine.ts';
import { type Grid, resample } from './resample.ts';
import { type Volume, voxelsPerFrame } from './volume.ts';

/**
 * The smallest grid along the world axes (RAS+) that holds a whole volume.
 *
 * @param spacingMm isotropic voxel size in mm
 */
export function worldGrid(volume: Volume, spacingMm: number): Grid {
  const [nx, ny, nz] = volume.shape as [number, number, number];
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  for (let corner = 0; corner < 8; corner++) {
    // Outer faces of the corner voxels, half a voxel beyond their centres.
    const p = apply(
      volume.affine,
      corner & 1 ? nx - 0.5 : -0.5,
      corner & 2 ? ny - 0.5 : -0.5,
      corner & 4 ? nz - 0.5 : -0.5,
    );
    for (let n = 0; n < 3; n++) {
      low[n] = Math.min(low[n]!, p[n]!);
      high[n] = Math.max(high[n]!, p[n]!);
    }
  }
  const shape = low.map((v, n) => Math.max(1, Math.ceil((high[n]! - v) / spacingMm - 1e-3)));
  const affine = diag(spacingMm, spacingMm, spacingMm);
  for (let n = 0; n < 3; n++) {
    affine[n * 4 + 3] = (low[n]! + high[n]!) / 2 - ((shape[n]! - 1) / 2) * spacingMm;
  }
  return { shape, affine };
}

/**
 * A volume's first frame on an isotropic grid along the world axes, as real values.
 *
 * Axes that are coarsened are averaged in whole blocks first, so fine detail does not fold into noise.
 * Oblique scans are interpolated; voxels outside the field of view are 0; values that are not finite count as 0.
 *
 * @param spacingMm target voxel size, mm
 * @param outside value outside the field of view
 * @returns Float32, RAS+, slope 1, inter 0
 */
export function conform(volume: Volume, spacingMm: number, outside = 0): Volume<Float32Array> {
  const factors = voxelSizes(volume.affine).map((size, n) =>
    Math.max(1, Math.min(volume.shape[n]!, Math.round(spacingMm / size))),
  ) as [number, number, number];
  return resample(averageBlocks(volume, factors), worldGrid(volume, spacingMm), { outside });
}

/** Means of blocks of voxels; an incomplete last block is the mean of what is there. */
export function averageBlocks(
  volume: Volume,
  factors: readonly [number, number, number],
): Volume<Float32Array> {
  const [nx, ny, nz] = volume.shape as [number, number, number];
  const [fx, fy, fz] = factors;
  const shape = [Math.ceil(nx / fx), Math.ceil(ny / fy), Math.ceil(nz / fz)] as [number, number, number];
  const out = new Float32Array(voxelsPerFrame(shape));
  const { data, slope, inter } = volume;
  const column = Int32Array.from({ length: nx }, (_, i) => Math.floor(i / fx));
  let from = 0;
  for (let k = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      const row = shape[0] * (Math.floor(j / fy) + shape[1] * Math.floor(k / fz));
      for (let i = 0; i < nx; i++, from++) {
        const value = data[from]! * slope + inter;
        const to = row + column[i]!;
        out[to]! += Number.isFinite(value) ? value : 0;
      }
    }
  }
  const voxelsIn = (block: number, factor: number, n: number) => Math.min(factor, n - block * factor);
  let to = 0;
  for (let k = 0; k < shape[2]; k++) {
    for (let j = 0; j < shape[1]; j++) {
      const others = voxelsIn(j, fy, ny) * voxelsIn(k, fz, nz);
      for (let i = 0; i < shape[0]; i++, to++) out[to]! /= voxelsIn(i, fx, nx) * others;
    }
  }
  const blocks: Affine = diag(fx, fy, fz);
  [fx, fy, fz].forEach((f, n) => {
    blocks[n * 4 + 3] = (f - 1) / 2; // centre of the first block
  });
  return { data: out, shape, affine: multiply(volume.affine, blocks), slope: 1, inter: 0 };
}
