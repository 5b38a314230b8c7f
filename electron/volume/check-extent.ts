import { voxelSizes } from '../../shared/geometry/affine.ts';
import type { Volume } from './volume.ts';

/** No head has such a size: the header's voxel sizes or their unit are wrong. */
export class ExtentError extends Error {
  override name = 'ExtentError';
  readonly fix = 'Its voxel sizes or their unit look wrong: correct the header at its source.';
}

const SMALLEST_MM = 10;
const LARGEST_MM = 2000;

/**
 * Refuses a scan whose size in mm cannot be meant, before grids are made for it.
 *
 * One short axis is allowed: a single slice is a scan.
 *
 * @throws ExtentError for a scan of more than 2 m along an axis, or less than 10 mm along two
 */
export function checkExtent({ shape, affine }: Pick<Volume, 'shape' | 'affine'>): void {
  const extent = voxelSizes(affine).map((size, n) => size * shape[n]!);
  const [, middle, largest] = [...extent].sort((a, b) => a - b) as [number, number, number];
  if (!extent.some(Number.isNaN) && middle >= SMALLEST_MM && largest <= LARGEST_MM) return;
  const got = extent.map((mm) => (mm < 100 ? mm.toPrecision(2) : mm.toFixed(0))).join(' × ');
  throw new ExtentError(`Expected a scan of ${SMALLEST_MM} mm to 2 m, got one of ${got} mm.`);
}
