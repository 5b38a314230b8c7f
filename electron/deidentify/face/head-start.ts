import type { Vec3 } from '../../../shared/geometry/affine.ts';
import type { Volume } from '../../volume/volume.ts';
import { above, fillHoles, largestComponent } from './morphology.ts';

/** Where the head lies on the working grid and the intensities that matter, before any surface is fitted. */
export interface HeadStart {
  /** Robust minimum and maximum (2nd and 98th percentile of the voxels that are not exactly 0). */
  readonly low: number;
  readonly high: number;
  /** Head/air threshold. */
  readonly threshold: number;
  /** Head without holes, working grid. */
  readonly head: Uint8Array;
  /** Middle of the brain, working-grid voxels. */
  readonly centre: Vec3;
  /** Half the width of the head, mm. */
  readonly halfWidthMm: number;
  /** Highest slice that shows the head, working-grid k. */
  readonly topK: number;
  /** The head touches the upper border of the scan: its top may be cut off. */
  readonly topCut: boolean;
}

/**
 * Percentile of a set of values by a histogram.
 *
 * @param keep which of them count; all where it is left out
 */
export function percentiles(
  values: Float32Array | Int16Array | Uint16Array,
  wanted: readonly number[],
  keep?: (n: number) => boolean,
): number[] {
  if (!keep && !(values instanceof Float32Array)) return percentilesOfCounts(values, wanted);
  let [min, max, count] = [Infinity, -Infinity, 0];
  for (let n = 0; n < values.length; n++) {
    if (keep && !keep(n)) continue;
    const v = values[n]!;
    if (v < min) min = v;
    if (v > max) max = v;
    count++;
  }
  if (count === 0 || !(max > min)) return wanted.map(() => (count ? min : 0));
  const bins = new Uint32Array(PERCENTILE_BINS);
  const scale = binsPerUnit(min, max);
  for (let n = 0; n < values.length; n++) if (!keep || keep(n)) bins[((values[n]! - min) * scale) | 0]!++;
  return readBins(bins, count, wanted, min, max);
}

/** The same for small whole numbers, in one pass over them. */
function percentilesOfCounts(values: Int16Array | Uint16Array, wanted: readonly number[]): number[] {
  const lowest = values instanceof Int16Array ? -32768 : 0;
  const counts = new Uint32Array(65536);
  for (let n = 0; n < values.length; n++) counts[values[n]! - lowest]!++;
  const first = counts.findIndex((c) => c > 0);
  const last = counts.findLastIndex((c) => c > 0);
  const [min, max] = [first + lowest, last + lowest];
  if (!(max > min)) return wanted.map(() => (values.length ? min : 0));
  const bins = new Uint32Array(PERCENTILE_BINS);
  const scale = binsPerUnit(min, max);
  for (let v = first; v <= last; v++) bins[((v - first) * scale) | 0]! += counts[v]!;
  return readBins(bins, values.length, wanted, min, max);
}

/** Bins between the smallest and the largest value in {@link percentiles}. */
export const PERCENTILE_BINS = 4096;

function binsPerUnit(min: number, max: number): number {
  return (PERCENTILE_BINS - 0.001) / (max - min);
}

/** Middles of the bins in which the wanted percentages of `count` values are reached. */
function readBins(
  bins: Uint32Array,
  count: number,
  wanted: readonly number[],
  min: number,
  max: number,
): number[] {
  return wanted.map((p) => {
    const target = (p / 100) * count;
    let sum = 0;
    for (let b = 0; b < bins.length; b++) {
      sum += bins[b]!;
      if (sum >= target) return min + (b + 0.5) / binsPerUnit(min, max);
    }
    return max;
  });
}

/**
 * Finds the head and a first guess of the brain's middle on an RAS+ isotropic grid.
 *
 * The guess hangs from the top of the head by half its width, so a long neck or shoulders in the field of view
 * do not pull it down. Children are covered because the width scales it.
 *
 * @param volume RAS+, isotropic
 * @param spacingMm its voxel size
 */
export function findHead(volume: Volume<Float32Array>, spacingMm: number): HeadStart {
  const { data, shape } = volume;
  const [nx, ny, nz] = shape as [number, number, number];
  const [low, high] = percentiles(data, [2, 98], (n) => data[n] !== 0) as [number, number];
  const threshold = low + 0.1 * (high - low);
  const raw = above(data, threshold);
  const head = fillHoles(largestComponent(raw, shape), shape);

  const area = new Float64Array(nz);
  for (let k = 0; k < nz; k++) for (let n = k * nx * ny; n < (k + 1) * nx * ny; n++) area[k]! += head[n]!;
  const needed = 800 / spacingMm ** 2; // mm² of head in a slice; less is noise or hair
  let topK = nz - 1;
  while (topK > 0 && area[topK]! < needed) topK--;

  // Width of the head: the widest slice of the upper 100 mm, left to right, ears damped by counting columns
  // that hold at least 40 mm of head front to back.
  const columns = 40 / spacingMm;
  let width = 0;
  for (let k = topK; k >= Math.max(0, topK - 100 / spacingMm); k--) {
    let columnsHere = 0;
    for (let i = 0; i < nx; i++) {
      let depth = 0;
      for (let j = 0; j < ny; j++) depth += head[i + nx * (j + ny * k)]!;
      if (depth >= columns) columnsHere++;
    }
    width = Math.max(width, columnsHere);
  }
  const halfWidthMm = Math.min(95, Math.max(50, (width * spacingMm) / 2));

  // Middle left–right and front–back: the head between 20 mm and one width below its top.
  let [sx, sy, sn] = [0, 0, 0];
  const from = Math.max(0, Math.round(topK - (1.35 * halfWidthMm) / spacingMm));
  for (let k = from; k <= topK - 20 / spacingMm; k++) {
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++) {
        if (!head[i + nx * (j + ny * k)]) continue;
        sx += i;
        sy += j;
        sn++;
      }
    }
  }
  const centreK = Math.max(0, topK - halfWidthMm / spacingMm);
  const centre: Vec3 = sn ? [sx / sn, sy / sn, centreK] : [nx / 2, ny / 2, nz / 2];
  return { low, high, threshold, head, centre, halfWidthMm, topK, topCut: topK >= nz - 2 };
}
