import { type Affine, invert, multiply } from '../../shared/geometry/affine.ts';
import type { Volume, VoxelArray } from './volume.ts';

/** Where voxels lie: three extents and voxel → world mm, RAS+. */
export interface Grid {
  readonly shape: readonly number[];
  readonly affine: Affine;
}

export interface ResampleOptions {
  /** `linear` interpolates values, `nearest` keeps labels. */
  readonly interpolation?: 'linear' | 'nearest';
  /** Value outside the source's field of view. */
  readonly outside?: number;
}

/**
 * Values of a volume's first frame on another grid.
 *
 * Real values (slope and inter applied). Half a voxel beyond the outermost voxel centres still counts as
 * inside; farther out the result is `outside`.
 *
 * @returns a Float32 volume on the target grid, slope 1, inter 0
 */
export function resample(source: Volume, target: Grid, options: ResampleOptions = {}): Volume<Float32Array> {
  const { interpolation = 'linear', outside = 0 } = options;
  const [nx, ny, nz] = target.shape as [number, number, number];
  const [sx, sy, sz] = source.shape as [number, number, number];
  const m = multiply(invert(source.affine), target.affine); // target index → source index
  const out = new Float32Array(nx * ny * nz);
  const { data, slope, inter } = source;
  const round = interpolation === 'nearest';
  let at = 0;
  for (let k = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      let x = m[1]! * j + m[2]! * k + m[3]!;
      let y = m[5]! * j + m[6]! * k + m[7]!;
      let z = m[9]! * j + m[10]! * k + m[11]!;
      for (let i = 0; i < nx; i++, at++, x += m[0]!, y += m[4]!, z += m[8]!) {
        if (!(x >= -0.5 && y >= -0.5 && z >= -0.5 && x <= sx - 0.5 && y <= sy - 0.5 && z <= sz - 0.5)) {
          out[at] = outside;
          continue;
        }
        const value = round ? nearest(data, sx, sy, sz, x, y, z) : linear(data, sx, sy, sz, x, y, z);
        out[at] = value * slope + inter;
      }
    }
  }
  return { data: out, shape: [nx, ny, nz], affine: target.affine, slope: 1, inter: 0 };
}

function nearest(
  data: VoxelArray,
  sx: number,
  sy: number,
  sz: number,
  x: number,
  y: number,
  z: number,
): number {
  const i = Math.min(sx - 1, Math.max(0, Math.round(x)));
  const j = Math.min(sy - 1, Math.max(0, Math.round(y)));
  const k = Math.min(sz - 1, Math.max(0, Math.round(z)));
  return data[i + sx * (j + sy * k)]!;
}

/** Trilinear value at a fractional index; beyond the border the border value holds. */
export function linear(
  data: VoxelArray,
  sx: number,
  sy: number,
  sz: number,
  x: number,
  y: number,
  z: number,
): number {
  if (x < 0) x = 0;
  else if (x > sx - 1) x = sx - 1;
  if (y < 0) y = 0;
  else if (y > sy - 1) y = sy - 1;
  if (z < 0) z = 0;
  else if (z > sz - 1) z = sz - 1;
  const i = x | 0;
  const j = y | 0;
  const k = z | 0;
  const fx = x - i;
  const fy = y - j;
  const fz = z - k;
  const a = i + sx * (j + sy * k);
  const di = i < sx - 1 ? 1 : 0;
  const dj = j < sy - 1 ? sx : 0;
  const dk = k < sz - 1 ? sx * sy : 0;
  const c00 = data[a]! + fx * (data[a + di]! - data[a]!);
  const c10 = data[a + dj]! + fx * (data[a + dj + di]! - data[a + dj]!);
  const c01 = data[a + dk]! + fx * (data[a + dk + di]! - data[a + dk]!);
  const c11 = data[a + dj + dk]! + fx * (data[a + dj + dk + di]! - data[a + dj + dk]!);
  const c0 = c00 + fy * (c10 - c00);
  const c1 = c01 + fy * (c11 - c01);
  return c0 + fz * (c1 - c0);
}
