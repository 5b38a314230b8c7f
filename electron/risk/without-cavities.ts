import { dilate, erode, fillHoles } from '../deidentify/face/morphology.ts';
import type { HeadSurface } from './surface.ts';

/** Radius by which an outline is closed, and depth below it from which a cavity is filled, mm. */
const CLOSE_MM = 6;
const DEEP_MM = 6;

/**
 * A head surface whose deep cavities are filled: airways, the open mouth and ear canals are no part of a face.
 *
 * What lies more than 6 mm below an outline closed over gaps of 12 mm (both along the axes) becomes inside; the skin, with its folds and
 * nostrils, stays what it is.
 */
export function withoutCavities(surface: HeadSurface): HeadSurface {
  const { field, shape, voxelSizeMm: h } = surface;
  const inside = new Uint8Array(field.length);
  for (let n = 0; n < inside.length; n++) if (field[n]! > 0) inside[n] = 1;
  const steps = Math.round(CLOSE_MM / h);
  const closed = erode(fillHoles(dilate(inside, shape, steps), shape), shape, steps);
  const deep = erode(closed, shape, Math.round(DEEP_MM / h));
  const filled = field.slice();
  for (let n = 0; n < filled.length; n++) if (deep[n] && filled[n]! <= 0) filled[n] = 1;
  return { ...surface, field: filled };
}
