import { invert, type Vec3 } from '../../../shared/geometry/affine.ts';
import { type Box, boxOf } from '../../volume/distance.ts';
import { linear } from '../../volume/resample.ts';
import type { Volume } from '../../volume/volume.ts';
import { airValue } from './composite.ts';
import { type EditPlan, eachNative, nearestVoxel, placeOnWork, rowsOf } from './edit-plan.ts';
import { SHAPE_MM } from './head-shape.ts';
import { airSource, estimateGrain, type Grain, LEAST_AIR, normalRandom } from './noise.ts';

/** Tissue is taken from at least this deep, mm: nearer to the skin a voxel is part air. */
export const SKIN_MM = 2.5;

/** The head a method wants, on the plan's working grid. */
export interface NewHead {
  /** Distance to the new skin, mm, negative inside. */
  readonly distance: Float32Array;
  /** Share of the new head in each voxel, 0 keeps the scan. */
  readonly weight: Float32Array;
  /** Grain of the scan's own tissue ({@link grainOf}): what new tissue lacks of it is added. Null adds none. */
  readonly grain: Grain | null;
}

/** What a scan looks like around the edit, measured once on its first frame. */
export interface Surroundings {
  /** Voxels of air that belong to no region, storage order. */
  readonly air: Int32Array;
  /** Voxels of tissue in the edit whose neighbours are tissue too. */
  readonly tissue: Int32Array;
}

/** Most voxels of air and of tissue that are looked at. */
const MOST = 400_000;

/** Air of the scan for filling, and tissue whose noise is to be matched. */
export function lookAround(volume: Volume, plan: EditPlan): Surroundings {
  const [nx, ny, nz] = volume.shape as [number, number, number];
  const { distance } = plan.head;
  const air: number[] = [];
  const tissue: number[] = [];
  const nearestOf = nearestVoxel(plan.head.work.shape);
  const edit = boxOf(plan.workMask, plan.head.work.shape, [1, 1, 1]);
  eachNative(
    volume,
    plan.toWork,
    (n, x, y, z) => {
      const w = nearestOf(x, y, z);
      const d = distance[w]!;
      if (d > 10 && !plan.bits[w] && air.length < MOST) {
        if (Number.isFinite(volume.data[n]!)) air.push(n);
      } else if (d < -4 && plan.workMask[w] && !plan.voids?.[w] && tissue.length < MOST) {
        const i = n % nx;
        const j = ((n / nx) | 0) % ny;
        const k = (n / (nx * ny)) | 0;
        if (i > 1 && j > 1 && k > 1 && i < nx - 2 && j < ny - 2 && k < nz - 2) tissue.push(n);
      }
    },
    (_, first, last) => air.length < MOST || mayMeet(edit, plan.head.work.shape, first, last),
  );
  return { air: Int32Array.from(air), tissue: Int32Array.from(tissue) };
}

/** Whether a row between two places of the working grid may pass through a box; what lies beyond the grid counts as its border. */
function mayMeet(box: Box | null, shape: readonly number[], first: Vec3, last: Vec3): boolean {
  if (!box) return false;
  return box.low.every((low, axis) => {
    const high = low + box.size[axis]! - 1;
    const [a, b] = [first[axis]!, last[axis]!];
    return (low === 0 || Math.max(a, b) > low) && (high === shape[axis]! - 1 || Math.min(a, b) < high);
  });
}

/** Where the nearest voxel of the working grid is this far from old and new skin, mm, there is air whatever lies between. */
const FAR_MM = 12;

/** Places that grain is measured at. */
const GRAIN_PLACES = 40_000;
/** Grain in the skin, which is more even than muscle and bone, and the depth from which on it counts in full, mm. */
const SKIN_GRAIN = 0.5;
const GRAIN_MM = 4;
/** Tissue of the new head whose grain is measured lies at least this deep, mm, where it counts at least this much. */
const MADE_MM = 4;
const MADE_WEIGHT = 0.9;

/** Grain of the tissue that is replaced, real values: the middle one of the three axes. */
export function grainOf(volume: Volume, around: Surroundings): Grain {
  const { data, slope, inter } = volume;
  const at = thinned(around.tissue);
  return middleGrain(volume.shape, at, (n) => data[n]! * (slope || 1) + inter);
}

