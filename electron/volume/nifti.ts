import { kMaxLength } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { voxelSizes } from '../../shared/geometry/affine.ts';
import { nearestRotation } from '../../shared/geometry/orientation.ts';
import { decodeHeader, LAYOUT, NiftiError, type NiftiFields, toQuaternion } from './nifti-header.ts';
import type { Volume, VoxelArray } from './volume.ts';

export { NiftiError } from './nifti-header.ts';

/** A NIfTI file in memory: its header bytes as they were, its extensions, and its voxels. */
export interface NiftiImage {
  /** The 348 (NIfTI-1) or 540 (NIfTI-2) header bytes exactly as in the file. */
  readonly header: Uint8Array;
  /** Bytes between header and voxels: the 4-byte extension mark and any extensions. */
  readonly extensions: Uint8Array;
  readonly version: 1 | 2;
  readonly littleEndian: boolean;
  /** NIfTI datatype code, e.g. 2 uint8, 4 int16, 16 float32. */
  readonly datatype: number;
  readonly volume: Volume;
  /** Was (or will be) compressed. */
  readonly gzipped: boolean;
}

interface DataKind {
  readonly name: string;
  readonly bytes: 1 | 2 | 4 | 8;
  readonly make: (buffer: ArrayBuffer) => VoxelArray;
}

/** 64-bit integers are held as doubles; a value beyond 2⁵³ is refused, so nothing is ever rounded. */
const KINDS: Readonly<Record<number, DataKind>> = {
  2: { name: 'uint8', bytes: 1, make: (b) => new Uint8Array(b) },
  256: { name: 'int8', bytes: 1, make: (b) => new Int8Array(b) },
  4: { name: 'int16', bytes: 2, make: (b) => new Int16Array(b) },
  512: { name: 'uint16', bytes: 2, make: (b) => new Uint16Array(b) },
  8: { name: 'int32', bytes: 4, make: (b) => new Int32Array(b) },
  768: { name: 'uint32', bytes: 4, make: (b) => new Uint32Array(b) },
  16: { name: 'float32', bytes: 4, make: (b) => new Float32Array(b) },
  64: { name: 'float64', bytes: 8, make: (b) => new Float64Array(b) },
  1024: { name: 'int64', bytes: 8, make: (b) => fromBig(new BigInt64Array(b)) },
  1280: { name: 'uint64', bytes: 8, make: (b) => fromBig(new BigUint64Array(b)) },
};
const REFUSED: Readonly<Record<number, string>> = {
  1: 'one-bit voxels',
  32: 'complex numbers',
  128: 'RGB colours',
  1536: '128-bit floats',
  1792: 'complex numbers',
  2048: 'complex numbers',
  2304: 'RGBA colours',
};

/** Node reads no larger file at once. */
const MOST_FILE_BYTES = 2 ** 31 - 1;
const SMALLER =
  'Save the volume that shows the head, or its first volumes, as a file of their own and import that.';

const gunzipAsync = promisify(gunzip);
const gzipAsync = promisify(gzip);

/**
 * Reads a NIfTI-1 or NIfTI-2 file, plain or gzipped, of either byte order.
 *
 * Voxels are the *stored* values; the volume's slope and inter say what they mean.
 *
 * @throws NiftiError when it is not such a file, is cut short, holds colours or complex numbers, or is larger than 2 GiB
 * as it lies on the disk or 4 GiB unpacked
 */
export async function readNifti(pathOrBytes: string | Uint8Array): Promise<NiftiImage> {
  const name = typeof pathOrBytes === 'string' ? basename(pathOrBytes) : 'NIfTI bytes';
  try {
    const raw = typeof pathOrBytes === 'string' ? await readWhole(pathOrBytes) : pathOrBytes;
    const gzipped = raw[0] === 0x1f && raw[1] === 0x8b;
    return parseNifti(gzipped ? await inflate(raw) : raw, gzipped);
  } catch (cause) {
    if (cause instanceof NiftiError) throw new NiftiError(`${name}: ${cause.message}`, { cause });
    throw cause;
  }
}

async function readWhole(path: string): Promise<Uint8Array> {
  const { size } = await stat(path);
  if (size > MOST_FILE_BYTES) {
    throw new NiftiError(
      `Expected a file of at most 2 GiB, got one of ${(size / 2 ** 30).toFixed(2)} GiB. ${SMALLER}`,
    );
  }
  return readFile(path);
}

async function inflate(raw: Uint8Array): Promise<Uint8Array> {
  try {
    return await gunzipAsync(raw);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      const most = Math.floor(kMaxLength / 2 ** 30);
      throw new NiftiError(`Expected at most ${most} GiB when unpacked, got more. ${SMALLER}`, { cause });
    }
    throw new NiftiError(`Expected a whole gzip stream, got one that is damaged or cut short.`, { cause });
  }
}

