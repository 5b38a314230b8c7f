import { apply, determinant, invert, multiply } from '../../../shared/geometry/affine.ts';
import { linear } from '../../volume/resample.ts';
import type { EditPlan } from './edit-plan.ts';
import { SHAPE_MM } from './head-shape.ts';
import { SKIN_MM } from './repaint.ts';

/** Distance to the average head's skin on the working grid, in the scan's millimetres. */
export function averageDistance(plan: EditPlan): Float32Array {
  const { surface } = plan.average;
  const scale = Math.cbrt(Math.abs(determinant(plan.frame.averageToWorld)));
  return sampleAverage(plan, surface.data, surface.affine, surface.shape).map((d) => d * scale);
}

/** A volume on the average head’s grid, read at every voxel of the working grid; its border holds beyond it. */
export function sampleAverage(
  plan: EditPlan,
  data: Float32Array,
  affine: Float64Array,
  shape: readonly number[],
): Float32Array {
  const [nx, ny, nz] = plan.head.work.shape as [number, number, number];
  const [ax, ay, az] = shape as [number, number, number];
  const m = multiply(invert(affine), multiply(invert(plan.frame.averageToWorld), plan.head.work.affine));
  const out = new Float32Array(nx * ny * nz);
  let at = 0;
  for (let k = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      let x = m[1]! * j + m[2]! * k + m[3]!;
      let y = m[5]! * j + m[6]! * k + m[7]!;
      let z = m[9]! * j + m[10]! * k + m[11]!;
      for (let i = 0; i < nx; i++, at++, x += m[0]!, y += m[4]!, z += m[8]!)
        out[at] = linear(data, ax, ay, az, x, y, z);
    }
  }
  return out;
}

/** How far around the edit the average's tissue is needed for matching, mm; farther in it is not computed. */
const TISSUE_REACH_MM = 4;
/** Longest way along the normal from a voxel to the tissue it takes, mm. */
const FARTHEST_MM = 25;

/** The average head's intensity at the depth each voxel has below the new skin, working grid; 0 far outside. */
export function averageIntensity(
  plan: EditPlan,
  average: Float32Array,
  distance: Float32Array,
): Float32Array {
  const { intensity } = plan.average;
  const [nx, ny, nz] = plan.head.work.shape as [number, number, number];
  const [ax, ay, az] = intensity.shape as [number, number, number];
  const m = multiply(
    invert(intensity.affine),
    multiply(invert(plan.frame.averageToWorld), plan.head.work.affine),
  );
  const out = new Float32Array(distance.length);
  const slab = nx * ny;
  let n = 0;
  for (let k = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++, n++) {
        if (distance[n]! > TISSUE_REACH_MM + SHAPE_MM) continue;
        const wanted = Math.min(distance[n]!, -SKIN_MM);
        const way = Math.max(-FARTHEST_MM, Math.min(FARTHEST_MM, wanted - average[n]!));
        let [x, y, z] = [i, j, k];
        if (Math.abs(way) > 0.1) {
          const gx = average[n + (i < nx - 1 ? 1 : 0)]! - average[n - (i > 0 ? 1 : 0)]!;
          const gy = average[n + (j < ny - 1 ? nx : 0)]! - average[n - (j > 0 ? nx : 0)]!;
          const gz = average[n + (k < nz - 1 ? slab : 0)]! - average[n - (k > 0 ? slab : 0)]!;
          const by = way / ((Math.hypot(gx, gy, gz) || 1) * SHAPE_MM);
          x += gx * by;
          y += gy * by;
          z += gz * by;
        }
        const p = apply(m, x, y, z);
        out[n] = linear(intensity.data, ax, ay, az, p[0], p[1], p[2]);
      }
    }
  }
  return out;
}