/** Grain that new tissue has on the native grid by itself. */
function grainOfMade(
  volume: Volume,
  plan: EditPlan,
  head: NewHead,
  tissue: Float32Array,
  around: Surroundings,
): Grain {
  const [wx, wy, wz] = plan.head.work.shape as [number, number, number];
  const read = (f: Float32Array, n: number) => linear(f, wx, wy, wz, ...placeOnWork(volume, plan.toWork, n));
  const at = thinned(around.tissue).filter(
    (n) => read(head.weight, n) > MADE_WEIGHT && read(head.distance, n) < -MADE_MM,
  );
  return middleGrain(volume.shape, at, (n) => read(tissue, n));
}

function thinned(at: Int32Array): Int32Array {
  const every = Math.max(1, Math.floor(at.length / GRAIN_PLACES));
  return every === 1
    ? at
    : Int32Array.from({ length: Math.floor(at.length / every) }, (_, q) => at[q * every]!);
}

function middleGrain(shape: readonly number[], at: Int32Array, value: (n: number) => number): Grain {
  const strides = [1, shape[0]!, shape[0]! * shape[1]!];
  const all = strides.map((stride) =>
    estimateGrain(at.length, (place, by) => value(at[place]! + by * stride)),
  );
  const middle = (pick: (g: Grain) => number) => all.map(pick).sort((a, b) => a - b)[1]!;
  return { fine: middle((g) => g.fine), coarse: middle((g) => g.coarse) };
}

/**
 * Writes a new head into the edited part of one frame.
 *
 * Where the new head counts in full, its tissue is drawn up to its skin with the scan's own softness of an edge, and the
 * scan's own air fills the rest. Towards the border of the edit the scan's tissue takes over, moved along the normal
 * of the skin so that it lies at the depth below the *new* skin that it had below the old one: so neither
 * skin nor layers have a step.
 *
 * @param tissue real values on the working grid, also a little outside the new skin
 * @returns stored values on the native grid, meaningful where `plan.mask` is 1
 */
export function repaint(
  volume: Volume,
  plan: EditPlan,
  head: NewHead,
  tissue: Float32Array,
  around: Surroundings,
  seed: number,
): Float32Array {
  const { data } = volume;
  const slope = volume.slope || 1;
  const { inter } = volume;
  const [nx, ny, nz] = volume.shape as [number, number, number];
  const [wx, wy, wz] = plan.head.work.shape as [number, number, number];
  const real = (n: number) => {
    const v = data[n]! * slope + inter;
    return Number.isFinite(v) ? v : 0;
  };
  const airPool = Float32Array.from(around.air, real);
  // Looked for only where it is needed: it passes over the whole scan.
  const fallback = airPool.length < LEAST_AIR ? airValue(volume) * slope + inter : 0;
  const nextAir = airSource(airPool, fallback, seed * 2 + 1);
  const nextNormal = normalRandom(seed * 2 + 2);
  const own = head.grain ? head.grain.fine ** 2 : 0;
  const made = head.grain ? grainOfMade(volume, plan, head, tissue, around).fine ** 2 : 0;
  const edge = edgeProfile(volume, plan, median(airPool, fallback));
  let floor = Infinity;
  for (let n = 0; n < data.length; n++) if (data[n]! < floor) floor = data[n]!;
  const old = plan.head.distance;
  const at = (f: Float32Array, x: number, y: number, z: number) => linear(f, wx, wy, wz, x, y, z);
  const nearestOf = nearestVoxel(plan.head.work.shape);
  // Millimetres along the world axes → native voxel steps.
  const toNative = invert(volume.affine);
  const out = new Float32Array(nx * ny * nz);
  eachNative(
    volume,
    plan.toWork,
    (n, x, y, z) => {
      if (!plan.mask[n]) return;
      const near = nearestOf(x, y, z);
      if (head.distance[near]! > FAR_MM && old[near]! > FAR_MM) {
        out[n] = Math.max(floor, (nextAir() - inter) / slope);
        return;
      }
      const d = at(head.distance, x, y, z);
      const w = at(head.weight, x, y, z);
      let value: number;
      const d0 = w < 0.999 || d < 3.5 ? at(old, x, y, z) : 0;
      if (d > 3.5 && (w > 0.999 || d0 > 3.5)) {
        value = nextAir();
      } else {
        const share = edge(d);
        const inside = share > 0 ? at(tissue, x, y, z) : 0;
        const fresh = share >= 1 ? inside : share * inside + (1 - share) * nextAir();
        let left = 0; // share of the own tissue's grain, in variance
        if (w > 0.999) value = fresh;
        else {
          let was = real(n);
          left = (1 - w) ** 2;
          const shift = d - d0;
          if (Math.abs(shift) > 0.05 && d < 4) {
            let gx = at(old, x + 1, y, z) - at(old, x - 1, y, z);
            let gy = at(old, x, y + 1, z) - at(old, x, y - 1, z);
            let gz = at(old, x, y, z + 1) - at(old, x, y, z - 1);
            const length = Math.hypot(gx, gy, gz) || 1;
            const by = Math.max(-20, Math.min(20, shift)) / length;
            gx *= by;
            gy *= by;
            gz *= by;
            const i = n % nx;
            const j = ((n / nx) | 0) % ny;
            const k = (n / (nx * ny)) | 0;
            const u = i + toNative[0]! * gx + toNative[1]! * gy + toNative[2]! * gz;
            const v = j + toNative[4]! * gx + toNative[5]! * gy + toNative[6]! * gz;
            const s = k + toNative[8]! * gx + toNative[9]! * gy + toNative[10]! * gz;
            left *= noiseLeft(u) * noiseLeft(v) * noiseLeft(s);
            const moved = linear(data, nx, ny, nz, u, v, s);
            was = Number.isFinite(moved) ? moved * slope + inter : was;
          } else if (d >= 4 && d0 < 4) was = nextAir();
          value = w * fresh + (1 - w) * was;
        }
        // Made tissue is softer than the scan's, and two grains averaged are quieter than either: give back what is missing.
        if (own > 0) {
          const depth = SKIN_GRAIN + (1 - SKIN_GRAIN) * Math.min(1, Math.max(0, -d / GRAIN_MM));
          value += depth * share * Math.sqrt(Math.max(0, own * (1 - left) - made * w * w)) * nextNormal();
        }
      }
      out[n] = Math.max(floor, (value - inter) / slope);
    },
    rowsOf(plan.mask, volume.shape[0]!),
  );
  return out;
}

