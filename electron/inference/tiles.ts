import type { Block, Network, Shape3 } from '../segmentation/network.ts';
import { indexOfNotFinite, NotFiniteError } from './not-finite.ts';

/** A part of the padded image: what goes in (with margins) and what counts of what comes out. */
export interface Tile {
  readonly origin: Shape3;
  readonly shape: Shape3;
  readonly from: Shape3;
  readonly to: Shape3;
}

export interface TileRules {
  /** Extents and origins are multiples of this, so that pooling falls on the same voxels as in the whole. */
  readonly multipleOf: number;
  /** Input voxels beyond the core that can reach its output; cropped away again. */
  readonly margin: number;
  readonly maxVoxels: number;
}

/**
 * Most input voxels for each voxel that comes out, margins and all.
 *
 * Near the margin's size parts hardly get smaller and the work grows a thousandfold: hours that end in the same failure.
 */
const MOST_WORK = 6;

/** Even the smallest part does not fit into memory. */
export class OutOfMemoryError extends Error {
  override name = 'OutOfMemoryError';
}

/**
 * Cuts a region of an image into tiles of at most `maxVoxels`, with the least work in all.
 *
 * At the image's border a tile has no margin: the network pads with zeros there, as it does for the whole. Where no
 * tile is small enough, the smallest are given that cost no more than six times the region's own voxels; where none
 * cost so little, those of least work.
 *
 * @param shape of the whole padded image, multiples of `multipleOf`; so are `from` and `to`
 */
export function planTiles(shape: Shape3, from: Shape3, to: Shape3, rules: TileRules): Tile[] {
  const axes = shape.map((n, axis) => axisPlans(n, from[axis]!, to[axis]!, rules));
  const affordable = MOST_WORK * shape.reduce((p, _, axis) => p * (to[axis]! - from[axis]!), 1);
  let best: { cuts: Cut[][]; fits: boolean; work: number; largest: number } | undefined;
  let least: typeof best;
  for (const x of axes[0]!) {
    for (const y of axes[1]!) {
      for (const z of axes[2]!) {
        const cuts = [x, y, z];
        const largest = cuts.reduce((p, c) => p * Math.max(...c.map((t) => t.end - t.origin)), 1);
        const work = cuts.reduce((p, c) => p * c.reduce((sum, t) => sum + t.end - t.origin, 0), 1);
        const fits = largest <= rules.maxVoxels;
        if (!least || work < least.work) least = { cuts, fits, work, largest };
        if (work > affordable) continue;
        const better =
          !best ||
          (fits && !best.fits) ||
          (fits === best.fits &&
            (fits
              ? work < best.work
              : largest < best.largest || (largest === best.largest && work < best.work)));
        if (better) best = { cuts, fits, work, largest };
      }
    }
  }
  const { cuts } = best ?? least!;
  const tiles: Tile[] = [];
  for (const x of cuts[0]!) {
    for (const y of cuts[1]!) {
      for (const z of cuts[2]!) {
        tiles.push({
          origin: [x.origin, y.origin, z.origin],
          shape: [x.end - x.origin, y.end - y.origin, z.end - z.origin],
          from: [x.from, y.from, z.from],
          to: [x.to, y.to, z.to],
        });
      }
    }
  }
  return tiles;
}

interface Cut {
  readonly origin: number;
  readonly end: number;
  readonly from: number;
  readonly to: number;
}

/** The ways to cut one axis into 1, 2, 3 … equal parts. */
function axisPlans(n: number, from: number, to: number, { multipleOf, margin }: TileRules): Cut[][] {
  const wide = Math.ceil(margin / multipleOf) * multipleOf;
  const units = (to - from) / multipleOf;
  const plans: Cut[][] = [];
  let last = 0;
  for (let parts = 1; parts <= units && plans.length < 16; parts++) {
    const length = Math.ceil(units / parts) * multipleOf;
    if (length === last) continue;
    last = length;
    const cuts: Cut[] = [];
    for (let at = from; at < to; at += length) {
      const end = Math.min(to, at + length);
      cuts.push({ origin: Math.max(0, at - wide), end: Math.min(n, end + wide), from: at, to: end });
    }
    plans.push(cuts);
  }
  return plans;
}

export interface RunTilesOptions extends TileRules {
  /** Called before each tile: share done and, when tiles became smaller, why. Throws to stop. */
  readonly onTile?: (fraction: number, message: string) => void | Promise<void>;
}

/**
 * Runs a network over an image, whole where it fits and in overlapping tiles where it does not.
 *
 * A tile that fails for lack of memory is cut into smaller ones; what was done before it stays.
 *
 * @throws OutOfMemoryError when a tile cannot be made smaller; NotFiniteError; whatever else the network throws
 */
export async function runInTiles(
  network: Network,
  image: Float32Array,
  shape: Shape3,
  options: RunTilesOptions,
  take: (block: Block) => void,
): Promise<void> {
  const waiting = planTiles(shape, [0, 0, 0], shape, options);
  const total = shape[0] * shape[1] * shape[2];
  let done = 0;
  let note = waiting.length > 1 ? ` in ${waiting.length} parts, to fit into memory` : '';
  for (let tile = waiting.shift(); tile; tile = waiting.shift()) {
    await options.onTile?.(done / total, `running the network${note}`);
    let probabilities: Float32Array;
    try {
      probabilities = await network(cropped(image, shape, tile), tile.shape);
    } catch (cause) {
      if (!isMemoryFailure(cause)) throw cause;
      const size = voxels(tile.shape);
      const smaller = planTiles(shape, tile.from, tile.to, { ...options, maxVoxels: size - 1 });
      if (Math.max(...smaller.map((t) => voxels(t.shape))) >= size) {
        throw new OutOfMemoryError(
          `Expected memory for ${tile.shape.join('×')} voxels of the network, the smallest part of this scan; there is not enough. Close other programs and try again.`,
          { cause },
        );
      }
      waiting.unshift(...smaller);
      note = ` in smaller parts: ${tile.shape.join('×')} voxels did not fit into memory`;
      continue;
    }
    const bad = indexOfNotFinite(probabilities);
    if (bad >= 0) throw new NotFiniteError(`Expected probabilities, got ${probabilities[bad]} among them.`);
    take({ ...tile, probabilities });
    done += voxels([tile.to[0] - tile.from[0], tile.to[1] - tile.from[1], tile.to[2] - tile.from[2]]);
  }
}

const voxels = (s: Shape3) => s[0] * s[1] * s[2];

function cropped(image: Float32Array, shape: Shape3, tile: Tile): Float32Array {
  const [nx, ny, nz] = tile.shape;
  if (nx === shape[0] && ny === shape[1] && nz === shape[2]) return image;
  const out = new Float32Array(nx * ny * nz);
  for (let x = 0; x < nx; x++) {
    for (let y = 0; y < ny; y++) {
      const at = tile.origin[2] + shape[2] * (tile.origin[1] + y + shape[1] * (tile.origin[0] + x));
      out.set(image.subarray(at, at + nz), nz * (y + ny * x));
    }
  }
  return out;
}

/** What runtimes say when an array does not fit; there is no code for it. */
export function isMemoryFailure(error: unknown): boolean {
  const text = error instanceof Error ? error.message : String(error);
  return /bad.?alloc|allocat|out of memory|not enough memory|buffer size|exceeds the max|maximum[^.]{0,20} binding size/i.test(
    text,
  );
}
