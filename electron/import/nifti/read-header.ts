import { constants, gunzipSync } from 'node:zlib';

/** What import keeps of a NIfTI header. */
export interface NiftiHeader {
  version: 1 | 2;
  littleEndian: boolean;
  compressed: boolean;
  /** Extents, 1 to 7 of them. */
  shape: number[];
  /** mm for the first three axes; what the file says for the others. */
  voxelSizeMm: number[];
  datatype: number;
  bitsPerVoxel: number;
  slope: number;
  inter: number;
  /** Voxel index → mm, 4×4 row-major, RAS+; from the sform, the qform or the voxel sizes, in that order. */
  affine: number[];
  affineSource: 'sform' | 'qform' | 'none';
  description: string;
  voxelOffset: number;
  /** Bytes that header and voxels need together, uncompressed. */
  expectedBytes: number;
  intent: string;
}

export class NiftiHeaderError extends Error {
  override name = 'NiftiHeaderError';
}

/** Are these the first bytes of a gzip stream? */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes.length >= 18 && bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 8;
}

/** The beginning of a gzip stream, as much as the given bytes hold (at most 1 MB); empty when it is damaged. */
export function inflateStart(bytes: Uint8Array): Uint8Array {
  try {
    return gunzipSync(bytes.subarray(0, 16 * 1024), {
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: 32 * 1024 * 1024,
    });
  } catch {
    return new Uint8Array(0);
  }
}

/** `'nifti'` for a single-file NIfTI-1/2, `'pair'` for the header of a two-file one, else undefined. */
export function sniffNifti(bytes: Uint8Array): 'nifti' | 'pair' | undefined {
  if (bytes.length < 348) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = view.getInt32(0, true);
  const swapped = view.getInt32(0, false);
  if (size === 348 || swapped === 348) {
    const magic = latin1(bytes, 344, 4);
    return magic === 'n+1\0' ? 'nifti' : magic === 'ni1\0' ? 'pair' : undefined;
  }
  if ((size === 540 || swapped === 540) && bytes.length >= 540) {
    const magic = latin1(bytes, 4, 4);
    return magic === 'n+2\0' ? 'nifti' : magic === 'ni2\0' ? 'pair' : undefined;
  }
  return undefined;
}

/**
 * Reads a NIfTI-1 (348 bytes) or NIfTI-2 (540 bytes) header in either byte order.
 *
 * @param bytes the uncompressed beginning of the file
 * @throws NiftiHeaderError when a field makes no sense
 * @see nifti1.h and nifti2.h
 */
