import { seededRandom } from '../../../shared/statistics/seeded-random.ts';
import { smoothWide } from './smooth-wide.ts';

/** Standard deviation of the grain of a tissue, real values. */
export interface Grain {
  /** From voxel to voxel. */
  readonly fine: number;
  /** Over a few millimetres. */
  readonly coarse: number;
}

/** Variance of the second difference of unit-variance grain: white, and Gaussian-correlated with sigma 1.2 voxels. */
const WHITE = 1.5;
const COARSE_AT_1 = 0.07;
const COARSE_AT_2 = 0.53;

/**
 * Grain of tissue along one axis, from second differences one and two voxels wide.
 *
 * A second difference is blind to slopes, and its median absolute deviation to edges; two widths tell voxel noise
 * (receiver, Rician in air, Gaussian in tissue) from texture.
 *
 * @param count places to look at
 * @param read real value at a place, moved by −2…2 voxels along the axis; what is not finite leaves its place out
 */
export function estimateGrain(count: number, read: (place: number, by: number) => number): Grain {
  const one: number[] = [];
  const two: number[] = [];
  for (let place = 0; place < count; place++) {
    const here = read(place, 0);
    const near = Math.abs(here - (read(place, -1) + read(place, 1)) / 2);
    const far = Math.abs(here - (read(place, -2) + read(place, 2)) / 2);
    if (!Number.isFinite(near) || !Number.isFinite(far)) continue;
    one.push(near);
    two.push(far);
  }
  if (one.length < 50) return { fine: 0, coarse: 0 };
  const r1 = (1.4826 * median(one)) ** 2;
  const r2 = (1.4826 * median(two)) ** 2;
  const coarse2 = Math.max(0, (r2 - r1) / (COARSE_AT_2 - COARSE_AT_1));
  const fine2 = Math.max(0, (r1 - COARSE_AT_1 * coarse2) / WHITE);
  return { fine: Math.sqrt(fine2), coarse: Math.sqrt(coarse2) };
}

function median(values: readonly number[]): number {
  return Float64Array.from(values).sort()[values.length >> 1]!;
}

/** A generator of nearly normal numbers with mean 0 and variance 1: the sum of three uniform ones. */
export function normalRandom(seed: number): () => number {
  const next = seededRandom(seed);
  return () => 2 * (next() + next() + next() - 1.5);
}

/** Smooth grain of unit variance on a grid, correlated over about `sigmaVoxels`. */
export function grainField(shape: readonly number[], sigmaVoxels: number, seed: number): Float32Array {
  const next = normalRandom(seed);
  const white = new Float32Array(shape[0]! * shape[1]! * shape[2]!);
  for (let n = 0; n < white.length; n++) white[n] = next();
  const field = smoothWide(white, shape, sigmaVoxels);
  let power = 0;
  for (let n = 0; n < field.length; n++) power += field[n]! ** 2;
  const scale = 1 / Math.sqrt(power / field.length || 1);
  for (let n = 0; n < field.length; n++) field[n]! *= scale;
  return field;
}

/** Longest piece of air copied in one go, voxels. */
const RUN = 8;
/** The brightest share of the air that is not copied: ghosts and flow artefacts would become specks. */
const GHOSTS = 0.02;
/** Fewer voxels of air than this are too few to copy. */
export const LEAST_AIR = 200;

/**
 * Air to put where tissue was: pieces of the scan's own air in random order, so that its noise, its correlation along
 * a line and its zeros are the scan's.
 *
 * @param values air of the scan in storage order
 * @param fallback value when the scan shows no air
 */
export function airSource(values: Float32Array, fallback: number, seed: number): () => number {
  if (values.length < LEAST_AIR) return () => fallback;
  const limit = values.slice().sort()[Math.floor((1 - GHOSTS) * (values.length - 1))]!;
  const next = seededRandom(seed);
  let at = 0;
  let left = 0;
  return () => {
    if (left-- <= 0) {
      at = Math.floor(next() * (values.length - RUN));
      left = RUN - 1;
    }
    return Math.min(limit, values[at++]!);
  };
}
