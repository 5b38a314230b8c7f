import type { AverageHead } from '../deidentify/face/face-frame.ts';
import { installedAverageHead } from '../deidentify/face/installed-average-head.ts';
import { grainField, normalRandom } from '../deidentify/face/noise.ts';
import { linear } from '../volume/resample.ts';
import type { Volume } from '../volume/volume.ts';
import { surfaceFromDistance } from './level-surface.ts';
import { AUDIT_VIEWS, type LookPicture, lookRender } from './look-conditions.ts';
import { frameOf, renderHead } from './render.ts';
import type { HeadSurface } from './surface.ts';
import { surfaceSpread } from './surface-spread.ts';

/** Raise it whenever a borrowed head of the same seed and number may change: it is part of every cache key. */
export const BORROWED_VERSION = 2;

export interface BorrowedHeadsParams {
  /** Which of the heads of this seed, from 0. */
  readonly number: number;
  readonly seed: number;
}

/** There is no average head in this build to borrow from. */
export class NoAverageHeadError extends Error {
  override readonly name = 'NoAverageHeadError';
}

/**
 * Of the variance of people's skin about the average head, the share that is the same all over the head, and the shares
 * that swell and sink over a width: skull and jaw, cheek and chin, nose and lips.
 *
 * Fitted to how the deviations of ten IXI faces hang together by distance (0.53 of the variance at 80 mm and more).
 */
const COMMON = 0.55;
const SWELLS: readonly { readonly sigmaMm: number; readonly share: number }[] = [
  { sigmaMm: 32, share: 0.22 },
  { sigmaMm: 14, share: 0.2 },
  { sigmaMm: 9, share: 0.03 },
];
/** The most a deviation may be, mm: below the chin few people were seen and the model's value is uncertain. */
const MOST_MM = 6;
/** Near the border of the average head's grid nothing swells into it. */
const STILL_MM = 24;
/** Size of an adult head along x, y and z of the average's: the ICBM152 space is larger than life. Ten IXI heads. */
const SIZE = [0.93, 0.98, 0.91] as const;
const SIZE_DEVIATION = [0.033, 0.025, 0.018] as const;
/** How alike the two sides of a face are, 1 for a mirror image. */
const SYMMETRY = 0.9;

/**
 * A head of nobody: the population-average head in another size, its skin moved in and out, as far as people's differ
 * there, by smooth random fields that are nearly the same on both sides.
 *
 * For galleries with too few people. Borrowed heads are smoother than people and share the average's eyes, so they
 * are less like a person than people are like each other, which a report has to say.
 *
 * @param spread deviation of the skin over people, the average head's grid, mm
 * @param params the same seed and number (from 0) give the same head
 */
export function borrowedHead(
  average: AverageHead,
  spread: Volume<Float32Array>,
  { number, seed }: BorrowedHeadsParams,
): HeadSurface {
  const { shape, affine, data } = average.surface;
  const [nx, ny, nz] = shape as [number, number, number];
  const h = affine[0]!;
  const origin = [affine[3]!, affine[7]!, affine[11]!] as const;
  const own = seed + 7919 * (number + 1);
  const normal = normalRandom(own);
  const size = SIZE.map((mean, axis) => mean + SIZE_DEVIATION[axis]! * normal());
  const deviations = new Float32Array(data.length).fill(Math.sqrt(COMMON) * normal());
  for (const [n, { sigmaMm, share }] of SWELLS.entries()) {
    const field = mirrored(grainField(shape, sigmaMm / h, own + 31 * (n + 1)), nx, (-2 * origin[0]) / h);
    for (let v = 0; v < deviations.length; v++) deviations[v]! += Math.sqrt(share) * field[v]!;
  }
  const skin = new Float32Array(data.length);
  let v = 0;
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, v++) {
        const edge = h * Math.min(i, j, k, nx - 1 - i, ny - 1 - j, nz - 1 - k);
        const still = Math.min(1, edge / STILL_MM);
        skin[v] = data[v]! - still * Math.min(MOST_MM, spread.data[v]!) * deviations[v]!;
      }
  // Sizes are about the middle of the brain, which is the origin of the average head's space.
  const sized = new Float32Array(data.length);
  const [x, y, z] = [nx, ny, nz].map((extent, axis) =>
    Float64Array.from(
      { length: extent },
      (_, n) => ((h * n + origin[axis]!) / size[axis]! - origin[axis]!) / h,
    ),
  ) as [Float64Array, Float64Array, Float64Array];
  v = 0;
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, v++) sized[v] = linear(skin, nx, ny, nz, x[i]!, y[j]!, z[k]!);
  return surfaceFromDistance({ ...average.surface, data: sized });
}

/** The field and its mirror image, weighted so that a face is nearly but not wholly symmetric. */
function mirrored(field: Float32Array, nx: number, mirror: number): Float32Array {
  const out = new Float32Array(field.length);
  for (let n = 0; n < field.length; n++) {
    const i = n % nx;
    const other = Math.min(nx - 1, Math.max(0, Math.round(mirror - i)));
    out[n] = (field[n]! + SYMMETRY * field[n - i + other]!) / Math.hypot(1, SYMMETRY);
  }
  return out;
}

/** Gallery pictures of one borrowed head. @throws NoAverageHeadError, AverageHeadError */
export async function picturesOfBorrowedHead(params: BorrowedHeadsParams): Promise<LookPicture[]> {
  const average = await installedAverageHead();
  if (!average)
    throw new NoAverageHeadError('Expected the average head in the models folder to borrow heads from.');
  const surface = borrowedHead(average, await surfaceSpread(), params);
  const frame = frameOf(surface);
  return AUDIT_VIEWS.map((view) => ({
    view,
    picture: renderHead(surface, { ...lookRender('gallery'), view, frame }),
  }));
}
