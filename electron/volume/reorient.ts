import { type Affine, multiply } from '../../shared/geometry/affine.ts';
import {
  type AxisCodes,
  type Orientation,
  orientationOf,
  parseAxisCodes,
} from '../../shared/geometry/orientation.ts';
import type { Volume, VoxelArray } from './volume.ts';

/** For each new array axis: the old axis it is read from and whether it runs backwards. */
export interface AxisMove {
  readonly from: readonly [number, number, number];
  readonly flip: readonly [boolean, boolean, boolean];
}

/** The move that brings an array with orientation `have` to orientation `want`. */
export function axisMove(have: Orientation, want: Orientation): AxisMove {
  const from = want.map((w) => have.findIndex((h) => h.axis === w.axis));
  const flip = want.map((w, n) => have[from[n]!]!.flip !== w.flip);
  return { from: from as [number, number, number], flip: flip as [boolean, boolean, boolean] };
}

/** The move that undoes another. */
export function inverseMove(move: AxisMove): AxisMove {
  const from = [0, 0, 0] as [number, number, number];
  const flip = [false, false, false] as [boolean, boolean, boolean];
  move.from.forEach((old, n) => {
    from[old] = n;
    flip[old] = move.flip[n]!;
  });
  return { from, flip };
}

/** Permutes and flips the first three axes of an array; further axes (time) stay as they are. */
export function moveAxes<A extends VoxelArray>(data: A, shape: readonly number[], move: AxisMove): A {
  const [nx, ny, nz] = shape as [number, number, number];
  const strides = [1, nx, nx * ny];
  const size = move.from.map((old) => shape[old]!) as [number, number, number];
  const step = move.from.map((old, n) => (move.flip[n] ? -strides[old]! : strides[old]!)) as [
    number,
    number,
    number,
  ];
  let origin = 0;
  for (let n = 0; n < 3; n++) if (move.flip[n]) origin -= step[n]! * (size[n]! - 1);
  const out = new (data.constructor as new (n: number) => A)(data.length);
  const frame = nx * ny * nz;
  let to = 0;
  for (let base = 0; base < data.length; base += frame) {
    for (let k = 0; k < size[2]; k++) {
      for (let j = 0; j < size[1]; j++) {
        let at = base + origin + k * step[2] + j * step[1];
        for (let i = 0; i < size[0]; i++, at += step[0]) out[to++] = data[at]!;
      }
    }
  }
  return out;
}

/** New index → old index of a move, as an affine. */
function moveMatrix(shape: readonly number[], move: AxisMove): Affine {
  const m = new Float64Array(16);
  move.from.forEach((old, n) => {
    m[old * 4 + n] = move.flip[n] ? -1 : 1;
    if (move.flip[n]) m[old * 4 + 3] = shape[old]! - 1;
  });
  m[15] = 1;
  return m;
}

/**
 * The same voxels stored along other body axes: permutes and flips, never interpolates.
 *
 * @param codes target axis letters, e.g. `RAS`
 * @example reorient(volume, 'RAS')
 */
export function reorient<A extends VoxelArray>(volume: Volume<A>, codes: AxisCodes): Volume<A> {
  const move = axisMove(orientationOf(volume.affine), parseAxisCodes(codes));
  return {
    ...volume,
    data: moveAxes(volume.data, volume.shape, move),
    shape: [...move.from.map((old) => volume.shape[old]!), ...volume.shape.slice(3)],
    affine: multiply(volume.affine, moveMatrix(volume.shape, move)),
  };
}

/**
 * Voxels of a reoriented volume back in the order of the scan they came from, on exactly its grid.
 *
 * @param data array in the order `codes` of the scan's own first three axes
 */
export function reorientBack<A extends VoxelArray>(data: A, codes: AxisCodes, original: Volume): A {
  const move = axisMove(orientationOf(original.affine), parseAxisCodes(codes));
  const shape = move.from.map((old) => original.shape[old]!);
  return moveAxes(data, shape, inverseMove(move));
}
