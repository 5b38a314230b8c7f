import { conform } from '../../volume/conform.ts';
import { signedDistance, squaredDistanceTo } from '../../volume/distance.ts';
import { smoothAxes } from '../../volume/gaussian.ts';
import type { Volume } from '../../volume/volume.ts';
import { above, dilate, erode, fillHoles, largestComponent } from './morphology.ts';

/** Working voxel size of head shapes, mm. */
export const SHAPE_MM = 2;
/** Cavities deeper than this below a closed outline are filled, mm. */
const FILLED_MM = 6;
const SIZES = [SHAPE_MM, SHAPE_MM, SHAPE_MM] as const;

/** A scan's first frame on the working grid that views and shapes of a head use: 2 mm, along the world axes. */
export function workingGrid(volume: Volume): Volume<Float32Array> {
  return conform(volume, SHAPE_MM);
}

/** A head as a solid body on a 2 mm RAS grid. */
export interface HeadShape {
  /** The scan's first frame on the working grid, real values. */
  readonly work: Volume<Float32Array>;
  /** Connected tissue as it is, 0/1: nostrils, mouth and other cavities are open. */
  readonly tissue: Uint8Array;
  /** The head without cavities deep in it, 0/1. */
  readonly solid: Uint8Array;
  /** Squared distance to it, mm², 0 inside. */
  readonly outside: Float32Array;
  /** Distance to the skin, mm, negative inside; cavities deep in the head count as inside. */
  readonly distance: Float32Array;
}

/**
 * The head of a scan as one body, skin to skin.
 *
 * Cavities are filled only where they lie deeper than 6 mm below a closed outline, so that folds of the skin stay what they
 * are. The field of view cuts bodies off without making a skin there.
 *
 * @param threshold head/air threshold, real values
 * @param work {@link workingGrid} of the volume
 */
export function headShape(volume: Volume, threshold: number, work = workingGrid(volume)): HeadShape {
  const { shape } = work;
  const tissue = largestComponent(above(work.data, threshold), shape);
  const closed = erode(fillHoles(dilate(tissue, shape, 3), shape), shape, 3);
  const depth = squaredDistanceTo(
    closed.map((v) => 1 - v),
    shape,
    SIZES,
  );
  const solid = fillHoles(tissue, shape);
  for (let n = 0; n < solid.length; n++) if (depth[n]! > FILLED_MM ** 2) solid[n] = 1;
  return { work, tissue, solid, ...skinOf(solid, shape) };
}

/** Where the skin of a solid head lies: `outside` and `distance` of a {@link HeadShape}. */
export function skinOf(solid: Uint8Array, shape: readonly number[]): Pick<HeadShape, 'outside' | 'distance'> {
  const outside = squaredDistanceTo(solid, shape, SIZES);
  // A little smoothing takes out the steps of the voxels: the outline is then good to a fraction of one.
  const signed = finite(signedDistance(solid, shape, SIZES, outside));
  return { outside, distance: smoothAxes(signed, shape, [0.7, 0.7, 0.7]) };
}

/** A scan without any head has no distance to it; far outside stands for that. */
function finite(distance: Float32Array): Float32Array {
  for (let n = 0; n < distance.length; n++) {
    if (!Number.isFinite(distance[n]!)) distance[n] = distance[n]! < 0 ? -200 : 200;
  }
  return distance;
}
