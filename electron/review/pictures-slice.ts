import { apply, invert, voxelSizes } from '../../shared/geometry/affine.ts';
import { orientationOf } from '../../shared/geometry/orientation.ts';
import type { Volume } from '../volume/volume.ts';
import { drawLetter, GLYPH_HEIGHT, GLYPH_WIDTH } from './pictures-font.ts';
import { encodePng, type Raster } from './png.ts';

export type SlicePlane = 'sagittal' | 'coronal' | 'axial';

export interface SliceOptions {
  /** Point the slice passes through, RAS mm; default: the middle of the volume. */
  readonly positionRas?: readonly [number, number, number];
  /** Scan values shown black and white; default: {@link displayWindow} of this volume. */
  readonly window?: readonly [number, number];
  /** 0 or 1 per voxel on the scan's grid; its outline is drawn. */
  readonly mask?: ArrayLike<number>;
  /** Colour of the outline, red, green, blue; default {@link OUTLINE_COLOUR}. */
  readonly outlineColour?: readonly [number, number, number];
  /** Pixels along the longer side; default 512. */
  readonly size?: number;
}

/** How every slice is laid out; printed wherever slices are shown. */
export const SLICE_CONVENTION = "Radiological convention: the patient's left is on the right of the picture.";

/** An orange that stands out from gray and is told from it with any kind of colour vision. */
export const OUTLINE_COLOUR: readonly [number, number, number] = [255, 150, 30];

/** What lies on a picture's edges: [left, right, top, bottom]. */
export const SLICE_LETTERS: Readonly<Record<SlicePlane, readonly [string, string, string, string]>> = {
  axial: ['R', 'L', 'A', 'P'],
  coronal: ['R', 'L', 'S', 'I'],
  sagittal: ['A', 'P', 'S', 'I'],
};

/** World axes (0 = x … 2 = z) across the picture, down it, and through it. */
const PLANE_AXES: Readonly<Record<SlicePlane, readonly [number, number, number]>> = {
  axial: [0, 1, 2],
  coronal: [0, 2, 1],
  sagittal: [1, 2, 0],
};

/**
 * One slice of a scan as a PNG file, see {@link sliceRaster}.
 */
export function slicePicture(volume: Volume, plane: SlicePlane, options: SliceOptions = {}): Uint8Array {
  return encodePng(sliceRaster(volume, plane, options));
}

/**
 * One slice of a scan in radiological convention, with orientation letters and the outline of a mask.
 *
 * Slices follow the stored grid (an oblique scan is shown in its own planes, named after the body axes
 * they are nearest to). Millimetres are drawn equally long in both directions whatever the voxel's shape;
 * voxels are interpolated linearly within the slice and never between slices. The first frame of a 4-D scan
 * is shown.
 *
 * In axial and coronal slices the picture's left is the patient's right; sagittal slices look to the left.
 */
export function sliceRaster(volume: Volume, plane: SlicePlane, options: SliceOptions = {}): Raster {
  const orientation = orientationOf(volume.affine);
  const arrayAxis = PLANE_AXES[plane].map((world) => orientation.findIndex((o) => o.axis === world));
  const [across, down, through] = arrayAxis as [number, number, number];
  const { shape } = volume;
  const strides = [1, shape[0]!, shape[0]! * shape[1]!];
  const sizes = voxelSizes(volume.affine);

  const middle = shape.slice(0, 3).map((n) => (n - 1) / 2) as [number, number, number];
  const voxel =
    options.positionRas === undefined
      ? middle
      : apply(invert(volume.affine), ...(options.positionRas as Triple));
  const slice = Math.min(shape[through]! - 1, Math.max(0, Math.round(voxel[through]!)));

  const widthMm = shape[across]! * sizes[across]!;
  const heightMm = shape[down]! * sizes[down]!;
  const pixelMm = Math.max(widthMm, heightMm) / (options.size ?? 512);
  const width = Math.max(1, Math.round(widthMm / pixelMm));
  const height = Math.max(1, Math.round(heightMm / pixelMm));

  // Picture columns and rows both run towards the negative body axis: R→L, A→P, S→I.
  const columns = pixelPositions(width, shape[across]!, orientation[across]!.flip > 0);
  const rows = pixelPositions(height, shape[down]!, orientation[down]!.flip > 0);
  const [black, white] = options.window ?? displayWindow(volume);
  const gain = white > black ? 255 / (white - black) : 0;

  const { data } = volume;
  const base = slice * strides[through]!;
  const gray = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const { low: r0, high: r1, fraction: fr } = rows[y]!;
    const row0 = base + r0 * strides[down]!;
    const row1 = base + r1 * strides[down]!;
    for (let x = 0; x < width; x++) {
      const { low: c0, high: c1, fraction: fc } = columns[x]!;
      const a = c0 * strides[across]!;
      const b = c1 * strides[across]!;
      const top = data[row0 + a]! + fc * (data[row0 + b]! - data[row0 + a]!);
      const bottom = data[row1 + a]! + fc * (data[row1 + b]! - data[row1 + a]!);
      const value = volume.slope * (top + fr * (bottom - top)) + volume.inter;
      const shade = (value - black) * gain;
      gray[y * width + x] = shade > 0 ? Math.min(255, Math.round(shade)) : 0; // NaN is black
    }
  }

  const rgba = new Uint8Array(4 * width * height);
  for (let p = 0; p < gray.length; p++) rgba.set([gray[p]!, gray[p]!, gray[p]!, 255], 4 * p);
  const raster: Raster = { width, height, channels: 4, data: rgba };
  if (options.mask !== undefined) {
    const { mask } = options;
    const inMask = (x: number, y: number) =>
      mask[base + rows[y]!.nearest * strides[down]! + columns[x]!.nearest * strides[across]!]! > 0;
    drawOutline(raster, inMask, options.outlineColour ?? OUTLINE_COLOUR);
  }
  drawLetters(raster, SLICE_LETTERS[plane]);
  return raster;
}

