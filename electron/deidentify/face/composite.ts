import { voxelSizes } from '../../../shared/geometry/affine.ts';
import { grow } from '../../volume/distance.ts';
import { datatypeOf, type NiftiImage } from '../../volume/nifti.ts';
import { type Volume, type VoxelArray, voxelsPerFrame } from '../../volume/volume.ts';
import type { FaceProposal } from './face-method.ts';
import { PERCENTILE_BINS, percentiles } from './head-start.ts';

export interface Composite {
  /** The edited image: same header bytes, type and scaling as the input. */
  readonly image: NiftiImage;
  /** Voxels that were edited (0/1, first three axes), after the brain was protected. */
  readonly changedMask: Uint8Array;
  readonly counts: {
    /** Voxels in the edit. */
    readonly edited: number;
    /** Voxels the method wanted but that belong to the protected brain; they stay as they were. */
    readonly refusedInBrain: number;
    /** Counted afterwards, not assumed: voxels with another value inside the brain and outside the edit. */
    readonly changedInBrain: number;
    readonly changedOutside: number;
    readonly removedMm3: number;
  };
}

/**
 * Pastes a face method's proposal into the native image and keeps the promises.
 *
 * No voxel within `marginMm` of the brain and none outside the proposal changes; every frame of a 4-D (or
 * higher) image is edited in the same place; header bytes, type and scaling are the input's own.
 *
 * @param brain 0/1 on the first three axes
 * @param protectedBrain the brain grown by `marginMm`
 * @throws RangeError when a mask is not on the image's grid
 */
export function composite(
  image: NiftiImage,
  brain: Uint8Array,
  proposal: FaceProposal,
  marginMm = 2,
  protectedBrain = grow(brain, image.volume.shape, voxelSizes(image.volume.affine), marginMm),
): Composite {
  const { volume } = image;
  const frame = voxelsPerFrame(volume.shape);
  const frames = volume.data.length / frame;
  const { mask } = proposal;
  if (brain.length !== frame || mask.length !== frame) {
    throw new RangeError(`Expected masks of ${frame} voxels (${volume.shape.slice(0, 3).join('×')}).`);
  }
  const edited = volume.data.slice() as VoxelArray;
  const changedMask = new Uint8Array(frame);
  let air: number | undefined; // looked for only where it is needed: it passes over the whole scan
  const airHere = () => {
    air ??= airValue(volume, image.datatype);
    return air;
  };
  let refusedInBrain = 0;
  for (let t = 0; t < frames; t++) {
    const values = proposal.values?.(t);
    for (let n = 0; n < frame; n++) {
      if (!mask[n]) continue;
      if (protectedBrain[n]) {
        if (t === 0) refusedInBrain++;
        continue;
      }
      changedMask[n] = 1;
      const value = values ? values[n]! : airHere();
      // A voxel that was not a number stays out of arithmetic: it becomes air, never a hole in the result.
      edited[t * frame + n] = Number.isFinite(value) ? storable(value, image.datatype) : airHere();
    }
  }
  let [changedInBrain, changedOutside, editedVoxels] = [0, 0, 0];
  for (let t = 0; t < frames; t++) {
    for (let n = 0; n < frame; n++) {
      if (Object.is(edited[t * frame + n], volume.data[t * frame + n])) continue;
      if (protectedBrain[n]) changedInBrain++;
      if (!changedMask[n]) changedOutside++;
    }
  }
  for (let n = 0; n < frame; n++) editedVoxels += changedMask[n]!;
  const [x, y, z] = voxelSizes(volume.affine);
  return {
    image: { ...image, volume: { ...volume, data: edited } },
    changedMask,
    counts: {
      edited: editedVoxels,
      refusedInBrain,
      changedInBrain,
      changedOutside,
      removedMm3: editedVoxels * x * y * z,
    },
  };
}

/** A value as it is stored: real as it is, whole numbers rounded and held inside the range of their type. */
function storable(value: number, datatype: number): number {
  const range = RANGES[datatype];
  return range ? Math.min(range[1], Math.max(range[0], Math.round(value))) : value;
}

/** Whole numbers by NIfTI datatype; those of 64 bits are held as doubles (see `nifti.ts`). */
const RANGES: Readonly<Record<number, readonly [number, number]>> = {
  2: [0, 255],
  256: [-128, 127],
  512: [0, 65535],
  4: [-32768, 32767],
  768: [0, 4294967295],
  8: [-2147483648, 2147483647],
  1280: [0, Number.MAX_SAFE_INTEGER],
  1024: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
};

/** Share of a scan's range that may lie below 0 where 0 still means air: ringing of a reconstruction. */
const BELOW_ZERO = 0.05;

/**
 * The stored value that means "air" in a scan.
 *
 * The stored value whose meaning is 0, when the scan holds such a value and nothing much below it (magnitude MRI);
 * otherwise the 1st percentile of what the values mean (e.g. −1000 in CT, −0.6 in a z-scored scan).
 *
 * @param datatype NIfTI code of the voxels, where they are not what their array says (64-bit integers)
 */
export function airValue(volume: Volume, datatype = datatypeOf(volume.data)): number {
  const frame = voxelsPerFrame(volume.shape);
  const values = new Float32Array(frame);
  let [min, max] = [Infinity, -Infinity];
  for (let n = 0; n < frame; n++) {
    const v = volume.data[n]!;
    values[n] = Number.isFinite(v) ? v : 0;
    min = Math.min(min, values[n]!);
    max = Math.max(max, values[n]!);
  }
  // Never −0: in a file of floats its sign would mark every emptied voxel.
  const zero = volume.slope === 0 ? 0 : (0 - volume.inter) / volume.slope + 0;
  const [first, middle, last] = percentiles(values, [1, 50, 99]) as [number, number, number];
  // With a negative slope the highest stored values are the darkest.
  const [low, high] = volume.slope < 0 ? [last, first] : [first, last];
  const below = volume.slope < 0 ? low - zero : zero - low;
  const integer = RANGES[datatype] !== undefined;
  // Percentiles are exact to half a bin; whole numbers are equal up to one.
  const exact = integer ? 1 : (max - min) / PERCENTILE_BINS;
  const most = (below > 0 ? BELOW_ZERO * Math.abs(high - low) : Math.abs(middle - low)) + exact;
  const held = !integer || Number.isInteger(zero);
  return storable(held && Math.abs(below) <= most ? zero : low, datatype);
}
