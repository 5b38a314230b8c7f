/** Edge of the blocks of {@link emptySpace}, grid points. */
export const BLOCK = 2;

/** How far every block of a grid is from the surface, so that a ray can leap over what is empty. */
export interface EmptySpace {
  /** Chessboard distance to the next block that the body reaches, in blocks; 0 in such a block, at most 255. */
  readonly distance: Uint8Array;
  readonly shape: readonly [number, number, number];
}

/**
 * Distances to a body given by a field that is positive inside.
 *
 * Block (a, b, c) holds the points from 2·(a, b, c) up to 2·(a, b, c) + 2. It counts as reached when one of its
 * 3 × 3 × 3 grid points is inside: elsewhere trilinear interpolation cannot be positive.
 *
 * @see Rosenfeld & Pfaltz 1968, Pattern Recognition 1(1): two passes give the exact chessboard distance
 */
export function emptySpace(field: Float32Array, extents: readonly [number, number, number]): EmptySpace {
  const [nx, ny, nz] = extents;
  // One block of margin on every side spares the passes all border checks.
  const shape = extents.map((n) => Math.ceil(n / BLOCK) + 2) as [number, number, number];
  const [bx, by, bz] = shape;
  const row = bx;
  const slab = bx * by;
  const distance = new Uint8Array(slab * bz).fill(255);
  for (let k = 0, v = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, v++) {
        if (!(field[v]! > 0)) continue;
        // A point on the edge between two blocks belongs to both.
        const a1 = (i >> 1) + 1;
        const b1 = (j >> 1) + 1;
        const c1 = (k >> 1) + 1;
        const a0 = i & 1 ? a1 : a1 - 1;
        const b0 = j & 1 ? b1 : b1 - 1;
        const c0 = k & 1 ? c1 : c1 - 1;
        for (let c = c0; c <= c1; c++)
          for (let b = b0; b <= b1; b++) for (let a = a0; a <= a1; a++) distance[a + row * b + slab * c] = 0;
      }
  // The thirteen neighbours that a pass in reading order has already seen.
  const seen: number[] = [-1];
  for (let b = -1; b <= 0; b++) for (let a = -1; a <= 1; a++) if (b < 0) seen.push(a + row * b);
  for (let b = -1; b <= 1; b++) for (let a = -1; a <= 1; a++) seen.push(a + row * b - slab);
  const pass = (from: number, step: number) => {
    const offsets = Int32Array.from(seen, (offset) => offset * step);
    for (let c = 1; c < bz - 1; c++)
      for (let b = 1; b < by - 1; b++)
        for (let a = 1; a < bx - 1; a++) {
          const v = from + step * (a + row * b + slab * c);
          let least = distance[v]! - 1;
          for (let n = 0; n < 13; n++) {
            const there = distance[v + offsets[n]!]!;
            if (there < least) least = there;
          }
          distance[v] = least + 1;
        }
  };
  pass(0, 1);
  pass(distance.length - 1, -1);
  // The margin is looked at where rounding puts the first point of a ray beyond the grid: no leaps from there.
  for (let v = 0; v < distance.length; v++) if (distance[v] === 255) distance[v] = 1;
  return { distance, shape };
}