function parseNifti(bytes: Uint8Array, gzipped: boolean): NiftiImage {
  const fields = decodeHeader(bytes);
  if (!fields.single) {
    throw new NiftiError(
      'Expected header and voxels in one file (.nii), got the header of an .hdr/.img pair.',
    );
  }
  const kind = kindOf(fields.datatype);
  const size = LAYOUT[fields.version].size;
  const start = Math.max(fields.voxOffset, size);
  const count = fields.shape.reduce((product, extent) => product * extent, 1);
  if (!Number.isInteger(start) || start + count * kind.bytes > bytes.length) {
    throw new NiftiError(
      `Expected ${count * kind.bytes} voxel bytes (${fields.shape.join('×')} ${kind.name}) from byte ${start}, ` +
        `got a file of ${bytes.length} bytes: it is cut short or its header is wrong.`,
    );
  }
  const voxels = copyOf(bytes, start, start + count * kind.bytes);
  if (!fields.littleEndian) swap(voxels, kind.bytes);
  return {
    header: copyOf(bytes, 0, size),
    extensions: copyOf(bytes, size, start),
    version: fields.version,
    littleEndian: fields.littleEndian,
    datatype: fields.datatype,
    volume: {
      data: kind.make(voxels.buffer),
      shape: fields.shape,
      affine: fields.affine,
      slope: fields.slope,
      inter: fields.inter,
    },
    gzipped,
  };
}

/** What a header says, without reading voxels. @throws NiftiError as `readNifti` */
export function niftiFields(header: Uint8Array): NiftiFields {
  return decodeHeader(header);
}

function kindOf(datatype: number): DataKind {
  const kind = KINDS[datatype];
  if (kind) return kind;
  throw new NiftiError(
    `Expected integer or real voxels, got ${REFUSED[datatype] ?? 'an unknown type'} (NIfTI datatype ${datatype}).`,
  );
}

/** The file of an image as bytes, not compressed. Header and extensions are copied, never re-made. */
export function niftiBytes(image: NiftiImage): Uint8Array {
  const fields = decodeHeader(image.header);
  const kind = kindOf(image.datatype);
  const { data, shape } = image.volume;
  const count = fields.shape.reduce((product, extent) => product * extent, 1);
  if (data.length !== count || fields.datatype !== image.datatype) {
    throw new NiftiError(
      `Expected ${fields.shape.join('×')} voxels of datatype ${fields.datatype} as the header says, ` +
        `got ${shape.join('×')} of ${image.datatype}.`,
    );
  }
  const encoded = encode(data, kind, image.datatype);
  if (!image.littleEndian) swap(encoded, kind.bytes);
  const out = new Uint8Array(image.header.length + image.extensions.length + encoded.length);
  out.set(image.header, 0);
  out.set(image.extensions, image.header.length);
  out.set(encoded, image.header.length + image.extensions.length);
  return out;
}

/**
 * Writes an image under a final name only when it is complete: temporary name → fsync → rename.
 *
 * A name ending in `.gz` is compressed; the gzip header carries no time and no name.
 */
export async function writeNifti(path: string, image: NiftiImage): Promise<void> {
  const plain = niftiBytes(image);
  let bytes: Uint8Array = plain;
  if (path.endsWith('.gz')) {
    bytes = await gzipAsync(plain, { level: 5 });
    bytes[9] = 255; // "operating system: unknown", so that every machine writes the same bytes
  }
  await writeWhole(path, bytes);
}

async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = join(
    dirname(path),
    `.${basename(path)}.${process.pid}-${randomBytes(4).toString('hex')}.part`,
  );
  const file = await open(temporary, 'wx');
  try {
    await file.writeFile(bytes);
    await file.sync();
    await file.close();
    await rename(temporary, path);
  } catch (cause) {
    await file.close().catch(() => {});
    await rm(temporary, { force: true });
    throw cause;
  }
}

/**
 * A new image around a volume, for masks, label maps and phantoms.
 *
 * NIfTI-1, little-endian, nothing in `descrip`. With `geometryOf`, the geometry fields (pixdim, units,
 * qform, sform and their codes) are copied from that image byte by byte, so the new one lies on the same grid for
 * every reader.
 *
 * @throws NiftiError when an extent does not fit a NIfTI-1 header (32767)
 */
