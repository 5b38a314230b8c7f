import type { Volume } from '../volume/volume.ts';
import { type Placement, toStored } from './place-planes.ts';
import { decodeStored, PixelError, type PixelFormat, putStored, storedRange } from './stored-pixels.ts';

/** The scan before and after the edit, on one grid; 4-D when the series is. */
export interface EditedPair {
  readonly original: Volume;
  readonly edited: Volume;
}

export interface EditedPixels {
  /** Pixel Data, native little endian. */
  readonly bytes: Uint8Array;
  /** Pixels whose voxel the edit changed. */
  readonly changed: number;
  /** The same for each plane, in their order (frame by frame). */
  readonly changedByPlane: readonly number[];
  readonly smallest: number;
  readonly largest: number;
}

/**
 * Puts the edit into the pixels of one instance.
 *
 * Native pixels are taken from the source as they are; only those whose voxel the edit changed are written.
 * Compressed pixels are taken from the original volume, which dcm2niix decoded.
 *
 * @param native Pixel Data of the source, little endian; null when compressed
 * @throws PixelError when an edited value does not fit the stored bits
 */
export function editPixels(
  native: Uint8Array | null,
  format: PixelFormat,
  { planes, rule, time }: Placement,
  { original, edited }: EditedPair,
): EditedPixels {
  const base = time * original.shape[0]! * original.shape[1]! * original.shape[2]!;
  const length = (format.count * format.bitsAllocated) / 8;
  const bytes = new Uint8Array(length + (length & 1));
  if (native) bytes.set(native.subarray(0, length));
  const values = native ? decodeStored(native, format) : new Float64Array(format.count);
  const view = new DataView(bytes.buffer);
  const [low, high] = storedRange(format);
  const changedByPlane: number[] = [];
  for (const { plane, first, columnStep, rowStep } of planes) {
    let changed = 0;
    for (let r = 0; r < plane.rows; r++) {
      for (let c = 0; c < plane.columns; c++) {
        const voxel = base + first + c * columnStep + r * rowStep;
        const before = original.data[voxel]!;
        const after = edited.data[voxel]!;
        if (before === after && native) continue;
        const pixel = plane.offset + r * plane.stride + c;
        const value = toStored(after, rule, edited, plane);
        if (!(value >= low && value <= high)) {
          throw new PixelError(
            `Expected edited values from ${low} to ${high} for this series, got ${value}.`,
          );
        }
        if (before !== after) changed++;
        values[pixel] = value;
        putStored(view, pixel, value, format);
      }
    }
    changedByPlane.push(changed);
  }
  let smallest = Number.POSITIVE_INFINITY;
  let largest = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value < smallest) smallest = value;
    if (value > largest) largest = value;
  }
  return { bytes, changed: changedByPlane.reduce((a, b) => a + b, 0), changedByPlane, smallest, largest };
}
