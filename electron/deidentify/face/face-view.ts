import { type Affine, apply, invert, multiply } from '../../../shared/geometry/affine.ts';
import { linear } from '../../volume/resample.ts';
import type { Volume } from '../../volume/volume.ts';
import { SHAPE_MM, workingGrid } from './head-shape.ts';
import { findHead } from './head-start.ts';
import { above, fillHoles, largestComponent } from './morphology.ts';

/**
 * A head looked at from the front, in the frame of its brain.
 *
 * Rays run from front to back along the standard frame's y axis through a window that holds brow to chin
 * (ICBM152 millimetres brought to the scan by the brain's own affine, so tilt and head size are taken out). `depth` is the
 * y of the first head surface a ray meets, NaN where it meets none before `BACK_MM`.
 */
export interface FaceView {
  readonly depth: Float32Array;
  readonly columns: number;
  readonly rows: number;
}

/** The window, ICBM152 mm: left to right, chin to brow, and the range of depth that belongs to a face. */
export const WINDOW = { left: -52, right: 52, bottom: -112, top: -14, step: 2 } as const;
export const FRONT_MM = 150;
export const BACK_MM = 15;

/** Head/air threshold of a scan in real values. @param work {@link workingGrid} of it */
export function airThreshold(volume: Volume, work = workingGrid(volume)): number {
  return findHead(work, SHAPE_MM).threshold;
}

/**
 * @param volume any grid
 * @param standardToWorld from `extractBrain`
 * @param threshold head/air threshold; use the original's for the edited scan, so that only the edit can differ
 * @param work {@link workingGrid} of the volume
 */
export function viewFace(
  volume: Volume,
  standardToWorld: Affine,
  threshold: number,
  work = workingGrid(volume),
): FaceView {
  const [nx, ny, nz] = work.shape as [number, number, number];
  const raw = above(work.data, threshold);
  const head = fillHoles(largestComponent(raw, work.shape), work.shape);
  const toIndex = multiply(invert(work.affine), standardToWorld);
  const columns = Math.round((WINDOW.right - WINDOW.left) / WINDOW.step) + 1;
  const rows = Math.round((WINDOW.top - WINDOW.bottom) / WINDOW.step) + 1;
  const depth = new Float32Array(columns * rows).fill(Number.NaN);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      const x = WINDOW.left + c * WINDOW.step;
      const z = WINDOW.bottom + r * WINDOW.step;
      for (let y = FRONT_MM; y >= BACK_MM; y -= 0.5) {
        const [fi, fj, fk] = apply(toIndex, x, y, z);
        const i = Math.round(fi);
        const j = Math.round(fj);
        const k = Math.round(fk);
        if (i < 0 || j < 0 || k < 0 || i >= nx || j >= ny || k >= nz) continue;
        if (head[i + nx * (j + ny * k)]) {
          depth[r * columns + c] = y;
          break;
        }
      }
    }
  }
  return { depth, columns, rows };
}

/**
 * Share of the face surface seen before that is gone or lies elsewhere after.
 *
 * A point counts as unchanged when the ray meets the edited head within 2 mm of the same depth.
 *
 * @returns 0…1 and how many points there were before; share 0 when there were none
 */
export function surfaceChanged(before: FaceView, after: FaceView): { share: number; points: number } {
  let [points, moved] = [0, 0];
  before.depth.forEach((y, n) => {
    if (Number.isNaN(y)) return;
    points++;
    if (hasMoved(y, after.depth[n]!)) moved++;
  });
  return { share: points ? moved / points : 0, points };
}

/** Share of a new head from which on nothing of the old shape is left in it. */
const FULLY = 0.98;

/**
 * Share of the face surface seen before that was replaced: it is gone, lies elsewhere, or lay where the new head counts
 * in full and so owes nothing to the old one.
 *
 * @param replaced share of the new head, any grid
 * @param standardToWorld the frame both views were taken in
 */
export function surfaceReplaced(
  before: FaceView,
  after: FaceView,
  replaced: Volume<Float32Array>,
  standardToWorld: Affine,
): number {
  const [nx, ny, nz] = replaced.shape as [number, number, number];
  const toIndex = multiply(invert(replaced.affine), standardToWorld);
  let [points, counted] = [0, 0];
  before.depth.forEach((y, n) => {
    if (Number.isNaN(y)) return;
    points++;
    if (hasMoved(y, after.depth[n]!)) {
      counted++;
      return;
    }
    const x = WINDOW.left + (n % before.columns) * WINDOW.step;
    const z = WINDOW.bottom + Math.floor(n / before.columns) * WINDOW.step;
    const at = apply(toIndex, x, y, z);
    if (linear(replaced.data, nx, ny, nz, ...at) >= FULLY) counted++;
  });
  return points ? counted / points : 0;
}

function hasMoved(before: number, after: number): boolean {
  return Number.isNaN(after) || Math.abs(after - before) > 2;
}
