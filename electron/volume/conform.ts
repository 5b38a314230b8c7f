import { apply, diag, voxelSizes } from '../../shared/geometry/affine.ts';
import { smoothAxes } from './gaussian.ts';
import { type Grid, resample } from './resample.ts';
import type { Volume } from './volume.ts';

/**
 * The smallest grid along the world axes (RAS+) that holds a whole volume.
 *
 * @param spacingMm isotropic voxel size in mm
 */
export function worldGrid(volume: Volume, spacingMm: number): Grid {
  const [nx, ny, nz] = volume.shape as [number, number, number];
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  for (let corner = 0; corner < 8; corner++) {
    // Outer faces of the corner voxels, half a voxel beyond their centres.
    const p = apply(
      volume.affine,
      corner & 1 ? nx - 0.5 : -0.5,
      corner & 2 ? ny - 0.5 : -0.5,
      corner & 4 ? nz - 0.5 : -0.5,
    );
    for (let n = 0; n < 3; n++) {
      low[n] = Math.min(low[n]!, p[n]!);
      high[n] = Math.max(high[n]!, p[n]!);
    }
  }
  const shape = low.map((v, n) => Math.max(1, Math.ceil((high[n]! - v) / spacingMm - 1e-3)));
  const affine = diag(spacingMm, spacingMm, spacingMm);
  for (let n = 0; n < 3; n++) {
    affine[n * 4 + 3] = (low[n]! + high[n]!) / 2 - ((shape[n]! - 1) / 2) * spacingMm;
  }
  return { shape, affine };
}

/**
 * A volume's first frame on an isotropic grid along the world axes, as real values.
 *
 * Axes that are coarsened are smoothed first (Gaussian, FWHM = the target spacing), so fine detail does not
 * fold into noise. Oblique scans are interpolated; voxels outside the field of view are 0.
 *
 * @param spacingMm target voxel size, mm
 * @returns Float32, RAS+, slope 1, inter 0
 */
export function conform(volume: Volume, spacingMm: number): Volume<Float32Array> {
  const frame = volume.shape[0]! * volume.shape[1]! * volume.shape[2]!;
  const sigmas = voxelSizes(volume.affine).map((size) =>
    size < 0.8 * spacingMm ? Math.sqrt(spacingMm ** 2 - size ** 2) / 2.3548 / size : 0,
  ) as [number, number, number];
  let source: Volume = volume;
  if (sigmas.some((s) => s > 0)) {
    const values = Float32Array.from(volume.data.subarray(0, frame));
    for (let n = 0; n < frame; n++) if (!Number.isFinite(values[n]!)) values[n] = 0;
    source = { ...volume, data: smoothAxes(values, volume.shape, sigmas) };
  }
  return resample(source, worldGrid(volume, spacingMm));
}
