import type { Volume } from '../volume/volume.ts';
import { closeFrontCut } from './front-cut.ts';
import { airNoise, findLevels, type SurfaceLevels, TISSUE_SHARE } from './levels.ts';
import { localMaximum, smooth } from './neighbourhood.ts';
import { largestPiece, reachableAir } from './pieces.ts';
import { resampleToRas } from './ras-grid.ts';
import { findTissueMap, shareOfTissue } from './tissue-map.ts';

/**
 * The outer surface of a head (or of whatever is bright in the scan) as a level set on a regular RAS grid.
 *
 * `field` is positive inside, negative outside and zero on the surface; trilinear interpolation of it gives
 * the surface to a fraction of a voxel. Grid point (i, j, k) lies at `originRas + voxelSizeMm · (i, j, k)`.
 */
export interface HeadSurface extends Required<SurfaceLevels> {
  readonly field: Float32Array;
  /** The field smoothed once more: its gradient is the surface normal used for shading. */
  readonly shading: Float32Array;
  readonly shape: readonly [number, number, number];
  readonly voxelSizeMm: number;
  readonly originRas: readonly [number, number, number];
}

export interface SurfaceOptions {
  /** Spacing of the working grid in mm; the default is the scan's own, kept between 1.5 and 2. */
  readonly voxelSizeMm?: number;
  /** Levels of another scan of the same head, so that before and after are cut alike. A surface is its own. */
  readonly levels?: SurfaceLevels;
}

/**
 * Head surface of any scan: any axis order, oblique, any contrast in which tissue is brighter than air.
 *
 * Air and tissue are told apart by Otsu's threshold on a smoothed RAS copy, then, part by part, by how bright
 * tissue is there, so that a coil's profile neither loses dim skin nor lifts bright air. The largest connected
 * piece is the head (noise and wrapped-around parts fall away); what air cannot reach from outside is inside.
 * Near the skin the level is about half of the brightest tissue beside it, which is where a blurred step edge has its
 * true place. Crumbs that this leaves floating are dropped, and a nose that the field of view cuts is closed flat.
 *
 * A skull-stripped scan gives the surface of the brain. Frames after the first of a 4-D scan are ignored.
 *
 * @throws NoSurfaceError when no voxel is brighter than air
 * @see Otsu 1979, IEEE Trans. SMC 9(1)
 */
export function headSurface(volume: Volume, options: SurfaceOptions = {}): HeadSurface {
  const grid = resampleToRas(volume, options.voxelSizeMm, options.levels?.airValue);
  const { shape, voxelSizeMm, originRas } = grid;
  const values = smooth(grid.data, shape);
  // One air for what was scanned and for what was not, so that an edit of the scan does not move its cut ends.
  const levels = options.levels ?? { ...findLevels(values), airValue: grid.outside };
  const { threshold, airValue, tissueValue } = levels;
  if (!(tissueValue > airValue))
    throw new NoSurfaceError('expected tissue brighter than air in the scan, found one value throughout');
  const tissueMap =
    levels.tissueMap ?? findTissueMap(values, grid, levels, airNoise(values, levels, grid.outside));
  const share = shareOfTissue(values, grid, airValue, tissueMap);

  closeFrontCut(share, shape, voxelSizeMm);
  const head = largestPiece(share, shape, TISSUE_SHARE);
  if (head === undefined)
    throw new NoSurfaceError('expected tissue brighter than air in the scan, found one value throughout');
  const field = levelSet(share, head, reachableAir(head, shape), smooth(localMaximum(share, shape), shape));
  dropCrumbs(field, shape, voxelSizeMm);
  const shading = smooth(smooth(field, shape), shape);
  return { field, shading, shape, voxelSizeMm, originRas, threshold, airValue, tissueValue, tissueMap };
}

/**
 * Share of the brightest tissue beside it at which the skin's edge lies: a half, less what noise and the fat under
 * the skin add to a maximum. On phantoms the surface then lies within 0.1 mm of the true one on average.
 */
const EDGE_SHARE = 0.45;
/** A bright vessel or fat beside the skin must not push the skin's level beyond this share of the tissue. */
const HIGHEST_LEVEL = 0.75;
/** Nor may a ghost of moving eyes, which has no bright tissue beside it, pull it below this. */
const LOWEST_LEVEL = 0.28;
const JUST_OUTSIDE = -0.02;
/** Floating pieces smaller than this are crumbs, mm³. */
const CRUMB_MM3 = 1000;

/** The scan holds nothing that could be a surface. */
export class NoSurfaceError extends Error {
  override readonly name = 'NoSurfaceError';
}

/**
 * Distance of every value from the level that holds there, in levels, kept between −1 and 1.
 *
 * @param share tissue as a share of the local tissue's value
 * @param head 1 in the head's piece
 * @param outside 1 in the air around it
 * @param brightest what the tissue beside each voxel reaches
 */
function levelSet(
  share: Float32Array,
  head: Uint8Array,
  outside: Uint8Array,
  brightest: Float32Array,
): Float32Array {
  const field = new Float32Array(share.length);
  for (let v = 0; v < field.length; v++) {
    const out = head[v] === 0;
    if (out && outside[v] === 0) {
      field[v] = 1;
      continue;
    }
    let level = EDGE_SHARE * brightest[v]!;
    if (level < LOWEST_LEVEL) level = LOWEST_LEVEL;
    else if (level > HIGHEST_LEVEL) level = HIGHEST_LEVEL;
    const signed = share[v]! / level - 1;
    // Everything beside the head is out, however bright.
    const most = out ? JUST_OUTSIDE : 1;
    field[v] = signed < -1 ? -1 : signed > most ? most : signed;
  }
  return field;
}

function dropCrumbs(field: Float32Array, shape: HeadSurface['shape'], voxelSizeMm: number): void {
  const whole = largestPiece(field, shape, 0, CRUMB_MM3 / voxelSizeMm ** 3);
  if (whole === undefined) return;
  for (let v = 0; v < field.length; v++)
    if (whole[v] === 0 && field[v]! > JUST_OUTSIDE) field[v] = JUST_OUTSIDE;
}
