import type { Vec3 } from '../../../shared/geometry/affine.ts';
import { linear } from '../../volume/resample.ts';
import type { EditPlan } from './edit-plan.ts';
import { SHAPE_MM } from './head-shape.ts';
import { smoothWide } from './smooth-wide.ts';

/** Reach of the border's say over the size of the new face, mm; wider than any feature of a face. */
const MEET_SIGMA_MM = 24;
/** Farthest the skin of the average is moved to meet the border, mm. */
const MEET_MM = 15;

/**
 * How far the average skin is to be moved in, very smoothly, so that it meets the person's own skin along the border of
 * the edit, mm; negative: out.
 *
 * A brain tells little about the size of a face: a child's is smaller than an adult's for the same brain. Only skin that
 * stays visible anyway is asked, outside the edit, and the answer is far too smooth to hold a feature.
 */
export function meetBorder(plan: EditPlan, average: Float32Array): Float32Array {
  const own = plan.head.distance;
  const visible = voxels(
    plan,
    (n) => !plan.workMask[n] && !plan.bits[n] && Math.abs(own[n]!) <= BORDER_BAND_MM,
  );
  const { gap, share } = smoothGap(plan, visible, (n) => own[n]! - average[n]!, MEET_MM, MEET_SIGMA_MM);
  return gap.map((sum, n) => Math.max(-MEET_MM, Math.min(MEET_MM, sum / (share[n]! + 1e-4))));
}

/** Reach of the border's say over a new face, mm: wide enough for a cheek, too short for a nose. */
const JOIN_SIGMA_MM = 14;
/** Share of skin in a neighbourhood from which on the border is met in full. */
const JOIN_SHARE = 0.04;
/** Farthest a new skin is moved to join the border, mm. */
const JOIN_MM = 12;

/** Voxels near the own skin outside the edit, the skin of a region that is switched off among them: all that stays visible. */
export function borderSkin(plan: EditPlan): Int32Array {
  const own = plan.head.distance;
  return voxels(plan, (n) => !plan.workMask[n] && Math.abs(own[n]!) <= BORDER_BAND_MM);
}

/**
 * How far a new skin is to be moved in so that it joins the own one along the border, fading into the edit; mm, negative: out.
 *
 * @param border {@link borderSkin}
 * @param gapAt distance to the own skin less distance to the new one at a voxel, mm
 * @returns the same for a voxel of the working grid
 */
export function joinBorder(
  plan: EditPlan,
  border: Int32Array,
  gapAt: (n: number) => number,
): (n: number) => number {
  const { gap, share } = smoothGap(plan, border, gapAt, JOIN_MM, JOIN_SIGMA_MM);
  return (n) => {
    const b = share[n]!;
    const mm = Math.max(-JOIN_MM, Math.min(JOIN_MM, gap[n]! / Math.max(b, 1e-6)));
    return Math.fround(mm * Math.min(1, b / JOIN_SHARE));
  };
}

/** Voxels nearer than this to the own skin say where it is, mm. */
const BORDER_BAND_MM = 8;

/** Voxels of the working grid that are to be kept, in order. */
export function voxels(plan: EditPlan, keep: (n: number) => boolean): Int32Array {
  const out: number[] = [];
  for (let n = 0; n < plan.weight.length; n++) if (keep(n)) out.push(n);
  return Int32Array.from(out);
}

/**
 * Gaps between two skins, seen at some voxels, smoothed over the working grid.
 *
 * @param mostMm gaps beyond twice this are no skin that could be met
 * @returns the smoothed sum of gaps, mm, and the smoothed share of voxels that say one: their quotient is the gap nearby
 */
function smoothGap(
  plan: EditPlan,
  at: Int32Array,
  gapAt: (n: number) => number,
  mostMm: number,
  sigmaMm: number,
): { gap: Float32Array; share: Float32Array } {
  const { shape } = plan.head.work;
  const gap = new Float32Array(plan.weight.length);
  const here = new Float32Array(gap.length);
  for (const n of at) {
    const d = gapAt(n);
    if (Math.abs(d) > 2 * mostMm) continue;
    gap[n] = d;
    here[n] = 1;
  }
  const sigma = sigmaMm / SHAPE_MM;
  return { gap: smoothWide(gap, shape, sigma), share: smoothWide(here, shape, sigma) };
}

/** Over this distance the skin's direction is averaged for a shift, mm: wider than a nose. */
const DIRECTION_SIGMA_MM = 16;

/**
 * Voxel of the working grid, moved out by some mm along the direction of the head as a whole, as working indices.
 *
 * Along the skin's own normals a nose that is moved in would lose its sides and leave a fin.
 *
 * @param average distance to the average's skin, working grid, mm
 */
export function outwards(plan: EditPlan, average: Float32Array): (n: number, mm: number) => Vec3 {
  const { shape } = plan.head.work;
  return along(smoothWide(average, shape, DIRECTION_SIGMA_MM / SHAPE_MM), shape);
}

/** Voxel of the working grid, moved by some mm along the slope of a distance, as working indices. */
export function along(distance: Float32Array, shape: readonly number[]): (n: number, mm: number) => Vec3 {
  const [nx, ny, nz] = shape as [number, number, number];
  const slab = nx * ny;
  return (n, mm) => {
    const i = n % nx;
    const j = ((n / nx) | 0) % ny;
    const k = (n / slab) | 0;
    if (mm === 0) return [i, j, k];
    const gx = distance[n + (i < nx - 1 ? 1 : 0)]! - distance[n - (i > 0 ? 1 : 0)]!;
    const gy = distance[n + (j < ny - 1 ? nx : 0)]! - distance[n - (j > 0 ? nx : 0)]!;
    const gz = distance[n + (k < nz - 1 ? slab : 0)]! - distance[n - (k > 0 ? slab : 0)]!;
    const by = mm / ((Math.hypot(gx, gy, gz) || 1) * SHAPE_MM);
    return [i + by * gx, j + by * gy, k + by * gz];
  };
}

/** Distance to the average skin moved in by some mm along the direction of the head as a whole, see {@link outwards}. */
export function movedIn(plan: EditPlan, average: Float32Array): (n: number, mm: number) => number {
  const [nx, ny, nz] = plan.head.work.shape as [number, number, number];
  const place = outwards(plan, average);
  return (n, mm) => linear(average, nx, ny, nz, ...place(n, mm));
}
