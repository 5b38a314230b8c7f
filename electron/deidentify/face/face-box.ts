import { invert } from '../../../shared/geometry/affine.ts';
import { linear } from '../../volume/resample.ts';
import type { Volume } from '../../volume/volume.ts';
import type { EditPlan } from './edit-plan.ts';
import { FACE_SPACE } from './generate-face.ts';
import { normalRandom } from './noise.ts';
import { worldToAverageIndex } from './regions.ts';

/** The shape channel is the distance to the skin in units of this, cut at ±1. Millimetres of the average head. */
const REACH_MM = 10;

/** Indices of the plan's working grid → indices of the generators' box. */
function workToBox(plan: EditPlan): Float64Array {
  const m = worldToAverageIndex(plan.average.surface.affine, plan.frame, plan.head.work.affine);
  for (let r = 0; r < 3; r++) m[4 * r + 3]! -= FACE_SPACE.low[r]!;
  return m;
}

/**
 * What a generator is shown: kept intensities, what is removed, the skin wanted, and noise; one after the other.
 *
 * @param kept intensities on the working grid, 1 = brighter half of the brain, 0 = air
 * @param distance to the skin wanted, mm of the scan
 * @param scale mm of the scan per mm of the average head
 */
export function faceChannels(
  plan: EditPlan,
  kept: Float32Array,
  distance: Float32Array,
  scale: number,
  seed: number,
): Float32Array {
  const [nx, ny, nz] = FACE_SPACE.shape;
  const [wx, wy, wz] = plan.head.work.shape as [number, number, number];
  const voxels = nx * ny * nz;
  const out = new Float32Array(4 * voxels);
  const normal = normalRandom(seed);
  const m = invert(workToBox(plan));
  let n = 0;
  for (let k = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++, n++) {
        const x = m[0]! * i + m[1]! * j + m[2]! * k + m[3]!;
        const y = m[4]! * i + m[5]! * j + m[6]! * k + m[7]!;
        const z = m[8]! * i + m[9]! * j + m[10]! * k + m[11]!;
        const seen = x > -0.5 && y > -0.5 && z > -0.5 && x < wx - 0.5 && y < wy - 0.5 && z < wz - 0.5;
        const removed =
          !seen || plan.workMask[nearest(x, wx) + wx * (nearest(y, wy) + wy * nearest(z, wz))] === 1;
        if (removed) out[voxels + n] = 1;
        else out[n] = linear(kept, wx, wy, wz, x, y, z);
        const d = linear(distance, wx, wy, wz, x, y, z) / scale / REACH_MM;
        out[2 * voxels + n] = Math.max(-1, Math.min(1, d));
        out[3 * voxels + n] = normal();
      }
    }
  }
  return out;
}

/**
 * Made tissue where something was removed, kept tissue elsewhere, on the working grid; 0 farther than `reachMm` outside the
 * new skin.
 *
 * @param tissue of a generator, on its box
 * @param kept as shown to it, working grid
 */
export function tissueOnWork(
  plan: EditPlan,
  tissue: Float32Array,
  kept: Float32Array,
  distance: Float32Array,
  reachMm: number,
): Float32Array {
  const [nx, ny, nz] = FACE_SPACE.shape;
  const m = workToBox(plan);
  const [wx, wy, wz] = plan.head.work.shape as [number, number, number];
  const out = new Float32Array(distance.length);
  let n = 0;
  for (let k = 0; k < wz; k++) {
    for (let j = 0; j < wy; j++) {
      for (let i = 0; i < wx; i++, n++) {
        if (distance[n]! > reachMm) continue;
        if (!plan.workMask[n]) {
          out[n] = kept[n]!;
          continue;
        }
        const x = m[0]! * i + m[1]! * j + m[2]! * k + m[3]!;
        const y = m[4]! * i + m[5]! * j + m[6]! * k + m[7]!;
        const z = m[8]! * i + m[9]! * j + m[10]! * k + m[11]!;
        // A trace above nothing: 0 means that there is no tissue to match.
        out[n] = Math.max(1e-3, linear(tissue, nx, ny, nz, x, y, z));
      }
    }
  }
  return out;
}

function nearest(x: number, extent: number): number {
  return Math.min(extent - 1, Math.max(0, Math.round(x)));
}

/** Mean of the brighter half of the brain above the air: white matter in a T1-weighted scan. Real values. */
export function brainLevel(volume: Volume, brain: Uint8Array, air: number): number {
  const values: number[] = [];
  for (let n = 0; n < brain.length; n += 5) {
    const v = volume.data[n]! * (volume.slope || 1) + volume.inter;
    if (brain[n] && Number.isFinite(v)) values.push(v);
  }
  const upper = Float64Array.from(values)
    .sort()
    .subarray(values.length >> 1);
  return upper.length ? upper.reduce((a, b) => a + b, 0) / upper.length - air : 0;
}
