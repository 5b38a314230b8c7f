import { signedDistance, squaredDistanceTo } from '../../volume/distance.ts';
import { type HeadShape, SHAPE_MM, skinOf } from './head-shape.ts';
import { connectedTo, fillHoles } from './morphology.ts';

/** A void lies at least this deep below the average head's skin somewhere, mm: deeper than that head is misplaced. */
const DEEP_IN_AVERAGE_MM = 10;
/** Nearer to the average's skin than this nothing is filled, mm. */
const IN_AVERAGE_MM = 2;
/** Half the width of the widest hole in the skin that is closed, mm. */
const CLOSE_MM = 24;
/** A void lies at least this deep below the outline closed over such holes, mm: a fold of the skin does not. */
const DEEP_MM = 6;
/** So far tissue is looked for around a void, mm, and on so many sides it must be, below and the front left out. */
const LOOK_MM = 60;
const SIDES = 3;
/** Smaller voids are left to the folds of an ordinary face, mm³. */
const LEAST_MM3 = 3000;
const SIZES = [SHAPE_MM, SHAPE_MM, SHAPE_MM] as const;

/**
 * Where a scan shows nothing although the head goes on there, open to the air: metal in teeth, mostly.
 *
 * Such a void breaks the skin. Taken for the shape of the face it would pull any new face into itself and stay as a hole,
 * by which the person is known again. Tissue lies around it, below too; below a chin, where the head is as far from the
 * average's skin, it does not.
 *
 * @param average distance to the average head's skin on the working grid, mm of the scan
 * @param region where a face may be, 0/1 on the working grid: an airway lies behind it
 * @returns 0/1 on the working grid, or null when there is none
 */
export function skinVoids(head: HeadShape, average: Float32Array, region: Uint8Array): Uint8Array | null {
  const { solid, outside, work } = head;
  const { shape } = work;
  const least = LEAST_MM3 / SHAPE_MM ** 3;
  const empty = (n: number) => region[n] && !solid[n] && average[n]! < -DEEP_IN_AVERAGE_MM;
  let candidates = 0;
  for (let n = 0; n < solid.length; n++) if (empty(n)) candidates++;
  if (candidates < least) return null;

  const far = new Uint8Array(solid.length);
  for (let n = 0; n < far.length; n++) if (outside[n]! > CLOSE_MM ** 2) far[n] = 1;
  // Beyond `CLOSE_MM` from everything that is so far from the head: inside the closed outline.
  const depth = squaredDistanceTo(far, shape, SIZES);
  const deep = new Uint8Array(solid.length);
  const open = new Uint8Array(solid.length);
  let size = 0;
  for (let n = 0; n < deep.length; n++) {
    if (solid[n] || average[n]! > -IN_AVERAGE_MM || depth[n]! <= CLOSE_MM ** 2) continue;
    open[n] = 1;
    if (empty(n) && depth[n]! > (CLOSE_MM + DEEP_MM) ** 2 && enclosed(solid, shape, n)) {
      deep[n] = 1;
      size++;
    }
  }
  return size < least ? null : connectedTo(open, deep, shape);
}

/** Tissue lies near a voxel of a RAS grid below, and on three at least of: left, right, behind, above. */
function enclosed(solid: Uint8Array, shape: readonly number[], n: number): boolean {
  const [nx, ny, nz] = shape as [number, number, number];
  const [i, j, k] = [n % nx, ((n / nx) | 0) % ny, (n / (nx * ny)) | 0];
  const seen = (step: number, room: number) => {
    const last = Math.min(room, LOOK_MM / SHAPE_MM);
    for (let s = 1, at = n + step; s <= last; s++, at += step) if (solid[at]) return true;
    return false;
  };
  if (!seen(-nx * ny, k)) return false;
  const found = [seen(-1, i), seen(1, nx - 1 - i), seen(-nx, j), seen(nx * ny, nz - 1 - k)];
  return found.filter(Boolean).length >= SIDES;
}

/** The head as if its voids were tissue: its skin goes on in front of them. */
export function withoutVoids(head: HeadShape, voids: Uint8Array): HeadShape {
  const filled = head.solid.map((v, n) => (v || voids[n] ? 1 : 0));
  const solid = fillHoles(filled, head.work.shape); // a speck left in it would pass for skin
  return { ...head, solid, ...skinOf(solid, head.work.shape) };
}

/** Over this distance the tissue around a void gives way to new tissue, mm. */
const AROUND_MM = 6;

/** Raises the share of the new head to all of it in a void, where there is no own tissue to keep. Changes `weight`. */
export function fillVoids(
  weight: Float32Array,
  mask: Uint8Array,
  voids: Uint8Array,
  shape: readonly number[],
): void {
  const distance = signedDistance(voids, shape, SIZES);
  for (let n = 0; n < weight.length; n++) {
    if (!mask[n]) continue;
    const share = Math.min(1, Math.max(0, 1 - distance[n]! / AROUND_MM));
    weight[n] = Math.max(weight[n]!, share);
  }
}
