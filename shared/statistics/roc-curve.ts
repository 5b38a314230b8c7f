/** One operating point: scores of at least `threshold` are accepted. */
export interface RocPoint {
  /** Share of impostor scores accepted, 0…1. */
  readonly falseAccept: number;
  /** Share of genuine scores accepted, 0…1. */
  readonly trueAccept: number;
  readonly threshold: number;
}

/**
 * Receiver operating characteristic of a comparison in which a higher score means "more alike".
 *
 * From (0, 0), where nothing is accepted (threshold Infinity), to (1, 1). Equal scores are accepted together, so ties give
 * a slanted piece. Only corners are kept: what lies on the straight line between its neighbours says nothing more.
 * A comparison that could not be made has score −Infinity and is accepted last.
 *
 * @returns no points when either side is empty
 * @throws RangeError for a score that is NaN
 * @see Fawcett 2006, Pattern Recognition Letters 27:861–874, algorithm 1
 * @example rocCurve([0.9, 0.4], [0.5, 0.1]) // (0, 0) (0, 0.5) (0.5, 0.5) (0.5, 1) (1, 1)
 */
export function rocCurve(genuine: ArrayLike<number>, impostor: ArrayLike<number>): RocPoint[] {
  const own = sorted(genuine);
  const other = sorted(impostor);
  if (own.length === 0 || other.length === 0) return [];
  const corners: { g: number; m: number; threshold: number }[] = [
    { g: 0, m: 0, threshold: Number.POSITIVE_INFINITY },
  ];
  let g = 0;
  let m = 0;
  while (g < own.length || m < other.length) {
    const threshold = Math.max(
      own[own.length - 1 - g] ?? -Infinity,
      other[other.length - 1 - m] ?? -Infinity,
    );
    while (g < own.length && own[own.length - 1 - g] === threshold) g++;
    while (m < other.length && other[other.length - 1 - m] === threshold) m++;
    const [a, b] = [corners.at(-2), corners.at(-1)!];
    if (a && (b.g - a.g) * (m - b.m) === (g - b.g) * (b.m - a.m)) corners.pop();
    corners.push({ g, m, threshold });
  }
  return corners.map((c) => ({
    falseAccept: c.m / other.length,
    trueAccept: c.g / own.length,
    threshold: c.threshold,
  }));
}

function sorted(values: ArrayLike<number>): Float64Array {
  const out = Float64Array.from(values).sort();
  // NaN sorts to the end.
  if (Number.isNaN(out.at(-1) ?? 0)) throw new RangeError('Expected scores, got NaN among them.');
  return out;
}
