import { type Affine, apply, invert, type Vec3 } from '../../shared/geometry/affine.ts';
import { readCsaMosaic } from '../import/dicom/siemens-csa.ts';
import type { AttributeSource } from './attribute-source.ts';

/**
 * One image plane of a DICOM instance: where its pixels lie in the stored pixel array and in the world.
 *
 * The stored value of the pixel in column c and row r is at `offset + r·stride + c`; its centre is at
 * `positionRas + c·columnStepRas + r·rowStepRas`, mm, RAS+ (DICOM's own positions are LPS).
 */
export interface FramePlane {
  readonly offset: number;
  readonly stride: number;
  readonly rows: number;
  readonly columns: number;
  readonly positionRas: Vec3;
  readonly columnStepRas: Vec3;
  readonly rowStepRas: Vec3;
  /** Modality rescale of this frame: meaning = slope · stored + intercept. */
  readonly slope: number;
  readonly intercept: number;
}

/** A plane whose pixels fall on voxels: voxel index = `first + c·columnStep + r·rowStep`. */
export interface VoxelPlane {
  readonly plane: FramePlane;
  readonly first: number;
  readonly columnStep: number;
  readonly rowStep: number;
}

/** Planes that cannot be placed; becomes a Problem of the series. */
export class GeometryError extends Error {
  override name = 'GeometryError';
}

/**
 * The planes of one instance: one for a classic slice, one per frame of an enhanced object, one per tile of
 * a Siemens mosaic.
 *
 * There is at least one plane, and every frame that the header counts has one: a frame without a plane would
 * keep its original pixels.
 *
 * @throws GeometryError when position, orientation or spacing is missing, or the item of a frame
 * @see PS3.3 C.7.6.2 (Image Plane), C.7.6.16.2.3–4 (Plane Position and Orientation functional groups)
 */
export function framePlanes(header: AttributeSource, mosaicSign: 1 | -1 = 1): FramePlane[] {
  const [rows = 0] = header.numbers('00280010');
  const [columns = 0] = header.numbers('00280011');
  if (rows < 1 || columns < 1) throw new GeometryError('Expected Rows and Columns, got none.');
  const shared = header.items('52009229')[0];
  const frames = header.items('52009230');
  const frameCount = header.numbers('00280008')[0] ?? 1;
  if (frames.length > 0 || (shared && placesPixels(shared))) {
    if (frames.length !== frameCount) {
      throw new GeometryError(
        `Expected ${frameCount} items in the Per-frame Functional Groups, one for every frame, got ${frames.length}.`,
      );
    }
    return frames.map((frame, n) => {
      const group = (tag: string) => frame.items(tag)[0] ?? shared?.items(tag)[0];
      return planeAt(
        { rows, columns, offset: n * rows * columns, stride: columns },
        group('00209113')?.numbers('00200032') ?? [],
        group('00209116')?.numbers('00200037') ?? [],
        group('00289110')?.numbers('00280030') ?? [],
        rescale(group('00289145') ?? null),
      );
    });
  }
  // Shared groups that say nothing about place or value leave a classic single frame what it is.
  if (frameCount !== 1)
    throw new GeometryError(`Expected one frame without functional groups, got ${frameCount}.`);
  const whole = { rows, columns, offset: 0, stride: columns };
  const geometry = [
    header.numbers('00200032'),
    header.numbers('00200037'),
    header.numbers('00280030'),
  ] as const;
  if (/\bMOSAIC\b/i.test(header.text('00080008'))) return mosaicPlanes(header, whole, geometry, mosaicSign);
  return [planeAt(whole, ...geometry, rescale(header))];
}

/** Do shared functional groups hold a part of what {@link framePlanes} asks for? */
function placesPixels(shared: AttributeSource): boolean {
  return ['00209113', '00209116', '00289110', '00289145'].some((tag) => shared.items(tag).length > 0);
}

function rescale(from: AttributeSource | null): { slope: number; intercept: number } {
  const slope = from?.numbers('00281053')[0] ?? 1;
  return { slope: slope === 0 ? 1 : slope, intercept: from?.numbers('00281052')[0] ?? 0 };
}

type Grid = Pick<FramePlane, 'rows' | 'columns' | 'offset' | 'stride'>;

function planeAt(
  grid: Grid,
  position: readonly number[],
  orientation: readonly number[],
  spacing: readonly number[],
  scale: { slope: number; intercept: number },
): FramePlane {
  if (position.length !== 3 || orientation.length !== 6 || spacing.length !== 2) {
    throw new GeometryError(
      'Expected Image Position, Image Orientation and Pixel Spacing for every frame; one is missing.',
    );
  }
  // Pixel Spacing is [between rows, between columns]; the first orientation vector runs along a row.
  const [betweenRows, betweenColumns] = spacing as [number, number];
  const ras = (v: readonly number[], by: number): Vec3 => [-v[0]! * by, -v[1]! * by, v[2]! * by];
  return {
    ...grid,
    positionRas: ras(position, 1),
    columnStepRas: ras(orientation.slice(0, 3), betweenColumns),
    rowStepRas: ras(orientation.slice(3, 6), betweenRows),
    ...scale,
  };
}

