import { apply, diag, invert, multiply, voxelSizes } from '../../shared/geometry/affine.ts';
import type { ModelCard } from '../inference/model-card.ts';
import { conformTo } from '../volume/conform.ts';
import type { Grid } from '../volume/resample.ts';
import { type Volume, voxelsPerFrame } from '../volume/volume.ts';
import { cleanLabels } from './clean-labels.ts';
import { labelGrid } from './label-grid.ts';
import type { Block, Shape3 } from './network.ts';
import { type NetworkInput, scaled } from './network-input.ts';
import { KEPT, NONE, ProbabilityMap } from './probability-map.ts';

/** What the second network reads of one part: both in tensor order, see the card's `fine`. */
export interface FineInput {
  /** 8 × x × y × z */
  readonly image: Float32Array;
  /** channels × x × y × z */
  readonly probabilities: Float32Array;
}

/** A region of the conformed grid, and the second network's input for any part of the grid near it. */
export interface FineOrder {
  /** Of the whole conformed grid. */
  readonly shape: Shape3;
  readonly from: Shape3;
  readonly to: Shape3;
  /** For a part of the region with at most the card's margin around it. */
  input(origin: Shape3, shape: Shape3): FineInput;
}

/**
 * Runs the second network over a region, whole or in parts, and hands each part on as it comes.
 *
 * False when there is not enough memory for it: then the first look has to do.
 */
export type RunFine = (order: FineOrder, take: (block: Block) => void) => Promise<boolean>;

/** How far around the brain the second network looks, mm: volumes are summed up to 6 mm from a structure. */
const AROUND_MM = 8;
/** Headers hold voxel sizes as single precision. */
const ROUNDING_MM = 1e-3;

/** Is the scan fine enough for the second look? */
export function isFine(volume: Volume, card: ModelCard): boolean {
  return (
    card.fine !== undefined &&
    Math.max(...voxelSizes(volume.affine)) <= card.fine.largestVoxelMm + ROUNDING_MM
  );
}

/**
 * Looks at the brain of a fine scan once more, at half the network's spacing.
 *
 * @param map what the first network found
 * @param brain 1 per channel that belongs to the brain
 * @param scattered 1 per channel that lies in many places by nature
 * @returns the brain and what is near it on the finer grid; what stands against it in words
 */
export async function fineLook(
  volume: Volume,
  card: ModelCard,
  input: NetworkInput,
  map: ProbabilityMap,
  brain: Uint8Array,
  scattered: Uint8Array,
  run: RunFine,
): Promise<ProbabilityMap | 'no brain' | 'no memory'> {
  const box = brainBox(map, brain, scattered, Math.ceil(AROUND_MM / card.input.spacingMm));
  if (!box) return 'no brain';
  const shape = map.grid.shape as unknown as Shape3;
  const wide = grown(box, card.fine!.tileMarginVoxels, shape);
  const image = conformTo(volume, halved(map.grid, wide), Number.NaN);
  scaleFine(image.data, image.shape, input, wide, map.grid.shape);
  const found = new ProbabilityMap(halved(map.grid, box), map.channels);
  const order: FineOrder = {
    shape,
    ...box,
    input: (origin, size) => ({
      image: subVoxels(image, wide.from, origin, size),
      probabilities: expanded(map, origin, size),
    }),
  };
  const done = await run(order, (block) => found.addParts(block, box.from));
  return done ? found : 'no memory';
}

/** Puts the winning channels of a finer map into a grid's, where the map lies; in place. */
export function relabel(channel: Uint8Array, target: Grid, map: ProbabilityMap): void {
  const [nx, ny] = target.shape as [number, number, number];
  const range = voxelRange(target, map.grid);
  if (!range) return;
  const { from, to } = range;
  const shape = to.map((n, axis) => n - from[axis]!) as unknown as Shape3;
  const shift = diag(1, 1, 1);
  for (let axis = 0; axis < 3; axis++) shift[axis * 4 + 3] = from[axis]!;
  const part: Grid = { shape, affine: multiply(target.affine, shift) };
  const found = labelGrid(map, part).channel;
  const toMap = multiply(invert(map.grid.affine), part.affine);
  const size = map.grid.shape;
  let at = 0;
  for (let k = 0; k < shape[2]; k++) {
    for (let j = 0; j < shape[1]; j++) {
      for (let i = 0; i < shape[0]; i++, at++) {
        const inside = apply(toMap, i, j, k).every((v, n) => v >= -0.5 && v <= size[n]! - 0.5);
        if (inside) channel[from[0] + i + nx * (from[1] + j + ny * (from[2] + k))] = found[at]!;
      }
    }
  }
}

interface Box {
  readonly from: Shape3;
  readonly to: Shape3;
}

