import {
  type Affine,
  apply,
  determinant,
  fromColumns,
  invert,
  multiply,
  type Vec3,
} from '../../../shared/geometry/affine.ts';

/** A point of the average and where it was found; `weight` is 1 / variance per axis, 1/mm². */
export interface PointPair {
  readonly from: Vec3;
  readonly to: Vec3;
  readonly weight: number;
}

/** Rotation (3×3 row-major), one zoom and shift: to ≈ zoom · rotation · from + shift. */
export interface Similarity {
  readonly rotation: Float64Array;
  readonly zoom: number;
  readonly shift: Vec3;
}

/** Deviation of an affine's entries beyond a similarity, over people; the same as in models/training/average-head. */
const AFFINE_DEVIATION = 0.02;

/**
 * Similarity by weighted least squares, never a reflection.
 *
 * @returns undefined for fewer than three points or points on a line
 * @see Horn 1987, unit quaternions
 */
export function fitSimilarity(pairs: readonly PointPair[]): Similarity | undefined {
  const [from, to] = [middle(pairs, 'from'), middle(pairs, 'to')];
  if (pairs.length < 3 || !from || !to) return undefined;
  const m = new Float64Array(9); // Σ w · to · fromᵀ
  const own = new Float64Array(9); // Σ w · from · fromᵀ
  let spread = 0;
  for (const p of pairs) {
    for (let a = 0; a < 3; a++) {
      spread += p.weight * (p.from[a]! - from[a]!) ** 2;
      for (let b = 0; b < 3; b++) {
        m[a * 3 + b]! += p.weight * (p.to[a]! - to[a]!) * (p.from[b]! - from[b]!);
        own[a * 3 + b]! += p.weight * (p.from[a]! - from[a]!) * (p.from[b]! - from[b]!);
      }
    }
  }
  if (!(spread > 0) || secondMoment(own) < 1e-4 * spread) return undefined;
  const rotation = rotationOf(m);
  let along = 0;
  for (let n = 0; n < 9; n++) along += rotation[n]! * m[n]!;
  const zoom = along / spread;
  if (!(zoom > 0)) return undefined;
  const turned = turn(rotation, from);
  return { rotation, zoom, shift: [0, 1, 2].map((a) => to[a]! - zoom * turned[a]!) as Vec3 };
}

/**
 * The most probable affine: to ≈ A · from.
 *
 * Each found point is off by a normal error of variance 1/weight per axis; the affine is a similarity times (1 + E), each
 * entry of E normal with deviation 0.02. With many points that is plain weighted least squares; with few, or all in a
 * plane, what they do not say stays a similarity.
 *
 * @returns undefined as {@link fitSimilarity}
 */
export function fitAffine(pairs: readonly PointPair[]): Affine | undefined {
  const similarity = fitSimilarity(pairs);
  if (!similarity) return undefined;
  const [from, to] = [middle(pairs, 'from')!, middle(pairs, 'to')!];
  const { rotation, zoom } = similarity;
  const prior = 1 / AFFINE_DEVIATION ** 2;
  const own = Float64Array.of(prior, 0, 0, 0, 0, prior, 0, 0, 0, 0, prior, 0, 0, 0, 0, 1);
  const cross = own.slice();
  for (const p of pairs) {
    const x = p.from.map((v, a) => v - from[a]!);
    const y = p.to.map((v, a) => v - to[a]!);
    for (let a = 0; a < 3; a++) {
      // Found points seen in the average's own axes and size: rotationᵀ · y / zoom.
      let back = 0;
      for (let c = 0; c < 3; c++) back += rotation[c * 3 + a]! * y[c]!;
      for (let b = 0; b < 3; b++) {
        own[a * 4 + b]! += p.weight * x[a]! * x[b]!;
        cross[a * 4 + b]! += (p.weight * back * x[b]!) / zoom;
      }
    }
  }
  const stretch = multiply(cross, invert(own));
  const turned = multiply(asAffine(rotation, zoom), stretch);
  const at = apply(turned, ...from);
  turned[3] = to[0] - at[0];
  turned[7] = to[1] - at[1];
  turned[11] = to[2] - at[2];
  return determinant(turned) > 0 ? turned : undefined;
}

export function applySimilarity(s: Similarity, p: Vec3): Vec3 {
  const turned = turn(s.rotation, p);
  return [0, 1, 2].map((a) => s.zoom * turned[a]! + s.shift[a]!) as Vec3;
}

function asAffine(rotation: Float64Array, zoom: number): Affine {
  const column = (b: number): Vec3 => [zoom * rotation[b]!, zoom * rotation[3 + b]!, zoom * rotation[6 + b]!];
  return fromColumns(column(0), column(1), column(2), [0, 0, 0]);
}

