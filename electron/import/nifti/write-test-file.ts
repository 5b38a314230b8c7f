export interface TestNifti {
  shape: readonly number[];
  /** 4×4 row-major, RAS+; written as sform. */
  affine?: readonly number[];
  version?: 1 | 2;
  bigEndian?: boolean;
  /** Bytes per voxel is 2 (int16). */
  withVoxels?: boolean;
}

/** Writes a small int16 NIfTI file for tests; never used on real data. */
export function testNiftiFile(t: TestNifti): Buffer {
  const two = t.version === 2;
  const big = t.bigEndian ?? false;
  const size = two ? 540 : 348;
  const offset = two ? 544 : 352;
  const voxels = t.shape.reduce((n, e) => n * e, 1);
  const bytes = Buffer.alloc(offset + (t.withVoxels === false ? 0 : 2 * voxels));
  const i16 = (v: number, at: number) => (big ? bytes.writeInt16BE(v, at) : bytes.writeInt16LE(v, at));
  const i32 = (v: number, at: number) => (big ? bytes.writeInt32BE(v, at) : bytes.writeInt32LE(v, at));
  const f32 = (v: number, at: number) => (big ? bytes.writeFloatBE(v, at) : bytes.writeFloatLE(v, at));
  const f64 = (v: number, at: number) => (big ? bytes.writeDoubleBE(v, at) : bytes.writeDoubleLE(v, at));
  const i64 = (v: number, at: number) =>
    big ? bytes.writeBigInt64BE(BigInt(v), at) : bytes.writeBigInt64LE(BigInt(v), at);
  const affine = t.affine ?? [2, 0, 0, -100, 0, 2, 0, -100, 0, 0, 2, -100, 0, 0, 0, 1];
  const dim = [t.shape.length, ...t.shape, 1, 1, 1, 1, 1, 1, 1].slice(0, 8);
  const norms = [0, 1, 2].map((c) => Math.hypot(affine[c]!, affine[4 + c]!, affine[8 + c]!));
  const pixdim = [1, ...norms, 1, 1, 1, 1];
  i32(size, 0);
  if (two) {
    bytes.write('n+2\0\r\n\x1a\n', 4, 'latin1');
    i16(4, 12);
    i16(16, 14);
    for (let n = 0; n < 8; n++) i64(dim[n]!, 16 + 8 * n);
    for (let n = 0; n < 8; n++) f64(pixdim[n]!, 104 + 8 * n);
    i64(offset, 168);
    f64(1, 176);
    i32(1, 348);
    for (let n = 0; n < 12; n++) f64(affine[n]!, 400 + 8 * n);
    i32(2, 500);
  } else {
    for (let n = 0; n < 8; n++) i16(dim[n]!, 40 + 2 * n);
    i16(4, 70);
    i16(16, 72);
    for (let n = 0; n < 8; n++) f32(pixdim[n]!, 76 + 4 * n);
    f32(offset, 108);
    f32(1, 112);
    bytes[123] = 2;
    i16(1, 254);
    for (let n = 0; n < 12; n++) f32(affine[n]!, 280 + 4 * n);
    bytes.write('n+1\0', 344, 'latin1');
  }
  return bytes;
}
