import {
  type Affine,
  apply,
  fromColumns,
  identity,
  invert,
  multiply,
  type Vec3,
  voxelSizes,
} from '../../shared/geometry/affine.ts';
import { seededRandom } from '../../shared/statistics/seeded-random.ts';
import { conform } from './conform.ts';
import { linear } from './resample.ts';
import type { Volume } from './volume.ts';

export interface RigidRegistration {
  /** World mm of the fixed scan → world mm of the moving scan, rotation and translation only. */
  readonly fixedToMoving: Affine;
  /** Normalised mutual information, 1 (none) to 2, with the scans as they lay and after registration. */
  readonly nmiBefore: number;
  readonly nmi: number;
  /** Share of the fixed head's sample points that the moving scan covers after registration. */
  readonly overlap: number;
  /** How far the farthest corner of the fixed head moved, mm. */
  readonly movedMm: number;
}

export interface RigidOptions {
  readonly signal: AbortSignal;
  /** First guess, fixed world → moving world; the scanner's own frame (identity) unless told otherwise. */
  readonly start?: Affine;
  /**
   * The fixed scan is a few slices: its own voxels are the points, and the search stays near the start, because a slice
   * looks like many others.
   */
  readonly fewSlices?: boolean;
}

/** The scans share too little to be registered. */
export class RegistrationError extends Error {
  override name = 'RegistrationError';
}

const LEVELS = [
  { spacingMm: 6, points: 12_000, stepMm: 6 },
  { spacingMm: 3, points: 30_000, stepMm: 1.5 },
] as const;
const SLICE_LEVELS = [
  { spacingMm: 4, points: 20_000, stepMm: 3 },
  { spacingMm: 3, points: 60_000, stepMm: 1 },
] as const;
const BINS = 32;
const SMALLEST_STEP_MM = 0.05;
/** One radian moves a point of the head's surface by about this much, mm. */
const RADIUS_MM = 80;
const LEAST_OVERLAP = 0.25;

/**
 * Rigid registration of two scans of one head, of the same or of different contrast.
 *
 * Normalised mutual information over points of the fixed head (jittered, so that no grid is preferred), maximised by a
 * pattern search in six parameters, first at 6 mm, then at 3 mm. Deterministic.
 *
 * @throws RegistrationError when fewer than a quarter of the fixed head's points lie in the moving scan
 * @see Studholme et al. 1999 (normalised mutual information); Hooke & Jeeves 1961 (pattern search)
 */
export function registerRigid(fixed: Volume, moving: Volume, options: RigidOptions): RigidRegistration {
  const start = options.start ?? identity();
  let params = [0, 0, 0, 0, 0, 0]; // mm along x, y, z; mm of arc around x, y, z
  let [nmiBefore, nmi, overlap] = [1, 1, 0];
  let centre: Vec3 | undefined;
  let reachMm = 0;
  for (const [n, level] of (options.fewSlices ? SLICE_LEVELS : LEVELS).entries()) {
    const points = options.fewSlices
      ? slicePoints(fixed, level.points)
      : headPoints(conform(fixed, level.spacingMm), level.points);
    centre ??= middle(points.at);
    const origin = centre;
    if (n === 0) reachMm = reach(points.at, origin);
    const target = binned(conform(moving, level.spacingMm));
    const score = (p: readonly number[]) => similarity(points, target, multiply(start, rigid(p, origin)));
    const first = score([0, 0, 0, 0, 0, 0]);
    params = patternSearch((p) => score(p).nmi, params, level.stepMm, options.signal);
    const last = score(params);
    [nmiBefore, nmi, overlap] = [first.nmi, last.nmi, last.overlap];
  }
  if (overlap < LEAST_OVERLAP) {
    throw new RegistrationError(
      `Expected the two scans to show the same head; they share ${Math.round(100 * overlap)} % of it, at least 25 % is needed.`,
    );
  }
  const turn = Math.hypot(params[3]!, params[4]!, params[5]!) / RADIUS_MM;
  return {
    fixedToMoving: multiply(start, rigid(params, centre!)),
    nmiBefore,
    nmi,
    overlap,
    movedMm:
      Math.hypot(params[0]!, params[1]!, params[2]!) + 2 * Math.sin(Math.min(Math.PI, turn) / 2) * reachMm,
  };
}

