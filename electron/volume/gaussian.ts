/**
 * Separable Gaussian smoothing of a 3-D array, with one width per axis; borders repeat the outermost voxel.
 *
 * @param values i-fastest, first three axes
 * @param sigmas standard deviations in voxels, 0 leaves that axis alone
 * @returns a new array
 */
export function smoothAxes(
  values: Float32Array,
  shape: readonly number[],
  sigmas: readonly [number, number, number],
): Float32Array {
  const strides = [1, shape[0]!, shape[0]! * shape[1]!];
  let current = values;
  for (let axis = 0; axis < 3; axis++) {
    if (sigmas[axis]! > 0) current = smoothAxis(current, shape, axis, strides[axis]!, kernel(sigmas[axis]!));
  }
  return current === values ? values.slice() : current;
}

function kernel(sigma: number): Float64Array {
  const radius = Math.max(1, Math.ceil(3 * sigma));
  const weights = Float64Array.from({ length: 2 * radius + 1 }, (_, n) =>
    Math.exp(-0.5 * ((n - radius) / sigma) ** 2),
  );
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((w) => w / sum);
}

function smoothAxis(
  values: Float32Array,
  shape: readonly number[],
  axis: number,
  stride: number,
  weights: Float64Array,
): Float32Array {
  const out = new Float32Array(values.length);
  const n = shape[axis]!;
  const radius = (weights.length - 1) / 2;
  const line = new Float64Array(n + 2 * radius);
  const total = shape[0]! * shape[1]! * shape[2]!;
  const block = stride * n;
  for (let base = 0; base < total; base += block) {
    for (let inner = 0; inner < stride; inner++) {
      const start = base + inner;
      for (let p = 0; p < n; p++) line[p + radius] = values[start + p * stride]!;
      line.fill(line[radius]!, 0, radius);
      line.fill(line[n + radius - 1]!, n + radius);
      for (let p = 0; p < n; p++) {
        let sum = 0;
        for (let w = 0; w < weights.length; w++) sum += weights[w]! * line[p + w]!;
        out[start + p * stride] = sum;
      }
    }
  }
  return out;
}
