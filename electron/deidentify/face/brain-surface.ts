import type { Vec3 } from '../../../shared/geometry/affine.ts';
import { linear } from '../../volume/resample.ts';
import type { Volume } from '../../volume/volume.ts';
import { icosphere, type Mesh, neighbours } from './icosphere.ts';

export interface SurfaceSettings {
  /** Fractional intensity threshold: larger gives a smaller brain. Smith 2002: b_t = 0.5. */
  readonly fraction: number;
  /** Added to `fraction` from bottom (−) to top (+) of the brain, to lean the threshold. */
  readonly lean?: number;
  /** Robust minimum, head/air threshold and median brain intensity. */
  readonly low: number;
  readonly threshold: number;
  readonly median: number;
  readonly centre: Vec3;
  /** Radius of the starting sphere, mm. */
  readonly radiusMm: number;
  readonly spacingMm: number;
  readonly iterations: number;
  readonly level: number;
  /** Multiplies the smoothing force; raised when a surface comes out crumpled. */
  readonly stiffness?: number;
  readonly start?: Mesh;
  /** Signed distance to the fitted average brain per voxel, mm, positive outside; keeps leaks near it. */
  readonly leash?: Float32Array;
  /** How far outside (mm) the average brain the surface may go before it is pushed back. */
  readonly slackMm?: number;
  readonly signal: AbortSignal;
}

/**
 * Grows a sphere into the surface of the brain.
 *
 * The update rule of Smith (2002, "Fast robust automated brain extraction"): each vertex moves along the
 * tangent to keep spacing even, along the normal to keep the surface smooth, more strongly where the radius of curvature
 * is below 3.33 mm than where it is above 10 mm, and along the normal outwards or inwards by comparing the darkest
 * voxel of the 20 mm below it with a threshold between the robust minimum and the brightest voxel of the
 * 10 mm below it.
 *
 * @param volume isotropic working grid, RAS+
 * @returns vertices in voxel units of the working grid
 */
