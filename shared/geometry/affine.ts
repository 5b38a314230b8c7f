/**
 * 4×4 affines as row-major `Float64Array(16)`: voxel index (i, j, k) → world millimetres.
 */
export type Affine = Float64Array;
export type Vec3 = [number, number, number];

/** The identity: voxel indices are millimetres. */
export function identity(): Affine {
  return diag(1, 1, 1, 1);
}

/** A diagonal 4×4 matrix. @example diag(2, 2, 2, 1) // 2 mm isotropic, origin at voxel 0 */
export function diag(a: number, b: number, c: number, d = 1): Affine {
  return Float64Array.of(a, 0, 0, 0, 0, b, 0, 0, 0, 0, c, 0, 0, 0, 0, d);
}

/** An affine from three column vectors (mm per voxel step) and the position of voxel (0, 0, 0). */
export function fromColumns(i: Vec3, j: Vec3, k: Vec3, origin: Vec3): Affine {
  return Float64Array.of(
    ...[i[0], j[0], k[0], origin[0]],
    ...[i[1], j[1], k[1], origin[1]],
    ...[i[2], j[2], k[2], origin[2]],
    ...[0, 0, 0, 1],
  );
}

/** Matrix product a·b: first b is applied, then a. */
export function multiply(a: Affine, b: Affine): Affine {
  const out = new Float64Array(16);
  for (let r = 0; r < 4; r++) {
    for (let c = 0; c < 4; c++) {
      let sum = 0;
      for (let m = 0; m < 4; m++) sum += a[r * 4 + m]! * b[m * 4 + c]!;
      out[r * 4 + c] = sum;
    }
  }
  return out;
}

/** Determinant of the 3×3 block: signed volume of one voxel in mm³, negative for left-handed storage. */
export function determinant(m: Affine): number {
  return (
    m[0]! * (m[5]! * m[10]! - m[6]! * m[9]!) -
    m[1]! * (m[4]! * m[10]! - m[6]! * m[8]!) +
    m[2]! * (m[4]! * m[9]! - m[5]! * m[8]!)
  );
}

/** An affine that flattens space has no inverse; its voxels have no place in the world. */
export class SingularAffineError extends Error {
  override name = 'SingularAffineError';
}

/**
 * World → voxel for a voxel → world affine (last row 0 0 0 1).
 *
 * @throws SingularAffineError when the columns do not span space
 */
export function invert(m: Affine): Affine {
  const det = determinant(m);
  const scale =
    Math.hypot(m[0]!, m[4]!, m[8]!) * Math.hypot(m[1]!, m[5]!, m[9]!) * Math.hypot(m[2]!, m[6]!, m[10]!);
  if (!Number.isFinite(det) || Math.abs(det) <= 1e-12 * scale || scale === 0) {
    throw new SingularAffineError(
      `Expected an affine with three independent axes, got [${Array.from(m).join(', ')}].`,
    );
  }
  const a = m[0]!,
    b = m[1]!,
    c = m[2]!;
  const d = m[4]!,
    e = m[5]!,
    f = m[6]!;
  const g = m[8]!,
    h = m[9]!,
    i = m[10]!;
  const r = [
    (e * i - f * h) / det,
    (c * h - b * i) / det,
    (b * f - c * e) / det,
    (f * g - d * i) / det,
    (a * i - c * g) / det,
    (c * d - a * f) / det,
    (d * h - e * g) / det,
    (b * g - a * h) / det,
    (a * e - b * d) / det,
  ];
  const [tx, ty, tz] = [m[3]!, m[7]!, m[11]!];
  const row = (n: number) => [r[n]!, r[n + 1]!, r[n + 2]!, -(r[n]! * tx + r[n + 1]! * ty + r[n + 2]! * tz)];
  return Float64Array.of(...row(0), ...row(3), ...row(6), 0, 0, 0, 1);
}

/** World position of a (fractional) voxel index, or the reverse with an inverted affine. */
export function apply(m: Affine, x: number, y: number, z: number): Vec3 {
  return [
    m[0]! * x + m[1]! * y + m[2]! * z + m[3]!,
    m[4]! * x + m[5]! * y + m[6]! * z + m[7]!,
    m[8]! * x + m[9]! * y + m[10]! * z + m[11]!,
  ];
}

/**
 * Millimetre size of one voxel along each array axis.
 *
 * Column norms of the rotation–zoom–shear block, so it holds for oblique acquisitions too.
 *
 * @param m voxel→world, 4×4 row-major, mm, RAS+
 * @returns [i, j, k] sizes in mm
 * @see NIfTI-1 standard, "METHOD 3" (sform)
 * @example voxelSizes(diag(2, 3, 4, 1)) // [2, 3, 4]
 */
export function voxelSizes(m: Affine): Vec3 {
  return [Math.hypot(m[0]!, m[4]!, m[8]!), Math.hypot(m[1]!, m[5]!, m[9]!), Math.hypot(m[2]!, m[6]!, m[10]!)];
}

/** Volume of one voxel in mm³, from the determinant (right for sheared grids too). */
export function voxelVolumeMm3(m: Affine): number {
  return Math.abs(determinant(m));
}

/** Largest absolute difference between two affines' entries. */
export function maxDifference(a: Affine, b: Affine): number {
  let worst = 0;
  for (let n = 0; n < 16; n++) worst = Math.max(worst, Math.abs(a[n]! - b[n]!));
  return worst;
}
