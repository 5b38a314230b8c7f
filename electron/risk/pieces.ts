/** What a voxel is to a walk: `open` ones may be entered. */
const OPEN = 1;
const ENTERED = 2;

type Shape = readonly [number, number, number];

/**
 * Mask (0 or 1) of the largest 6-connected set of voxels above a value, and of others that are large enough.
 *
 * The grid's outermost layer is padding and never above the value.
 *
 * @param keep other pieces of at least this many voxels stay; by default none does
 * @returns `undefined` when nothing is above the value
 */
export function largestPiece(
  values: Float32Array,
  shape: Shape,
  above: number,
  keep = Number.POSITIVE_INFINITY,
): Uint8Array | undefined {
  const state = new Uint8Array(values.length);
  for (let v = 0; v < state.length; v++) if (values[v]! > above) state[v] = OPEN;
  // Pieces follow each other in the queue, so each is a stretch of it.
  const queue = new Int32Array(values.length);
  const stretches: [number, number][] = [];
  let end = 0;
  let largest = 0;
  for (let seed = 0; seed < state.length; seed++) {
    if (state[seed] !== OPEN) continue;
    const start = end;
    state[seed] = ENTERED;
    queue[end++] = seed;
    end = walk(state, queue, start, end, shape);
    const size = end - start;
    if (size <= largest && size < keep) continue;
    stretches.push([start, end]);
    largest = Math.max(largest, size);
  }
  if (largest === 0) return undefined;
  const mask = new Uint8Array(values.length);
  for (const [from, to] of stretches)
    if (to - from >= Math.min(keep, largest)) for (let n = from; n < to; n++) mask[queue[n]!] = 1;
  return mask;
}

/** Air connected with the outermost layer of the grid, which is air because the grid is padded. */
export function reachableAir(head: Uint8Array, shape: Shape): Uint8Array {
  const [nx, ny, nz] = shape;
  const state = new Uint8Array(head.length);
  const queue = new Int32Array(head.length);
  let end = 0;
  let v = 0;
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, v++) {
        if (i === 0 || j === 0 || k === 0 || i === nx - 1 || j === ny - 1 || k === nz - 1) {
          state[v] = ENTERED;
          queue[end++] = v;
        } else if (head[v] === 0) state[v] = OPEN;
      }
  walk(state, queue, 0, end, shape);
  for (let n = 0; n < state.length; n++) state[n] = state[n] === ENTERED ? 1 : 0;
  return state;
}

/**
 * Breadth-first 6-connected walk through open voxels from those queued in [start, end); returns the new end.
 *
 * Needs no border checks: a step over the border lands on the outermost layer of another row, which is never
 * open, or beyond the array.
 */
function walk(state: Uint8Array, queue: Int32Array, start: number, end: number, shape: Shape): number {
  const row = shape[0];
  const slab = shape[0] * shape[1];
  for (let at = start; at < end; at++) {
    const here = queue[at]!;
    for (let s = 0; s < 6; s++) {
      const step = s < 2 ? 1 : s < 4 ? row : slab;
      const v = s & 1 ? here + step : here - step;
      if (state[v] !== OPEN) continue;
      state[v] = ENTERED;
      queue[end++] = v;
    }
  }
  return end;
}
