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
  return growBy(mask, shape, sizes, [marginMm])[0]!;
}

/** The mask grown by each of several margins, mm, for little more than one of them costs. */
export function growBy(
  mask: Uint8Array,
  shape: readonly number[],
  sizes: readonly [number, number, number],
  marginsMm: readonly number[],
): Uint8Array[] {
  const out = marginsMm.map(() => new Uint8Array(mask.length));
  const most = Math.max(...marginsMm);
  const box = boxOf(mask, shape, sizes.map((s) => Math.ceil(most / s) + 1) as [number, number, number]);
  if (!box) return out;
  // Only the part of the grid that can be reached: a brain fills a tenth of a scan.
  const distance = squaredDistanceTo(cut(mask, shape, box), box.size, sizes);
  marginsMm.forEach((marginMm, m) => {
    const grown = out[m]!;
    const limit = marginMm * marginMm + 1e-6;
    let from = 0;
    eachRow(shape, box, (to) => {
      for (let i = 0; i < box.size[0]; i++, from++) if (distance[from]! <= limit) grown[to + i] = 1;
    });
  });
  return out;
}

/** A box of voxels: first corner and extents. */
export interface Box {
  readonly low: readonly [number, number, number];
  readonly size: readonly [number, number, number];
}

/**
 * The smallest box that holds every voxel of a mask, with a border of extra voxels where the grid has them.
 *
 * @returns null for an empty mask
 */
export function boxOf(
  mask: Uint8Array,
  shape: readonly number[],
  border: readonly [number, number, number],
): Box | null {
  const [nx, ny, nz] = shape as [number, number, number];
  const low = [nx, ny, nz];
  const high = [-1, -1, -1];
  let at = 0;
  for (let k = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++, at++) {
        if (!mask[at]) continue;
        if (i < low[0]!) low[0] = i;
        if (i > high[0]!) high[0] = i;
        if (j < low[1]!) low[1] = j;
        if (j > high[1]!) high[1] = j;
        if (k < low[2]!) low[2] = k;
        if (k > high[2]!) high[2] = k;
      }
    }
  }
  if (high[0]! < 0) return null;
  const from = low.map((v, n) => Math.max(0, v - border[n]!)) as [number, number, number];
  const size = high.map((v, n) => Math.min(shape[n]! - 1, v + border[n]!) - from[n]! + 1);
  return { low: from, size: size as [number, number, number] };
}

/** The voxels of a box as an array of its own. */
export function cut(mask: Uint8Array, shape: readonly number[], box: Box): Uint8Array {
  const out = new Uint8Array(box.size[0] * box.size[1] * box.size[2]);
  let to = 0;
  eachRow(shape, box, (from) => {
    out.set(mask.subarray(from, from + box.size[0]), to);
    to += box.size[0];
  });
  return out;
}

/** A box's voxels written back into a whole grid. */
export function paste(part: Uint8Array, into: Uint8Array, shape: readonly number[], box: Box): void {
  let from = 0;
  eachRow(shape, box, (to) => {
    into.set(part.subarray(from, from + box.size[0]), to);
    from += box.size[0];
  });
}

/** First index of every row (along i) of a box. */
export function eachRow(shape: readonly number[], box: Box, visit: (start: number) => void): void {
  const [nx, ny] = shape as [number, number, number];
  for (let k = 0; k < box.size[2]; k++) {
    for (let j = 0; j < box.size[1]; j++) {
      visit(box.low[0] + nx * (box.low[1] + j + ny * (box.low[2] + k)));
    }
  }
}

/**
 * Distance to the border of a mask in mm: negative inside, positive outside.
 *
 * @param outside {@link squaredDistanceTo} of the mask
 */
export function signedDistance(
  mask: Uint8Array,
  shape: readonly number[],
  sizes: readonly [number, number, number],
  outside = squaredDistanceTo(mask, shape, sizes),
): Float32Array {
  const inverse = new Uint8Array(mask.length);
  for (let n = 0; n < mask.length; n++) inverse[n] = mask[n] ? 0 : 1;
  const distance = squaredDistanceTo(inverse, shape, sizes);
  for (let n = 0; n < distance.length; n++) distance[n] = Math.sqrt(outside[n]!) - Math.sqrt(distance[n]!);
  return distance;
}