/**
 * Tiles of a mosaic, left to right and top to bottom.
 *
 * Image Position is that of the whole mosaic as if it were one slice with the centre of the first tile, so
 * the first tile begins half the difference of the two sizes further in.
 */
function mosaicPlanes(
  header: AttributeSource,
  whole: Grid,
  geometry: readonly [number[], number[], number[]],
  sign: 1 | -1,
): FramePlane[] {
  const csa = ['00291010', '00291110', '00291210']
    .map((tag) => header.bytes(tag))
    .find((b) => b !== null && b.length > 0);
  const facts = csa ? readCsaMosaic(csa) : {};
  const count = facts.tiles ?? header.numbers('0019100A')[0];
  if (!count) throw new GeometryError('Expected the number of tiles of a Siemens mosaic, got none.');
  const perRow = Math.ceil(Math.sqrt(count));
  const rows = whole.rows / perRow;
  const columns = whole.columns / perRow;
  if (!Number.isInteger(rows) || !Number.isInteger(columns)) {
    throw new GeometryError(
      `Expected ${count} equal tiles in a mosaic of ${whole.columns}×${whole.rows} pixels.`,
    );
  }
  const base = planeAt(whole, ...geometry, rescale(header));
  const spacing = header.numbers('00180088')[0] ?? header.numbers('00180050')[0] ?? 0;
  const normal = facts.normal
    ? ([-facts.normal[0]!, -facts.normal[1]!, facts.normal[2]!] as Vec3)
    : unitCross(base);
  const inset = (axis: number) =>
    (base.columnStepRas[axis]! * (whole.columns - columns)) / 2 +
    (base.rowStepRas[axis]! * (whole.rows - rows)) / 2;
  return Array.from({ length: count }, (_, n) => ({
    ...base,
    rows,
    columns,
    stride: whole.columns,
    offset: Math.floor(n / perRow) * rows * whole.columns + (n % perRow) * columns,
    positionRas: [0, 1, 2].map(
      (axis) => base.positionRas[axis]! + inset(axis) + sign * n * spacing * normal[axis]!,
    ) as Vec3,
  }));
}

function unitCross({ columnStepRas: a, rowStepRas: b }: FramePlane): Vec3 {
  const n: Vec3 = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
  const length = Math.hypot(...n) || 1;
  return [n[0] / length, n[1] / length, n[2] / length];
}

/** A pixel centre must lie this near to a voxel centre, in voxels. */
export const VOXEL_TOLERANCE = 0.01;

/**
 * Places a plane on a voxel grid.
 *
 * All four corners must land within 0.01 voxel of a voxel inside the grid; the map is affine, so the pixels
 * between them do too.
 *
 * @param shape extents of the grid, [nx, ny, nz, …]
 * @throws GeometryError when a corner lies between voxels or outside
 */
export function onVoxels(plane: FramePlane, affine: Affine, shape: readonly number[]): VoxelPlane {
  const inverse = invert(affine);
  const [nx, ny, nz] = shape as [number, number, number];
  const voxel = (c: number, r: number): Vec3 => {
    const world = [0, 1, 2].map(
      (i) => plane.positionRas[i]! + c * plane.columnStepRas[i]! + r * plane.rowStepRas[i]!,
    );
    const at = apply(inverse, world[0]!, world[1]!, world[2]!);
    const near = at.map(Math.round) as Vec3;
    const off = Math.max(...at.map((x, i) => Math.abs(x - near[i]!)));
    if (!(off <= VOXEL_TOLERANCE)) {
      throw new GeometryError(
        `Expected every pixel on a voxel of the edited image (within ${VOXEL_TOLERANCE}), got one ${off.toFixed(3)} voxels away.`,
      );
    }
    if (near[0] < 0 || near[1] < 0 || near[2] < 0 || near[0] >= nx || near[1] >= ny || near[2] >= nz) {
      throw new GeometryError(
        `Expected every pixel inside the edited image (${nx}×${ny}×${nz}), got one at ${near.join(', ')}.`,
      );
    }
    return near;
  };
  const index = (v: Vec3) => v[0] + nx * (v[1] + ny * v[2]);
  const { columns, rows } = plane;
  const first = index(voxel(0, 0));
  const columnStep = columns > 1 ? (index(voxel(columns - 1, 0)) - first) / (columns - 1) : 0;
  const rowStep = rows > 1 ? (index(voxel(0, rows - 1)) - first) / (rows - 1) : 0;
  voxel(columns - 1, rows - 1);
  if (!Number.isInteger(columnStep) || !Number.isInteger(rowStep)) {
    throw new GeometryError(
      'Expected the pixels of a slice one voxel apart in the edited image; they are not.',
    );
  }
  return { plane, first, columnStep, rowStep };
}
