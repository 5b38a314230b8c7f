type Shape = readonly [number, number, number];

/** Separable binomial smoothing (¼ ½ ¼), the discrete Gaussian of sigma 0.71 voxels. */
export function smooth(source: Float32Array, shape: Shape): Float32Array {
  return separable(source, shape, (from, to, row, end, before, after) => {
    for (let v = row; v < end; v++) to[v] = 0.5 * from[v]! + 0.25 * (from[v - before]! + from[v + after]!);
  });
}

/** Separable maximum over the 3 × 3 × 3 neighbourhood. */
export function localMaximum(source: Float32Array, shape: Shape): Float32Array {
  return separable(source, shape, (from, to, row, end, before, after) => {
    for (let v = row; v < end; v++) {
      const a = from[v]!;
      const b = from[v - before]!;
      const c = from[v + after]!;
      const d = a > b ? a : b;
      to[v] = d > c ? d : c;
    }
  });
}

/** Three passes, one per axis, each combining a voxel with the one before and the one after; borders repeat. */
function separable(
  source: Float32Array,
  shape: Shape,
  combine: (
    from: Float32Array,
    to: Float32Array,
    row: number,
    end: number,
    before: number,
    after: number,
  ) => void,
): Float32Array {
  const strides = [1, shape[0], shape[0] * shape[1]];
  let from = source;
  let spare: Float32Array | undefined;
  for (let axis = 0; axis < 3; axis++) {
    const stride = strides[axis]!;
    const extent = shape[axis]!;
    const to = spare ?? new Float32Array(source.length);
    const block = stride * extent;
    for (let start = 0; start < source.length; start += block) {
      if (axis === 0) {
        // Along a row the neighbours differ from voxel to voxel only at its ends.
        combine(from, to, start, start + 1, 0, extent > 1 ? 1 : 0);
        combine(from, to, start + 1, start + extent - 1, 1, 1);
        if (extent > 1) combine(from, to, start + extent - 1, start + extent, 1, 0);
        continue;
      }
      for (let n = 0; n < extent; n++) {
        const row = start + n * stride;
        combine(from, to, row, row + stride, n === 0 ? 0 : stride, n === extent - 1 ? 0 : stride);
      }
    }
    spare = from === source ? undefined : from;
    from = to;
  }
  return from;
}
