import { deflateSync, gzipSync } from 'node:zlib';

/** A made-up head on a small grid, for trying the screens without real scans: 2 mm voxels, RAS+, i fastest. */
export const SIZE = { nx: 88, ny: 108, nz: 108 } as const;
const { nx, ny, nz } = SIZE;

function inside(
  x: number,
  y: number,
  z: number,
  centre: readonly number[],
  radii: readonly number[],
): number {
  const [a = 0, b = 0, c = 0] = [0, 1, 2].map((axis) => ([x, y, z][axis]! - centre[axis]!) / radii[axis]!);
  return a * a + b * b + c * c;
}

/** `cut`: everything before a slanted plane is emptied; `other`: another nose and jaw. */
export type HeadKind = 'original' | 'cut' | 'other';

/** Voxels 0…255 of the head. */
export function makeHead(kind: HeadKind): Uint8Array {
  const cut = kind === 'cut';
  const [noseRadii, jawRadii] =
    kind === 'other'
      ? [
          [9, 6, 7],
          [31, 29, 24],
        ]
      : [
          [5, 9, 9],
          [26, 30, 26],
        ];
  const voxels = new Uint8Array(nx * ny * nz);
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++) {
        const side = Math.abs(i - 44);
        const skull = inside(i, j, k, [44, 52, 62], [36, 44, 40]);
        const jaw = inside(i, j, k, [44, 62, 30], jawRadii);
        const nose = inside(side, j, k, [0, kind === 'other' ? 94 : 98, 44], noseRadii);
        const neck = inside(i, j, 0, [44, 44, 0], [20, 22, 1e9]);
        const eyes = inside(side, j, k, [14, 88, 54], [7, 7, 6]);
        const brain = inside(i, j, k, [44, 50, 68], [30, 38, 30]);
        if (!(skull < 1 || jaw < 1 || nose < 1 || (k < 28 && neck < 1))) continue;
        if (cut && j + 0.35 * (54 - k) > 84 - 0.1 * k && brain > 1.1) continue;
        let value = skull > 0.9 && skull < 1 ? 190 : 120;
        if (brain < 1.08) value = 45;
        if (brain < 1) {
          const folds = Math.sin(i / 3.1) * Math.sin(j / 3.7) * Math.sin(k / 3.3);
          value = brain > 0.72 + 0.16 * folds ? 105 : 165;
          if (inside(side, j, k, [5, 50, 70], [4, 14, 8]) < 1) value = 40;
        }
        if (eyes < 1) value = 60;
        voxels[i + nx * (j + ny * k)] = value + Math.round(6 * Math.sin(i * 12.9 + j * 78.2 + k * 37.7));
      }
  return voxels;
}

/** The head as a gzipped NIfTI-1 file. */
export function niftiGz(voxels: Uint8Array): Buffer {
  const header = Buffer.alloc(352);
  header.writeInt32LE(348, 0);
  [3, nx, ny, nz, 1, 1, 1, 1].forEach((value, index) => {
    header.writeInt16LE(value, 40 + 2 * index);
  });
  header.writeInt16LE(2, 70);
  header.writeInt16LE(8, 72);
  [1, 2, 2, 2, 1, 1, 1, 1].forEach((value, index) => {
    header.writeFloatLE(value, 76 + 4 * index);
  });
  header.writeFloatLE(352, 108);
  header.writeFloatLE(1, 112);
  header.writeInt16LE(1, 254);
  [2, 0, 0, -88, 0, 2, 0, -108, 0, 0, 2, -108].forEach((value, index) => {
    header.writeFloatLE(value, 280 + 4 * index);
  });
  header.write('n+1\0', 344, 'latin1');
  return gzipSync(Buffer.concat([header, voxels]), { level: 1 });
}

const CRC = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  let crc = 0xffffffff;
  for (const byte of body) crc = CRC[(crc ^ byte) & 255]! ^ (crc >>> 8);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE((crc ^ 0xffffffff) >>> 0, body.length + 4);
  return out;
}

