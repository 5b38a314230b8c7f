import { apply, invert, multiply, type Vec3 } from '../../../shared/geometry/affine.ts';
import { squaredDistanceTo } from '../../volume/distance.ts';
import { type Grid, linear, resample } from '../../volume/resample.ts';
import type { Volume } from '../../volume/volume.ts';
import { averageDistance } from './average-on-scan.ts';
import { type AverageHead, type FaceFrame, REGION } from './face-frame.ts';
import type { FaceInput } from './face-method.ts';
import { type HeadShape, headShape, SHAPE_MM } from './head-shape.ts';
import { chosenRegions, extendedRegions, flattened, regionBits } from './regions.ts';
import { fillVoids, skinVoids, withoutVoids } from './voids.ts';

/** Where a method with regions may edit: on the scan's grid, and softly on the 2 mm grid of shapes. */
export interface EditPlan {
  readonly average: AverageHead;
  readonly frame: FaceFrame;
  /** Distance to the average head's skin on the working grid, mm of the scan. */
  readonly averageSkin: Float32Array;
  /** Its skin goes on in front of {@link voids}. */
  readonly head: HeadShape;
  /** Working grid, 0/1: where the scan shows nothing although the head goes on; null: nowhere. */
  readonly voids: Uint8Array | null;
  /** Native grid, 0/1: everything that may change, air of the `wrap` region included. */
  readonly mask: Uint8Array;
  /** Working grid, 0/1: the regions without the protected brain, without `wrap`. */
  readonly workMask: Uint8Array;
  /** Working grid, 0/1: the brain with a margin. */
  readonly workBrain: Uint8Array;
  /** Working grid: 0 at the border of the edit, 1 from `seamMm` inside it. */
  readonly weight: Float32Array;
  /** Working grid: bits of REGION, chosen or not; 0 where no region of the average head lies. */
  readonly bits: Uint8Array;
  /** Native voxel index → working voxel index. */
  readonly toWork: Float64Array;
}

/** Distance from the brain that shapes keep, mm; the compositor's margin of 2 mm lies inside it. */
const SHAPE_MARGIN_MM = 4;
/** An ear is too thin for a wide seam: half of it would stay. */
const EAR_SEAM_MM = 4;
/** Air counts as away from the head from here on, mm. */
const AIR_MM = 3;

/**
 * @param cut for methods that remove: regions with a smooth back, grown by some millimetres
 * @throws Error when the average head is missing: callers check `needsAverage` first
 */
export function planEdit(input: FaceInput, seamMm: number, cut?: { readonly growMm: number }): EditPlan {
  const { average, frame, volume, params } = input;
  if (!average || !frame) throw new Error('Expected an average head and its place in the scan.');
  const found = headShape(volume, input.threshold, input.work);
  input.signal.throwIfAborted();
  const growMm = cut?.growMm ?? 0;
  const extended = extendedRegions(average);
  const bits = cut ? flattened(extended, average) : extended;
  const workBits = regionBits(bits, average, frame, found.work);
  const front = workBits.map((b) => (b & (REGION.face | REGION.mouth) ? 1 : 0));
  const averageSkin = averageDistance({ average, frame, head: found });
  const voids = skinVoids(found, averageSkin, front);
  const head = voids ? withoutVoids(found, voids) : found;
  const workBrain = brainOnWork(volume, input.brain, head.work);
  const wanted = chosenRegions(workBits, params);
  const sizes = [SHAPE_MM, SHAPE_MM, SHAPE_MM] as const;
  const grown = growMm > 0 ? squaredDistanceTo(wanted, head.work.shape, sizes) : null;
  const workMask = new Uint8Array(wanted.length);
  for (let n = 0; n < wanted.length; n++) {
    if ((wanted[n] || (grown && grown[n]! <= growMm * growMm)) && !workBrain[n]) workMask[n] = 1;
  }
  const weight = seamWeight(workMask, head.work.shape, (n) =>
    workBits[n]! & REGION.ears ? Math.min(seamMm, EAR_SEAM_MM) : seamMm,
  );
  if (voids) fillVoids(weight, workMask, voids, head.work.shape);
  input.signal.throwIfAborted();

  const nativeBits = regionBits(bits, average, frame, volume);
  const mask = chosenRegions(nativeBits, params);
  const toWork = multiply(invert(head.work.affine), volume.affine);
  const wrap = params.wrap === true;
  const [nx, ny, nz] = head.work.shape as [number, number, number];
  const isAir = (n: number) => wrap && (nativeBits[n]! & REGION.wrap) !== 0;
  const rowHasAir = (row: number) => {
    for (let n = row; n < row + volume.shape[0]!; n++) if (isAir(n)) return true;
    return false;
  };
  eachNative(
    volume,
    toWork,
    (n, x, y, z) => {
      if (mask[n]) return;
      if (grown && linear(grown, nx, ny, nz, x, y, z) <= growMm * growMm) mask[n] = 1;
      if (isAir(n) && linear(head.distance, nx, ny, nz, x, y, z) > AIR_MM) mask[n] = 1;
    },
    (row) => grown !== null || rowHasAir(row),
  );
  return {
    average,
    frame,
    averageSkin,
    head,
    voids,
    mask,
    workMask,
    workBrain,
    weight,
    bits: workBits,
    toWork,
  };
}

