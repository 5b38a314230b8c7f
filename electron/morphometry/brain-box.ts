import { voxelSizes, voxelVolumeMm3 } from '../../shared/geometry/affine.ts';
import { boxOf } from '../volume/distance.ts';
import { type Volume, voxelsPerFrame } from '../volume/volume.ts';

/**
 * The brain's voxels cut out of a scan, with an empty shell around them.
 *
 * Every array of the tissue engine lives on this smaller grid, so neighbours need no bounds checks: the
 * shell guarantees that `inside[m] ± stride` stays on the grid.
 */
export interface BrainBox {
  /** Extents of the box, shell included. */
  readonly shape: readonly [number, number, number];
  readonly voxelSizeMm: readonly [number, number, number];
  readonly voxelVolumeMm3: number;
  /** Box index of each brain voxel, ascending. */
  readonly inside: Int32Array;
  /** Index of the same voxel in the scan's first frame. */
  readonly source: Int32Array;
  /** Value (slope · stored + inter) of each brain voxel, in the order of `inside`. */
  readonly values: Float32Array;
}

/**
 * Cuts the brain out of the first frame of a scan.
 *
 * @param volume scan, 3-D or more; only the first frame is read
 * @param brain 0 or 1 per voxel of that frame
 * @throws RangeError when the mask does not have one value per voxel of the frame
 */
export function cutBrainBox(volume: Volume, brain: Uint8Array): BrainBox {
  const [nx, ny, nz] = [volume.shape[0]!, volume.shape[1]!, volume.shape[2]!];
  if (brain.length !== voxelsPerFrame(volume.shape)) {
    throw new RangeError(
      `Expected a brain mask of ${nx} × ${ny} × ${nz} = ${nx * ny * nz} voxels, got ${brain.length}; extract the brain on the scan's own grid.`,
    );
  }
  const bounds = boxOf(brain, volume.shape, [0, 0, 0]);
  const low = bounds?.low ?? [0, 0, 0];
  const count = brain.reduce((n, value) => (value === 0 ? n : n + 1), 0);
  const shape: [number, number, number] =
    bounds === null ? [3, 3, 3] : [bounds.size[0] + 2, bounds.size[1] + 2, bounds.size[2] + 2];
  const inside = new Int32Array(count);
  const source = new Int32Array(count);
  const values = new Float32Array(count);
  const { data, slope, inter } = volume;
  let m = 0;
  for (let k = 1; k < shape[2] - 1; k++) {
    for (let j = 1; j < shape[1] - 1; j++) {
      for (let i = 1; i < shape[0] - 1; i++) {
        const v = i - 1 + low[0] + nx * (j - 1 + low[1] + ny * (k - 1 + low[2]));
        if (count === 0 || brain[v] === 0) continue;
        inside[m] = i + shape[0] * (j + shape[1] * k);
        source[m] = v;
        values[m] = slope * data[v]! + inter;
        m++;
      }
    }
  }
  return {
    shape,
    voxelSizeMm: voxelSizes(volume.affine),
    voxelVolumeMm3: voxelVolumeMm3(volume.affine),
    inside,
    source,
    values,
  };
}
