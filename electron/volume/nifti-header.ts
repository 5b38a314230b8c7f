import { type Affine, determinant, diag } from '../../shared/geometry/affine.ts';

/** A file that is not a NIfTI volume Refacade can read or write; the message says what was expected. */
export class NiftiError extends Error {
  override name = 'NiftiError';
}

/** What the 348 (NIfTI-1) or 540 (NIfTI-2) header bytes say, decoded. */
export interface NiftiFields {
  readonly version: 1 | 2;
  readonly littleEndian: boolean;
  readonly datatype: number;
  readonly bitpix: number;
  /** Three to seven extents. */
  readonly shape: readonly number[];
  readonly voxOffset: number;
  readonly slope: number;
  readonly inter: number;
  /** Voxel index → world mm, whatever unit the file has. */
  readonly affine: Affine;
  /** Where the affine came from. */
  readonly affineSource: 'sform' | 'qform' | 'pixdim';
  readonly single: boolean;
}

/** Byte positions that differ between the two versions. */
export const LAYOUT = {
  1: {
    size: 348,
    dim: 40,
    datatype: 70,
    bitpix: 72,
    pixdim: 76,
    voxOffset: 108,
    slope: 112,
    inter: 116,
    units: 123,
    qformCode: 252,
    sformCode: 254,
    quatern: 256,
    qoffset: 268,
    srow: 280,
    magic: 344,
  },
  2: {
    size: 540,
    dim: 16,
    datatype: 12,
    bitpix: 14,
    pixdim: 104,
    voxOffset: 168,
    slope: 176,
    inter: 184,
    units: 500,
    qformCode: 344,
    sformCode: 348,
    quatern: 352,
    qoffset: 376,
    srow: 400,
    magic: 4,
  },
} as const;

/** Millimetres in a unit of length, by the lower three bits of xyzt_units; 0 (unknown) is taken for millimetres. */
const MM_PER_UNIT: Readonly<Record<number, number>> = { 1: 1000, 2: 1, 3: 0.001 };

/**
 * Decodes a NIfTI-1 or NIfTI-2 header.
 *
 * The affine is the sform when its code is positive, else the qform, else pixdim with the origin in the
 * middle and x pointing left (the order and the fallback nibabel uses). Files in metres or micrometres are brought to
 * millimetres (nibabel leaves that to its caller). A scl_slope of 0 or NaN means no scaling.
 *
 * @throws NiftiError when the bytes are not a NIfTI header
 * @see https://nifti.nimh.nih.gov (nifti1.h, nifti2.h)
 */
export function decodeHeader(bytes: Uint8Array): NiftiFields {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { version, littleEndian: le } = sniff(view);
  const at = LAYOUT[version];
  if (bytes.length < at.size) {
    throw new NiftiError(`Expected ${at.size} header bytes, got ${bytes.length}: the file is cut short.`);
  }
  const magic = String.fromCharCode(...bytes.subarray(at.magic, at.magic + 3));
  const single = magic === `n+${version}`;
  if (!single && magic !== `ni${version}`) {
    throw new NiftiError(
      `Expected the mark "n+${version}" of a NIfTI file, got "${magic.replaceAll('\0', '')}".`,
    );
  }
  const wide = version === 2;
  const real = (p: number) => (wide ? view.getFloat64(p, le) : view.getFloat32(p, le));
  const dim = (n: number) =>
    wide ? Number(view.getBigInt64(at.dim + 8 * n, le)) : view.getInt16(at.dim + 2 * n, le);
  const rank = dim(0);
  if (rank < 1 || rank > 7) throw new NiftiError(`Expected 1 to 7 dimensions, the header says ${rank}.`);
  const shape = Array.from({ length: rank }, (_, n) => dim(n + 1));
  while (shape.length < 3) shape.push(1);
  if (shape.some((extent) => extent < 1 || !Number.isSafeInteger(extent))) {
    throw new NiftiError(`Expected positive extents, the header says ${shape.join('×')}.`);
  }
  let slope = real(at.slope);
  let inter = real(at.inter);
  if (!Number.isFinite(slope) || slope === 0) [slope, inter] = [1, 0];
  if (!Number.isFinite(inter)) {
    throw new NiftiError(`Expected a finite scl_inter beside scl_slope ${slope}, got ${inter}.`);
  }

  const { affine, affineSource } = headerAffine(view, version, le, shape);
  if (determinant(affine) === 0) {
    throw new NiftiError(
      `Expected an affine with three independent axes in the ${affineSource}, got ${affine.join(' ')}.`,
    );
  }
  return {
    version,
    littleEndian: le,
    datatype: view.getInt16(at.datatype, le),
    bitpix: view.getInt16(at.bitpix, le),
    shape,
    voxOffset: wide ? Number(view.getBigInt64(at.voxOffset, le)) : view.getFloat32(at.voxOffset, le),
    slope,
    inter,
    affine,
    affineSource,
    single,
  };
}

