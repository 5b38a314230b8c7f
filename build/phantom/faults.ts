import type { Volume } from '../../electron/volume/volume.ts';
import { apply } from '../../shared/geometry/affine.ts';

/** What goes wrong in real scans, planted in a phantom's. All give float voxels, slope 1, inter 0. */

/** Multiplies every voxel with a factor of its position, mm RAS: a coil's profile, or a metal's void. */
export function shaded(volume: Volume, factor: (x: number, y: number, z: number) => number): Volume {
  const [nx, ny, nz] = volume.shape as [number, number, number];
  const data = new Float32Array(nx * ny * nz);
  let v = 0;
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, v++) data[v] = volume.data[v]! * factor(...apply(volume.affine, i, j, k));
  return { ...volume, data };
}

/** Signal strong at crown, front and right, an eighth of that at the chin of the other side. */
export function coilAbove(volume: Volume): Volume {
  return shaded(volume, (x, y, z) => Math.exp((0.9 * (z + 30) + 0.5 * x - 0.5 * y) / 100));
}

/** Signal that falls to a quarter from the skin to the middle of the head, as under a many-channel coil. */
export function coilAround(volume: Volume): Volume {
  return shaded(volume, (x, y, z) => {
    const radius = Math.min(1.3, Math.hypot(x, y - 5, z + 20) / 95);
    return 0.25 + 1.6 * radius ** 3;
  });
}

/** A void with a bright rim, as metal leaves it. */
export function metalVoid(
  volume: Volume,
  centreRas: readonly [number, number, number],
  radiusMm: number,
): Volume {
  return shaded(volume, (x, y, z) => {
    const beyond = Math.hypot(x - centreRas[0], y - centreRas[1], z - centreRas[2]) - radiusMm;
    return beyond < 0 ? 0.03 : beyond < 4 ? 1 + 0.3 * (4 - beyond) : 1;
  });
}

/**
 * A field of view too short from front to back: what lies beyond its front appears behind the head.
 *
 * @param planes how many of the foremost planes of an RAS scan fold over
 */
export function wrappedAround(volume: Volume, planes: number): Volume {
  const [nx, ny, nz] = volume.shape as [number, number, number];
  const kept = ny - planes;
  const data = new Float32Array(nx * kept * nz);
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++) {
        const at = i + nx * ((j % kept) + kept * k);
        data[at] = Math.hypot(data[at]!, volume.data[i + nx * (j + ny * k)]!);
      }
  return { ...volume, data, shape: [nx, kept, nz] };
}

/** A faint second head half a field of view away along y, as movement gives it. */
export function ghosted(volume: Volume, strength: number): Volume {
  const [nx, ny, nz] = volume.shape as [number, number, number];
  const data = Float32Array.from(volume.data);
  const half = Math.round(ny / 2);
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++)
        data[i + nx * (j + ny * k)]! += strength * volume.data[i + nx * (((j + half) % ny) + ny * k)]!;
  return { ...volume, data };
}
