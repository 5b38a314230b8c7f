/**
 * Draws the application's icon and writes it in the sizes the platforms want.
 *
 *   node dist/build/make-icons.js      (the results are committed; run after a change of the drawing)
 *
 * A head in profile, as one quiet outline that belongs to nobody, with the face side dissolved into dots.
 * Nothing but geometry and zlib, so that the drawing can be read and repeated.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { checkoutDir } from '../native/checkout.ts';

type Point = readonly [x: number, y: number];
type Rgba = readonly [number, number, number, number];

const paper: Rgba = [31, 41, 51, 255];
const line: Rgba = [126, 182, 200, 255];
const samples = 4;

/** The outline on a 100 × 100 board, y down: a smooth closed curve through these points. */
const head: readonly Point[] = [
  [41, 84],
  [41, 73],
  [34, 65],
  [28, 54],
  [27, 41],
  [32, 28],
  [43, 20],
  [55, 19],
  [66, 24],
  [72, 33],
  [73.5, 42],
  [78, 51],
  [74.5, 55],
  [74.5, 62],
  [71, 69],
  [62, 71],
  [60, 76],
  [60, 84],
];
/** Where the face was: dots in place of the line, from the brow to the chin. */
const faceFrom = 8;
const faceTo = 15;

/** Catmull–Rom interpolation, evenly sampled. */
function curve(points: readonly Point[], perSegment: number): { point: Point; segment: number }[] {
  const out: { point: Point; segment: number }[] = [];
  for (let s = 0; s < points.length - 1; s++) {
    const [a, b, c, d] = [
      points[Math.max(0, s - 1)]!,
      points[s]!,
      points[s + 1]!,
      points[Math.min(points.length - 1, s + 2)]!,
    ];
    for (let k = 0; k < perSegment; k++) {
      const t = k / perSegment;
      const at = (i: 0 | 1) =>
        0.5 *
        (2 * b[i] +
          (c[i] - a[i]) * t +
          (2 * a[i] - 5 * b[i] + 4 * c[i] - d[i]) * t * t +
          (3 * b[i] - a[i] - 3 * c[i] + d[i]) * t ** 3);
      out.push({ point: [at(0), at(1)], segment: s });
    }
  }
  return out;
}

/** Which places of a fine grid are inked: within a pen's width of the line, or in a dot where the face was. */
function inkGrid(cells: number): Uint8Array {
  const grid = new Uint8Array(cells * cells);
  const stamp = ([x, y]: Point, radius: number) => {
    const [cx, cy, r] = [(x / 100) * cells, (y / 100) * cells, (radius / 100) * cells];
    for (let j = Math.floor(cy - r); j <= cy + r; j++) {
      for (let i = Math.floor(cx - r); i <= cx + r; i++) {
        if ((i + 0.5 - cx) ** 2 + (j + 0.5 - cy) ** 2 <= r * r) grid[i + j * cells] = 1;
      }
    }
  };
  let walked = 0;
  let last: Point | undefined;
  for (const { point, segment } of curve(head, 40)) {
    if (segment < faceFrom || segment >= faceTo) {
      stamp(point, 2.6);
      continue;
    }
    walked += last ? Math.hypot(point[0] - last[0], point[1] - last[1]) : 7;
    last = point;
    if (walked < 6) continue;
    walked = 0;
    stamp(point, 1.7);
  }
  return grid;
}

/** A rounded square: the paper the head is drawn on. */
function onPaper(x: number, y: number): boolean {
  const [margin, corner] = [4, 20];
  const dx = Math.max(margin + corner - x, x - (100 - margin - corner), 0);
  const dy = Math.max(margin + corner - y, y - (100 - margin - corner), 0);
  return Math.hypot(dx, dy) <= corner;
}

/**
 * The picture as RGBA bytes.
 *
 * @param size width and height, pixels
 */
