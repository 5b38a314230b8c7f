import { linear } from '../../volume/resample.ts';
import type { Volume, VoxelArray } from '../../volume/volume.ts';
import { type EditPlan, placeOnWork } from './edit-plan.ts';
import { percentiles } from './head-start.ts';

/** Percentile that whole-head software often takes for the brightest tissue. */
const BRIGHT = 99.5;
/** Shares of that value from which on new tissue is matched a little, and in full. */
const FROM = 0.7;
const FULL = 0.85;
/** Where the new head counts for a quarter, values are moved in full. */
const NEAR_SEAM = 4;
/** Most a value is changed. */
const MOST = 1.25;

/**
 * Gives new tissue as many bright voxels as the replaced tissue had.
 *
 * Whole-head software scales a scan by its bright end before it measures a brain. Fat of a face is a good part of that end:
 * a new face with a little more of it would make every brain structure look darker. So the k-th brightest voxel of
 * the edit is moved towards the value that the k-th brightest had before.
 *
 * @param made stored values on the native grid, changed in place where `plan.mask` is 1; what counts little is moved little
 */
export function matchBrightTail(volume: Volume, plan: EditPlan, made: Float32Array): void {
  const { data } = volume;
  const sign = volume.slope < 0 ? -1 : 1;
  const { mask } = plan;
  const frame = mask.length;
  const all = sign === 1 && isShort(data) ? data.subarray(0, frame) : finite(data, frame, sign);
  const [air, bright] = percentiles(all, [1, BRIGHT]) as [number, number];
  const from = air + FROM * (bright - air);
  const full = air + FULL * (bright - air);
  if (!(full > from)) return;
  const before: number[] = [];
  const after: number[] = [];
  for (let n = 0; n < frame; n++) {
    if (!mask[n]) continue;
    if (all[n]! > from) before.push(all[n]!);
    if (sign * made[n]! > from) after.push(sign * made[n]!);
  }
  const had = Float64Array.from(before).sort().reverse();
  const has = Float64Array.from(after).sort().reverse();
  if (has.length === 0) return;
  const [wx, wy, wz] = plan.head.work.shape as [number, number, number];
  for (let n = 0; n < frame; n++) {
    const value = sign * made[n]!;
    if (!mask[n] || !(value > from)) continue;
    const wanted = had[brighter(has, value)] ?? from;
    const target = air + Math.min((value - air) * MOST, Math.max((value - air) / MOST, wanted - air));
    const counts = Math.min(
      1,
      NEAR_SEAM * linear(plan.weight, wx, wy, wz, ...placeOnWork(volume, plan.toWork, n)),
    );
    made[n] = sign * (value + counts * Math.min(1, (value - from) / (full - from)) * (target - value));
  }
}

function isShort(data: VoxelArray): data is Int16Array | Uint16Array {
  return data instanceof Int16Array || data instanceof Uint16Array;
}

/** Stored values, brighter tissue higher; what is no finite number counts as 0. */
function finite(data: VoxelArray, frame: number, sign: number): Float32Array {
  const out = new Float32Array(frame);
  for (let n = 0; n < frame; n++) if (Number.isFinite(data[n]!)) out[n] = sign * data[n]!;
  return out;
}

/** How many of some falling values are above one. */
function brighter(falling: Float64Array, value: number): number {
  let [low, high] = [0, falling.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (falling[middle]! > value) low = middle + 1;
    else high = middle;
  }
  return low;
}
