/** The stack that a set of slice positions makes. */
export interface SliceStack {
  /** Input indices in ascending order along the normal; repeats of one position keep their input order. */
  order: number[];
  /** Distance along the normal, mm, one for each input. */
  distances: number[];
  /** Number of different positions. */
  slices: number;
  /** Input repeats of every position; 1 for a plain volume; 0 when positions repeat unevenly. */
  repeats: number;
  /** Steps between neighbouring positions, mm, ascending positions. */
  steps: number[];
  /** Median step, mm; 0 for a single position. */
  spacingMm: number;
  /** Angle between the slice normal and the line the positions lie on, degrees. */
  shearDeg: number;
  normal: Vector;
}

export type Vector = [number, number, number];

/** Positions closer than this are one position, mm. */
const samePositionMm = 0.01;

/**
 * Orders slices along their normal.
 *
 * @param positions ImagePositionPatient of each slice, mm, LPS
 * @param orientation ImageOrientationPatient they share, six numbers
 */
export function stackSlices(
  positions: readonly (readonly number[])[],
  orientation: readonly number[],
  normal = sliceNormal(orientation),
): SliceStack {
  const distances = positions.map((p) => p[0]! * normal[0] + p[1]! * normal[1] + p[2]! * normal[2]);
  const order = positions.map((_, n) => n).sort((a, b) => distances[a]! - distances[b]! || a - b);
  const steps: number[] = [];
  const counts: number[] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const n of order) {
    const d = distances[n]!;
    if (d - last <= samePositionMm) counts[counts.length - 1]!++;
    else {
      if (counts.length > 0) steps.push(d - last);
      counts.push(1);
      last = d;
    }
  }
  const repeats = counts.every((c) => c === counts[0]) ? (counts[0] ?? 0) : 0;
  return {
    order,
    distances,
    slices: counts.length,
    repeats,
    steps,
    spacingMm: median(steps),
    shearDeg: shearOf(positions, order, normal),
    normal,
  };
}

function shearOf(
  positions: readonly (readonly number[])[],
  order: readonly number[],
  normal: Vector,
): number {
  const first = positions[order[0]!];
  const last = positions[order.at(-1)!];
  if (!first || !last) return 0;
  const along = [last[0]! - first[0]!, last[1]! - first[1]!, last[2]! - first[2]!] as const;
  const length = Math.hypot(...along);
  if (length < samePositionMm) return 0;
  const cosine = Math.abs(along[0] * normal[0] + along[1] * normal[1] + along[2] * normal[2]) / length;
  return (Math.acos(Math.min(1, cosine)) * 180) / Math.PI;
}

/** Row direction × column direction, unit length. */
export function sliceNormal(o: readonly number[]): Vector {
  const n: Vector = [
    o[1]! * o[5]! - o[2]! * o[4]!,
    o[2]! * o[3]! - o[0]! * o[5]!,
    o[0]! * o[4]! - o[1]! * o[3]!,
  ];
  const length = Math.hypot(...n) || 1;
  return [n[0] / length, n[1] / length, n[2] / length];
}

/**
 * Voxel→world affine of a stack whose axes are DICOM's columns (i), rows (j) and ascending slices (k).
 *
 * @param first, last positions of the outermost slices, mm, LPS
 * @param step the slice vector when there is only one slice
 * @returns 4×4 row-major, mm, RAS+
 */
export function stackAffine(
  orientation: readonly number[],
  pixelSpacing: readonly number[],
  first: readonly number[],
  last: readonly number[],
  slices: number,
  step: Vector,
): number[] {
  const k = slices > 1 ? [0, 1, 2].map((n) => (last[n]! - first[n]!) / (slices - 1)) : step;
  // DICOM is LPS: the first two world axes change sign on the way to RAS.
  return [0, 1, 2]
    .flatMap((n) => {
      const sign = n < 2 ? -1 : 1;
      return [
        orientation[n]! * pixelSpacing[1]!,
        orientation[n + 3]! * pixelSpacing[0]!,
        k[n]!,
        first[n]!,
      ].map((v) => sign * v || 0);
    })
    .concat(0, 0, 0, 1);
}

/** Size of the box of a grid along right-left, anterior-posterior and superior-inferior, mm. */
export function worldExtentMm(affine: readonly number[], shape: readonly number[]): Vector {
  return [0, 1, 2].map((row) =>
    [0, 1, 2].reduce((sum, column) => sum + Math.abs(affine[4 * row + column]!) * (shape[column] ?? 1), 0),
  ) as Vector;
}

export function median(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
