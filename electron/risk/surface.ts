import type { Volume } from '../volume/volume.ts';
import { resampleToRas } from './ras-grid.ts';

/**
 * The outer surface of a head (or of whatever is bright in the scan) as a level set on a regular RAS grid.
 *
 * `field` is positive inside, negative outside and zero on the surface; trilinear interpolation of it gives
 * the surface to a fraction of a voxel. Grid point (i, j, k) lies at `originRas + voxelSizeMm · (i, j, k)`.
 */
export interface HeadSurface {
  readonly field: Float32Array;
  /** The field smoothed once more: its gradient is the surface normal used for shading. */
  readonly shading: Float32Array;
  readonly shape: readonly [number, number, number];
  readonly voxelSizeMm: number;
  readonly originRas: readonly [number, number, number];
  /** Scan value (after slope and intercept) that separates air from tissue. */
  readonly threshold: number;
  /** Typical air and tissue values of the scan. */
  readonly airValue: number;
  readonly tissueValue: number;
}

export interface SurfaceOptions {
  /** Spacing of the working grid in mm; the default is the scan's own, kept between 1.5 and 2. */
  readonly voxelSizeMm?: number;
  /** Levels of another scan of the same head, so that before and after are cut alike. */
  readonly levels?: Pick<HeadSurface, 'threshold' | 'airValue' | 'tissueValue'>;
}

/**
 * Head surface of any scan: any axis order, oblique, any contrast in which tissue is brighter than air.
 *
 * Air and tissue are told apart by Otsu's threshold on a smoothed RAS copy, lowered towards air so that dim
 * skin stays in; the largest connected piece is the head (noise and wrapped-around parts fall away); what air
 * cannot reach from outside is inside. Near the skin the level is half of the local tissue value, which is
 * where a blurred step edge has its true place.
 *
 * A skull-stripped scan gives the surface of the brain. Frames after the first of a 4-D scan are ignored.
 *
 * @throws NoSurfaceError when no voxel is brighter than air
 * @see Otsu 1979, IEEE Trans. SMC 9(1)
 */
export function headSurface(volume: Volume, options: SurfaceOptions = {}): HeadSurface {
  const grid = resampleToRas(volume, options.voxelSizeMm);
  const { shape } = grid;
  const values = smooth(grid.data, shape);
  const levels = options.levels ?? findLevels(values);
  const { threshold, airValue, tissueValue } = levels;

  const head = largestPiece(values, shape, threshold);
  if (head === undefined)
    throw new NoSurfaceError('expected tissue brighter than air in the scan, found one value throughout');
  const outside = reachableAir(head, shape);
  const localTissue = localMaximum(values, shape);

  const field = new Float32Array(values.length);
  const halfTissue = 0.5 * (tissueValue - airValue);
  const floor = threshold - airValue;
  for (let v = 0; v < field.length; v++) {
    if (head[v] === 0) {
      // Air the outside cannot reach is filled; everything else outside the head is out, however bright.
      const signed = (values[v]! - threshold) / floor;
      field[v] = outside[v] === 0 ? 1 : Math.max(-1, Math.min(-1e-3, signed));
      continue;
    }
    const level = Math.max(floor, Math.min(halfTissue, 0.5 * (localTissue[v]! - airValue)));
    field[v] = Math.max(-1, Math.min(1, (values[v]! - airValue - level) / level));
  }
  const { voxelSizeMm, originRas } = grid;
  const shading = smooth(smooth(field, shape), shape);
  return { field, shading, shape, voxelSizeMm, originRas, threshold, airValue, tissueValue };
}

/** The scan holds nothing that could be a surface. */
export class NoSurfaceError extends Error {
  override readonly name = 'NoSurfaceError';
}

/** Air value, tissue value and the threshold between them, from the histogram of a smoothed scan. */
export function findLevels(
  values: Float32Array,
): Pick<HeadSurface, 'threshold' | 'airValue' | 'tissueValue'> {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (!(high > low)) return { threshold: low, airValue: low, tissueValue: low };

  // Two passes: the first finds where the brightest thousandth begins, so that a few hot voxels do not
  // squeeze everything else into one bin.
  const wide = histogram(values, low, high);
  const top = quantileOf(wide, 0.999, low, high);
  const bins = histogram(values, low, top);
  const otsu = otsuBin(bins);
  const width = (top - low) / bins.length;
  const airValue = low + (medianBin(bins, 0, otsu) + 0.5) * width;
  const tissueValue = low + (medianBin(bins, otsu + 1, bins.length - 1) + 0.5) * width;

  // Noise of the air: the 95th percentile of what lies below Otsu's threshold is still air in every scan
  // with a margin around the head, and is a fraction of skin.
  const airTop = low + (fractionBin(bins, 0, otsu, 0.9) + 1) * width;
  const quarter = airValue + 0.25 * (tissueValue - airValue);
  const threshold = Math.max(quarter, Math.min(airTop, airValue + 0.4 * (tissueValue - airValue)));
  return { threshold, airValue, tissueValue };
}

const BINS = 512;

function histogram(values: Float32Array, low: number, high: number): Float64Array {
  const bins = new Float64Array(BINS);
  const scale = BINS / (high - low);
  for (const value of values) {
    const bin = Math.floor((value - low) * scale);
    bins[bin < 0 ? 0 : bin >= BINS ? BINS - 1 : bin]! += 1;
  }
  return bins;
}

function quantileOf(bins: Float64Array, fraction: number, low: number, high: number): number {
  return low + ((fractionBin(bins, 0, BINS - 1, fraction) + 1) * (high - low)) / BINS;
}