/** Rotation about a centre, then translation. */
function rigid(p: readonly number[], centre: Vec3): Affine {
  const [ax, ay, az] = [p[3]! / RADIUS_MM, p[4]! / RADIUS_MM, p[5]! / RADIUS_MM];
  const angle = Math.hypot(ax, ay, az);
  const [x, y, z] = angle > 0 ? [ax / angle, ay / angle, az / angle] : [1, 0, 0];
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const t = 1 - c;
  const turn = fromColumns(
    [c + x * x * t, y * x * t + z * s, z * x * t - y * s],
    [x * y * t - z * s, c + y * y * t, z * y * t + x * s],
    [x * z * t + y * s, y * z * t - x * s, c + z * z * t],
    [0, 0, 0],
  );
  const moved = apply(turn, ...centre);
  for (let n = 0; n < 3; n++) turn[n * 4 + 3] = centre[n]! - moved[n]! + p[n]!;
  return turn;
}

interface Points {
  /** World mm, three numbers a point. */
  readonly at: Float64Array;
  readonly bin: Uint8Array;
}

/** Points of the head and of the air next to it, where the outline shows. */
function headPoints(volume: Volume<Float32Array>, wanted: number): Points {
  const [nx, ny, nz] = volume.shape as [number, number, number];
  const { data } = volume;
  const bins = binned(volume).bins;
  const solid = (n: number) => bins[n]! >= 2;
  const near: number[] = [];
  for (let k = 1; k < nz - 1; k++) {
    for (let j = 1; j < ny - 1; j++) {
      for (let i = 1; i < nx - 1; i++) {
        const n = i + nx * (j + ny * k);
        const edge = [1, -1, nx, -nx, nx * ny, -nx * ny].some((d) => solid(n + d));
        if (solid(n) || edge) near.push(n);
      }
    }
  }
  const next = seededRandom(1);
  const share = Math.min(1, wanted / Math.max(1, near.length));
  const at: number[] = [];
  const bin: number[] = [];
  const { low, scale } = binned(volume);
  for (const n of near) {
    if (next() > share) continue;
    const x = (n % nx) + next() - 0.5;
    const y = (Math.floor(n / nx) % ny) + next() - 0.5;
    const z = Math.floor(n / (nx * ny)) + next() - 0.5;
    at.push(...apply(volume.affine, x, y, z));
    bin.push(toBin(linear(data, nx, ny, nz, x, y, z), low, scale));
  }
  return { at: Float64Array.from(at), bin: Uint8Array.from(bin) };
}

/** How far beside the head, in mm, air counts as showing its outline. */
const BESIDE_MM = 6;

/** Voxels of the head in a few slices, and of the air next to it within the slices. */
function slicePoints(volume: Volume, wanted: number): Points {
  const [nx, ny, nz] = volume.shape as [number, number, number];
  const size = nx * ny * nz;
  const real = Float32Array.from({ length: size }, (_, n) => volume.data[n]! * volume.slope + volume.inter);
  const { bins } = binned({ ...volume, data: real, shape: [nx, ny, nz], slope: 1, inter: 0 });
  const sizes = voxelSizes(volume.affine);
  const near = bins.map((b) => (b >= 2 ? 1 : 0));
  for (const [axis, stride, count] of [
    [0, 1, nx],
    [1, nx, ny],
    [2, nx * ny, nz],
  ] as const) {
    const reach = Math.floor(BESIDE_MM / sizes[axis]!);
    if (count < 3 || reach < 1) continue;
    const before = near.slice();
    for (let n = 0; n < size; n++) {
      if (!before[n]) continue;
      const i = Math.floor(n / stride) % count;
      const first = Math.max(-reach, -i);
      const last = Math.min(reach, count - 1 - i);
      for (let m = first; m <= last; m++) near[n + m * stride] = 1;
    }
  }
  const next = seededRandom(1);
  const share = Math.min(
    1,
    wanted /
      Math.max(
        1,
        near.reduce((sum, v) => sum + v, 0),
      ),
  );
  const at: number[] = [];
  const bin: number[] = [];
  for (let n = 0; n < size; n++) {
    if (!near[n] || next() > share) continue;
    at.push(...apply(volume.affine, n % nx, Math.floor(n / nx) % ny, Math.floor(n / (nx * ny))));
    bin.push(bins[n]!);
  }
  return { at: Float64Array.from(at), bin: Uint8Array.from(bin) };
}

interface Binned {
  readonly volume: Volume<Float32Array>;
  readonly bins: Uint8Array;
  readonly low: number;
  readonly scale: number;
}

