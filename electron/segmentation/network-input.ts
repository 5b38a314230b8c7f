import { voxelSizes } from '../../shared/geometry/affine.ts';
import type { ModelCard } from '../inference/model-card.ts';
import { conform, worldGrid } from '../volume/conform.ts';
import type { Grid } from '../volume/resample.ts';
import { type Volume, voxelsPerFrame } from '../volume/volume.ts';
import { evenIntensities } from './even-intensities.ts';
import type { Shape3 } from './network.ts';

/** A scan as the network wants it. */
export interface NetworkInput {
  /** Tensor order (bottom→top fastest), padded with zeros at the high ends. */
  readonly image: Float32Array;
  readonly shape: Shape3;
  /** The conformed grid without the padding, RAS+. */
  readonly grid: Grid;
  /** Share of the scan's voxels whose value is not a number or infinite; they count as 0. */
  readonly notFinite: number;
}

/** The scan is nothing a head can be found in; the message says what was expected and what arrived. */
export class SegmentationInputError extends Error {
  override name = 'SegmentationInputError';
}

/** A head needs room: less than this along any body axis cannot hold one. */
const SMALLEST_MM = 32;
/** Half a metre cubed at 2 mm is 16 million; beyond this it is no head scan and would only exhaust the memory. */
const MOST_VOXELS = 40_000_000;

/**
 * Conforms a scan's first frame, applies the card's intensity rule, pads and transposes it.
 *
 * Percentiles run over the voxels inside the field of view (numpy's linear rule); outside of it the image is 0.
 *
 * @param evened with the shading of coils taken out first, see {@link evenIntensities}; no card asks for that
 * @throws SegmentationInputError for a flat, tiny or huge scan
 */
export function networkInput(volume: Volume, input: ModelCard['input'], evened = false): NetworkInput {
  const grid = checkedGrid(volume, input.spacingMm);
  const plain = conform(volume, input.spacingMm, Number.NaN);
  const conformed = evened ? evenIntensities(plain, input.spacingMm) : plain;
  scaleIntensities(conformed.data, input.intensity);
  const shape = grid.shape.map((n) => Math.ceil(n / input.multipleOf) * input.multipleOf);
  return {
    image: toTensor(conformed.data, grid.shape, shape as unknown as Shape3),
    shape: shape as unknown as Shape3,
    grid,
    notFinite: notFiniteShare(volume),
  };
}

function checkedGrid(volume: Volume, spacingMm: number): Grid {
  const [nx, ny, nz] = volume.shape as [number, number, number];
  const sizes = voxelSizes(volume.affine);
  const extent = [nx * sizes[0], ny * sizes[1], nz * sizes[2]];
  if (Math.min(nx, ny, nz) < 2 || Math.min(...extent) < SMALLEST_MM) {
    throw new SegmentationInputError(
      `Expected a scan of a head, at least ${SMALLEST_MM} mm along each axis; got ${nx}×${ny}×${nz} voxels, ` +
        `${extent.map((mm) => Math.round(mm)).join('×')} mm.`,
    );
  }
  const grid = worldGrid(volume, spacingMm);
  if (!(voxelsPerFrame(grid.shape) <= MOST_VOXELS)) {
    throw new SegmentationInputError(
      `Expected a scan of a head; got one of ${extent.map((mm) => Math.round(mm)).join('×')} mm. ` +
        'Where its voxel sizes or their unit are wrong, correct the header at its source.',
    );
  }
  return grid;
}

/** In place; what is not a number lies outside the field of view and becomes 0. */
function scaleIntensities(data: Float32Array, rule: ModelCard['input']['intensity']): void {
  const inside = data.filter((v) => !Number.isNaN(v)).sort();
  const low = percentile(inside, rule.low);
  const high = percentile(inside, rule.high);
  if (!(high - low > 1e-6 * Math.max(Math.abs(low), Math.abs(high)))) {
    throw new SegmentationInputError(
      `Expected an image with light and dark; got one whose values from percentile ${rule.low} to ${rule.high} are all ${low}.`,
    );
  }
  const [bottom, top] = rule.clip;
  for (let n = 0; n < data.length; n++) {
    const v = data[n]!;
    data[n] = Number.isNaN(v) ? 0 : Math.min(top, Math.max(bottom, (v - low) / (high - low)));
  }
}

/** numpy's `linear` percentile of sorted values. @param p 0…100 */
function percentile(sorted: Float32Array, p: number): number {
  const position = (p / 100) * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (position - below) * (sorted[above]! - sorted[below]!);
}

/** i-fastest → last axis fastest, zeros beyond the old extents. */
function toTensor(data: Float32Array, from: readonly number[], to: Shape3): Float32Array {
  const [nx, ny, nz] = from as [number, number, number];
  const out = new Float32Array(to[0] * to[1] * to[2]);
  for (let k = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      let at = nx * (j + ny * k);
      let target = k + to[2] * j;
      for (let i = 0; i < nx; i++, at++, target += to[1] * to[2]) out[target] = data[at]!;
    }
  }
  return out;
}

function notFiniteShare({ data, shape }: Volume): number {
  if (!(data instanceof Float32Array || data instanceof Float64Array)) return 0;
  const count = voxelsPerFrame(shape);
  let bad = 0;
  for (let n = 0; n < count; n++) if (!Number.isFinite(data[n]!)) bad++;
  return bad / count;
}