/** RGB pixels → PNG. */
function png(
  width: number,
  height: number,
  pixel: (x: number, y: number) => readonly [number, number, number],
): Buffer {
  const raw = Buffer.alloc(height * (1 + 3 * width));
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) raw.set(pixel(x, y), y * (1 + 3 * width) + 1 + 3 * x);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const magic = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  return Buffer.concat([
    magic,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(raw)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

export type View = 'front' | 'three-quarter' | 'left' | 'right' | 'sagittal' | 'coronal' | 'axial';

/** From 40° towards the subject's left: `across` to the right of the picture, `deep` away from the camera. */
function atTurned(data: Uint8Array, across: number, deep: number, k: number): number {
  const [sin, cos] = [Math.sin(0.7), Math.cos(0.7)];
  const i = Math.round(nx / 2 - across * cos + deep * sin);
  const j = Math.round(ny / 2 + across * -sin - deep * cos);
  return i < 0 || j < 0 || i >= nx || j >= ny || k < 0 || k >= nz ? 0 : data[i + nx * (j + ny * k)]!;
}

/** One picture as the host would make it: a slice with the edit outlined, or a shaded surface. */
export function picturePng(voxels: Uint8Array, original: Uint8Array, view: View, zoom = 3): Buffer {
  const at = (data: Uint8Array, i: number, j: number, k: number) =>
    i < 0 || j < 0 || k < 0 || i >= nx || j >= ny || k >= nz ? 0 : data[i + nx * (j + ny * k)]!;
  const slices = {
    // Radiological: the subject's right on the left of the picture.
    sagittal: { w: ny, h: nz, voxel: (x: number, y: number) => [43, ny - 1 - x, nz - 1 - y] as const },
    coronal: { w: nx, h: nz, voxel: (x: number, y: number) => [nx - 1 - x, 52, nz - 1 - y] as const },
    axial: { w: nx, h: ny, voxel: (x: number, y: number) => [nx - 1 - x, ny - 1 - y, 50] as const },
  };
  if (view === 'sagittal' || view === 'coronal' || view === 'axial') {
    const { w, h, voxel } = slices[view];
    const changed = (x: number, y: number) => {
      const [i, j, k] = voxel(x, y);
      return at(voxels, i, j, k) !== at(original, i, j, k);
    };
    return png(w * zoom, h * zoom, (px, py) => {
      const x = Math.floor(px / zoom);
      const y = Math.floor(py / zoom);
      const edge =
        changed(x, y) && !(changed(x - 1, y) && changed(x + 1, y) && changed(x, y - 1) && changed(x, y + 1));
      if (edge) return [235, 170, 60];
      const value = at(voxels, voxel(x, y)[0], voxel(x, y)[1], voxel(x, y)[2]);
      return [value, value, value];
    });
  }
  const turned = view === 'three-quarter';
  const w = view === 'front' ? nx : ny;
  const depth = new Float32Array(w * nz).fill(Number.POSITIVE_INFINITY);
  const far = view === 'front' || turned ? ny : nx;
  for (let y = 0; y < nz; y++)
    for (let x = 0; x < w; x++)
      for (let d = 0; d < far; d++) {
        const k = nz - 1 - y;
        const value = turned
          ? atTurned(voxels, x - w / 2, d - far / 2, k)
          : view === 'front'
            ? at(voxels, nx - 1 - x, ny - 1 - d, k)
            : view === 'left'
              ? at(voxels, d, ny - 1 - x, k)
              : at(voxels, nx - 1 - d, x, k);
        if (value > 30) {
          depth[x + w * y] = d;
          break;
        }
      }
  const deep = (x: number, y: number) =>
    depth[Math.max(0, Math.min(w - 1, x)) + w * Math.max(0, Math.min(nz - 1, y))]!;
  const smooth = (x: number, y: number) => {
    let sum = 0;
    let count = 0;
    for (let dy = -1; dy <= 1; dy++)
      for (let dx = -1; dx <= 1; dx++)
        if (deep(x + dx, y + dy) < 1e6) {
          sum += deep(x + dx, y + dy);
          count++;
        }
    return count ? sum / count : Number.POSITIVE_INFINITY;
  };
  return png(w * zoom, nz * zoom, (px, py) => {
    const x = Math.floor(px / zoom);
    const y = Math.floor(py / zoom);
    if (deep(x, y) > 1e6) return [0, 0, 0];
    const gx = Math.min(8, Math.max(-8, smooth(x + 1, y) - smooth(x - 1, y))) / 2;
    const gy = Math.min(8, Math.max(-8, smooth(x, y + 1) - smooth(x, y - 1))) / 2;
    const light = Math.max(
      0.12,
      (0.8 - 0.35 * (Number.isFinite(gx) ? gx : 2) * 0.6 + 0.25 * (Number.isFinite(gy) ? gy : 2)) /
        Math.hypot(gx || 0, gy || 0, 1),
    );
    const shade = Math.round(Math.min(1, light) * 210);
    return [shade, Math.round(shade * 0.93), Math.round(shade * 0.86)];
  });
}
