import { type Affine, apply, invert, multiply } from '../../shared/geometry/affine.ts';
import { type AverageHead, type FaceFrame, REGION } from '../deidentify/face/face-frame.ts';
import { BACK_MM, WINDOW } from '../deidentify/face/face-view.ts';
import { extendedRegions, flattened } from '../deidentify/face/regions.ts';
import type { Grid } from '../volume/resample.ts';

/** Which part of a head's surface is face. */
export interface FaceRegion {
  readonly from: 'average-head' | 'window';
  /** Whether a point of a head's surface belongs to the face; world mm, RAS+. */
  contains(x: number, y: number, z: number): boolean;
}

/**
 * Face and mouth of the average head where it was placed in a scan: eyes, nose, cheeks, lips and chin, ear to ear.
 *
 * The regions go on through the air in front and below, so that a longer nose or chin than the average's is part of them,
 * and a few millimetres deeper than the average skin's, for a smaller face. Ears and forehead are not face here: methods
 * may leave them, and they are reported elsewhere.
 */
export function averageHeadRegion(average: AverageHead, frame: FaceFrame): FaceRegion {
  const bits = flattened(extendedRegions(average), average);
  const [nx, ny, nz] = average.regions.shape as [number, number, number];
  const toIndex = multiply(invert(average.regions.affine), invert(frame.averageToWorld));
  const face = REGION.face | REGION.mouth;
  return {
    from: 'average-head',
    contains(x, y, z) {
      // Values at the border of the grid hold beyond it.
      const at = apply(toIndex, x, y, z);
      const i = Math.min(nx - 1, Math.max(0, Math.round(at[0])));
      const j = Math.min(ny - 1, Math.max(0, Math.round(at[1])));
      const k = Math.min(nz - 1, Math.max(0, Math.round(at[2])));
      return (bits[i + nx * (j + ny * k)]! & face) !== 0;
    },
  };
}

/**
 * The window brow to chin in front of the brain through which the verdict looks at a face, for a build or a scan without
 * an average head.
 *
 * @param standardToWorld ICBM152 mm → world mm
 */
export function windowRegion(standardToWorld: Affine): FaceRegion {
  const toStandard = invert(standardToWorld);
  return {
    from: 'window',
    contains(x, y, z) {
      const [sx, sy, sz] = apply(toStandard, x, y, z);
      return (
        sx >= WINDOW.left && sx <= WINDOW.right && sz >= WINDOW.bottom && sz <= WINDOW.top && sy >= BACK_MM
      );
    },
  };
}

/** Voxels from the border of a scan within which a surface is made by the end of the picture, not by skin. */
const BORDER_VOXELS = 1.5;

/**
 * A region without what lies at the border of the scan: where the picture ends in the middle of a nose, the surface is flat
 * and nobody's.
 */
export function withinScan(region: FaceRegion, scan: Grid): FaceRegion {
  const toVoxel = invert(scan.affine);
  const [nx, ny, nz] = scan.shape as [number, number, number];
  const within = (v: number, n: number) => v >= BORDER_VOXELS && v <= n - 1 - BORDER_VOXELS;
  return {
    from: region.from,
    contains(x, y, z) {
      const [i, j, k] = apply(toVoxel, x, y, z);
      return within(i, nx) && within(j, ny) && within(k, nz) && region.contains(x, y, z);
    },
  };
}