/** Share of a white grain's variance that linear reading between two voxels leaves. */
function noiseLeft(x: number): number {
  const f = x - Math.floor(x);
  return f * f + (1 - f) ** 2;
}

function median(values: Float32Array, fallback: number): number {
  return values.length ? values.slice().sort()[values.length >> 1]! : fallback;
}

/** The working grid's distance is uncertain by about a millimetre, which widens the profile it is measured with. */
const SHARPEN = 1.5;

/** Steps of the edge profile per mm, and how far it goes to either side. */
const STEPS = 4;
const REACH = 3;

/**
 * How tissue fades into air across the scan's own skin: 1 inside, 0 outside, by distance to the skin.
 *
 * Measured in the region that is edited, as a mean over the whole skin there, so it says how sharp the scan is and
 * nothing about a face.
 */
function edgeProfile(volume: Volume, plan: EditPlan, air: number): (d: number) => number {
  const [wx, wy, wz] = plan.head.work.shape as [number, number, number];
  const bins = 2 * REACH * STEPS + 1;
  const sum = new Float64Array(bins);
  const count = new Float64Array(bins);
  const slope = volume.slope || 1;
  const nearestOf = nearestVoxel(plan.head.work.shape);
  eachNative(
    volume,
    plan.toWork,
    (n, x, y, z) => {
      if (!plan.mask[n]) return;
      if (Math.abs(plan.head.distance[nearestOf(x, y, z)]!) > REACH + SHAPE_MM) return;
      const d = linear(plan.head.distance, wx, wy, wz, x, y, z);
      const bin = Math.round((d + REACH) * STEPS);
      if (bin < 0 || bin >= bins) return;
      const value = volume.data[n]! * slope + volume.inter;
      if (!Number.isFinite(value)) return;
      sum[bin]! += value - air;
      count[bin]!++;
    },
    rowsOf(plan.mask, volume.shape[0]!),
  );
  const table = new Float64Array(bins);
  const full = sum[0]! / Math.max(1, count[0]!);
  let last = 1;
  for (let b = 0; b < bins; b++) {
    const ramp = Math.min(1, Math.max(0, 0.5 - (b / STEPS - REACH) / 2));
    const share = count[b]! > 30 && full > 0 ? sum[b]! / count[b]! / full : ramp;
    // Never brighter outwards, and nothing left at the far end.
    last = Math.min(last, Math.max(0, share));
    const fade = Math.min(1, (bins - 1 - b) / STEPS);
    table[b] = last * fade;
  }
  return (d) => {
    const p = (SHARPEN * d + REACH) * STEPS;
    if (p <= 0) return 1;
    if (p >= bins - 1) return 0;
    const b = p | 0;
    return table[b]! + (p - b) * (table[b + 1]! - table[b]!);
  };
}