/**
 * Where a header puts its voxels: the sform when its code is positive, else the qform, else the voxel sizes.
 *
 * @param view the header, at least as long as its version says
 * @param shape extents; axes that are missing have one voxel
 * @returns voxel index → world, mm, RAS+; it may be singular
 * @throws NiftiError when it holds something else than finite numbers
 */
export function headerAffine(
  view: DataView,
  version: 1 | 2,
  le: boolean,
  shape: readonly number[],
): Pick<NiftiFields, 'affine' | 'affineSource'> {
  const at = LAYOUT[version];
  const wide = version === 2;
  const real = (p: number, n = 0) => (wide ? view.getFloat64(p + 8 * n, le) : view.getFloat32(p + 4 * n, le));
  const code = (p: number) => (wide ? view.getInt32(p, le) : view.getInt16(p, le));
  const sizes = [1, 2, 3].map((n) => Math.abs(real(at.pixdim, n)));
  let affine: Affine;
  let affineSource: NiftiFields['affineSource'];
  if (code(at.sformCode) > 0) {
    affine = Float64Array.of(...Array.from({ length: 12 }, (_, n) => real(at.srow, n)), 0, 0, 0, 1);
    affineSource = 'sform';
  } else if (code(at.qformCode) > 0) {
    const [b, c, d] = [0, 1, 2].map((n) => real(at.quatern, n)) as [number, number, number];
    const origin = [0, 1, 2].map((n) => real(at.qoffset, n)) as [number, number, number];
    affine = fromQuaternion(b, c, d, sizes, real(at.pixdim) < 0 ? -1 : 1, origin);
    affineSource = 'qform';
  } else {
    const [x, y, z] = sizes.map((p) => p || 1) as [number, number, number];
    affine = diag(-x, y, z);
    affine[3] = (((shape[0] ?? 1) - 1) / 2) * x;
    affine[7] = -(((shape[1] ?? 1) - 1) / 2) * y;
    affine[11] = -(((shape[2] ?? 1) - 1) / 2) * z;
    affineSource = 'pixdim';
  }
  const toMm = headerUnitMm(view, version, le);
  for (let n = 0; n < 12; n++) affine[n]! *= toMm;
  if (!affine.every(Number.isFinite))
    throw new NiftiError(`Expected finite numbers in the ${affineSource}, got ${affine.join(' ')}.`);
  return { affine, affineSource };
}

/** Millimetres in the unit that a header counts lengths in. */
export function headerUnitMm(view: DataView, version: 1 | 2, le: boolean): number {
  const at = LAYOUT[version].units;
  return MM_PER_UNIT[(version === 2 ? view.getInt32(at, le) : view.getUint8(at)) & 7] ?? 1;
}

