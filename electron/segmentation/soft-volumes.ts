import { apply, voxelSizes, voxelVolumeMm3 } from '../../shared/geometry/affine.ts';
import { cleanLabels } from './clean-labels.ts';
import { KEPT, NONE, type ProbabilityMap } from './probability-map.ts';
import type { HeadSegmentation } from './segmentation.ts';

/** The rule by which {@link softVolumes} sums, as every segmentation records it. */
export const VOLUME_RULE = 'near-structure' satisfies HeadSegmentation['volumeRule'];

/** A structure's blurred rim lies within this; what lies farther is not it. Along each axis, mm. */
export const NEAR_MM = 6;
/** A centre of mass would be drawn by the rim's least probabilities, which depend on the neighbours. */
const CENTROID_FLOOR = 0.1;

export interface SoftVolume {
  /** Sum of probabilities near the structure × voxel volume. */
  readonly volumeMm3: number;
  /** Probability-weighted middle, world mm RAS+; null where the structure was not found. */
  readonly centroidRas: [number, number, number] | null;
}

/**
 * Volume and middle of every channel: its probabilities, summed near the voxels where it is the likeliest.
 *
 * The winning channel of each voxel of the conformed grid is cleaned as the label map is; a channel's probabilities count
 * within {@link NEAR_MM} of its cleaned voxels, in a cube. So a trace of probability in the face, which changes when the
 * face does, is no part of a hippocampus. Works on the conformed grid: the same for every grid a scan is stored on.
 *
 * @param brain 1 per channel that belongs to the brain
 * @param scattered 1 per channel that lies in many places by nature (fluid around the brain)
 */
export function softVolumes(map: ProbabilityMap, brain: Uint8Array, scattered: Uint8Array): SoftVolume[] {
  const { grid, channels, channel, value } = map;
  const [nx, ny] = grid.shape as [number, number, number];
  const near = nearMasks(map, brain, scattered);
  const sums = new Float64Array(channels);
  const moments = new Float64Array(4 * channels);
  const count = channel.length / KEPT;
  for (let n = 0; n < count; n++) {
    for (let e = n * KEPT; e < n * KEPT + KEPT; e++) {
      const c = channel[e]!;
      if (c === NONE) break;
      if (!(near[c >> 5]![n]! & (1 << (c & 31)))) continue;
      const p = value[e]!;
      sums[c]! += p;
      if (!(p > CENTROID_FLOOR)) continue;
      moments[4 * c]! += p;
      moments[4 * c + 1]! += p * (n % nx);
      moments[4 * c + 2]! += p * (Math.floor(n / nx) % ny);
      moments[4 * c + 3]! += p * Math.floor(n / (nx * ny));
    }
  }
  const voxelMm3 = voxelVolumeMm3(grid.affine);
  return Array.from({ length: channels }, (_, c) => {
    const mass = moments[4 * c]!;
    const at = (axis: number) => moments[4 * c + 1 + axis]! / mass;
    return {
      volumeMm3: sums[c]! * voxelMm3,
      centroidRas: mass === 0 ? null : apply(grid.affine, at(0), at(1), at(2)),
    };
  });
}

/** Bit `c % 32` of word `c / 32` of a voxel says that the voxel lies near channel c. */
function nearMasks(map: ProbabilityMap, brain: Uint8Array, scattered: Uint8Array): Uint32Array[] {
  const { shape, affine } = map.grid;
  const count = map.channel.length / KEPT;
  const winner = new Uint8Array(count);
  for (let n = 0; n < count; n++) winner[n] = map.channel[n * KEPT]!;
  cleanLabels(winner, shape, brain, scattered);
  const words = Array.from({ length: Math.ceil(map.channels / 32) }, () => new Uint32Array(count));
  for (let n = 0; n < count; n++) {
    const c = winner[n]!;
    if (c !== NONE) words[c >> 5]![n] = 1 << (c & 31);
  }
  const [nx, ny, nz] = shape as [number, number, number];
  const sizes = voxelSizes(affine);
  for (const bits of words) {
    for (const [axis, stride, length] of [
      [0, 1, nx],
      [1, nx, ny],
      [2, nx * ny, nz],
    ] as const) {
      spread(bits, stride, length, Math.round(NEAR_MM / sizes[axis]!));
    }
  }
  return words;
}

/** ORs every voxel with its neighbours up to `reach` steps along one axis, in place. */
function spread(bits: Uint32Array, stride: number, length: number, reach: number): void {
  const line = new Uint32Array(length);
  const block = stride * length;
  for (let start = 0; start < bits.length; start += block) {
    for (let offset = 0; offset < stride; offset++) {
      const first = start + offset;
      for (let i = 0; i < length; i++) line[i] = bits[first + i * stride]!;
      for (let i = 0; i < length; i++) {
        let any = 0;
        const end = Math.min(length - 1, i + reach);
        for (let m = Math.max(0, i - reach); m <= end; m++) any |= line[m]!;
        bits[first + i * stride] = any;
      }
    }
  }
}
