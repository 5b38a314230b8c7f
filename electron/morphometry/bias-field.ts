import type { BrainBox } from './brain-box.ts';
import type { TissueClass } from './histogram-init.ts';

/** Edge of the coarse grid's cells; a field of ~20 mm smoothness loses nothing on a 4 mm grid. */
const CELL_MM = 4;

/**
 * Smooth multiplicative intensity field that explains what the class means do not.
 *
 * In the logarithm the field is additive: each voxel's residual is log(value) − log(expected value), weighted by
 * how precisely its likely classes predict a logarithm (Σ p · mean²/variance), then numerator and denominator are
 * smoothed alike with a Gaussian (normalised convolution, so the brain's edge needs no padding). Done on a
 * coarse grid and interpolated back, because the field is smooth by construction.
 *
 * @param values uncorrected intensities of the brain voxels
 * @param probabilities of the classes, interleaved: `classes.length · v + class` for box voxel v
 * @param fwhmMm full width at half maximum of the smoothing, mm
 * @param field written: one positive factor per brain voxel, geometric mean 1; corrected = value / factor
 * @see Zhang, Brady & Smith 2001; Wells et al. 1996, IEEE TMI 15(4):429–442
 */
export function estimateBiasField(
  box: BrainBox,
  values: Float32Array,
  classes: readonly TissueClass[],
  probabilities: Float32Array,
  fwhmMm: number,
  field: Float32Array,
): void {
  const [nx, ny] = box.shape;
  const step = box.voxelSizeMm.map((s) => Math.max(1, Math.round(CELL_MM / s))) as [number, number, number];
  const coarse = box.shape.map((n, axis) => Math.ceil(n / step[axis]!) + 1) as [number, number, number];
  const cells = coarse[0] * coarse[1] * coarse[2];
  const weighted = new Float64Array(cells);
  const weight = new Float64Array(cells);
  const logMean = classes.map((c) => Math.log(Math.max(c.mean, 1e-6)));
  const precision = classes.map((c) => (c.mean * c.mean) / c.variance);
  for (let m = 0; m < box.inside.length; m++) {
    const value = values[m]!;
    if (!(value > 0)) continue;
    const v = box.inside[m]!;
    let w = 0;
    let expected = 0;
    for (let c = 0; c < classes.length; c++) {
      const pw = probabilities[classes.length * v + c]! * precision[c]!;
      w += pw;
      expected += pw * logMean[c]!;
    }
    if (w <= 0) continue;
    const i = v % nx;
    const j = Math.floor(v / nx) % ny;
    const k = Math.floor(v / (nx * ny));
    const cell =
      Math.round(i / step[0]) + coarse[0] * (Math.round(j / step[1]) + coarse[1] * Math.round(k / step[2]));
    // w · (log value − expected/w): outliers (vessels, mask leaks) are limited to a factor of 2.
    const residual = Math.max(-0.7, Math.min(0.7, Math.log(value) - expected / w));
    weighted[cell]! += w * residual;
    weight[cell]! += w;
  }
  for (let axis = 0; axis < 3; axis++) {
    const sigmaCells = fwhmMm / 2.354820045 / (step[axis]! * box.voxelSizeMm[axis]!);
    smoothAlong(weighted, coarse, axis, sigmaCells);
    smoothAlong(weight, coarse, axis, sigmaCells);
  }
  const coarseLog = new Float64Array(cells);
  for (let c = 0; c < cells; c++) coarseLog[c] = weight[c]! > 1e-12 ? weighted[c]! / weight[c]! : 0;
  let total = 0;
  for (let m = 0; m < box.inside.length; m++) {
    const v = box.inside[m]!;
    const log = trilinear(
      coarseLog,
      coarse,
      (v % nx) / step[0],
      (Math.floor(v / nx) % ny) / step[1],
      Math.floor(v / (nx * ny)) / step[2],
    );
    field[m] = log;
    total += log;
  }
  const offset = total / Math.max(1, box.inside.length);
  for (let m = 0; m < box.inside.length; m++) field[m] = Math.exp(field[m]! - offset);
}

/** In-place Gaussian along one axis of a grid, cut at 3.5 sigma, zeros beyond the edge. */
export function smoothAlong(
  data: Float64Array,
  shape: readonly [number, number, number],
  axis: number,
  sigma: number,
): void {
  if (!(sigma > 0)) return;
  const radius = Math.ceil(3.5 * sigma);
  const kernel = Array.from({ length: radius + 1 }, (_, d) => Math.exp(-0.5 * (d / sigma) ** 2));
  const sum = kernel[0]! + 2 * kernel.slice(1).reduce((s, x) => s + x, 0);
  for (let d = 0; d <= radius; d++) kernel[d]! /= sum;
  const stride = axis === 0 ? 1 : axis === 1 ? shape[0] : shape[0] * shape[1];
  const length = shape[axis]!;
  const line = new Float64Array(length);
  for (let start = 0; start < data.length; start++) {
    if (Math.floor(start / stride) % length !== 0) continue;
    for (let n = 0; n < length; n++) line[n] = data[start + n * stride]!;
    for (let n = 0; n < length; n++) {
      let s = kernel[0]! * line[n]!;
      for (let d = 1; d <= radius; d++) {
        if (n - d >= 0) s += kernel[d]! * line[n - d]!;
        if (n + d < length) s += kernel[d]! * line[n + d]!;
      }
      data[start + n * stride] = s;
    }
  }
}

/** Trilinear interpolation at a point given in cells, inside the grid. */
function trilinear(
  data: Float64Array,
  shape: readonly [number, number, number],
  x: number,
  y: number,
  z: number,
): number {
  const i = Math.min(shape[0] - 2, Math.floor(x));
  const j = Math.min(shape[1] - 2, Math.floor(y));
  const k = Math.min(shape[2] - 2, Math.floor(z));
  const [fx, fy, fz] = [x - i, y - j, z - k];
  const [sy, sz] = [shape[0], shape[0] * shape[1]];
  const o = i + sy * j + sz * k;
  const low =
    (1 - fy) * ((1 - fx) * data[o]! + fx * data[o + 1]!) +
    fy * ((1 - fx) * data[o + sy]! + fx * data[o + sy + 1]!);
  const p = o + sz;
  const high =
    (1 - fy) * ((1 - fx) * data[p]! + fx * data[p + 1]!) +
    fy * ((1 - fx) * data[p + sy]! + fx * data[p + sy + 1]!);
  return (1 - fz) * low + fz * high;
}
