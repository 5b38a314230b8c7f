import { apply, voxelVolumeMm3 } from '../../shared/geometry/affine.ts';
import type { Grid } from '../volume/resample.ts';
import { voxelsPerFrame } from '../volume/volume.ts';
import type { Block } from './network.ts';

/** How many channels are kept per voxel: at a meeting of structures three or four matter. */
export const KEPT = 6;
/** Entry of `channel` that stands for none. */
export const NONE = 255;
/** Probabilities below this are dropped per voxel (they still count in the volumes). */
const FLOOR = 0.002;
/** A centre of mass over millions of voxels would be drawn by near-zero probabilities far away. */
const CENTROID_FLOOR = 0.1;

/**
 * The network's probabilities on the conformed grid, the few that matter per voxel.
 *
 * All 37 channels of a whole head take 300 MB; the largest six take a tenth of it and give the same labels. Sums over
 * every voxel and channel are kept exactly, on the way in.
 */
export class ProbabilityMap {
  readonly grid: Grid;
  readonly channels: number;
  /** KEPT entries per voxel (i-fastest), most probable first; NONE beyond the last. */
  readonly channel: Uint8Array;
  readonly value: Float32Array;
  private readonly sums: Float64Array;
  /** Σp and Σp·(i, j, k) per channel, above the floor. */
  private readonly moments: Float64Array;

  constructor(grid: Grid, channels: number) {
    if (channels >= NONE) throw new RangeError(`Expected fewer than ${NONE} channels, got ${channels}.`);
    const count = voxelsPerFrame(grid.shape);
    this.grid = grid;
    this.channels = channels;
    this.channel = new Uint8Array(count * KEPT).fill(NONE);
    this.value = new Float32Array(count * KEPT);
    this.sums = new Float64Array(channels);
    this.moments = new Float64Array(channels * 4);
  }

  /** Takes a block's core; what lies in the padding is dropped. Each voxel is to be given once. */
  add(block: Block): void {
    const [nx, ny, nz] = this.grid.shape as [number, number, number];
    const { probabilities, shape, origin, from, to } = block;
    const plane = shape[0] * shape[1] * shape[2];
    const { channel, value, sums, moments } = this;
    const step = nx * ny * KEPT;
    const z1 = Math.min(to[2], nz);
    for (let x = from[0]; x < Math.min(to[0], nx); x++) {
      for (let y = from[1]; y < Math.min(to[1], ny); y++) {
        const row = (y - origin[1] + shape[1] * (x - origin[0])) * shape[2] - origin[2];
        const first = (x + nx * (y + ny * from[2])) * KEPT;
        for (let c = 0; c < this.channels; c++) {
          const at = c * plane + row;
          let [sum, mass, height] = [0, 0, 0];
          let base = first;
          for (let z = from[2]; z < z1; z++, base += step) {
            const p = probabilities[at + z]!;
            sum += p;
            if (!(p > FLOOR)) continue;
            if (p > CENTROID_FLOOR) {
              mass += p;
              height += p * z;
            }
            const end = base + KEPT - 1;
            if (value[end]! >= p) continue;
            let slot = end;
            for (; slot > base && value[slot - 1]! < p; slot--) {
              value[slot] = value[slot - 1]!;
              channel[slot] = channel[slot - 1]!;
            }
            value[slot] = p;
            channel[slot] = c;
          }
          sums[c]! += sum;
          moments[4 * c]! += mass;
          moments[4 * c + 1]! += mass * x;
          moments[4 * c + 2]! += mass * y;
          moments[4 * c + 3]! += height;
        }
      }
    }
  }

  /** Sum of a channel's probabilities × voxel volume. */
  volumeMm3(channel: number): number {
    return this.sums[channel]! * voxelVolumeMm3(this.grid.affine);
  }

  /** Probability-weighted middle of a channel, world mm; null where it is nowhere likelier than 0.1. */
  centroid(channel: number): [number, number, number] | null {
    const mass = this.moments[4 * channel]!;
    if (mass === 0) return null;
    const at = (n: number) => this.moments[4 * channel + n]! / mass;
    return apply(this.grid.affine, at(1), at(2), at(3));
  }
}