export function readNiftiHeader(bytes: Uint8Array, compressed: boolean): NiftiHeader {
  if (!sniffNifti(bytes))
    throw new NiftiHeaderError('Expected a NIfTI header; the size field or the magic text is not one.');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = view.getInt32(0, true) === 348 || view.getInt32(0, true) === 540;
  const version = view.getInt32(0, little) === 348 ? 1 : 2;
  const two = version === 2;
  const f32 = (at: number) => view.getFloat32(at, little);
  const f64 = (at: number) => view.getFloat64(at, little);
  const i16 = (at: number) => view.getInt16(at, little);
  const long = (at: number) => Number(view.getBigInt64(at, little));

  const dim = Array.from({ length: 8 }, (_, n) => (two ? long(16 + 8 * n) : i16(40 + 2 * n)));
  const pixdim = Array.from({ length: 8 }, (_, n) => (two ? f64(104 + 8 * n) : f32(76 + 4 * n)));
  const rank = dim[0]!;
  if (!(rank >= 1 && rank <= 7))
    throw new NiftiHeaderError(`Expected 1 to 7 dimensions; the header says ${rank}.`);
  const shape = dim.slice(1, rank + 1);
  if (shape.some((n) => n < 1))
    throw new NiftiHeaderError(`Expected positive extents; the header says ${shape.join(' × ')}.`);
  const datatype = two ? i16(12) : i16(70);
  const bitsPerVoxel = two ? i16(14) : i16(72);
  if (bitsPerVoxel < 1 || bitsPerVoxel > 256)
    throw new NiftiHeaderError(`Expected 1 to 256 bits per voxel; the header says ${bitsPerVoxel}.`);
  const voxelOffset = two ? long(168) : f32(108);
  const unit = (two ? view.getInt32(500, little) : bytes[123]!) & 7;
  // Files in metres (1) or micrometres (3) are rare but legal.
  const toMm = unit === 1 ? 1000 : unit === 3 ? 0.001 : 1;
  const sizes = shape.map((_, n) => (n < 3 ? Math.abs(pixdim[n + 1]!) * toMm || 1 : pixdim[n + 1]!));

  const qformCode = two ? view.getInt32(344, little) : i16(252);
  const sformCode = two ? view.getInt32(348, little) : i16(254);
  let affine: number[];
  let affineSource: NiftiHeader['affineSource'] = 'none';
  if (sformCode > 0) {
    affineSource = 'sform';
    affine = Array.from({ length: 12 }, (_, n) => (two ? f64(400 + 8 * n) : f32(280 + 4 * n)) * toMm).concat(
      0,
      0,
      0,
      1,
    );
  } else if (qformCode > 0) {
    affineSource = 'qform';
    const [b, c, d, x, y, z] = Array.from({ length: 6 }, (_, n) =>
      two ? f64(352 + 8 * n) : f32(256 + 4 * n),
    ) as [number, number, number, number, number, number];
    affine = quaternionAffine(b, c, d, [x * toMm, y * toMm, z * toMm], sizes, pixdim[0]! < 0 ? -1 : 1);
  } else {
    // METHOD 1: sizes only; the origin is put at the centre so that extents stay meaningful.
    const [sx, sy, sz] = [sizes[0] ?? 1, sizes[1] ?? 1, sizes[2] ?? 1];
    const centre = (n: number, s: number) => -(((shape[n] ?? 1) - 1) / 2) * s;
    affine = [sx, 0, 0, centre(0, sx), 0, sy, 0, centre(1, sy), 0, 0, sz, centre(2, sz), 0, 0, 0, 1];
  }
  if (!affine.every(Number.isFinite))
    throw new NiftiHeaderError('Expected finite numbers in the orientation of the header.');
  return {
    version,
    littleEndian: little,
    compressed,
    shape,
    voxelSizeMm: sizes,
    datatype,
    bitsPerVoxel,
    slope: two ? f64(176) : f32(112),
    inter: two ? f64(184) : f32(116),
    affine,
    affineSource,
    description: latin1(bytes, two ? 240 : 148, 80)
      .split('\0')[0]!
      .trim(),
    voxelOffset,
    expectedBytes: Math.ceil(voxelOffset + (shape.reduce((n, e) => n * e, 1) * bitsPerVoxel) / 8),
    intent: latin1(bytes, two ? 508 : 328, 16)
      .split('\0')[0]!
      .trim(),
  };
}

/** METHOD 2 of nifti1.h: unit quaternion (b, c, d), offset, sizes and the handedness factor. */
function quaternionAffine(
  b: number,
  c: number,
  d: number,
  offset: readonly number[],
  size: readonly number[],
  qfac: number,
): number[] {
  const a = Math.sqrt(Math.max(0, 1 - b * b - c * c - d * d));
  const r = [
    [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
    [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
    [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
  ] as const;
  const scale = [size[0] ?? 1, size[1] ?? 1, (size[2] ?? 1) * qfac];
  return [0, 1, 2]
    .flatMap((row) => [...[0, 1, 2].map((col) => r[row]![col]! * scale[col]!), offset[row]!])
    .concat(0, 0, 0, 1);
}

function latin1(bytes: Uint8Array, from: number, length: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, length).toString('latin1');
}
