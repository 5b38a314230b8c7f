import { smoothAxes } from '../../volume/gaussian.ts';

/**
 * Wide Gaussian smoothing of a 3-D array, the same along all axes, at a fraction of the work.
 *
 * What a wide Gaussian leaves has no detail to lose: blocks are averaged first, smoothed, and read back between their
 * centres. The block average's own variance, (f² − 1)/12 voxels², and that of reading back, about f²/6, count towards the width.
 *
 * @param sigma standard deviation in voxels
 */
export function smoothWide(values: Float32Array, shape: readonly number[], sigma: number): Float32Array {
  const f = Math.floor(sigma / 2);
  if (f < 2) return smoothAxes(values, shape, [sigma, sigma, sigma]);
  const [nx, ny, nz] = shape as [number, number, number];
  const [bx, by, bz] = [Math.ceil(nx / f), Math.ceil(ny / f), Math.ceil(nz / f)];
  const blocks = new Float32Array(bx * by * bz);
  const count = new Float32Array(blocks.length);
  let at = 0;
  for (let k = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      const row = bx * (((j / f) | 0) + by * ((k / f) | 0));
      for (let i = 0; i < nx; i++, at++) {
        const b = row + ((i / f) | 0);
        blocks[b]! += values[at]!;
        count[b]!++;
      }
    }
  }
  for (let b = 0; b < blocks.length; b++) blocks[b]! /= count[b]!;
  const inner = Math.sqrt(Math.max(0.25, sigma * sigma - (f * f - 1) / 12 - (f * f) / 6)) / f;
  const smooth = smoothAxes(blocks, [bx, by, bz], [inner, inner, inner]);
  return readBetween(smooth, [bx, by, bz], [nx, ny, nz], f);
}

/** Trilinear reading of block values at every voxel, one axis after the other. */
function readBetween(
  blocks: Float32Array,
  from: readonly [number, number, number],
  to: readonly [number, number, number],
  f: number,
): Float32Array {
  let current = blocks;
  const shape: [number, number, number] = [...from];
  for (const axis of [2, 1, 0]) {
    const n = to[axis]!;
    const m = shape[axis]!;
    const stride = axis === 0 ? 1 : axis === 1 ? shape[0] : shape[0] * shape[1];
    const outer = current.length / (stride * m);
    const out = new Float32Array(stride * n * outer);
    for (let p = 0; p < n; p++) {
      const x = Math.min(m - 1, Math.max(0, (p - (f - 1) / 2) / f));
      const low = Math.min(m - 1, Math.floor(x));
      const high = Math.min(m - 1, low + 1);
      const share = x - low;
      for (let o = 0; o < outer; o++) {
        const a = stride * (low + m * o);
        const b = stride * (high + m * o);
        const c = stride * (p + n * o);
        for (let s = 0; s < stride; s++) {
          const v = current[a + s]!;
          out[c + s] = v + share * (current[b + s]! - v);
        }
      }
    }
    current = out;
    shape[axis] = n;
  }
  return current;
}
