import { type Affine, apply, multiply } from '../../../shared/geometry/affine.ts';
import { linear } from '../../volume/resample.ts';
import prior from './brain-prior.json' with { type: 'json' };
import { icosphere, type Mesh } from './icosphere.ts';

/** An average adult brain fitted to a surface. */
export interface PriorFit {
  /** Average brain in the working grid's voxels. */
  readonly mesh: Mesh;
  /** Mean distance of the trusted 80 % of its points to the surface, mm. */
  readonly residualMm: number;
  /** Average brain (mm) → working grid (voxels). */
  readonly affine: Affine;
}

/** The outline of the ICBM152 average brain in its own millimetres, RAS+. Made by build/bench/face-prior.ts. */
export function averageBrain(level: 3 | 4 = 3): Mesh {
  const coarse = icosphere(3);
  const radii = Float64Array.from(prior.radiiMm);
  const fine = icosphere(level);
  const points = fine.points.slice();
  const count = points.length / 3;
  for (let v = 0; v < count; v++) {
    const r = v < radii.length ? radii[v]! : 0;
    for (let n = 0; n < 3; n++) points[v * 3 + n]! *= r;
  }
  if (level === 4) {
    // New vertices of a level are the middles of edges of the level below, in the order they were made.
    const directions = fine.points;
    for (let v = radii.length; v < count; v++) {
      let [a, b, da, db] = [0, 0, -2, -2];
      for (let u = 0; u < radii.length; u++) {
        const dot =
          directions[v * 3]! * coarse.points[u * 3]! +
          directions[v * 3 + 1]! * coarse.points[u * 3 + 1]! +
          directions[v * 3 + 2]! * coarse.points[u * 3 + 2]!;
        if (dot > da) [a, b, da, db] = [u, a, dot, da];
        else if (dot > db) [b, db] = [u, dot];
      }
      const r = (radii[a]! + radii[b]!) / 2;
      for (let n = 0; n < 3; n++) points[v * 3 + n] = directions[v * 3 + n]! * r;
    }
  }
  for (let v = 0; v < count; v++) for (let n = 0; n < 3; n++) points[v * 3 + n]! += prior.centreMm[n]!;
  return { points, triangles: fine.triangles };
}

/**
 * Fits the average brain to a rough brain surface by trimmed closest points, affine.
 *
 * Only the part of the brain above the skull base pulls, and of that the 80 % that lie closest, so a surface that
 * leaked into the neck or an eye does not drag the fit along.
 *
 * @param surface vertices in working-grid voxels
 * @param start average brain (mm) → working grid (voxels), roughly right
 * @param spacingMm working voxel size
 * @param lowestMm lowest height (ICBM152 mm) that pulls
 */
export function fitAverageBrain(surface: Mesh, start: Affine, spacingMm: number, lowestMm = -18): PriorFit {
  const brain = averageBrain(3);
  const pulling: number[] = [];
  for (let v = 0; v < brain.points.length; v += 3) if (brain.points[v + 2]! > lowestMm) pulling.push(v);
  let affine = start;
  let residual = Infinity;
  const moved = new Float64Array(pulling.length * 3);
  const target = new Int32Array(pulling.length);
  const distance = new Float64Array(pulling.length);
  for (let step = 0; step < 40; step++) {
    pulling.forEach((v, n) => {
      moved.set(apply(affine, brain.points[v]!, brain.points[v + 1]!, brain.points[v + 2]!), n * 3);
    });
    for (let n = 0; n < pulling.length; n++) {
      let best = Infinity;
      for (let q = 0; q < surface.points.length; q += 3) {
        const d =
          (surface.points[q]! - moved[n * 3]!) ** 2 +
          (surface.points[q + 1]! - moved[n * 3 + 1]!) ** 2 +
          (surface.points[q + 2]! - moved[n * 3 + 2]!) ** 2;
        if (d < best) {
          best = d;
          target[n] = q;
        }
      }
      distance[n] = Math.sqrt(best) * spacingMm;
    }
    const limit = distance.slice().sort()[Math.floor(0.8 * distance.length)]!;
    const kept = pulling.map((_, n) => n).filter((n) => distance[n]! <= limit);
    residual = kept.reduce((sum, n) => sum + distance[n]!, 0) / kept.length;
    const update = leastSquaresAffine(
      kept.map((n) => moved.subarray(n * 3, n * 3 + 3)),
      kept.map((n) => surface.points.subarray(target[n]!, target[n]! + 3)),
      step < 10,
    );
    affine = multiply(update, affine);
  }
  return placed(affine, residual);
}

