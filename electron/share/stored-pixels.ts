import type { AttributeSource } from './attribute-source.ts';

/** How the stored values of an instance are laid out in Pixel Data (PS3.5 section 8.1). */
export interface PixelFormat {
  readonly bitsAllocated: 8 | 16 | 32;
  readonly bitsStored: number;
  readonly signed: boolean;
  /** Pixels of all frames together. */
  readonly count: number;
}

/** Pixel Data that cannot be edited voxel by voxel; becomes a Problem of the series. */
export class PixelError extends Error {
  override name = 'PixelError';
}

/** Reads the layout. @throws PixelError for colour, floating-point and odd layouts */
export function pixelFormat(header: AttributeSource): PixelFormat {
  const number = (tag: string, otherwise: number) => header.numbers(tag)[0] ?? otherwise;
  const samples = number('00280002', 1);
  const bitsAllocated = number('00280100', 16);
  const bitsStored = number('00280101', bitsAllocated);
  const highBit = number('00280102', bitsStored - 1);
  if (samples !== 1) throw new PixelError(`Expected one sample a pixel, got ${samples} (a colour image).`);
  if (bitsAllocated !== 8 && bitsAllocated !== 16 && bitsAllocated !== 32) {
    throw new PixelError(`Expected 8, 16 or 32 bits a pixel, got ${bitsAllocated}.`);
  }
  if (highBit !== bitsStored - 1 || bitsStored > bitsAllocated || bitsStored < 1) {
    throw new PixelError(
      `Expected stored bits 0 to ${bitsStored - 1}, got high bit ${highBit} of ${bitsAllocated}.`,
    );
  }
  const count = number('00280010', 0) * number('00280011', 0) * number('00280008', 1);
  return { bitsAllocated, bitsStored, signed: number('00280103', 0) === 1, count };
}

/** Least and greatest value the stored bits can hold. */
export function storedRange({ bitsStored, signed }: PixelFormat): [number, number] {
  return signed ? [-(2 ** (bitsStored - 1)), 2 ** (bitsStored - 1) - 1] : [0, 2 ** bitsStored - 1];
}

/**
 * Stored values of native Pixel Data, sign-extended, unused high bits left out.
 *
 * @param bytes little endian
 * @throws PixelError when there are fewer bytes than the header asks for
 */
export function decodeStored(bytes: Uint8Array, format: PixelFormat): Int32Array | Float64Array {
  const { bitsAllocated, bitsStored, signed, count } = format;
  if (bytes.length < (count * bitsAllocated) / 8) {
    throw new PixelError(`Expected ${(count * bitsAllocated) / 8} bytes of Pixel Data, got ${bytes.length}.`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bitsAllocated === 32) {
    const out = new Float64Array(count);
    for (let n = 0; n < count; n++) {
      const word = view.getUint32(4 * n, true) << (32 - bitsStored);
      out[n] = signed ? word >> (32 - bitsStored) : word >>> (32 - bitsStored);
    }
    return out;
  }
  const out = new Int32Array(count);
  const shift = 32 - bitsStored;
  for (let n = 0; n < count; n++) {
    const word = (bitsAllocated === 8 ? bytes[n]! : view.getUint16(2 * n, true)) << shift;
    out[n] = signed ? word >> shift : word >>> shift;
  }
  return out;
}

/** Writes one stored value; bits above Bits Stored become 0 (they may hold an old overlay). */
export function putStored(view: DataView, index: number, value: number, format: PixelFormat): void {
  const mask = format.bitsStored === 32 ? 0xffffffff : 2 ** format.bitsStored - 1;
  const word = (value & mask) >>> 0;
  if (format.bitsAllocated === 8) view.setUint8(index, word);
  else if (format.bitsAllocated === 16) view.setUint16(2 * index, word, true);
  else view.setUint32(4 * index, word, true);
}
