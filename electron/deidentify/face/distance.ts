/**
 * Exact Euclidean distance to a mask, for any voxel size.
 *
 * Lower envelope of parabolas, axis by axis (Felzenszwalb & Huttenlocher 2012).
 *
 * @param mask 0/1, i-fastest
 * @param sizes voxel size per axis, mm
 * @returns squared distance in mm² to the nearest voxel centre of the mask; Infinity when the mask is empty
 */
export function squaredDistanceTo(
  mask: Uint8Array,
  shape: readonly number[],
  sizes: readonly [number, number, number],
): Float32Array {
  const out = new Float32Array(mask.length);
  for (let n = 0; n < mask.length; n++) if (!mask[n]) out[n] = Infinity;
  const strides = [1, shape[0]!, shape[0]! * shape[1]!];
  const longest = Math.max(shape[0]!, shape[1]!, shape[2]!);
  const f = new Float64Array(longest);
  const where = new Int32Array(longest);
  const from = new Float64Array(longest + 1);
  for (let axis = 0; axis < 3; axis++) {
    const n = shape[axis]!;
    const stride = strides[axis]!;
    const unit = sizes[axis]! ** 2;
    const block = stride * n;
    for (let base = 0; base < out.length; base += block) {
      for (let inner = 0; inner < stride; inner++) {
        const start = base + inner;
        for (let q = 0; q < n; q++) f[q] = out[start + q * stride]! / unit;
        let top = -1;
        for (let q = 0; q < n; q++) {
          if (f[q] === Infinity) continue;
          let s = -Infinity;
          while (top >= 0) {
            const v = where[top]!;
            s = (f[q]! + q * q - (f[v]! + v * v)) / (2 * q - 2 * v);
            if (s > from[top]!) break;
            top--;
          }
          if (top < 0) s = -Infinity;
          top++;
          where[top] = q;
          from[top] = s;
          from[top + 1] = Infinity;
        }
        if (top < 0) continue;
        let seat = 0;
        for (let q = 0; q < n; q++) {
          while (from[seat + 1]! < q) seat++;
          const v = where[seat]!;
          out[start + q * stride] = unit * ((q - v) ** 2 + f[v]!);
        }
      }
    }
  }
  return out;
}

/** Every voxel within `marginMm` of the mask (the mask grown by a ball, whatever the voxel size). */
export function grow(
  mask: Uint8Array,
  shape: readonly number[],
  sizes: readonly [number, number, number],
  marginMm: number,
): Uint8Array {
  const limit = marginMm * marginMm + 1e-6;
  const distance = squaredDistanceTo(mask, shape, sizes);
  const out = new Uint8Array(mask.length);
  for (let n = 0; n < out.length; n++) if (distance[n]! <= limit) out[n] = 1;
  return out;
}

/** Distance to the border of a mask in mm: negative inside, positive outside. */
export function signedDistance(
  mask: Uint8Array,
  shape: readonly number[],
  sizes: readonly [number, number, number],
): Float32Array {
  const inverse = new Uint8Array(mask.length);
  for (let n = 0; n < mask.length; n++) inverse[n] = mask[n] ? 0 : 1;
  const outside = squaredDistanceTo(mask, shape, sizes);
  const inside = squaredDistanceTo(inverse, shape, sizes);
  for (let n = 0; n < outside.length; n++) outside[n] = Math.sqrt(outside[n]!) - Math.sqrt(inside[n]!);
  return outside;
}
