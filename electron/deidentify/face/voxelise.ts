import type { Mesh } from './icosphere.ts';

/**
 * The voxels inside a closed mesh.
 *
 * Counts signed crossings along the first axis, so a surface that folds over itself leaves no holes.
 *
 * @param mesh vertices in voxel units of the grid
 * @returns 0/1 per voxel, i-fastest
 */
export function voxelise(mesh: Mesh, shape: readonly number[]): Uint8Array {
  const [nx, ny, nz] = shape as [number, number, number];
  const turns = new Int16Array((nx + 1) * ny * nz);
  const p = mesh.points;
  for (let n = 0; n < mesh.triangles.length; n += 3) {
    const [a, b, c] = [mesh.triangles[n]! * 3, mesh.triangles[n + 1]! * 3, mesh.triangles[n + 2]! * 3];
    const [ay, az, by, bz, cy, cz] = [p[a + 1]!, p[a + 2]!, p[b + 1]!, p[b + 2]!, p[c + 1]!, p[c + 2]!];
    const area = (by - ay) * (cz - az) - (bz - az) * (cy - ay);
    if (area === 0) continue;
    const j0 = Math.max(0, Math.ceil(Math.min(ay, by, cy) - EPSILON));
    const j1 = Math.min(ny - 1, Math.floor(Math.max(ay, by, cy)));
    const k0 = Math.max(0, Math.ceil(Math.min(az, bz, cz) - EPSILON));
    const k1 = Math.min(nz - 1, Math.floor(Math.max(az, bz, cz)));
    for (let k = k0; k <= k1; k++) {
      for (let j = j0; j <= j1; j++) {
        // Lines are shifted by a hair, so that none runs exactly through a vertex or an edge.
        const y = j + EPSILON;
        const z = k + EPSILON * 0.7;
        const u = ((by - y) * (cz - z) - (bz - z) * (cy - y)) / area;
        const v = ((cy - y) * (az - z) - (cz - z) * (ay - y)) / area;
        const w = 1 - u - v;
        if (u < 0 || v < 0 || w < 0) continue;
        const x = Math.ceil(u * p[a]! + v * p[b]! + w * p[c]!);
        turns[Math.min(nx, Math.max(0, x)) + (nx + 1) * (j + ny * k)]! += area > 0 ? 1 : -1;
      }
    }
  }
  const mask = new Uint8Array(nx * ny * nz);
  for (let line = 0; line < ny * nz; line++) {
    let winding = 0;
    for (let i = 0; i < nx; i++) {
      winding += turns[line * (nx + 1) + i]!;
      if (winding !== 0) mask[line * nx + i] = 1;
    }
  }
  return mask;
}

const EPSILON = 1e-5;
