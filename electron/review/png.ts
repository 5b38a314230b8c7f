import { deflateSync } from 'node:zlib';

/** An 8-bit raster, row by row from the top left. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  /** 1 = gray, 4 = red, green, blue, alpha. */
  readonly channels: 1 | 4;
  /** `width · height · channels` bytes. */
  readonly data: Uint8Array;
}

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

const crcTable = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

function crc32(bytes: Uint8Array): number {
  let c = 0xffffffff;
  for (const byte of bytes) c = crcTable[(c ^ byte) & 255]! ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}

function chunk(type: string, body: Uint8Array): Uint8Array {
  const out = new Uint8Array(12 + body.length);
  const view = new DataView(out.buffer);
  view.setUint32(0, body.length);
  out.set(new TextEncoder().encode(type), 4);
  out.set(body, 8);
  view.setUint32(8 + body.length, crc32(out.subarray(4, 8 + body.length)));
  return out;
}

/**
 * A PNG file of an 8-bit gray or RGBA raster: no text, no time, no colour profile, so equal rasters give
 * equal files and nothing but pixels leaves.
 *
 * Each row is stored with the "up" filter, which suits smooth shading.
 *
 * @throws RangeError when `data` is not `width · height · channels` long
 * @see PNG Specification, third edition (W3C), sections 5, 9 and 11
 */
export function encodePng(raster: Raster): Uint8Array {
  const { width, height, channels, data } = raster;
  const rowBytes = width * channels;
  if (data.length !== rowBytes * height)
    throw new RangeError(`expected ${rowBytes * height} bytes of pixels, got ${data.length}`);

  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header[8] = 8; // bits per sample
  header[9] = channels === 1 ? 0 : 6; // colour type: grayscale or truecolour with alpha

  const filtered = new Uint8Array((rowBytes + 1) * height);
  for (let row = 0; row < height; row++) {
    const to = row * (rowBytes + 1);
    const from = row * rowBytes;
    filtered[to] = 2; // filter type: up
    for (let x = 0; x < rowBytes; x++)
      filtered[to + 1 + x] = data[from + x]! - (row === 0 ? 0 : data[from + x - rowBytes]!);
  }

  const parts = [
    SIGNATURE,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(filtered, { level: 6 })),
    chunk('IEND', new Uint8Array(0)),
  ];
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
