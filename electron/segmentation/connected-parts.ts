/** Connected parts of one kind of voxel: the voxels of part n are `order[start[n] … start[n + 1])`. */
export interface Parts {
  readonly order: Int32Array;
  readonly start: readonly number[];
  /** Kind of each part: what `kindOf` gave for its voxels. */
  readonly kind: readonly number[];
}

/**
 * Parts of equal kind, connected through faces, edges or corners (26 neighbours).
 *
 * @param kindOf kind per value of `values`; 0 is background and belongs to no part
 */
export function connectedParts(values: Uint8Array, shape: readonly number[], kindOf: Uint8Array): Parts {
  const [nx, ny, nz] = shape as [number, number, number];
  const seen = new Uint8Array(values.length);
  let many = 0;
  for (let n = 0; n < values.length; n++) {
    if (kindOf[values[n]!] === 0) seen[n] = 1;
    else many++;
  }
  const order = new Int32Array(many);
  const start: number[] = [];
  const kind: number[] = [];
  let filled = 0;
  for (let seed = 0; seed < values.length; seed++) {
    if (seen[seed]) continue;
    const own = kindOf[values[seed]!]!;
    start.push(filled);
    kind.push(own);
    seen[seed] = 1;
    order[filled++] = seed;
    for (let head = filled - 1; head < filled; head++) {
      const at = order[head]!;
      const i = at % nx;
      const j = Math.floor(at / nx) % ny;
      const k = Math.floor(at / (nx * ny));
      for (let dk = k > 0 ? -1 : 0; dk <= (k < nz - 1 ? 1 : 0); dk++) {
        for (let dj = j > 0 ? -1 : 0; dj <= (j < ny - 1 ? 1 : 0); dj++) {
          const row = at + nx * (dj + ny * dk);
          for (let next = i > 0 ? row - 1 : row; next <= (i < nx - 1 ? row + 1 : row); next++) {
            if (seen[next] || kindOf[values[next]!] !== own) continue;
            seen[next] = 1;
            order[filled++] = next;
          }
        }
      }
    }
  }
  start.push(filled);
  return { order, start, kind };
}