function fractionBin(bins: Float64Array, from: number, to: number, fraction: number): number {
  let total = 0;
  for (let b = from; b <= to; b++) total += bins[b]!;
  let seen = 0;
  for (let b = from; b <= to; b++) {
    seen += bins[b]!;
    if (seen >= fraction * total) return b;
  }
  return to;
}

function medianBin(bins: Float64Array, from: number, to: number): number {
  return fractionBin(bins, from, to, 0.5);
}

/** Last bin of the darker class that maximises the variance between two classes. */
function otsuBin(bins: Float64Array): number {
  let total = 0;
  let sum = 0;
  for (let b = 0; b < bins.length; b++) {
    total += bins[b]!;
    sum += b * bins[b]!;
  }
  let best = 0;
  let bestVariance = -1;
  let count = 0;
  let partial = 0;
  for (let b = 0; b < bins.length - 1; b++) {
    count += bins[b]!;
    partial += b * bins[b]!;
    if (count === 0 || count === total) continue;
    const difference = partial / count - (sum - partial) / (total - count);
    const variance = count * (total - count) * difference * difference;
    if (variance > bestVariance) {
      bestVariance = variance;
      best = b;
    }
  }
  return best;
}

/** Separable binomial smoothing (¼ ½ ¼), the discrete Gaussian of sigma 0.71 voxels. */
export function smooth(source: Float32Array, shape: readonly [number, number, number]): Float32Array {
  const strides = [1, shape[0], shape[0] * shape[1]];
  let from = source;
  for (let axis = 0; axis < 3; axis++) {
    const stride = strides[axis]!;
    const extent = shape[axis]!;
    const to = new Float32Array(from.length);
    const block = stride * extent;
    for (let start = 0; start < from.length; start += block) {
      for (let n = 0; n < extent; n++) {
        const before = n === 0 ? 0 : stride;
        const after = n === extent - 1 ? 0 : stride;
        const row = start + n * stride;
        for (let v = row; v < row + stride; v++)
          to[v] = 0.5 * from[v]! + 0.25 * (from[v - before]! + from[v + after]!);
      }
    }
    from = to;
  }
  return from;
}

/** Separable maximum over the 3 × 3 × 3 neighbourhood. */
function localMaximum(source: Float32Array, shape: readonly [number, number, number]): Float32Array {
  const strides = [1, shape[0], shape[0] * shape[1]];
  let from = source;
  for (let axis = 0; axis < 3; axis++) {
    const stride = strides[axis]!;
    const extent = shape[axis]!;
    const to = new Float32Array(from.length);
    const block = stride * extent;
    for (let start = 0; start < from.length; start += block) {
      for (let n = 0; n < extent; n++) {
        const before = n === 0 ? 0 : stride;
        const after = n === extent - 1 ? 0 : stride;
        const row = start + n * stride;
        for (let v = row; v < row + stride; v++)
          to[v] = Math.max(from[v]!, from[v - before]!, from[v + after]!);
      }
    }
    from = to;
  }
  return from;
}

/** What a voxel is to the flood: `open` ones may be entered. */
const OPEN = 1;
const ENTERED = 2;

/**
 * Mask of the largest 6-connected set of voxels above the threshold, or `undefined` when there is none.
 *
 * The grid's outermost layer is padding and never above the threshold.
 */
function largestPiece(
  values: Float32Array,
  shape: readonly [number, number, number],
  threshold: number,
): Uint8Array | undefined {
  const state = new Uint8Array(values.length);
  for (let v = 0; v < state.length; v++) if (values[v]! > threshold) state[v] = OPEN;
  // Pieces follow each other in the queue, so the largest is a stretch of it.
  const queue = new Int32Array(values.length);
  let end = 0;
  let [from, to] = [0, 0];
  for (let seed = 0; seed < state.length; seed++) {
    if (state[seed] !== OPEN) continue;
    const start = end;
    state[seed] = ENTERED;
    queue[end++] = seed;
    end = flood(state, queue, start, end, shape);
    if (end - start > to - from) [from, to] = [start, end];
  }
  if (to === from) return undefined;
  const mask = new Uint8Array(values.length);
  for (let n = from; n < to; n++) mask[queue[n]!] = 1;
  return mask;
}

/** Air connected with the outermost layer of the grid, which is air because the grid is padded. */
function reachableAir(head: Uint8Array, shape: readonly [number, number, number]): Uint8Array {
  const [nx, ny, nz] = shape;
  const state = new Uint8Array(head.length);
  const queue = new Int32Array(head.length);
  let end = 0;
  let v = 0;
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, v++) {
        if (i === 0 || j === 0 || k === 0 || i === nx - 1 || j === ny - 1 || k === nz - 1) {
          state[v] = ENTERED;
          queue[end++] = v;
        } else if (head[v] === 0) state[v] = OPEN;
      }
  flood(state, queue, 0, end, shape);
  return state.map((s) => (s === ENTERED ? 1 : 0));
}

/**
 * Breadth-first 6-connected walk through open voxels from those queued in [start, end); returns the new end.
 *
 * Needs no border checks: a step over the border lands on the outermost layer of another row, which is never
 * open, or beyond the array.
 */
function flood(
  state: Uint8Array,
  queue: Int32Array,
  start: number,
  end: number,
  shape: readonly [number, number, number],
): number {
  const row = shape[0];
  const slab = shape[0] * shape[1];
  const steps = [-1, 1, -row, row, -slab, slab];
  for (let at = start; at < end; at++)
    for (let s = 0; s < 6; s++) {
      const v = queue[at]! + steps[s]!;
      if (state[v] !== OPEN) continue;
      state[v] = ENTERED;
      queue[end++] = v;
    }
  return end;
}
