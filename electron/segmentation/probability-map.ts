import type { Grid } from '../volume/resample.ts';
import { voxelsPerFrame } from '../volume/volume.ts';
import type { Block } from './network.ts';

/** How many channels are kept per voxel: at a meeting of structures three or four matter. */
export const KEPT = 6;
/** Entry of `channel` that stands for none. */
export const NONE = 255;
/** Probabilities below this are dropped per voxel. */
const FLOOR = 0.002;

/**
 * The network's probabilities on the conformed grid, the few that matter per voxel.
 *
 * All 37 channels of a whole head take 300 MB; the largest six take a tenth of it and give the same labels and volumes.
 */
export class ProbabilityMap {
  readonly grid: Grid;
  readonly channels: number;
  /** KEPT entries per voxel (i-fastest), most probable first; NONE beyond the last. */
  readonly channel: Uint8Array;
  readonly value: Float32Array;
  private readonly sums: Float64Array;

  constructor(grid: Grid, channels: number) {
    if (channels >= NONE) throw new RangeError(`Expected fewer than ${NONE} channels, got ${channels}.`);
    const count = voxelsPerFrame(grid.shape);
    this.grid = grid;
    this.channels = channels;
    this.channel = new Uint8Array(count * KEPT).fill(NONE);
    this.value = new Float32Array(count * KEPT);
    this.sums = new Float64Array(channels);
  }

  /** Takes a block's core; what lies in the padding is dropped. Each voxel is to be given once. */
  add(block: Block): void {
    const [nx, ny, nz] = this.grid.shape as [number, number, number];
    const { probabilities, shape, origin, from, to } = block;
    const plane = shape[0] * shape[1] * shape[2];
    const { channel, value, sums } = this;
    const step = nx * ny * KEPT;
    const z1 = Math.min(to[2], nz);
    for (let x = from[0]; x < Math.min(to[0], nx); x++) {
      for (let y = from[1]; y < Math.min(to[1], ny); y++) {
        const row = (y - origin[1] + shape[1] * (x - origin[0])) * shape[2] - origin[2];
        const first = (x + nx * (y + ny * from[2])) * KEPT;
        for (let c = 0; c < this.channels; c++) {
          const at = c * plane + row;
          let sum = 0;
          let base = first;
          for (let z = from[2]; z < z1; z++, base += step) {
            const p = probabilities[at + z]!;
            sum += p;
            if (!(p > FLOOR)) continue;
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
        }
      }
    }
  }

  /**
   * Sum of a channel's probabilities over the whole head, counted exactly, as voxels of the grid.
   *
   * What the limits of the checks were set with; volumes are summed near their structure, see `softVolumes`.
   */
  everywhere(channel: number): number {
    return this.sums[channel]!;
  }
}