/** Distance (mm) at which a point of the average brain loses most of its pull. */
const REACH_MM = 4;

/**
 * Fits the average brain to the border of a mask, affine, from a start that is nearly right.
 *
 * Gauss–Newton on the distance to the border with Geman–McClure weights: unlike closest vertices it does not feel how a
 * surface was cut into triangles, and no point comes and goes between steps, so that a small change of the mask is a
 * small change of the fit.
 *
 * @param border signed distance to the mask on the working grid, mm, positive outside
 * @param start average brain (mm) → working grid (voxels)
 * @param lowestMm lowest height (ICBM152 mm) that pulls
 */
export function fitToBorder(
  border: Float32Array,
  shape: readonly number[],
  start: Affine,
  spacingMm: number,
  lowestMm: number,
): PriorFit {
  const [nx, ny, nz] = shape as [number, number, number];
  const brain = averageBrain(3).points;
  const at = (x: number, y: number, z: number) => linear(border, nx, ny, nz, x, y, z);
  let affine = start;
  const distances: number[] = [];
  for (let step = 0; step < 25; step++) {
    const normal = new Float64Array(12 * 13); // normal equations, right-hand side as the 13th column
    distances.length = 0;
    // About the middle of the brain in units of 100 mm, so that shifts and stretches weigh alike.
    const unit = 100 / spacingMm;
    const middle = apply(affine, 0, -18, 8);
    for (let v = 0; v < brain.length; v += 3) {
      if (brain[v + 2]! <= lowestMm) continue;
      const [x, y, z] = apply(affine, brain[v]!, brain[v + 1]!, brain[v + 2]!);
      const d = at(x, y, z);
      distances.push(Math.abs(d));
      const gradient = [
        (at(x + 1, y, z) - at(x - 1, y, z)) / 2,
        (at(x, y + 1, z) - at(x, y - 1, z)) / 2,
        (at(x, y, z + 1) - at(x, y, z - 1)) / 2,
      ];
      const weight = 1 / (1 + (d / REACH_MM) ** 2) ** 2;
      const from = [(x - middle[0]) / unit, (y - middle[1]) / unit, (z - middle[2]) / unit, 1];
      const row = gradient.flatMap((g) => from.map((f) => g * f));
      for (let r = 0; r < 12; r++) {
        for (let c = r; c < 12; c++) normal[r * 13 + c]! += weight * row[r]! * row[c]!;
        normal[r * 13 + 12]! -= weight * row[r]! * d;
      }
    }
    const update = solveSymmetric(normal, 12);
    const move = [...update.slice(0, 12), 0, 0, 0, 0];
    for (let r = 0; r < 3; r++) {
      for (let c = 0; c < 3; c++) move[4 * r + c]! /= unit;
      move[4 * r + 3]! -=
        move[4 * r]! * middle[0] + move[4 * r + 1]! * middle[1] + move[4 * r + 2]! * middle[2];
    }
    affine = multiply(
      Float64Array.from(move, (v, n) => v + (n % 5 === 0 ? 1 : 0)),
      affine,
    );
    if (Math.max(...update.map(Math.abs)) * spacingMm < 0.02) break;
  }
  distances.sort((a, b) => a - b);
  const kept = distances.slice(0, Math.ceil(0.8 * distances.length));
  return placed(affine, kept.reduce((sum, d) => sum + d, 0) / Math.max(1, kept.length));
}