export function newNifti(volume: Volume, datatype?: number, geometryOf?: NiftiImage): NiftiImage {
  const code = datatype ?? datatypeOf(volume.data);
  const kind = kindOf(code);
  const at = LAYOUT[1];
  const header = new Uint8Array(at.size);
  const view = new DataView(header.buffer);
  if (volume.shape.some((extent) => extent > 32767)) {
    throw new NiftiError(`Expected extents up to 32767, got ${volume.shape.join('×')}.`);
  }
  view.setInt32(0, 348, true);
  view.setUint8(38, 0x72); // 'r', "regular": ANALYZE readers look for it
  view.setInt16(at.dim, volume.shape.length, true);
  for (let n = 0; n < 7; n++) view.setInt16(at.dim + 2 * (n + 1), volume.shape[n] ?? 1, true);
  view.setInt16(at.datatype, code, true);
  view.setInt16(at.bitpix, kind.bytes * 8, true);
  view.setFloat32(at.voxOffset, 352, true);
  view.setFloat32(at.slope, volume.slope, true);
  view.setFloat32(at.inter, volume.inter, true);
  header.set([0x6e, 0x2b, 0x31, 0], at.magic); // "n+1\0"
  if (geometryOf) copyGeometry(geometryOf, view);
  else setGeometry(volume.affine, view);
  return {
    header,
    extensions: new Uint8Array(4),
    version: 1,
    littleEndian: true,
    datatype: code,
    volume,
    gzipped: true,
  };
}

function setGeometry(affine: Float64Array, view: DataView): void {
  const at = LAYOUT[1];
  const sizes = voxelSizes(affine);
  const { b, c, d, qfac } = toQuaternion(nearestRotation(affine));
  [qfac, ...sizes, 1, 1, 1, 1].forEach((v, n) => {
    view.setFloat32(at.pixdim + 4 * n, v, true);
  });
  view.setUint8(at.units, 10); // millimetres, seconds
  view.setInt16(at.qformCode, 1, true);
  view.setInt16(at.sformCode, 1, true);
  [b, c, d].forEach((v, n) => {
    view.setFloat32(at.quatern + 4 * n, v, true);
  });
  [affine[3]!, affine[7]!, affine[11]!].forEach((v, n) => {
    view.setFloat32(at.qoffset + 4 * n, v, true);
  });
  for (let n = 0; n < 12; n++) view.setFloat32(at.srow + 4 * n, affine[n]!, true);
}

function copyGeometry(from: NiftiImage, to: DataView): void {
  const source = new DataView(from.header.buffer, from.header.byteOffset, from.header.byteLength);
  const [a, b] = [LAYOUT[from.version], LAYOUT[1]];
  const wide = from.version === 2;
  const le = from.littleEndian;
  const real = (p: number, n: number) =>
    wide ? source.getFloat64(p + 8 * n, le) : source.getFloat32(p + 4 * n, le);
  const code = (p: number) => (wide ? source.getInt32(p, le) : source.getInt16(p, le));
  for (let n = 0; n < 8; n++) to.setFloat32(b.pixdim + 4 * n, real(a.pixdim, n), true);
  to.setUint8(b.units, wide ? source.getInt32(a.units, le) & 0xff : source.getUint8(a.units));
  to.setInt16(b.qformCode, code(a.qformCode), true);
  to.setInt16(b.sformCode, code(a.sformCode), true);
  for (let n = 0; n < 3; n++) to.setFloat32(b.quatern + 4 * n, real(a.quatern, n), true);
  for (let n = 0; n < 3; n++) to.setFloat32(b.qoffset + 4 * n, real(a.qoffset, n), true);
  for (let n = 0; n < 12; n++) to.setFloat32(b.srow + 4 * n, real(a.srow, n), true);
}

/** NIfTI datatype code of an array's own type. */
export function datatypeOf(data: VoxelArray): number {
  if (data instanceof Uint8Array) return 2;
  if (data instanceof Int8Array) return 256;
  if (data instanceof Int16Array) return 4;
  if (data instanceof Uint16Array) return 512;
  if (data instanceof Int32Array) return 8;
  if (data instanceof Uint32Array) return 768;
  return data instanceof Float32Array ? 16 : 64;
}

function encode(data: VoxelArray, kind: DataKind, datatype: number): Uint8Array {
  if (datatype === 1024) return bytesOf(BigInt64Array.from(data as Float64Array, BigInt));
  if (datatype === 1280) return bytesOf(BigUint64Array.from(data as Float64Array, BigInt));
  if (datatypeOf(data) !== datatype) {
    throw new NiftiError(`Expected ${kind.name} voxels as the header says, got ${data.constructor.name}.`);
  }
  return copyOf(bytesOf(data), 0, data.byteLength);
}

function bytesOf(data: ArrayBufferView): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** A copy with a buffer of its own: aligned, and never the caller's or the pool's memory. */
function copyOf(bytes: Uint8Array, start: number, end: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes.subarray(start, end));
}

function swap(bytes: Uint8Array, size: 1 | 2 | 4 | 8): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (size === 2) buffer.swap16();
  else if (size === 4) buffer.swap32();
  else if (size === 8) buffer.swap64();
}

function fromBig(values: BigInt64Array | BigUint64Array): Float64Array {
  const out = new Float64Array(values.length);
  for (let n = 0; n < values.length; n++) {
    const value = Number(values[n]!);
    if (!Number.isSafeInteger(value)) {
      throw new NiftiError(`Expected 64-bit integers up to ±2⁵³, got ${values[n]}.`);
    }
    out[n] = value;
  }
  return out;
}