/** Intensities between the 1st and 99th percentile in equal steps. */
function binned(volume: Volume<Float32Array>): Binned {
  const sorted = Float32Array.from(volume.data).sort();
  const low = sorted[Math.floor(0.01 * (sorted.length - 1))]!;
  const high = sorted[Math.floor(0.99 * (sorted.length - 1))]!;
  const scale = (BINS - 0.001) / Math.max(1e-12, high - low);
  return { volume, bins: Uint8Array.from(volume.data, (v) => toBin(v, low, scale)), low, scale };
}

function toBin(value: number, low: number, scale: number): number {
  return Math.min(BINS - 1, Math.max(0, Math.floor((value - low) * scale)));
}

/** Normalised mutual information of the fixed points' values and the moving scan's at the same places. */
function similarity(points: Points, target: Binned, fixedToMoving: Affine): { nmi: number; overlap: number } {
  const { volume, low, scale } = target;
  const [nx, ny, nz] = volume.shape as [number, number, number];
  const m = multiply(invert(volume.affine), fixedToMoving);
  const joint = new Float64Array(BINS * BINS);
  const { at, bin } = points;
  let seen = 0;
  for (let n = 0; n < bin.length; n++) {
    const [px, py, pz] = [at[3 * n]!, at[3 * n + 1]!, at[3 * n + 2]!];
    const x = m[0]! * px + m[1]! * py + m[2]! * pz + m[3]!;
    const y = m[4]! * px + m[5]! * py + m[6]! * pz + m[7]!;
    const z = m[8]! * px + m[9]! * py + m[10]! * pz + m[11]!;
    if (!(x >= 0 && y >= 0 && z >= 0 && x <= nx - 1 && y <= ny - 1 && z <= nz - 1)) continue;
    joint[bin[n]! * BINS + toBin(linear(volume.data, nx, ny, nz, x, y, z), low, scale)]!++;
    seen++;
  }
  const overlap = seen / Math.max(1, bin.length);
  if (overlap < LEAST_OVERLAP) return { nmi: overlap, overlap }; // pulls the search back towards overlap
  const rows = new Float64Array(BINS);
  const columns = new Float64Array(BINS);
  let both = 0;
  for (let a = 0; a < BINS; a++) {
    for (let b = 0; b < BINS; b++) {
      const p = joint[a * BINS + b]! / seen;
      if (p > 0) both -= p * Math.log(p);
      rows[a]! += p;
      columns[b]! += p;
    }
  }
  const entropy = (h: Float64Array) => h.reduce((sum, p) => (p > 0 ? sum - p * Math.log(p) : sum), 0);
  return { nmi: both > 0 ? (entropy(rows) + entropy(columns)) / both : 2, overlap };
}

/** Maximises a function of six parameters: tries a step along each, follows what helped, halves the step. */
function patternSearch(
  score: (p: readonly number[]) => number,
  from: readonly number[],
  firstStep: number,
  signal: AbortSignal,
): number[] {
  let base = [...from];
  let best = score(base);
  for (let step = firstStep; step >= SMALLEST_STEP_MM; ) {
    signal.throwIfAborted();
    const explored = explore(score, base, best, step);
    if (explored.best <= best) {
      step /= 2;
      continue;
    }
    const leap = explored.at.map((v, n) => 2 * v - base[n]!);
    const farther = explore(score, leap, score(leap), step);
    base = farther.best > explored.best ? farther.at : explored.at;
    best = Math.max(farther.best, explored.best);
  }
  return base;
}

function explore(
  score: (p: readonly number[]) => number,
  from: readonly number[],
  value: number,
  step: number,
): { at: number[]; best: number } {
  const at = [...from];
  let best = value;
  for (let n = 0; n < at.length; n++) {
    const here = at[n]!;
    for (const side of [step, -step]) {
      at[n] = here + side;
      const now = score(at);
      if (now > best) {
        best = now;
        break;
      }
      at[n] = here;
    }
  }
  return { at, best };
}

function middle(at: Float64Array): Vec3 {
  const sum: Vec3 = [0, 0, 0];
  for (let n = 0; n < at.length; n++) sum[n % 3]! += (3 * at[n]!) / at.length;
  return sum;
}

function reach(at: Float64Array, centre: Vec3): number {
  let most = 0;
  for (let n = 0; n < at.length; n += 3) {
    most = Math.max(most, Math.hypot(at[n]! - centre[0], at[n + 1]! - centre[1], at[n + 2]! - centre[2]));
  }
  return most;
}