type Triple = [number, number, number];

/**
 * Scan values to show as black and white: the 1st and the 99.5th percentile of what is not exactly the darkest value.
 */
export function displayWindow(volume: Volume): [number, number] {
  const voxels = volume.shape[0]! * volume.shape[1]! * volume.shape[2]!;
  // Some 60,000 voxels are sample enough for a percentile; an odd stride does not follow the rows.
  const stride = Math.max(1, Math.floor(voxels / 60_000)) | 1;
  const sample: number[] = [];
  let darkest = Number.POSITIVE_INFINITY;
  for (let v = 0; v < voxels; v += stride) {
    const value = volume.slope * volume.data[v]! + volume.inter;
    if (!Number.isFinite(value)) continue;
    sample.push(value);
    if (value < darkest) darkest = value;
  }
  const shown = Float64Array.from(sample.filter((value) => value > darkest)).sort();
  if (shown.length === 0) return [darkest, darkest + 1];
  return [shown[Math.floor(0.01 * shown.length)]!, shown[Math.floor(0.995 * (shown.length - 1))]!];
}

interface PixelPosition {
  low: number;
  high: number;
  fraction: number;
  nearest: number;
}

/** Where each pixel's centre falls along an array axis, read backwards when the axis grows the other way. */
function pixelPositions(pixels: number, voxels: number, backwards: boolean): PixelPosition[] {
  return Array.from({ length: pixels }, (_, p) => {
    const forward = ((p + 0.5) * voxels) / pixels - 0.5;
    const at = Math.min(voxels - 1, Math.max(0, backwards ? voxels - 1 - forward : forward));
    const low = Math.min(voxels - 1, Math.floor(at));
    return { low, high: Math.min(voxels - 1, low + 1), fraction: at - low, nearest: Math.round(at) };
  });
}

/** Paints the pixels of a region that touch its outside, and the ones just outside, so the line is 2 px wide. */
function drawOutline(
  raster: Raster,
  inside: (x: number, y: number) => boolean,
  colour: readonly [number, number, number],
): void {
  const { width, height, data } = raster;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const here = inside(x, y);
      const edge =
        (x > 0 && inside(x - 1, y) !== here) ||
        (x < width - 1 && inside(x + 1, y) !== here) ||
        (y > 0 && inside(x, y - 1) !== here) ||
        (y < height - 1 && inside(x, y + 1) !== here);
      if (edge) data.set([...colour, 255], 4 * (y * width + x));
    }
}

function drawLetters(raster: Raster, letters: readonly [string, string, string, string]): void {
  const { width, height, data } = raster;
  const scale = Math.max(1, Math.round(Math.max(width, height) / 256));
  const w = GLYPH_WIDTH * scale;
  const h = GLYPH_HEIGHT * scale;
  const margin = 2 * scale;
  const places: [number, number][] = [
    [margin, (height - h) >> 1],
    [width - margin - w, (height - h) >> 1],
    [(width - w) >> 1, margin],
    [(width - w) >> 1, height - margin - h],
  ];
  letters.forEach((letter, n) => {
    const [left, top] = places[n]!;
    drawLetter(letter, left, top, scale, (x, y, ink) => {
      if (x < 0 || y < 0 || x >= width || y >= height) return;
      data.set(ink ? [255, 255, 255, 255] : [0, 0, 0, 255], 4 * (y * width + x));
    });
  });
}
