import { apply, invert, type Vec3 } from '../../shared/geometry/affine.ts';
import type { Volume } from '../volume/volume.ts';
import type { AttributeSource } from './attribute-source.ts';
import {
  type FramePlane,
  framePlanes,
  GeometryError,
  onVoxels,
  VOXEL_TOLERANCE,
  type VoxelPlane,
} from './frame-planes.ts';
import { PixelError } from './stored-pixels.ts';

/** How a voxel value becomes a stored value: it is one, or it is what one means (per-slice rescale). */
export type ValueRule = 'stored' | 'rescaled';

/** Where the pixels of one instance are in the volume. */
export interface Placement {
  readonly planes: readonly VoxelPlane[];
  readonly rule: ValueRule;
  /** Which volume of a 4-D series. */
  readonly time: number;
  /** Geometry places the pixels, or (uneven slices) the pixels themselves do. */
  readonly by: 'geometry' | 'pixels';
}

/**
 * Finds the voxel of every pixel of an instance.
 *
 * Geometry proposes, pixels confirm: every native pixel of the source must equal the voxel of the original
 * volume it is placed on, so a wrong position, a flip or a wrong value rule cannot pass. Where slices are
 * unevenly spaced the volume's affine puts them in the wrong place; then the one slice whose pixels are all
 * the same is taken, provided that exactly one is. Compressed pixels have no such witness here: for them
 * geometry must do alone.
 *
 * @param source stored values of the source instance; null when compressed
 * @throws GeometryError, PixelError when the instance cannot be placed
 */
export function placePlanes(
  header: AttributeSource,
  source: ArrayLike<number> | null,
  original: Volume,
): Placement {
  const perVolume = original.shape[0]! * original.shape[1]! * original.shape[2]!;
  const times = original.data.length / perVolume;
  const signs = /\bMOSAIC\b/i.test(header.text('00080008')) ? ([1, -1] as const) : ([1] as const);
  let failure: Error | null = null;
  for (const sign of signs) {
    try {
      const planes = framePlanes(header, sign).map((plane) =>
        onVoxels(plane, original.affine, original.shape),
      );
      // Every one of no planes agrees with everything.
      if (planes.length === 0) throw new GeometryError('Expected at least one image plane, got none.');
      if (!source) {
        if (times > 1)
          throw new PixelError(
            'Compressed instances of a series over time cannot be told apart by their pixels.',
          );
        const real = original.data instanceof Float32Array || original.data instanceof Float64Array;
        return { planes, rule: real ? 'rescaled' : 'stored', time: 0, by: 'geometry' };
      }
      for (const rule of ['stored', 'rescaled'] as const) {
        for (let time = 0; time < times; time++) {
          if (planes.every((p) => agrees(source, p, original, rule, time * perVolume)))
            return { planes, rule, time, by: 'geometry' };
        }
      }
      failure ??= new PixelError(
        'The edited image and this instance disagree about pixels nobody edited; they do not belong together.',
      );
    } catch (error) {
      if (!(error instanceof GeometryError || error instanceof PixelError)) throw error;
      failure ??= error;
    }
  }
  const byPixels = source ? placeByPixels(header, source, original, perVolume, times) : null;
  if (byPixels) return byPixels;
  throw failure;
}

function placeByPixels(
  header: AttributeSource,
  source: ArrayLike<number>,
  original: Volume,
  perVolume: number,
  times: number,
): Placement | null {
  const planes = framePlanes(header);
  if (planes.length !== 1) return null;
  const found: Placement[] = [];
  for (const candidate of sliceCandidates(planes[0]!, original)) {
    for (const rule of ['stored', 'rescaled'] as const) {
      for (let time = 0; time < times; time++) {
        if (agrees(source, candidate, original, rule, time * perVolume)) {
          found.push({ planes: [candidate], rule, time, by: 'pixels' });
          if (found.length > 1) return null;
        }
      }
      if (found.length > 0) break; // equal under both rules is one place
    }
  }
  return found[0] ?? null;
}

/** The plane on each slice of the volume that is parallel to it, where rows and columns still fall on voxels. */
function sliceCandidates(plane: FramePlane, { affine, shape }: Volume): VoxelPlane[] {
  const inverse = invert(affine);
  const voxel = (c: number, r: number): Vec3 => {
    const w = [0, 1, 2].map(
      (i) => plane.positionRas[i]! + c * plane.columnStepRas[i]! + r * plane.rowStepRas[i]!,
    );
    return apply(inverse, w[0]!, w[1]!, w[2]!);
  };
  const { columns, rows } = plane;
  const corners = [voxel(0, 0), voxel(columns - 1, 0), voxel(0, rows - 1), voxel(columns - 1, rows - 1)];
  const spread = [0, 1, 2].map(
    (a) => Math.max(...corners.map((c) => c[a]!)) - Math.min(...corners.map((c) => c[a]!)),
  );
  const through = spread.indexOf(Math.min(...spread));
  if (spread[through]! > VOXEL_TOLERANCE) return [];
  const strides = [1, shape[0]!, shape[0]! * shape[1]!];
  const index = (v: Vec3): number | null => {
    let at = 0;
    for (const a of [0, 1, 2]) {
      if (a === through) continue;
      const near = Math.round(v[a]!);
      if (Math.abs(near - v[a]!) > VOXEL_TOLERANCE || near < 0 || near >= shape[a]!) return null;
      at += near * strides[a]!;
    }
    return at;
  };
  const [first, right, down, last] = corners.map(index);
  if (first == null || right == null || down == null || last == null) return [];
  const columnStep = columns > 1 ? (right - first) / (columns - 1) : 0;
  const rowStep = rows > 1 ? (down - first) / (rows - 1) : 0;
  if (!Number.isInteger(columnStep) || !Number.isInteger(rowStep)) return [];
  return Array.from({ length: shape[through]! }, (_, k) => ({
    plane,
    first: first + k * strides[through]!,
    columnStep,
    rowStep,
  }));
}

/** Stored value for a voxel value. */
export function toStored(voxel: number, rule: ValueRule, volume: Volume, plane: FramePlane): number {
  if (rule === 'stored') return voxel;
  return Math.round((voxel * volume.slope + volume.inter - plane.intercept) / plane.slope);
}

function agrees(
  source: ArrayLike<number>,
  at: VoxelPlane,
  original: Volume,
  rule: ValueRule,
  base: number,
): boolean {
  const { plane, first, columnStep, rowStep } = at;
  // The middle row first: air at the edge of a slice agrees with everything.
  const middle = plane.rows >> 1;
  for (let n = 0; n < plane.rows; n++) {
    const r = (n + middle) % plane.rows;
    for (let c = 0; c < plane.columns; c++) {
      const voxel = original.data[base + first + c * columnStep + r * rowStep]!;
      if (toStored(voxel, rule, original, plane) !== source[plane.offset + r * plane.stride + c])
        return false;
    }
  }
  return true;
}
