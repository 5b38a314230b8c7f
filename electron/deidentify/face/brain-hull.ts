import type { Volume } from '../../volume/volume.ts';

/** A point of the sagittal profile: y (forwards) and z (upwards) in mm, RAS+. */
export type ProfilePoint = readonly [y: number, z: number];

/** The half-space in front of and below the brain: a point is beyond when `ny·y + nz·z − offset > 0` (mm). */
export interface ShearPlane {
  readonly ny: number;
  readonly nz: number;
  readonly offset: number;
  /** The two hull points the plane goes through before it is moved. */
  readonly front: ProfilePoint;
  readonly low: ProfilePoint;
}

/**
 * The brain mask seen from the side: the outermost (y, z) positions of its voxels, in mm.
 *
 * Of every row of voxels only its two ends are kept; the convex hull needs no others.
 */
export function sagittalProfile(volume: Volume, brain: Uint8Array): ProfilePoint[] {
  const [nx, ny, nz] = volume.shape as [number, number, number];
  const a = volume.affine;
  const out: ProfilePoint[] = [];
  for (let k = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      const row = nx * (j + ny * k);
      let first = -1;
      let last = -1;
      for (let i = 0; i < nx; i++) {
        if (!brain[row + i]) continue;
        if (first < 0) first = i;
        last = i;
      }
      if (first < 0) continue;
      for (const i of first === last ? [first] : [first, last]) {
        out.push([a[4]! * i + a[5]! * j + a[6]! * k + a[7]!, a[8]! * i + a[9]! * j + a[10]! * k + a[11]!]);
      }
    }
  }
  return out;
}

/** Convex hull by Andrew's monotone chain, counter-clockwise, without repeating the first point. */
export function convexHull(points: readonly ProfilePoint[]): ProfilePoint[] {
  const sorted = [...points].sort((p, q) => p[0] - q[0] || p[1] - q[1]);
  const half = (list: ProfilePoint[]) => {
    const chain: ProfilePoint[] = [];
    for (const p of list) {
      while (chain.length >= 2 && turn(chain.at(-2)!, chain.at(-1)!, p) <= 1e-9) chain.pop();
      chain.push(p);
    }
    chain.pop();
    return chain;
  };
  return [...half(sorted), ...half(sorted.reverse())];
}

function turn(a: ProfilePoint, b: ProfilePoint, c: ProfilePoint): number {
  return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}

/**
 * The plane through the two lowest-front points of a brain's profile.
 *
 * Of the hull edges that face forwards and downwards it is the longest: it spans the hollow in front of the brain
 * stem, from the base of the frontal lobe to the lowest point of brain stem or cerebellum.
 *
 * @returns null when the profile has no such edge (an empty or degenerate mask)
 */
export function shearPlane(hull: readonly ProfilePoint[]): ShearPlane | null {
  let best: ShearPlane | null = null;
  let longest = 0;
  hull.forEach((low, n) => {
    const front = hull[(n + 1) % hull.length]!;
    const length = Math.hypot(front[0] - low[0], front[1] - low[1]);
    if (length <= longest) return;
    // Counter-clockwise hull with y to the right and z up: the outward normal is the edge turned clockwise.
    const ny = (front[1] - low[1]) / length;
    const nz = -(front[0] - low[0]) / length;
    if (ny < 0.17 || nz > -0.17) return; // at least 10° from flat and from upright
    longest = length;
    best = { ny, nz, offset: ny * low[0] + nz * low[1], front, low };
  });
  return best;
}
