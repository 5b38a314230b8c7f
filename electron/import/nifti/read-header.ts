import { constants, gunzipSync } from 'node:zlib';
import { headerAffine, headerUnitMm, NiftiError, type NiftiFields } from '../../volume/nifti-header.ts';

/** What import keeps of a NIfTI header. */
export interface NiftiHeader {
  version: 1 | 2;
  compressed: boolean;
  /** Extents, 1 to 7 of them. */
  shape: number[];
  /** mm for the first three axes; what the file says for the others. */
  voxelSizeMm: number[];
  datatype: number;
  bitsPerVoxel: number;
  /** Voxel index → mm, 4×4 row-major, RAS+; from the sform, the qform or the voxel sizes, in that order. */
  affine: number[];
  affineSource: NiftiFields['affineSource'];
  voxelOffset: number;
  /** Bytes that header and voxels need together, uncompressed. */
  expectedBytes: number;
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
 * @throws NiftiError when a field makes no sense
 * @see nifti1.h and nifti2.h
 */
export function readNiftiHeader(bytes: Uint8Array, compressed: boolean): NiftiHeader {
  if (!sniffNifti(bytes))
    throw new NiftiError('Expected a NIfTI header; the size field or the magic text is not one.');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = view.getInt32(0, true) === 348 || view.getInt32(0, true) === 540;
  const version = view.getInt32(0, little) === 348 ? 1 : 2;
  const two = version === 2;
  const f32 = (at: number) => view.getFloat32(at, little);
  const i16 = (at: number) => view.getInt16(at, little);
  const long = (at: number) => Number(view.getBigInt64(at, little));

  const dim = Array.from({ length: 8 }, (_, n) => (two ? long(16 + 8 * n) : i16(40 + 2 * n)));
  const pixdim = Array.from({ length: 8 }, (_, n) =>
    two ? view.getFloat64(104 + 8 * n, little) : f32(76 + 4 * n),
  );
  const rank = dim[0]!;
  if (!(rank >= 1 && rank <= 7)) throw new NiftiError(`Expected 1 to 7 dimensions; the header says ${rank}.`);
  const shape = dim.slice(1, rank + 1);
  if (shape.some((n) => n < 1))
    throw new NiftiError(`Expected positive extents; the header says ${shape.join(' × ')}.`);
  const datatype = two ? i16(12) : i16(70);
  const bitsPerVoxel = two ? i16(14) : i16(72);
  if (bitsPerVoxel < 1 || bitsPerVoxel > 256)
    throw new NiftiError(`Expected 1 to 256 bits per voxel; the header says ${bitsPerVoxel}.`);
  const voxelOffset = two ? long(168) : f32(108);
  const toMm = headerUnitMm(view, version, little);
  const sizes = shape.map((_, n) => (n < 3 ? Math.abs(pixdim[n + 1]!) * toMm || 1 : pixdim[n + 1]!));

  const { affine, affineSource } = headerAffine(view, version, little, shape);
  return {
    version,
    compressed,
    shape,
    voxelSizeMm: sizes,
    datatype,
    bitsPerVoxel,
    affine: [...affine],
    affineSource,
    voxelOffset,
    expectedBytes: Math.ceil(voxelOffset + (shape.reduce((n, e) => n * e, 1) * bitsPerVoxel) / 8),
  };
}

function latin1(bytes: Uint8Array, from: number, length: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, length).toString('latin1');
}