/** Place of a native voxel on the working grid; {@link eachNative} is the way to go over all of them. */
export function placeOnWork(grid: Grid, toWork: Float64Array, n: number): Vec3 {
  const [nx, ny] = grid.shape as [number, number, number];
  return apply(toWork, n % nx, ((n / nx) | 0) % ny, (n / (nx * ny)) | 0);
}

/** Index of the voxel of a grid nearest to a place on it; beyond the grid its border holds. */
export function nearestVoxel(shape: readonly number[]): (x: number, y: number, z: number) => number {
  const [nx, ny, nz] = shape as [number, number, number];
  return (x, y, z) => {
    const i = Math.min(nx - 1, Math.max(0, Math.round(x)));
    const j = Math.min(ny - 1, Math.max(0, Math.round(y)));
    const k = Math.min(nz - 1, Math.max(0, Math.round(z)));
    return i + nx * (j + ny * k);
  };
}

/** Rows that hold a voxel of a mask, told by their first voxel: what {@link eachNative} visits. */
export function rowsOf(mask: Uint8Array, length: number): (row: number) => boolean {
  return (row) => mask.subarray(row, row + length).includes(1);
}

/**
 * Visits every voxel of a native grid with its place on the working grid.
 *
 * @param only says of the places at both ends of a row whether the row holds anything to visit
 */
export function eachNative(
  grid: Grid,
  toWork: Float64Array,
  visit: (n: number, x: number, y: number, z: number) => void,
  only?: (row: number, first: Vec3, last: Vec3) => boolean,
): void {
  const [nx, ny, nz] = grid.shape as [number, number, number];
  const m = toWork;
  let n = 0;
  for (let k = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      let x = m[1]! * j + m[2]! * k + m[3]!;
      let y = m[5]! * j + m[6]! * k + m[7]!;
      let z = m[9]! * j + m[10]! * k + m[11]!;
      const last = nx - 1;
      if (only && !only(n, [x, y, z], [x + m[0]! * last, y + m[4]! * last, z + m[8]! * last])) {
        n += nx;
        continue;
      }
      for (let i = 0; i < nx; i++, n++, x += m[0]!, y += m[4]!, z += m[8]!) visit(n, x, y, z);
    }
  }
}

function brainOnWork(volume: Volume, brain: Uint8Array, grid: Volume<Float32Array>): Uint8Array {
  const mask: Volume = {
    data: brain,
    shape: volume.shape.slice(0, 3),
    affine: volume.affine,
    slope: 1,
    inter: 0,
  };
  const near = resample(mask, grid, { interpolation: 'nearest' }).data;
  const distance = squaredDistanceTo(Uint8Array.from(near), grid.shape, [SHAPE_MM, SHAPE_MM, SHAPE_MM]);
  const out = new Uint8Array(distance.length);
  for (let n = 0; n < out.length; n++) if (distance[n]! <= SHAPE_MARGIN_MM ** 2) out[n] = 1;
  return out;
}

/** Smooth step over the first millimetres inside a mask. The edge of the field of view is no border. */
function seamWeight(mask: Uint8Array, shape: readonly number[], seamMm: (n: number) => number): Float32Array {
  const outside = new Uint8Array(mask.length);
  for (let n = 0; n < mask.length; n++) outside[n] = mask[n] ? 0 : 1;
  const out = squaredDistanceTo(outside, shape, [SHAPE_MM, SHAPE_MM, SHAPE_MM]);
  for (let n = 0; n < out.length; n++) {
    // A voxel beside the border is one voxel away from the last unedited centre: that is depth 0.
    const u = Math.min(1, Math.max(0, (Math.sqrt(out[n]!) - SHAPE_MM) / seamMm(n)));
    out[n] = u * u * (3 - 2 * u);
  }
  return out;
}
