import type { Volume } from '../volume/volume.ts';
import type { FramePlane, VoxelPlane } from './frame-planes.ts';
import { decodeStored, PixelError, type PixelFormat, putStored, storedRange } from './stored-pixels.ts';

/** The scan before and after the edit, on one grid; 4-D when the series is. */
export interface EditedPair {
  readonly original: Volume;
  readonly edited: Volume;
}

export interface EditedPixels {
  /** Pixel Data, native little endian. */
  readonly bytes: Uint8Array;
  /** Pixels whose stored value is not the source's. */
  readonly changed: number;
  readonly smallest: number;
  readonly largest: number;
  /** Which volume of a 4-D series this instance belongs to. */
  readonly time: number;
}

/** How a voxel value becomes a stored value: it is one, or it is what one means (per-slice rescale). */
export type ValueRule = 'stored' | 'rescaled';

/**
 * Puts the edit into the pixels of one instance.
 *
 * Native pixels are taken from the source as they are; only those whose voxel the edit changed are written.
 * Before that every voxel of the original is compared with the source pixel it is said to come from: a
 * single difference means that place or value rule is wrong, and nothing is written. Compressed pixels have
 * no such witness here and are taken from the original volume, which dcm2niix decoded.
 *
 * @param native Pixel Data of the source, little endian; null when compressed
 * @throws PixelError when the volume does not belong to the pixels or an edited value does not fit
 */
export function editPixels(
  native: Uint8Array | null,
  format: PixelFormat,
  planes: readonly VoxelPlane[],
  { original, edited }: EditedPair,
): EditedPixels {
  const perVolume = original.shape[0]! * original.shape[1]! * original.shape[2]!;
  const times = original.data.length / perVolume;
  const source = native ? decodeStored(native, format) : null;
  let rule: ValueRule;
  let time = 0;
  if (source) {
    const match = findRule(source, planes, original, perVolume, times);
    if (!match) {
      throw new PixelError(
        'The edited image and this instance disagree about pixels nobody edited; they do not belong together.',
      );
    }
    [rule, time] = match;
  } else {
    if (times > 1)
      throw new PixelError(
        'Compressed instances of a series over time cannot be told apart by their pixels.',
      );
    rule =
      original.data instanceof Float32Array || original.data instanceof Float64Array ? 'rescaled' : 'stored';
  }

  const bytesPerPixel = format.bitsAllocated / 8;
  const length = format.count * bytesPerPixel;
  const bytes = new Uint8Array(length + (length & 1));
  if (native) bytes.set(native.subarray(0, length));
  const view = new DataView(bytes.buffer);
  const [low, high] = storedRange(format);
  const values = source ?? new Float64Array(format.count);
  let changed = 0;
  for (const { plane, first, columnStep, rowStep } of planes) {
    for (let r = 0; r < plane.rows; r++) {
      for (let c = 0; c < plane.columns; c++) {
        const voxel = time * perVolume + first + c * columnStep + r * rowStep;
        const before = original.data[voxel]!;
        const after = edited.data[voxel]!;
        const pixel = plane.offset + r * plane.stride + c;
        if (before === after && source) continue;
        const value = toStored(after, rule, edited, plane);
        if (value < low || value > high) {
          throw new PixelError(
            `Expected edited values from ${low} to ${high} for this series, got ${value}.`,
          );
        }
        if (before !== after) changed++;
        values[pixel] = value;
        putStored(view, pixel, value, format);
      }
    }
  }
  let smallest = Number.POSITIVE_INFINITY;
  let largest = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value < smallest) smallest = value;
    if (value > largest) largest = value;
  }
  return { bytes, changed, smallest, largest, time };
}

/** Stored value for a voxel value. */
export function toStored(voxel: number, rule: ValueRule, volume: Volume, plane: FramePlane): number {
  if (rule === 'stored') return voxel;
  return Math.round((voxel * volume.slope + volume.inter - plane.intercept) / plane.slope);
}

/** The value rule and time point under which every pixel of every plane is its voxel. */
function findRule(
  source: ArrayLike<number>,
  planes: readonly VoxelPlane[],
  original: Volume,
  perVolume: number,
  times: number,
): [ValueRule, number] | null {
  for (const rule of ['stored', 'rescaled'] as const) {
    for (let time = 0; time < times; time++) {
      if (planes.every((plane) => agrees(source, plane, original, rule, time * perVolume)))
        return [rule, time];
    }
  }
  return null;
}

function agrees(
  source: ArrayLike<number>,
  at: VoxelPlane,
  original: Volume,
  rule: ValueRule,
  base: number,
): boolean {
  const { plane, first, columnStep, rowStep } = at;
  for (let r = 0; r < plane.rows; r++) {
    for (let c = 0; c < plane.columns; c++) {
      const voxel = original.data[base + first + c * columnStep + r * rowStep]!;
      if (toStored(voxel, rule, original, plane) !== source[plane.offset + r * plane.stride + c])
        return false;
    }
  }
  return true;
}
