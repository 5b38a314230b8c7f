import type { EditPlan } from './edit-plan.ts';
import { SHAPE_MM } from './head-shape.ts';
import { smoothWide } from './smooth-wide.ts';

/** Depths below the skin (mm) whose tissue is matched on its own: skin and fat, muscle, bone and cavities. */
const DEPTHS = [3, 5.5, 9.5, 16, 26];
const EDGES = [2, 4, 7, 12, 20, 60];
/** Layers from the skin inwards that are taken to hold no air, and the share of their middle value that counts as tissue. */
const SOLID_LAYERS = 2;
const SOLID_SHARE = 0.5;
const RANKS = 41;
const FEWEST = 150;
/** Smoothing of the gain along the seam, mm. */
const GAIN_MM = 14;

export interface MatchedTissue {
  /** Real values of the scan on the working grid. */
  readonly tissue: Float32Array;
  /** The scan orders brain tissue as the average (T1-weighted) head does. */
  readonly likeT1: boolean;
}

/**
 * Gives the average head's tissue the intensities of a scan.
 *
 * Within each layer of depth the average's values take the place the same rank has among the scan's own values of the
 * region, upside down where the scan orders tissues the other way; a smooth gain then makes both agree along the seam.
 * Ranks of a layer say nothing about a face.
 *
 * @param work the scan's frame on the working grid
 * @param distance new distance to the skin, mm
 * @param average intensity of the average head at each voxel
 */
export function matchTissue(
  plan: EditPlan,
  work: Float32Array,
  distance: Float32Array,
  average: Float32Array,
): MatchedTissue {
  const likeT1 = looksLikeT1(plan, work, average);
  const upside = likeT1
    ? false
    : correlation(work, average, (n) => plan.workMask[n] === 1 && distance[n]! < -3) < 0;
  const tables = DEPTHS.map((_, layer) => {
    const [from, to] = [-EDGES[layer]!, -EDGES[layer + 1]!];
    const within = (d: number) => d < from && d >= to;
    const a: number[] = [];
    const s: number[] = [];
    for (let n = 0; n < work.length; n++) {
      if (!plan.workMask[n]) continue;
      if (within(distance[n]!)) a.push(average[n]!);
      if (within(plan.head.distance[n]!) && !plan.voids?.[n]) s.push(work[n]!);
    }
    // Near the skin there is tissue only: an open mouth or a signal hole must not make the new skin porous.
    const floor = layer < SOLID_LAYERS ? SOLID_SHARE * middle(s) : -Infinity;
    const kept = s.filter((v) => v > floor);
    return a.length < FEWEST || kept.length < FEWEST ? null : { a: ranks(a), s: ranks(kept) };
  });
  const usable = tables.map((t, n) => (t ? n : -1)).filter((n) => n >= 0);
  const tissue = new Float32Array(work.length);
  if (usable.length === 0) return { tissue, likeT1 };
  for (let n = 0; n < work.length; n++) {
    if (average[n] === 0 && distance[n]! > 0) continue;
    const depth = -distance[n]!;
    let hi = usable.findIndex((u) => DEPTHS[u]! >= depth);
    if (hi < 0) hi = usable.length - 1;
    const lo = Math.max(0, hi - 1);
    const [l, h] = [usable[lo]!, usable[hi]!];
    const f = l === h ? 0 : Math.min(1, Math.max(0, (depth - DEPTHS[l]!) / (DEPTHS[h]! - DEPTHS[l]!)));
    const low = lookUp(tables[l]!, average[n]!, upside);
    tissue[n] = f > 0 ? (1 - f) * low + f * lookUp(tables[h]!, average[n]!, upside) : low;
  }
  applyGain(plan, work, distance, tissue);
  return { tissue, likeT1 };
}

/**
 * The scan orders tissues as a T1-weighted one does.
 *
 * Asked in the brain and what lies under it; `average` may be a generated face, which holds the kept tissue there too.
 */
export function looksLikeT1(plan: EditPlan, work: Float32Array, average: Float32Array): boolean {
  return correlation(work, average, (n) => plan.workBrain[n] === 1 && plan.head.distance[n]! < -8) > 0.2;
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

function ranks(values: number[]): Float64Array {
  values.sort((x, y) => x - y);
  return Float64Array.from({ length: RANKS }, (_, r) => {
    // The outermost hundredth on either side is left out: metal, vessels, hair.
    const q = 0.01 + (0.98 * r) / (RANKS - 1);
    return values[Math.min(values.length - 1, Math.floor(q * values.length))]!;
  });
}

function lookUp(table: { a: Float64Array; s: Float64Array }, value: number, upside: boolean): number {
  const { a, s } = table;
  let r = 0;
  if (value <= a[0]!) r = 0;
  else if (value >= a[RANKS - 1]!) r = RANKS - 1;
  else {
    let [low, high] = [0, RANKS - 1];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (a[middle]! <= value) low = middle;
      else high = middle;
    }
    r = low + (value - a[low]!) / (a[high]! - a[low]! || 1);
  }
  if (upside) r = RANKS - 1 - r;
  const b = Math.min(RANKS - 2, Math.floor(r));
  return s[b]! + (r - b) * (s[b + 1]! - s[b]!);
}

/** Multiplies the tissue with a smooth field so that it agrees with the scan along the border of the edit. */
function applyGain(plan: EditPlan, work: Float32Array, distance: Float32Array, tissue: Float32Array): void {
  const { shape } = plan.head.work;
  const logs = new Float32Array(work.length);
  const here = new Float32Array(work.length);
  for (let n = 0; n < work.length; n++) {
    // Both sides of the border, tissue only: the band where old and new lie on top of each other.
    const nearSeam = plan.workMask[n] ? plan.weight[n]! < 0.3 : true;
    if (!nearSeam || plan.workBrain[n] || plan.head.distance[n]! > -3 || distance[n]! > -3) continue;
    if (!(work[n]! > 0) || !(tissue[n]! > 0)) continue;
    const log = Math.log(work[n]! / tissue[n]!);
    if (Math.abs(log) > 1.5) continue;
    logs[n] = log;
    here[n] = 1;
  }
  const sigma = GAIN_MM / SHAPE_MM;
  const top = smoothWide(logs, shape, sigma);
  const bottom = smoothWide(here, shape, sigma);
  for (let n = 0; n < tissue.length; n++) {
    if (tissue[n] !== 0) tissue[n]! *= Math.exp(Math.max(-0.5, Math.min(0.5, top[n]! / (bottom[n]! + 0.02))));
  }
}

function correlation(a: Float32Array, b: Float32Array, keep: (n: number) => boolean): number {
  let [count, sa, sb, saa, sbb, sab] = [0, 0, 0, 0, 0, 0];
  for (let n = 0; n < a.length; n++) {
    if (!keep(n)) continue;
    const [x, y] = [a[n]!, b[n]!];
    count++;
    sa += x;
    sb += y;
    saa += x * x;
    sbb += y * y;
    sab += x * y;
  }
  const [va, vb] = [saa - (sa * sa) / count, sbb - (sb * sb) / count];
  return count > 1 && va > 0 && vb > 0 ? (sab - (sa * sb) / count) / Math.sqrt(va * vb) : 0;
}