/** Version and byte order from sizeof_hdr, which is 348 or 540 in the order of the file. */
function sniff(view: DataView): { version: 1 | 2; littleEndian: boolean } {
  if (view.byteLength < 348) {
    throw new NiftiError(
      `Expected at least 348 header bytes, got ${view.byteLength}: not a NIfTI file, or cut short.`,
    );
  }
  for (const littleEndian of [true, false]) {
    const size = view.getInt32(0, littleEndian);
    if (size === 348) return { version: 1, littleEndian };
    if (size === 540) return { version: 2, littleEndian };
  }
  throw new NiftiError(
    'Expected a NIfTI header (its first number is 348 or 540): this is another kind of file.',
  );
}

/** NIfTI "METHOD 2": unit quaternion (a from b, c, d), voxel sizes, handedness and offset. */
function fromQuaternion(
  b: number,
  c: number,
  d: number,
  sizes: number[],
  qfac: 1 | -1,
  origin: [number, number, number],
): Affine {
  let norm = 1 - (b * b + c * c + d * d);
  let a: number;
  if (norm < 1e-7) {
    norm = 1 / Math.sqrt(b * b + c * c + d * d); // rounding in the file: a half-turn, renormalised
    [a, b, c, d] = [0, b * norm, c * norm, d * norm];
  } else {
    a = Math.sqrt(norm);
  }
  const [x, y, z] = sizes.map((s) => Math.abs(s)) as [number, number, number];
  const zq = z * qfac;
  return Float64Array.of(
    ...[(a * a + b * b - c * c - d * d) * x, 2 * (b * c - a * d) * y, 2 * (b * d + a * c) * zq, origin[0]],
    ...[2 * (b * c + a * d) * x, (a * a + c * c - b * b - d * d) * y, 2 * (c * d - a * b) * zq, origin[1]],
    ...[2 * (b * d - a * c) * x, 2 * (c * d + a * b) * y, (a * a + d * d - b * b - c * c) * zq, origin[2]],
    ...[0, 0, 0, 1],
  );
}

/** Quaternion b, c, d and qfac of an affine's nearest rotation; what a qform can express of it. */
export function toQuaternion(rotation: Affine): { b: number; c: number; d: number; qfac: 1 | -1 } {
  const qfac: 1 | -1 = determinant(rotation) < 0 ? -1 : 1;
  const m = (r: number, c: number) => rotation[r * 4 + c]! * (c === 2 ? qfac : 1);
  const trace = m(0, 0) + m(1, 1) + m(2, 2) + 1;
  let a: number;
  let b: number;
  let c: number;
  let d: number;
  if (trace > 0.5) {
    a = 0.5 * Math.sqrt(trace);
    b = (0.25 * (m(2, 1) - m(1, 2))) / a;
    c = (0.25 * (m(0, 2) - m(2, 0))) / a;
    d = (0.25 * (m(1, 0) - m(0, 1))) / a;
  } else {
    const xd = 1 + m(0, 0) - (m(1, 1) + m(2, 2));
    const yd = 1 + m(1, 1) - (m(0, 0) + m(2, 2));
    const zd = 1 + m(2, 2) - (m(0, 0) + m(1, 1));
    if (xd > 1) {
      b = 0.5 * Math.sqrt(xd);
      c = (0.25 * (m(0, 1) + m(1, 0))) / b;
      d = (0.25 * (m(0, 2) + m(2, 0))) / b;
      a = (0.25 * (m(2, 1) - m(1, 2))) / b;
    } else if (yd > 1) {
      c = 0.5 * Math.sqrt(yd);
      b = (0.25 * (m(0, 1) + m(1, 0))) / c;
      d = (0.25 * (m(1, 2) + m(2, 1))) / c;
      a = (0.25 * (m(0, 2) - m(2, 0))) / c;
    } else {
      d = 0.5 * Math.sqrt(zd);
      b = (0.25 * (m(0, 2) + m(2, 0))) / d;
      c = (0.25 * (m(1, 2) + m(2, 1))) / d;
      a = (0.25 * (m(1, 0) - m(0, 1))) / d;
    }
    if (a < 0) [b, c, d] = [-b, -c, -d];
  }
  return { b, c, d, qfac };
}
