/**
 * Binary images as `Uint8Array` of 0/1, i-fastest. Everything outside the grid counts as 0.
 */

/** Voxels with at least one of their six face neighbours in the mask, and the mask itself; `times` steps. */
export function dilate(mask: Uint8Array, shape: readonly number[], times = 1): Uint8Array {
  let current = mask;
  for (let n = 0; n < times; n++) current = step(current, shape, 1);
  return current === mask ? mask.slice() : current;
}

/** The mask without its outer layer(s), six-neighbourhood; the border of the grid does not erode. */
export function erode(mask: Uint8Array, shape: readonly number[], times = 1): Uint8Array {
  let current = mask;
  for (let n = 0; n < times; n++) current = step(current, shape, 0);
  return current === mask ? mask.slice() : current;
}

function step(mask: Uint8Array, shape: readonly number[], value: 0 | 1): Uint8Array {
  const [nx, ny, nz] = shape as [number, number, number];
  const out = mask.slice();
  const [sy, sz] = [nx, nx * ny];
  let at = 0;
  for (let k = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++, at++) {
        if (mask[at] === value) continue;
        if (
          (i > 0 && mask[at - 1] === value) ||
          (i < nx - 1 && mask[at + 1] === value) ||
          (j > 0 && mask[at - sy] === value) ||
          (j < ny - 1 && mask[at + sy] === value) ||
          (k > 0 && mask[at - sz] === value) ||
          (k < nz - 1 && mask[at + sz] === value)
        ) {
          out[at] = value;
        }
      }
    }
  }
  return out;
}

/** The largest six-connected component of a mask (empty when the mask is). */
export function largestComponent(mask: Uint8Array, shape: readonly number[]): Uint8Array {
  const labels = new Int32Array(mask.length);
  const queue = new Int32Array(mask.length);
  let [best, bestSize, label] = [0, 0, 0];
  for (let seed = 0; seed < mask.length; seed++) {
    if (!mask[seed] || labels[seed]) continue;
    label++;
    const size = flood(mask, shape, seed, labels, label, queue);
    if (size > bestSize) [best, bestSize] = [label, size];
  }
  const out = new Uint8Array(mask.length);
  if (best > 0) for (let n = 0; n < out.length; n++) if (labels[n] === best) out[n] = 1;
  return out;
}

/** Fills cavities that no path of zeros joins to the border of the grid. */
export function fillHoles(mask: Uint8Array, shape: readonly number[]): Uint8Array {
  const [nx, ny, nz] = shape as [number, number, number];
  const empty = new Uint8Array(mask.length);
  for (let n = 0; n < mask.length; n++) if (!mask[n]) empty[n] = 1;
  const labels = new Int32Array(mask.length);
  const queue = new Int32Array(mask.length);
  let at = 0;
  for (let k = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++, at++) {
        const border = i === 0 || j === 0 || k === 0 || i === nx - 1 || j === ny - 1 || k === nz - 1;
        if (border && empty[at] && !labels[at]) flood(empty, shape, at, labels, 1, queue);
      }
    }
  }
  const out = new Uint8Array(mask.length);
  for (let n = 0; n < out.length; n++) if (!labels[n]) out[n] = 1;
  return out;
}

/** The voxels of a mask that a path within it joins to one of the seeds. */
export function connectedTo(mask: Uint8Array, seeds: Uint8Array, shape: readonly number[]): Uint8Array {
  const labels = new Int32Array(mask.length);
  const queue = new Int32Array(mask.length);
  for (let n = 0; n < mask.length; n++)
    if (seeds[n] && mask[n] && !labels[n]) flood(mask, shape, n, labels, 1, queue);
  return Uint8Array.from(labels);
}

function flood(
  mask: Uint8Array,
  shape: readonly number[],
  seed: number,
  labels: Int32Array,
  label: number,
  queue: Int32Array,
): number {
  const [nx, ny, nz] = shape as [number, number, number];
  const [sy, sz] = [nx, nx * ny];
  let [head, tail] = [0, 0];
  queue[tail++] = seed;
  labels[seed] = label;
  const visit = (n: number) => {
    if (mask[n] && !labels[n]) {
      labels[n] = label;
      queue[tail++] = n;
    }
  };
  while (head < tail) {
    const n = queue[head++]!;
    const i = n % nx;
    const j = ((n / nx) | 0) % ny;
    const k = (n / sz) | 0;
    if (i > 0) visit(n - 1);
    if (i < nx - 1) visit(n + 1);
    if (j > 0) visit(n - sy);
    if (j < ny - 1) visit(n + sy);
    if (k > 0) visit(n - sz);
    if (k < nz - 1) visit(n + sz);
  }
  return tail;
}

/** Voxels above a threshold, as 0/1. */
export function above(values: Float32Array, threshold: number): Uint8Array {
  const out = new Uint8Array(values.length);
  for (let n = 0; n < out.length; n++) if (values[n]! > threshold) out[n] = 1;
  return out;
}

/** Number of voxels in a mask. */
export function countOnes(mask: Uint8Array): number {
  let count = 0;
  for (let n = 0; n < mask.length; n++) count += mask[n]!;
  return count;
}
