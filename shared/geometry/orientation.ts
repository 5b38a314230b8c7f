import { type Affine, determinant, invert, SingularAffineError, voxelSizes } from './affine.ts';

/** Three letters, one per array axis: the side of the body towards which the index grows, e.g. `RAS`, `PSR`. */
export type AxisCodes = string;

/** For each array axis: the world axis it runs along (0 = x, 1 = y, 2 = z) and the direction it grows in. */
export type Orientation = readonly { readonly axis: 0 | 1 | 2; readonly flip: 1 | -1 }[];

const NEGATIVE = ['L', 'P', 'I'];
const POSITIVE = ['R', 'A', 'S'];

/** The rotation (or rotoreflection) nearest to the 3×3 block without its zooms, by Newton's iteration for the polar factor. */
export function nearestRotation(m: Affine): Float64Array {
  const sizes = voxelSizes(m).map((s) => s || 1);
  let r: Affine = Float64Array.of(
    ...[m[0]! / sizes[0]!, m[1]! / sizes[1]!, m[2]! / sizes[2]!, 0],
    ...[m[4]! / sizes[0]!, m[5]! / sizes[1]!, m[6]! / sizes[2]!, 0],
    ...[m[8]! / sizes[0]!, m[9]! / sizes[1]!, m[10]! / sizes[2]!, 0],
    ...[0, 0, 0, 1],
  );
  if (Math.abs(determinant(r)) < 1e-9) {
    throw new SingularAffineError(
      `Expected an affine with three independent axes, got [${Array.from(m).join(', ')}].`,
    );
  }
  for (let step = 0; step < 60; step++) {
    const inverse = invert(r);
    const next = new Float64Array(16);
    let moved = 0;
    for (let a = 0; a < 3; a++) {
      for (let b = 0; b < 3; b++) {
        next[a * 4 + b] = 0.5 * (r[a * 4 + b]! + inverse[b * 4 + a]!); // (R + R⁻ᵀ)/2
        moved = Math.max(moved, Math.abs(next[a * 4 + b]! - r[a * 4 + b]!));
      }
    }
    next[15] = 1;
    r = next;
    if (moved < 1e-14) break;
  }
  return r;
}

/**
 * Which world axis each array axis runs along, and in which direction.
 *
 * The axis whose direction is least in doubt chooses first, so the answer is a permutation also for
 * strongly oblique grids.
 *
 * @throws SingularAffineError when the affine flattens space
 */
export function orientationOf(affine: Affine): Orientation {
  const r = nearestRotation(affine);
  const order = [0, 1, 2].sort((a, b) => strongest(r, b) - strongest(r, a));
  const taken = new Set<number>();
  const out: { axis: 0 | 1 | 2; flip: 1 | -1 }[] = [];
  for (const column of order) {
    let best = -1;
    for (let row = 0; row < 3; row++) {
      if (taken.has(row)) continue;
      if (best < 0 || Math.abs(r[row * 4 + column]!) > Math.abs(r[best * 4 + column]!)) best = row;
    }
    taken.add(best);
    out[column] = { axis: best as 0 | 1 | 2, flip: r[best * 4 + column]! < 0 ? -1 : 1 };
  }
  return out;
}

function strongest(r: Float64Array, column: number): number {
  return Math.max(Math.abs(r[column]!), Math.abs(r[4 + column]!), Math.abs(r[8 + column]!));
}

/** @example axisCodes(diag(-1, 1, 1)) // 'LAS' */
export function axisCodes(affine: Affine): AxisCodes {
  return orientationOf(affine)
    .map((o) => (o.flip > 0 ? POSITIVE : NEGATIVE)[o.axis]!)
    .join('');
}

/**
 * The orientation that three axis letters name.
 *
 * @throws RangeError for anything but one letter of each pair RL, AP, SI
 */
export function parseAxisCodes(codes: AxisCodes): Orientation {
  const out = Array.from(codes, (letter) => {
    const plus = POSITIVE.indexOf(letter);
    const minus = NEGATIVE.indexOf(letter);
    return { axis: Math.max(plus, minus) as 0 | 1 | 2, flip: (plus >= 0 ? 1 : -1) as 1 | -1 };
  });
  const axes = new Set(out.map((o) => o.axis));
  if (out.length !== 3 || axes.size !== 3 || axes.has(-1 as 0)) {
    throw new RangeError(
      `Expected three axis letters, one each of R/L, A/P and S/I (such as RAS), got "${codes}".`,
    );
  }
  return out;
}

/** All 48 ways to store a volume along the body axes: 6 permutations × 8 sign patterns. */
export function allAxisCodes(): AxisCodes[] {
  const out: AxisCodes[] = [];
  const orders = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ];
  for (const order of orders) {
    for (let signs = 0; signs < 8; signs++) {
      out.push(order.map((axis, n) => (signs & (1 << n) ? NEGATIVE : POSITIVE)[axis]!).join(''));
    }
  }
  return out;
}