/** Solves n symmetric equations given by their upper triangle and a last column, a little stiffened (Cholesky). */
function solveSymmetric(a: Float64Array, n: number): number[] {
  const w = n + 1;
  let trace = 0;
  for (let r = 0; r < n; r++) trace += a[r * w + r]!;
  const low = new Float64Array(n * n);
  const out: number[] = [];
  for (let r = 0; r < n; r++) {
    for (let c = 0; c <= r; c++) {
      let sum = a[c * w + r]! + (r === c ? (1e-4 * trace) / n + 1e-12 : 0);
      for (let m = 0; m < c; m++) sum -= low[r * n + m]! * low[c * n + m]!;
      low[r * n + c] = r === c ? Math.sqrt(Math.max(sum, 1e-12)) : sum / low[c * n + c]!;
    }
    let right = a[r * w + n]!;
    for (let m = 0; m < r; m++) right -= low[r * n + m]! * out[m]!;
    out.push(right / low[r * n + r]!);
  }
  for (let r = n - 1; r >= 0; r--) {
    for (let m = r + 1; m < n; m++) out[r]! -= low[m * n + r]! * out[m]!;
    out[r]! /= low[r * n + r]!;
  }
  return out;
}

function placed(affine: Affine, residualMm: number): PriorFit {
  const points = new Float64Array(averageBrain(4).points);
  for (let v = 0; v < points.length; v += 3) {
    points.set(apply(affine, points[v]!, points[v + 1]!, points[v + 2]!), v);
  }
  return { mesh: { points, triangles: icosphere(4).triangles }, residualMm, affine };
}

/**
 * The affine that brings `from` nearest to `to`, pulled gently towards no change.
 *
 * @param translationOnly move without turning or scaling
 */
function leastSquaresAffine(from: Float64Array[], to: Float64Array[], translationOnly: boolean): Affine {
  const mean = (list: Float64Array[]) =>
    [0, 1, 2].map((n) => list.reduce((s, p) => s + p[n]!, 0) / list.length);
  const [a, b] = [mean(from), mean(to)];
  const out = Float64Array.of(1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1);
  if (!translationOnly) {
    // (Σ ffᵀ + λI) Mᵀ = Σ f tᵀ + λI with centred f and t
    const s = new Float64Array(9);
    const r = new Float64Array(9);
    from.forEach((p, n) => {
      for (let x = 0; x < 3; x++) {
        for (let y = 0; y < 3; y++) {
          s[x * 3 + y]! += (p[x]! - a[x]!) * (p[y]! - a[y]!);
          r[x * 3 + y]! += (p[x]! - a[x]!) * (to[n]![y]! - b[y]!);
        }
      }
    });
    const lambda = 0.02 * (s[0]! + s[4]! + s[8]!);
    for (let n = 0; n < 3; n++) {
      s[n * 4]! += lambda;
      r[n * 4]! += lambda;
    }
    const inverse = inverse3(s);
    for (let x = 0; x < 3; x++) {
      for (let y = 0; y < 3; y++) {
        let sum = 0;
        for (let m = 0; m < 3; m++) sum += inverse[x * 3 + m]! * r[m * 3 + y]!;
        out[y * 4 + x] = sum;
      }
    }
  }
  for (let n = 0; n < 3; n++) {
    out[n * 4 + 3] = b[n]! - (out[n * 4]! * a[0]! + out[n * 4 + 1]! * a[1]! + out[n * 4 + 2]! * a[2]!);
  }
  return out;
}

function inverse3(m: Float64Array): Float64Array {
  const c = (a: number, b: number, d: number, e: number) => m[a]! * m[b]! - m[d]! * m[e]!;
  const det = m[0]! * c(4, 8, 5, 7) - m[1]! * c(3, 8, 5, 6) + m[2]! * c(3, 7, 4, 6);
  return Float64Array.of(
    ...[c(4, 8, 5, 7), c(2, 7, 1, 8), c(1, 5, 2, 4)],
    ...[c(5, 6, 3, 8), c(0, 8, 2, 6), c(2, 3, 0, 5)],
    ...[c(3, 7, 4, 6), c(1, 6, 0, 7), c(0, 4, 1, 3)],
  ).map((v) => v / det);
}
