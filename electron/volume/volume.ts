/** The numeric arrays a voxel grid may be stored in. */
export type VoxelArray =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array;

/**
 * A voxel grid in world space.
 *
 * `data` is i-fastest: `index = i + nx·(j + ny·(k + nz·t))`. Values are *stored* values;
 * the quantity they mean is `slope · stored + inter`, as in NIfTI's scl_slope/scl_inter.
 */
export interface Volume<A extends VoxelArray = VoxelArray> {
  readonly data: A;
  /** Three to seven extents, e.g. [nx, ny, nz] or [nx, ny, nz, nt]. */
  readonly shape: readonly number[];
  /** Voxel index → world mm, 4×4 row-major, RAS+. */
  readonly affine: Float64Array;
  readonly slope: number;
  readonly inter: number;
}

/** A volume of integer labels (masks use 0 and 1) on the grid of the scan it describes. */
export type LabelMap = Volume<Uint8Array | Uint16Array | Int16Array | Int32Array>;

/** Number of voxels in the first three axes of a shape. */
export function voxelsPerFrame(shape: readonly number[]): number {
  return shape[0]! * shape[1]! * shape[2]!;
}

/** One frame of a volume as a 3-D volume; a view, not a copy. */
export function frameOf(volume: Volume, t = 0): Volume {
  const frame = voxelsPerFrame(volume.shape);
  return {
    ...volume,
    data: volume.data.subarray(t * frame, (t + 1) * frame),
    shape: volume.shape.slice(0, 3),
  };
}
