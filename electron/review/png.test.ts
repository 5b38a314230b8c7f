import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { encodePng, type Raster } from './png.ts';

/** Reads the files of `encodePng` by the letter of the specification, knowing nothing of it. */
function decodePng(png: Uint8Array): Raster {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const chunks = new Map<string, Uint8Array>();
  for (let at = 8; at < png.length; at += 12 + view.getUint32(at)) {
    const type = new TextDecoder().decode(png.subarray(at + 4, at + 8));
    chunks.set(type, png.subarray(at + 8, at + 8 + view.getUint32(at)));
  }
  const header = chunks.get('IHDR')!;
  const h = new DataView(header.buffer, header.byteOffset, 13);
  const [width, height, channels] = [h.getUint32(0), h.getUint32(4), header[9] === 6 ? 4 : 1] as const;
  const raw = inflateSync(chunks.get('IDAT')!);
  const stride = width * channels;
  const data = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) {
    if (raw[y * (stride + 1)] !== 2) throw new Error('expected filter "up"');
    for (let x = 0; x < stride; x++)
      data[y * stride + x] = raw[y * (stride + 1) + 1 + x]! + (y > 0 ? data[(y - 1) * stride + x]! : 0);
  }
  return { width, height, channels, data };
}

function noise(width: number, height: number, channels: 1 | 4): Raster {
  const data = Uint8Array.from({ length: width * height * channels }, (_, n) => (n * 2654435761) >>> 11);
  return { width, height, channels, data };
}

/** Checks every chunk's CRC and unfilters with Python's zlib; prints width, height, colour type and the pixel sum. */
const ORACLE = `
import sys, struct, zlib
b = open(sys.argv[1], 'rb').read()
assert b[:8] == b'\\x89PNG\\r\\n\\x1a\\n'
at, idat = 8, b''
while at < len(b):
    n, kind = struct.unpack('>I4s', b[at:at+8])
    assert zlib.crc32(b[at+4:at+8+n]) == struct.unpack('>I', b[at+8+n:at+12+n])[0]
    if kind == b'IHDR': w, h, depth, colour = struct.unpack('>IIBB', b[at+8:at+18])
    if kind == b'IDAT': idat += b[at+8:at+8+n]
    at += 12 + n
assert kind == b'IEND' and depth == 8
raw, stride, prior, total = zlib.decompress(idat), w * (4 if colour == 6 else 1), None, 0
prior = bytes(stride)
for y in range(h):
    row = raw[y*(stride+1):(y+1)*(stride+1)]
    assert row[0] == 2
    prior = bytes((a + c) & 255 for a, c in zip(row[1:], prior))
    total += sum(prior)
print(w, h, colour, total)
`;
const python = spawnSync('python3', ['--version']).status === 0;

describe('encodePng', () => {
  it.each([
    [1, 1, 1],
    [7, 5, 1],
    [7, 5, 4],
    [64, 1, 4],
    [1, 33, 1],
  ] as const)('keeps every pixel: %i × %i, %i channel(s)', (width, height, channels) => {
    const raster = noise(width, height, channels);
    expect(decodePng(encodePng(raster))).toEqual(raster);
  }); // prettier-ignore

  it('ends with the IEND chunk and its published CRC', () => {
    const png = encodePng(noise(3, 3, 1));
    expect(Buffer.from(png.subarray(-12)).toString('hex')).toBe('0000000049454e44ae426082');
  });

  it('holds nothing but header, pixels and end', () => {
    const text = Buffer.from(encodePng(noise(9, 9, 4))).toString('latin1');
    expect(text.match(/IHDR|IDAT|IEND|tEXt|tIME|iTXt|eXIf/g)).toEqual(['IHDR', 'IDAT', 'IEND']);
  });

  it.skipIf(!python)("is read by Python's zlib, CRCs included (needs python3)", () => {
    const dir = mkdtempSync(join(tmpdir(), 'refacade-png-'));
    try {
      const raster = noise(31, 17, 4);
      writeFileSync(join(dir, 'a.png'), encodePng(raster));
      const out = execFileSync('python3', ['-c', ORACLE, join(dir, 'a.png')], { encoding: 'utf8' });
      const sum = raster.data.reduce((total, value) => total + value, 0);
      expect(out.trim()).toBe(`31 17 6 ${sum}`);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });

  it('refuses a raster whose bytes do not fit its size', () => {
    expect(() => encodePng({ width: 2, height: 2, channels: 4, data: new Uint8Array(4) })).toThrow(
      RangeError,
    );
  });
});