export function growSurface(volume: Volume<Float32Array>, settings: SurfaceSettings): Mesh {
  const { spacingMm: mm, low, threshold, median, centre } = settings;
  const [nx, ny, nz] = volume.shape as [number, number, number];
  const data = volume.data;
  const sphere = icosphere(settings.level);
  const count = sphere.points.length / 3;
  const { start, list } = neighbours(sphere);
  const triangles = sphere.triangles;
  const p = settings.start ? settings.start.points.slice() : new Float64Array(count * 3);
  if (!settings.start) {
    const radius = settings.radiusMm / mm;
    for (let v = 0; v < count; v++) {
      for (let n = 0; n < 3; n++) p[v * 3 + n] = centre[n]! + radius * sphere.points[v * 3 + n]!;
    }
  }
  const next = new Float64Array(p.length);
  const normal = new Float64Array(p.length);
  const [rMin, rMax] = [3.33 / mm, 10 / mm]; // radii of curvature, voxels
  const e = 0.5 * (1 / rMin + 1 / rMax);
  const f = 6 / (1 / rMin - 1 / rMax);
  const d1 = 20 / mm; // search depths, voxels
  const d2 = 10 / mm;
  const stiff = settings.stiffness ?? 1;
  const leash = settings.leash;
  const slack = settings.slackMm ?? 6;
  let spacing = 1;
  for (let step = 0; step < settings.iterations; step++) {
    if (step % 50 === 0) {
      settings.signal.throwIfAborted();
      spacing = meanSpacing(p, start, list);
    }
    vertexNormals(p, triangles, normal);
    for (let v = 0; v < count; v++) {
      const o = v * 3;
      const x = p[o]!;
      const y = p[o + 1]!;
      const z = p[o + 2]!;
      const ux = normal[o]!;
      const uy = normal[o + 1]!;
      const uz = normal[o + 2]!;
      let sx = 0;
      let sy = 0;
      let sz = 0;
      const from = start[v]!;
      const to = start[v + 1]!;
      for (let n = from; n < to; n++) {
        const q = list[n]! * 3;
        sx += p[q]!;
        sy += p[q + 1]!;
        sz += p[q + 2]!;
      }
      const inverse = 1 / (to - from);
      sx = sx * inverse - x;
      sy = sy * inverse - y;
      sz = sz * inverse - z;
      const along = sx * ux + sy * uy + sz * uz;
      const curvature = (2 * Math.abs(along)) / (spacing * spacing); // 1/r, eq. 5
      let smooth = 0.5 * (1 + Math.tanh(f * (curvature - e)));
      if (along > 0) smooth = Math.min(1, smooth * stiff); // stiffness acts where the surface is concave
      // Intensity force, eqs. 8–11.
      let darkest = median;
      let brightest = threshold;
      for (let d = 0.5; d < d1; d += 1) {
        const a = x - d * ux;
        const b = y - d * uy;
        const c = z - d * uz;
        const value =
          a < -0.5 || b < -0.5 || c < -0.5 || a > nx - 0.5 || b > ny - 0.5 || c > nz - 0.5
            ? 0
            : linear(data, nx, ny, nz, a, b, c);
        if (value < darkest) darkest = value;
        if (d < d2 && value > brightest) brightest = value;
      }
      if (darkest < low) darkest = low;
      if (brightest > median) brightest = median;
      const fraction =
        settings.fraction + (settings.lean ?? 0) * Math.max(-1, Math.min(1, (z - centre[2]) * mm * 0.014));
      const local = low + (brightest - low) * fraction;
      const pull = (2 * (darkest - local)) / Math.max(1e-6, brightest - low);
      let force = Math.max(-1, Math.min(1, pull));
      if (leash) {
        const away = linear(leash, nx, ny, nz, x, y, z) - slack;
        if (away > 0) force = Math.min(force, 1) - Math.min(2, away / 3);
      }
      const push = 0.05 * force * spacing;
      const move = smooth * along + push;
      // Half the tangential part keeps vertices spread; the normal part is what shapes.
      next[o] = x + 0.5 * (sx - along * ux) + move * ux;
      next[o + 1] = y + 0.5 * (sy - along * uy) + move * uy;
      next[o + 2] = z + 0.5 * (sz - along * uz) + move * uz;
    }
    p.set(next);
  }
  return { points: p, triangles };
}

function meanSpacing(p: Float64Array, start: Uint32Array, list: Uint32Array): number {
  let [sum, count] = [0, 0];
  for (let v = 0; v + 1 < start.length; v++) {
    for (let n = start[v]!; n < start[v + 1]!; n++) {
      const q = list[n]!;
      sum += Math.hypot(p[q * 3]! - p[v * 3]!, p[q * 3 + 1]! - p[v * 3 + 1]!, p[q * 3 + 2]! - p[v * 3 + 2]!);
      count++;
    }
  }
  return sum / count;
}

/** Unit outward normals, area-weighted. */
export function vertexNormals(p: Float64Array, triangles: Uint32Array, out: Float64Array): void {
  out.fill(0);
  for (let n = 0; n < triangles.length; n += 3) {
    const a = triangles[n]! * 3;
    const b = triangles[n + 1]! * 3;
    const c = triangles[n + 2]! * 3;
    const x1 = p[b]! - p[a]!;
    const y1 = p[b + 1]! - p[a + 1]!;
    const z1 = p[b + 2]! - p[a + 2]!;
    const x2 = p[c]! - p[a]!;
    const y2 = p[c + 1]! - p[a + 1]!;
    const z2 = p[c + 2]! - p[a + 2]!;
    const x = y1 * z2 - z1 * y2;
    const y = z1 * x2 - x1 * z2;
    const z = x1 * y2 - y1 * x2;
    out[a]! += x;
    out[a + 1]! += y;
    out[a + 2]! += z;
    out[b]! += x;
    out[b + 1]! += y;
    out[b + 2]! += z;
    out[c]! += x;
    out[c + 1]! += y;
    out[c + 2]! += z;
  }
  for (let v = 0; v < out.length; v += 3) {
    const length = Math.hypot(out[v]!, out[v + 1]!, out[v + 2]!) || 1;
    out[v]! /= length;
    out[v + 1]! /= length;
    out[v + 2]! /= length;
  }
}
