import type { Grid } from '../volume/resample.ts';
import { voxelsPerFrame } from '../volume/volume.ts';
import type { Block, Shape3 } from './network.ts';

/** How many channels are kept per voxel: at a meeting of structures three or four matter. */
export const KEPT = 6;
/** Entry of `channel` that stands for none. */
export const NONE = 255;
/** Probabilities below this are dropped per voxel. */
const FLOOR = 0.002;

/** Where the values of a block lie, and which voxels of the map they are for. */
interface Layout {
  /** Voxels of the map along each axis for one of the block. */
  readonly stride: number;
  /** The block's voxel that the map begins with. */
  readonly first: Shape3;
  readonly offset: Shape3;
  /** Values from one channel to the next; all the block's voxels when absent. */
  readonly channelStep?: number;
  readonly start: number;
}

const WHOLE: Layout = { stride: 1, first: [0, 0, 0], offset: [0, 0, 0], start: 0 };

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
    this.put(block, WHOLE);
  }

  /**
   * Takes the core of a block whose every voxel is told in eight parts: this map's grid has half its spacing.
   *
   * @param block channels × 8 × x × y × z; part 4 i + 2 j + k lies at offset (i, j, k) inside the voxel
   * @param first the block's voxel whose parts this map begins with
   */
  addParts(block: Block, first: Shape3): void {
    const plane = block.shape[0] * block.shape[1] * block.shape[2];
    for (let part = 0; part < 8; part++) {
      const offset: Shape3 = [part >> 2, (part >> 1) & 1, part & 1];
      this.put(block, { stride: 2, first, offset, channelStep: 8 * plane, start: part * plane });
    }
  }

  private put(block: Block, { stride, first, offset, channelStep, start }: Layout): void {
    const [nx, ny, nz] = this.grid.shape as [number, number, number];
    const { probabilities, shape, origin, from, to } = block;
    const plane = channelStep ?? shape[0] * shape[1] * shape[2];
    const { channel, value, sums } = this;
    const step = nx * ny * KEPT * stride;
    const end = (axis: number, n: number) =>
      Math.min(to[axis]!, first[axis]! + Math.ceil((n - offset[axis]!) / stride));
    const [x1, y1, z1] = [end(0, nx), end(1, ny), end(2, nz)];
    for (let x = from[0]; x < x1; x++) {
      for (let y = from[1]; y < y1; y++) {
        const row = start + (y - origin[1] + shape[1] * (x - origin[0])) * shape[2] - origin[2];
        const [i, j, k] = [x, y, from[2]].map((v, n) => stride * (v - first[n]!) + offset[n]!) as [
          number,
          number,
          number,
        ];
        const begin = (i + nx * (j + ny * k)) * KEPT;
        for (let c = 0; c < this.channels; c++) {
          const at = c * plane + row;
          let sum = 0;
          let base = begin;
          for (let z = from[2]; z < z1; z++, base += step) {
            const p = probabilities[at + z]!;
            sum += p;
            if (!(p > FLOOR)) continue;
            const last = base + KEPT - 1;
            if (value[last]! >= p) continue;
            let slot = last;
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
