import { type Affine, fromColumns, voxelSizes } from '../../shared/geometry/affine.ts';
import { resample } from '../volume/resample.ts';
import { type Volume, voxelsPerFrame } from '../volume/volume.ts';
import { findLevels } from './levels.ts';

/** Scan values on a regular grid whose axes are Right, Anterior, Superior. */
export interface RasGrid {
  /** Values after slope and intercept, i-fastest. */
  readonly data: Float32Array;
  readonly shape: readonly [number, number, number];
  readonly voxelSizeMm: number;
  /** Position of grid point (0, 0, 0), mm. */
  readonly originRas: readonly [number, number, number];
  /** What the grid holds beyond the scan: air, 0 or its noise in MR, about −1000 in CT. */
  readonly outside: number;
}

/** Grid points of air added on every side, so that a head cut by the field of view still has a closed surface. */
export const PADDING = 2;

/**
 * The first frame of a scan, interpolated trilinearly onto an axis-aligned RAS grid that covers it whole.
 *
 * @param voxelSizeMm grid spacing; by default the scan's smallest voxel edge, kept between 1.5 and 2 mm, which
 *   is what a face needs and a laptop affords
 * @param outside what the grid holds beyond the scan; by default the scan's typical air
 */
export function resampleToRas(volume: Volume, voxelSizeMm?: number, outside = typicalAir(volume)): RasGrid {
  const h = voxelSizeMm ?? Math.min(2, Math.max(1.5, Math.min(...voxelSizes(volume.affine))));
  const box = worldBox(volume.affine, volume.shape);
  const shape = [0, 0, 0] as [number, number, number];
  const originRas = [0, 0, 0] as [number, number, number];
  for (let axis = 0; axis < 3; axis++) {
    const [low, high] = box[axis]!;
    shape[axis] = Math.floor((high - low) / h + 1e-6) + 1 + 2 * PADDING;
    // The grid is centred in the box, so that mirrored scans give mirrored grids.
    originRas[axis] = (low + high) / 2 - ((shape[axis]! - 1) / 2) * h;
  }
  const affine = fromColumns([h, 0, 0], [0, h, 0], [0, 0, h], originRas);
  const { data } = resample(volume, { shape, affine }, { outside });
  for (let v = 0; v < data.length; v++) if (!Number.isFinite(data[v]!)) data[v] = outside;
  return { data, shape, voxelSizeMm: h, originRas, outside };
}

/** [least, most] position of the voxel centres along each world axis, mm. */
function worldBox(affine: Affine, extents: readonly number[]): [number, number][] {
  return [0, 1, 2].map((row) => {
    let low = affine[4 * row + 3]!;
    let high = low;
    for (let column = 0; column < 3; column++) {
      const reach = affine[4 * row + column]! * (extents[column]! - 1);
      if (reach < 0) low += reach;
      else high += reach;
    }
    return [low, high];
  });
}

/** Median of the darker of the scan's two classes; a hundred thousand voxels tell it. */
function typicalAir({ data, shape, slope, inter }: Volume): number {
  const voxels = voxelsPerFrame(shape);
  const stride = Math.max(1, Math.floor(voxels / 100_000));
  const sample = new Float32Array(Math.floor((voxels - 1) / stride) + 1);
  let n = 0;
  for (let v = 0; v < voxels; v += stride) {
    const value = slope * data[v]! + inter;
    if (Number.isFinite(value)) sample[n++] = value;
  }
  return n === 0 ? 0 : findLevels(sample.subarray(0, n)).airValue;
}