function turn(r: Float64Array, p: Vec3): Vec3 {
  return [0, 3, 6].map((a) => r[a]! * p[0] + r[a + 1]! * p[1] + r[a + 2]! * p[2]) as Vec3;
}

function middle(pairs: readonly PointPair[], end: 'from' | 'to'): Vec3 | undefined {
  const sum: Vec3 = [0, 0, 0];
  let total = 0;
  for (const p of pairs) {
    total += p.weight;
    for (let a = 0; a < 3; a++) sum[a]! += p.weight * p[end][a]!;
  }
  return total > 0 ? (sum.map((v) => v / total) as Vec3) : undefined;
}

/** Second largest eigenvalue of a symmetric 3×3 matrix: 0 when the points lie on a line. */
function secondMoment(m: Float64Array): number {
  const { values } = eigen(m, 3);
  return values.toSorted((a, b) => b - a)[1]!;
}

/** Rotation R with the largest trace of Rᵀ·m: the quaternion is the top eigenvector of a symmetric 4×4 matrix. */
function rotationOf(m: Float64Array): Float64Array {
  // Horn's S_ab is Σ from_a · to_b.
  const s = (a: number, b: number) => m[b * 3 + a]!;
  const n = Float64Array.of(
    ...[s(0, 0) + s(1, 1) + s(2, 2), s(1, 2) - s(2, 1), s(2, 0) - s(0, 2), s(0, 1) - s(1, 0)],
    ...[s(1, 2) - s(2, 1), s(0, 0) - s(1, 1) - s(2, 2), s(0, 1) + s(1, 0), s(2, 0) + s(0, 2)],
    ...[s(2, 0) - s(0, 2), s(0, 1) + s(1, 0), s(1, 1) - s(0, 0) - s(2, 2), s(1, 2) + s(2, 1)],
    ...[s(0, 1) - s(1, 0), s(2, 0) + s(0, 2), s(1, 2) + s(2, 1), s(2, 2) - s(0, 0) - s(1, 1)],
  );
  const { values, vectors } = eigen(n, 4);
  let top = 0;
  for (let c = 1; c < 4; c++) if (values[c]! > values[top]!) top = c;
  const [w, x, y, z] = [0, 1, 2, 3].map((r) => vectors[r * 4 + top]!) as [number, number, number, number];
  return Float64Array.of(
    ...[w * w + x * x - y * y - z * z, 2 * (x * y - w * z), 2 * (x * z + w * y)],
    ...[2 * (x * y + w * z), w * w - x * x + y * y - z * z, 2 * (y * z - w * x)],
    ...[2 * (x * z - w * y), 2 * (y * z + w * x), w * w - x * x - y * y + z * z],
  );
}

/** Eigenvalues and eigenvectors (columns) of a symmetric matrix, by Jacobi's rotations. */
function eigen(matrix: Float64Array, size: number): { values: Float64Array; vectors: Float64Array } {
  const a = matrix.slice();
  const v = new Float64Array(size * size);
  for (let n = 0; n < size; n++) v[n * size + n] = 1;
  for (let sweep = 0; sweep < 30; sweep++) {
    let off = 0;
    let all = 0;
    for (let p = 0; p < size; p++)
      for (let q = 0; q < size; q++) {
        all += a[p * size + q]! ** 2;
        if (p !== q) off += a[p * size + q]! ** 2;
      }
    if (off <= 1e-26 * all) break;
    for (let p = 0; p < size; p++)
      for (let q = p + 1; q < size; q++) {
        if (a[p * size + q] === 0) continue;
        const angle = 0.5 * Math.atan2(2 * a[p * size + q]!, a[q * size + q]! - a[p * size + p]!);
        const [c, s] = [Math.cos(angle), Math.sin(angle)];
        for (let k = 0; k < size; k++) {
          const [kp, kq] = [a[k * size + p]!, a[k * size + q]!];
          a[k * size + p] = c * kp - s * kq;
          a[k * size + q] = s * kp + c * kq;
        }
        for (let k = 0; k < size; k++) {
          const [pk, qk] = [a[p * size + k]!, a[q * size + k]!];
          a[p * size + k] = c * pk - s * qk;
          a[q * size + k] = s * pk + c * qk;
          const [vp, vq] = [v[k * size + p]!, v[k * size + q]!];
          v[k * size + p] = c * vp - s * vq;
          v[k * size + q] = s * vp + c * vq;
        }
      }
  }
  return { values: Float64Array.from({ length: size }, (_, n) => a[n * size + n]!), vectors: v };
}
