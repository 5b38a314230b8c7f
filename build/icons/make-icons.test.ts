import { existsSync, readFileSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { drawIcon, encodeIcns, encodeIco, encodePng } from './make-icons.ts';

/** The pixels of a PNG that `encodePng` wrote (one IDAT, no row filter). */
function pixelsOf(png: Buffer): { size: number; pixels: Buffer } {
  const size = png.readUInt32BE(16);
  const length = png.readUInt32BE(33);
  const rows = inflateSync(png.subarray(41, 41 + length));
  const pixels = Buffer.alloc(size * size * 4);
  for (let j = 0; j < size; j++)
    rows.copy(pixels, j * size * 4, j * (size * 4 + 1) + 1, (j + 1) * (size * 4 + 1));
  return { size, pixels };
}

describe('the icon', () => {
  it.each([16, 24, 32, 48, 64, 128])('the committed %i px file is what the program draws', (size) => {
    const committed = pixelsOf(readFileSync(new URL(`./${size}x${size}.png`, import.meta.url)));
    expect(committed.size).toBe(size);
    expect(committed.pixels.equals(drawIcon(size))).toBe(true);
  });

  it('shows a line on paper with free corners', () => {
    const pixels = drawIcon(64);
    expect(pixels[3]).toBe(0);
    const at = (x: number, y: number) => [...pixels.subarray((x + y * 64) * 4, (x + y * 64) * 4 + 4)];
    expect(at(32, 32)).toEqual([31, 41, 51, 255]);
    expect(at(34, 12)).toEqual([126, 182, 200, 255]);
  });

  it('is there in every size a platform asks for', () => {
    for (const name of ['256x256.png', '512x512.png', '1024x1024.png', 'icon.ico', 'icon.icns']) {
      expect(existsSync(new URL(`./${name}`, import.meta.url))).toBe(true);
    }
  });

  it('ICO and ICNS point at whole PNG files', () => {
    const png = encodePng(drawIcon(32), 32);
    const ico = encodeIco([{ size: 32, png }]);
    expect(ico.subarray(ico.readUInt32LE(18), ico.readUInt32LE(18) + ico.readUInt32LE(14)).equals(png)).toBe(
      true,
    );
    const icns = encodeIcns([{ size: 32, png }]);
    expect(icns.toString('latin1', 0, 4)).toBe('icns');
    expect(icns.readUInt32BE(4)).toBe(icns.length);
    expect(icns.toString('latin1', 8, 12)).toBe('ic11');
    expect(icns.subarray(16).equals(png)).toBe(true);
  });
});
