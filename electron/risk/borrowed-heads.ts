import { seededRandom } from '../../shared/statistics/seeded-random.ts';
import type { AverageHead } from '../deidentify/face/face-frame.ts';
import { installedAverageHead } from '../deidentify/face/installed-average-head.ts';
import { grainField } from '../deidentify/face/noise.ts';
import { linear } from '../volume/resample.ts';
import { surfaceFromDistance } from './level-surface.ts';
import { AUDIT_VIEWS, type LookPicture, lookRender } from './look-conditions.ts';
import { frameOf, renderHead } from './render.ts';
import type { HeadSurface } from './surface.ts';

export interface BorrowedHeadsParams {
  /** Which of the heads of this seed, from 0. */
  readonly number: number;
  readonly seed: number;
}

/** There is no average head in this build to borrow from. */
export class NoAverageHeadError extends Error {
  override readonly name = 'NoAverageHeadError';
}

/** Widths over which the skin swells and sinks, and by how much: a skull and jaw, a cheek or chin, a nose or brow. */
const SWELLS: readonly { readonly sigmaMm: number; readonly deviationMm: number }[] = [
  { sigmaMm: 32, deviationMm: 2.2 },
  { sigmaMm: 14, deviationMm: 1.2 },
  { sigmaMm: 8, deviationMm: 0.35 },
];
/** Above the crown the average head's grid ends soon: nothing swells into its border. */
const STILL_MM = 24;
/** Deviation of the size along each axis, a share: heads of adults differ by about this much. */
const SIZE = 0.04;

/**
 * A head of nobody: the population-average head in another size, its skin moved in and out by smooth random fields that
 * are nearly the same on both sides.
 *
 * For galleries with too few people. Borrowed heads resemble each other more than people do, which a report has to say.
 *
 * @param number from 0; the same seed and number give the same head
 */
export function borrowedHead(average: AverageHead, { number, seed }: BorrowedHeadsParams): HeadSurface {
  const { shape, affine, data } = average.surface;
  const [nx, ny, nz] = shape as [number, number, number];
  const own = seed + 7919 * (number + 1);
  const next = seededRandom(own);
  const sizes = [0, 1, 2].map(() => 1 + SIZE * (next() + next() + next() - 1.5) * 2);
  const origin = [affine[3]!, affine[7]!, affine[11]!];
  const h = affine[0]!;
  const shift = new Float32Array(data.length);
  for (const [n, { sigmaMm, deviationMm }] of SWELLS.entries()) {
    const field = mirrored(grainField(shape, sigmaMm / h, own + 31 * (n + 1)), nx, (-2 * origin[0]!) / h);
    for (let v = 0; v < shift.length; v++) shift[v]! += deviationMm * field[v]!;
  }
  const moved = new Float32Array(data.length);
  let v = 0;
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, v++) {
        // Sizes are about the middle of the brain, which is the origin of the average head's space.
        const at = [i, j, k].map((index, axis) => {
          const mm = h * index + origin[axis]!;
          return (mm / sizes[axis]! - origin[axis]!) / h;
        });
        const edge = h * Math.min(i, j, k, nx - 1 - i, ny - 1 - j, nz - 1 - k);
        const still = Math.min(1, edge / STILL_MM);
        moved[v] = linear(data, nx, ny, nz, at[0]!, at[1]!, at[2]!) - still * shift[v]!;
      }
  return surfaceFromDistance({ ...average.surface, data: moved });
}

/** The field and its mirror image, weighted so that a face is nearly but not wholly symmetric. */
function mirrored(field: Float32Array, nx: number, mirror: number): Float32Array {
  const out = new Float32Array(field.length);
  for (let n = 0; n < field.length; n++) {
    const i = n % nx;
    const other = Math.min(nx - 1, Math.max(0, Math.round(mirror - i)));
    out[n] = (field[n]! + 0.9 * field[n - i + other]!) / Math.hypot(1, 0.9);
  }
  return out;
}

/** Gallery pictures of one borrowed head. @throws NoAverageHeadError */
export async function picturesOfBorrowedHead(params: BorrowedHeadsParams): Promise<LookPicture[]> {
  const average = await installedAverageHead();
  if (!average)
    throw new NoAverageHeadError('Expected the average head in the models folder to borrow heads from.');
  const surface = borrowedHead(average, params);
  const frame = frameOf(surface);
  return AUDIT_VIEWS.map((view) => ({
    view,
    picture: renderHead(surface, { ...lookRender('gallery'), view, frame }),
  }));
}