export function drawIcon(size: number): Uint8Array {
  const cells = size * samples;
  const inked = inkGrid(cells);
  const pixels = new Uint8Array(size * size * 4);
  for (let j = 0; j < size; j++) {
    for (let i = 0; i < size; i++) {
      const sum = [0, 0, 0, 0];
      for (let s = 0; s < samples * samples; s++) {
        const u = i * samples + (s % samples);
        const v = j * samples + Math.floor(s / samples);
        if (!onPaper(((u + 0.5) / cells) * 100, ((v + 0.5) / cells) * 100)) continue;
        const colour = inked[u + v * cells] ? line : paper;
        for (let c = 0; c < 4; c++) sum[c]! += colour[c]!;
      }
      const covered = sum[3]! / 255 || 1;
      const at = (i + j * size) * 4;
      for (let c = 0; c < 3; c++) pixels[at + c] = Math.round(sum[c]! / covered);
      pixels[at + 3] = Math.round(sum[3]! / samples ** 2);
    }
  }
  return pixels;
}

/** RGBA bytes as a PNG file, eight bits a channel. */
export function encodePng(pixels: Uint8Array, size: number): Buffer {
  const rows = Buffer.alloc(size * (size * 4 + 1));
  for (let j = 0; j < size; j++)
    rows.set(pixels.subarray(j * size * 4, (j + 1) * size * 4), j * (size * 4 + 1) + 1);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 6, 0, 0, 0], 8);
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    check.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, check]);
  };
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Windows icon: a directory of PNG files (allowed since Vista). */
export function encodeIco(images: readonly { size: number; png: Buffer }[]): Buffer {
  const head = Buffer.alloc(6 + images.length * 16);
  head.writeUInt16LE(1, 2);
  head.writeUInt16LE(images.length, 4);
  let offset = head.length;
  images.forEach(({ size, png }, n) => {
    const at = 6 + n * 16;
    head[at] = size % 256;
    head[at + 1] = size % 256;
    head.writeUInt16LE(1, at + 4);
    head.writeUInt16LE(32, at + 6);
    head.writeUInt32LE(png.length, at + 8);
    head.writeUInt32LE(offset, at + 12);
    offset += png.length;
  });
  return Buffer.concat([head, ...images.map((i) => i.png)]);
}

/** macOS icon: PNG files under the four-letter names of their sizes. */
export function encodeIcns(images: readonly { size: number; png: Buffer }[]): Buffer {
  const names: Record<number, readonly string[]> = {
    32: ['ic11'],
    64: ['ic12'],
    128: ['ic07'],
    256: ['ic08', 'ic13'],
    512: ['ic09', 'ic14'],
    1024: ['ic10'],
  };
  const parts = images.flatMap(({ size, png }) =>
    (names[size] ?? []).map((name) => {
      const head = Buffer.alloc(8);
      head.write(name, 0, 'latin1');
      head.writeUInt32BE(png.length + 8, 4);
      return Buffer.concat([head, png]);
    }),
  );
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(8);
  head.write('icns', 0, 'latin1');
  head.writeUInt32BE(body.length + 8, 4);
  return Buffer.concat([head, body]);
}

/** Every file of the icon by name. */
export function iconFiles(): Map<string, Buffer> {
  const sizes = [16, 24, 32, 48, 64, 128, 256, 512, 1024];
  const images = sizes.map((size) => ({ size, png: encodePng(drawIcon(size), size) }));
  const files = new Map(images.map(({ size, png }) => [`${size}x${size}.png`, png]));
  files.set('icon.ico', encodeIco(images.filter((i) => i.size <= 256)));
  files.set('icon.icns', encodeIcns(images));
  return files;
}

if (process.argv[1]?.endsWith('make-icons.js')) {
  const dir = join(checkoutDir(), 'build', 'icons');
  for (const [name, data] of iconFiles()) writeFileSync(join(dir, name), data);
  console.log(`Wrote the icon to ${dir}`);
}
