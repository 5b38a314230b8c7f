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
  const { shape } = plan.head.work;
  const own = plan.head.distance;
  const gap = new Float32Array(own.length);
  const here = new Float32Array(own.length);
  for (let n = 0; n < own.length; n++) {
    if (plan.workMask[n] || plan.anyRegion[n] || Math.abs(own[n]!) > 8) continue;
    const d = own[n]! - average[n]!;
    if (Math.abs(d) > 2 * MEET_MM) continue;
    gap[n] = d;
    here[n] = 1;
  }
  const sigma = MEET_SIGMA_MM / SHAPE_MM;
  const top = smoothWide(gap, shape, sigma);
  const bottom = smoothWide(here, shape, sigma);
  return top.map((sum, n) => Math.max(-MEET_MM, Math.min(MEET_MM, sum / (bottom[n]! + 1e-4))));
}

/** Over this distance the skin's direction is averaged for a shift, mm: wider than a nose. */
export const DIRECTION_SIGMA_MM = 16;

/**
 * The average skin moved in by `shift` along the direction of the head as a whole.
 *
 * Along its own normals a nose that is moved in would lose its sides and leave a fin.
 */
export function shifted(plan: EditPlan, average: Float32Array, shift: Float32Array): Float32Array {
  const { shape } = plan.head.work;
  const [nx, ny, nz] = shape as [number, number, number];
  const slab = nx * ny;
  const wide = smoothWide(average, shape, DIRECTION_SIGMA_MM / SHAPE_MM);
  const out = new Float32Array(average.length);
  let n = 0;
  for (let k = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++, n++) {
        const gx = wide[n + (i < nx - 1 ? 1 : 0)]! - wide[n - (i > 0 ? 1 : 0)]!;
        const gy = wide[n + (j < ny - 1 ? nx : 0)]! - wide[n - (j > 0 ? nx : 0)]!;
        const gz = wide[n + (k < nz - 1 ? slab : 0)]! - wide[n - (k > 0 ? slab : 0)]!;
        const by = shift[n]! / ((Math.hypot(gx, gy, gz) || 1) * SHAPE_MM);
        out[n] = linear(average, nx, ny, nz, i + by * gx, j + by * gy, k + by * gz);
      }
    }
  }
  return out;
}
