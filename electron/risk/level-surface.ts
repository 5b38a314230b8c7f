import type { Volume } from '../volume/volume.ts';
import { smooth } from './neighbourhood.ts';
import type { HeadSurface } from './surface.ts';

/** Distance from the skin at which the field of a surface ends, mm. */
const REACH_MM = 4;

/**
 * A head surface from a signed distance, as models of heads hold it.
 *
 * @param distance mm to the skin, negative inside, on an RAS grid of equal spacing (no rotation)
 * @throws RangeError for another kind of grid
 */
export function surfaceFromDistance(distance: Volume<Float32Array>): HeadSurface {
  const { affine, data } = distance;
  const shape = distance.shape.slice(0, 3) as [number, number, number];
  const h = affine[0]!;
  const spacings = [h, 0, 0, 0, h, 0, 0, 0, h];
  const block = [0, 1, 2, 4, 5, 6, 8, 9, 10].map((n) => affine[n]!);
  if (!(h > 0) || block.some((v, n) => Math.abs(v - spacings[n]!) > 1e-4)) {
    throw new RangeError(`Expected a grid along R, A and S of equal spacing, got [${block.join(', ')}].`);
  }
  const field = data.map((d) => Math.max(-1, Math.min(1, -d / REACH_MM)));
  closeBorder(field, shape);
  return {
    field,
    shading: smooth(smooth(field, shape), shape),
    shape,
    voxelSizeMm: h,
    originRas: [affine[3]!, affine[7]!, affine[11]!],
    airValue: 0,
    tissueValue: 1,
    threshold: 0.5,
    // There is no scan whose tissue could vary.
    tissueMap: { excess: Float32Array.of(1), shape: [1, 1, 1], stepMm: h, originRas: [0, 0, 0] },
  };
}

/** The outermost layer of a surface's grid is air, so that a neck cut off by it has an end. */
function closeBorder(field: Float32Array, [nx, ny, nz]: readonly [number, number, number]): void {
  let n = 0;
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, n++)
        if (i === 0 || j === 0 || k === 0 || i === nx - 1 || j === ny - 1 || k === nz - 1)
          field[n] = Math.min(field[n]!, -0.5);
}