/** The voxels of the conformed grid that hold the cleaned brain, and some around it. */
function brainBox(
  map: ProbabilityMap,
  brain: Uint8Array,
  scattered: Uint8Array,
  around: number,
): Box | undefined {
  const { shape } = map.grid;
  const [nx, ny] = shape as [number, number, number];
  const winner = new Uint8Array(voxelsPerFrame(shape));
  for (let n = 0; n < winner.length; n++) winner[n] = map.channel[n * KEPT]!;
  cleanLabels(winner, shape, brain, scattered);
  const low = [Infinity, Infinity, Infinity];
  const high = [-1, -1, -1];
  for (let n = 0; n < winner.length; n++) {
    if (!brain[winner[n]!]) continue;
    const at = [n % nx, Math.floor(n / nx) % ny, Math.floor(n / (nx * ny))];
    for (let axis = 0; axis < 3; axis++) {
      low[axis] = Math.min(low[axis]!, at[axis]!);
      high[axis] = Math.max(high[axis]!, at[axis]!);
    }
  }
  if (high[0]! < 0) return undefined;
  const box = { from: low, to: high.map((n) => n + 1) } as unknown as Box;
  return grown(box, around, shape as unknown as Shape3);
}

function grown({ from, to }: Box, by: number, shape: Shape3): Box {
  return {
    from: from.map((n) => Math.max(0, n - by)) as unknown as Shape3,
    to: to.map((n, axis) => Math.min(shape[axis]!, n + by)) as unknown as Shape3,
  };
}

/** The grid of the eight parts of each voxel in a box of a grid. */
function halved(grid: Grid, { from, to }: Box): Grid {
  const half = diag(0.5, 0.5, 0.5);
  for (let axis = 0; axis < 3; axis++) half[axis * 4 + 3] = from[axis]! - 0.25;
  return {
    shape: to.map((n, axis) => 2 * (n - from[axis]!)),
    affine: multiply(grid.affine, half),
  };
}

/** The first network's rule of intensities, in place. */
function scaleFine(
  data: Float32Array,
  shape: readonly number[],
  { scaling }: NetworkInput,
  box: Box,
  coarse: readonly number[],
): void {
  const [nx, ny, nz] = shape as [number, number, number];
  const { gain } = scaling;
  let at = 0;
  for (let k = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      const row = coarse[0]! * (box.from[1] + (j >> 1) + coarse[1]! * (box.from[2] + (k >> 1)));
      for (let i = 0; i < nx; i++, at++) {
        const value = gain ? data[at]! * gain[row + box.from[0] + (i >> 1)]! : data[at]!;
        data[at] = scaled(value, scaling);
      }
    }
  }
}

/** A part of the fine image with the eight parts of each voxel as channels. @param first voxel that the image begins with */
function subVoxels(image: Volume<Float32Array>, first: Shape3, origin: Shape3, size: Shape3): Float32Array {
  const [nx, ny] = image.shape as [number, number, number];
  const [sx, sy, sz] = size;
  const plane = sx * sy * sz;
  const out = new Float32Array(8 * plane);
  for (let part = 0; part < 8; part++) {
    let to = part * plane;
    for (let x = 0; x < sx; x++) {
      const i = 2 * (origin[0] + x - first[0]) + (part >> 2);
      for (let y = 0; y < sy; y++) {
        const j = 2 * (origin[1] + y - first[1]) + ((part >> 1) & 1);
        const k = 2 * (origin[2] - first[2]) + (part & 1);
        let at = i + nx * (j + ny * k);
        for (let z = 0; z < sz; z++, to++, at += 2 * nx * ny) out[to] = image.data[at]!;
      }
    }
  }
  return out;
}

/** The kept probabilities of a part, one block per channel. */
function expanded(
  { channel, value, channels, grid }: ProbabilityMap,
  origin: Shape3,
  size: Shape3,
): Float32Array {
  const [nx, ny] = grid.shape as [number, number, number];
  const [sx, sy, sz] = size;
  const plane = sx * sy * sz;
  const out = new Float32Array(channels * plane);
  let to = 0;
  for (let x = 0; x < sx; x++) {
    for (let y = 0; y < sy; y++) {
      let at = (origin[0] + x + nx * (origin[1] + y + ny * origin[2])) * KEPT;
      for (let z = 0; z < sz; z++, to++, at += nx * ny * KEPT) {
        for (let e = at; e < at + KEPT; e++) {
          const c = channel[e]!;
          if (c === NONE) break;
          out[c * plane + to] = value[e]!;
        }
      }
    }
  }
  return out;
}

/** Voxels of one grid that may lie in another; undefined where none does. */
function voxelRange(target: Grid, within: Grid): Box | undefined {
  const m = multiply(invert(target.affine), within.affine);
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  for (let corner = 0; corner < 8; corner++) {
    const [x, y, z] = within.shape.map((n, axis) => ((corner >> axis) & 1 ? n - 0.5 : -0.5)) as [
      number,
      number,
      number,
    ];
    apply(m, x, y, z).forEach((v, axis) => {
      low[axis] = Math.min(low[axis]!, v);
      high[axis] = Math.max(high[axis]!, v);
    });
  }
  const from = low.map((v) => Math.max(0, Math.floor(v)));
  const to = high.map((v, axis) => Math.min(target.shape[axis]!, Math.ceil(v) + 1));
  return to.every((n, axis) => n > from[axis]!) ? ({ from, to } as unknown as Box) : undefined;
}
