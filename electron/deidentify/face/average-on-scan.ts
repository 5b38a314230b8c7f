import { apply, determinant } from '../../../shared/geometry/affine.ts';
import { linear } from '../../volume/resample.ts';
import type { EditPlan } from './edit-plan.ts';
import { SHAPE_MM } from './head-shape.ts';
import { along } from './meet-border.ts';
import { worldToAverageIndex } from './regions.ts';
import { SKIN_MM } from './repaint.ts';

/** What an edit plan knows about the average head's place. */
type PlacedAverage = Pick<EditPlan, 'average' | 'frame' | 'head'>;

/** Distance to the average head's skin on the working grid, in the scan's millimetres. */
export function averageDistance(plan: PlacedAverage): Float32Array {
  const { surface } = plan.average;
  const scale = Math.cbrt(Math.abs(determinant(plan.frame.averageToWorld)));
  return sampleAverage(plan, surface.data, surface.affine, surface.shape).map((d) => d * scale);
}

/** A volume on the average head’s grid, read at every voxel of the working grid; its border holds beyond it. */
export function sampleAverage(
  plan: PlacedAverage,
  data: Float32Array,
  affine: Float64Array,
  shape: readonly number[],
): Float32Array {
  const [nx, ny, nz] = plan.head.work.shape as [number, number, number];
  const [ax, ay, az] = shape as [number, number, number];
  const m = worldToAverageIndex(affine, plan.frame, plan.head.work.affine);
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
  const [ax, ay, az] = intensity.shape as [number, number, number];
  const m = worldToAverageIndex(intensity.affine, plan.frame, plan.head.work.affine);
  const place = along(average, plan.head.work.shape);
  const out = new Float32Array(distance.length);
  for (let n = 0; n < out.length; n++) {
    if (distance[n]! > TISSUE_REACH_MM + SHAPE_MM) continue;
    const wanted = Math.min(distance[n]!, -SKIN_MM);
    const way = Math.max(-FARTHEST_MM, Math.min(FARTHEST_MM, wanted - average[n]!));
    const [x, y, z] = apply(m, ...place(n, Math.abs(way) > 0.1 ? way : 0));
    out[n] = linear(intensity.data, ax, ay, az, x, y, z);
  }
  return out;
}
