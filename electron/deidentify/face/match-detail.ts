import type { Volume } from '../../volume/volume.ts';
import { type EditPlan, eachNative, nearestVoxel, rowsOf } from './edit-plan.ts';
import { smoothWide } from './smooth-wide.ts';

/** Detail is compared in tissue at least this deep, mm: the edge of the skin is none. From there on it is matched more and more. */
const DEEP_MM = 3;
const FADE_MM = 1.5;
/** How wide its strength is averaged, voxels of the working grid of 2 mm: so wide that no shape shows in it. */
const SIGMA = 4;
/** A neighbourhood with a smaller share of tissue than this says nothing. */
const LEAST = 0.02;
/** Most that detail is raised and lowered: more turns noise into specks. */
const MOST = 1.5;
const FEWEST = 0.8;
/** A voxel that is raised raises what its neighbours differ by, too: the second time finds what the first one left. */
const ROUNDS = 2;
/** Where the new head counts for a quarter, detail is matched in full. */
const NEAR_SEAM = 4;

/**
 * Gives new tissue as much detail as the scan's tissue had there, averaged over some two centimetres.
 *
 * A network's tissue, and two tissues averaged in a seam, are softer than a scan: their voxels differ less from their
 * neighbours. That difference is scaled until its mean square is the scan's. What is taken from the tissue that is removed is
 * one smooth strength, never a pattern.
 *
 * @param distance to the new skin on the working grid, mm
 * @param made stored values on the native grid, changed in place where `plan.mask` is 1 and the new head counts
 */
export function matchDetail(
  volume: Volume,
  plan: EditPlan,
  distance: Float32Array,
  made: Float32Array,
): void {
  const { data } = volume;
  const { mask, weight, voids } = plan;
  const own = plan.head.distance;
  const shape = volume.shape.slice(0, 3);
  const steps = [1, shape[0]!, shape[0]! * shape[1]!].filter((_, axis) => shape[axis]! > 2);
  const isInside = (n: number) =>
    steps.every((step, axis) => {
      const at = Math.floor(n / step) % shape[axis]!;
      return at > 0 && at < shape[axis]! - 1;
    });
  const detail = (value: (n: number) => number, n: number) => {
    let around = 0;
    for (const step of steps) around += value(n - step) + value(n + step);
    const d = value(n) - around / (2 * steps.length);
    return Number.isFinite(d) ? d : 0;
  };
  const nearestOf = nearestVoxel(plan.head.work.shape);
  const was = (n: number) => data[n]!;
  const is = (n: number) => (mask[n] ? made[n]! : data[n]!);

  const before = new Strength(plan);
  const natives: number[] = [];
  const works: number[] = [];
  eachNative(
    volume,
    plan.toWork,
    (n, x, y, z) => {
      if (!mask[n]) return;
      const w = nearestOf(x, y, z);
      const showsOwn = own[w]! < -DEEP_MM && !voids?.[w];
      const showsNew = distance[w]! < -DEEP_MM && weight[w]! > 0;
      if (!(showsOwn || showsNew) || !isInside(n)) return;
      if (showsOwn) before.add(w, detail(was, n));
      if (showsNew) {
        natives.push(n);
        works.push(w);
      }
    },
    rowsOf(mask, shape[0]!),
  );
  const wanted = before.smooth();
  let floor = Infinity;
  for (let n = 0; n < data.length; n++) if (data[n]! < floor) floor = data[n]!;
  for (let round = 0; round < ROUNDS; round++) {
    const now = new Strength(plan);
    const details = Float32Array.from(natives, (n) => detail(is, n));
    details.forEach((d, p) => {
      now.add(works[p]!, d);
    });
    const has = now.smooth();
    details.forEach((d, p) => {
      const [n, w] = [natives[p]!, works[p]!];
      if (!(wanted[w]! > 0 && has[w]! > 0)) return;
      const by = Math.min(MOST, Math.max(FEWEST, Math.sqrt(wanted[w]! / has[w]!)));
      const share = Math.min(1, NEAR_SEAM * weight[w]!) * Math.min(1, (-distance[w]! - DEEP_MM) / FADE_MM);
      made[n] = Math.max(floor, made[n]! + share * (by - 1) * d);
    });
  }
}

/** Mean square of something on the working grid, smooth. */
class Strength {
  private readonly sum: Float32Array;
  private readonly count: Float32Array;

  constructor(private readonly plan: EditPlan) {
    this.sum = new Float32Array(plan.weight.length);
    this.count = new Float32Array(plan.weight.length);
  }

  add(voxel: number, value: number): void {
    this.sum[voxel]! += value * value;
    this.count[voxel]!++;
  }

  /** 0 where too little was added to tell. */
  smooth(): Float32Array {
    const { shape } = this.plan.head.work;
    const full = this.count.reduce((most, c) => Math.max(most, c), 0);
    const count = smoothWide(this.count, shape, SIGMA);
    return smoothWide(this.sum, shape, SIGMA).map((s, n) => (count[n]! > LEAST * full ? s / count[n]! : 0));
  }
}
