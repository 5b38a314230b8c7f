import { type Affine, apply, multiply, type Vec3, voxelSizes } from '../../../shared/geometry/affine.ts';
import type { Problem } from '../../../shared/problem.ts';
import type { HeadSegmentation } from '../../segmentation/segmentation.ts';
import type { Volume } from '../../volume/volume.ts';
import { applySimilarity, fitAffine, fitSimilarity, type PointPair } from './centroid-fit.ts';

/** Parts of a head that a method may edit, as bits of `AverageHead.regions`. */
export const REGION = { face: 1, ears: 2, mouth: 4, forehead: 8, wrap: 16 } as const;
export type RegionName = keyof typeof REGION;

/** The population-average head, in its own space (mm, RAS+, near ICBM152). */
export interface AverageHead {
  readonly id: string;
  readonly version: string;
  /** SHA-256 of the files it was read from. */
  readonly sha256: string;
  /** Mean intensity; 1 is the mean of white matter, 0 is air. */
  readonly intensity: Volume<Float32Array>;
  /** Mean signed distance to the head's surface, mm, negative inside; same grid. */
  readonly surface: Volume<Float32Array>;
  /** Bit set of REGION per voxel; same grid. Regions reach beyond the skin into the air in front of it. */
  readonly regions: Volume<Uint8Array>;
  /** Structure centroids in this space by FreeSurfer label, with the weight (1 / mm²) each has in a fit. */
  readonly centroids: readonly { readonly label: number; readonly at: Vec3; readonly weight: number }[];
  /** This space's mm → ICBM152 mm as `extractBrain` places them, from people in whom both were found; absent: the same. */
  readonly toOutline?: Affine;
}

/** Where the average head lies in a scan. */
export interface FaceFrame {
  /** Average-head mm → this scan's world mm, affine. */
  readonly averageToWorld: Affine;
  /** Root mean square distance between fitted and found centroids, mm; null when fitted from the brain's outline. */
  readonly residualMm: number | null;
  readonly source: 'centroids' | 'brain-outline';
  readonly problems: readonly Problem[];
}

/** A frame, or the reason why there is none. */
export type FaceFrameResult =
  | FaceFrame
  | { readonly averageToWorld: null; readonly problems: readonly Problem[] };

/** Structures a fit needs; below `ENOUGH` it is mostly a similarity, and says so. */
const FEWEST = 4;
const ENOUGH = 12;
/** Distance from where the fit expects it, in deviations over people, at which a structure stops pulling. */
const REACH = 6;
/** Zoom from the average adult to a head: a newborn's brain is 0.65 as long. */
const ZOOM = { low: 0.55, high: 1.5 } as const;
/** Root mean square distance beyond which a head is not like the average's, mm; 99 % of adults lie below 3. */
const DOUBTFUL_MM = 6;
/** Least mean probability of a structure that may pull. */
const LEAST_CONFIDENCE = 0.3;

type Structure = Pick<
  HeadSegmentation['structures'][number],
  'label' | 'structure' | 'centroidRas' | 'confidence'
>;
type Named = PointPair & { readonly structure: string };

/**
 * The average head brought to a scan by the centroids of its brain structures, affine, in closed form.
 *
 * The fit starts from the similarity that most structures agree on (triples of structures, each tried) and goes on by
 * reweighted least squares (Tukey), so that a structure found in the wrong place does not bend it. Structures that are
 * missing are left out; few of them give little more than a similarity.
 *
 * Names of left and right that contradict the picture are found out by a fit with the sides exchanged: the frame returned
 * is then the anatomical one, with a warning.
 *
 * @param structures of a {@link HeadSegmentation}, world mm RAS+
 */
export function frameFromCentroids(average: AverageHead, structures: readonly Structure[]): FaceFrameResult {
  const seen = structures.filter(
    (s) => s.centroidRas?.every(Number.isFinite) && s.confidence >= LEAST_CONFIDENCE,
  );
  const pairs = pairUp(average, seen, (label) => label);
  if (pairs.length < FEWEST) {
    return none(
      `Expected the middles of at least ${FEWEST} brain structures to place the average face, got ${pairs.length}.`,
    );
  }
  const straight = robustFit(pairs);
  const exchanged = robustFit(pairUp(average, seen, otherSide));
  const mirrored = !!exchanged && (!straight || exchanged.cost < 0.7 * straight.cost);
  const fit = mirrored ? exchanged : straight;
  if (!fit) {
    return none(
      `Expected brain structures spread over the head, got ${pairs.length} that lie on a line or contradict each other.`,
    );
  }
  const problems: Problem[] = [];
  if (mirrored) {
    problems.push({
      code: 'face-frame-sides-exchanged',
      level: 'warning',
      subject: 'average face',
      message:
        'Structures named left lie where the right ones should be: the scan seems to be stored mirrored, or its left and right are named wrongly.',
      fix: 'Check the orientation of the scan before relying on left and right.',
    });
  }
  if (fit.used.length < ENOUGH) {
    problems.push({
      code: 'face-frame-few-structures',
      level: 'warning',
      subject: 'average face',
      message: `The average face was placed by ${fit.used.length} brain structures; ${ENOUGH} or more are expected.`,
    });
  }
  const zooms = voxelSizes(fit.affine);
  if (zooms.some((z) => z < ZOOM.low || z > ZOOM.high)) {
    return none(
      `Expected a head between ${ZOOM.low} and ${ZOOM.high} times the average adult's, got ${zooms.map((z) => z.toFixed(2)).join(' × ')}.`,
    );
  }
  if (fit.residualMm > DOUBTFUL_MM) {
    problems.push({
      code: 'face-frame-doubtful',
      level: 'warning',
      subject: 'average face',
      message: `Brain structures lie ${fit.residualMm.toFixed(1)} mm from where the average head has them; up to ${DOUBTFUL_MM} mm are expected.`,
      fix: 'Look at where the face was placed.',
    });
  }
  if (fit.left.length > 0) {
    problems.push({
      code: 'face-frame-outliers',
      level: 'info',
      subject: 'average face',
      message: `Not used to place the average face, because they lie elsewhere than the others say: ${fit.left.join(', ')}.`,
    });
  }
  return { averageToWorld: fit.affine, residualMm: fit.residualMm, source: 'centroids', problems };
}

/**
 * The average head brought to a scan by the outline of its brain: the way without a network.
 *
 * @param standardToWorld from `extractBrain`: ICBM152 mm → world mm
 */
export function frameFromOutline(average: AverageHead, standardToWorld: Affine): FaceFrame {
  return {
    averageToWorld: average.toOutline ? multiply(standardToWorld, average.toOutline) : standardToWorld,
    residualMm: null,
    source: 'brain-outline',
    problems: [],
  };
}

function none(message: string): FaceFrameResult {
  return {
    averageToWorld: null,
    problems: [{ code: 'face-frame-missing', level: 'warning', subject: 'average face', message }],
  };
}

function pairUp(average: AverageHead, seen: readonly Structure[], name: (label: number) => number): Named[] {
  const known = new Map(average.centroids.map((c) => [c.label, c]));
  return seen.flatMap((s) => {
    const c = known.get(name(s.label));
    return c ? [{ from: c.at, to: s.centroidRas!, weight: c.weight, structure: s.structure }] : [];
  });
}

/** FreeSurfer's label of the same structure on the other side; middle ones keep theirs. */
function otherSide(label: number): number {
  return OTHER_SIDE.get(label) ?? label;
}
// biome-ignore format: one pair each
const SIDES: readonly (readonly [left: number, right: number])[] = [
  [2, 41], [3, 42], [4, 43], [5, 44], [7, 46], [8, 47], [10, 49], [11, 50], [12, 51], [13, 52], [17, 53], [18, 54],
  [26, 58], [28, 60],
];
const OTHER_SIDE = new Map<number, number>([...SIDES, ...SIDES.map(([l, r]) => [r, l] as const)]);

interface RobustFit {
  readonly affine: Affine;
  readonly residualMm: number;
  /** Mean of each structure's squared distance in deviations, cut at REACH². */
  readonly cost: number;
  readonly used: readonly Named[];
  readonly left: readonly string[];
}

function robustFit(pairs: readonly Named[]): RobustFit | undefined {
  const start = agreedSimilarity(pairs);
  if (!start) return undefined;
  // Distances in deviations; a head unlike the average (a child's, a shrunken brain) makes all of them longer.
  let far = pairs.map(
    (p) => (length(applySimilarity(start, p.from), p.to) * Math.sqrt(p.weight)) / start.zoom,
  );
  let affine: Affine | undefined;
  for (let step = 0; step < 40; step++) {
    const reach = Math.max(REACH, 3 * median(far), step === 0 ? 3 * REACH : 0);
    const pulling = pairs.flatMap((p, n) => {
      const share = far[n]! / reach;
      return share < 1 ? [{ ...p, weight: p.weight * (1 - share ** 2) ** 2 }] : [];
    });
    const next = fitAffine(pulling);
    if (!next) return undefined;
    affine = next;
    const zoom = Math.cbrt(Math.abs(zoomOf(next)));
    const moved = pairs.map((p) => (length(apply(next, ...p.from), p.to) * Math.sqrt(p.weight)) / zoom);
    const change = Math.max(...moved.map((v, n) => Math.abs(v - far[n]!)));
    far = moved;
    if (step > 3 && change < 1e-9) break;
  }
  const reach = Math.max(REACH, 3 * median(far));
  const used = pairs.filter((_, n) => far[n]! < reach);
  const sum = used.reduce((total, p) => total + length(apply(affine!, ...p.from), p.to) ** 2, 0);
  return {
    affine: affine!,
    residualMm: Math.sqrt(sum / used.length),
    cost: far.reduce((total, v) => total + Math.min(v, REACH) ** 2, 0) / far.length,
    used,
    left: pairs.filter((p) => !used.includes(p)).map((p) => p.structure),
  };
}

/** The similarity of three structures that the most others agree with. */
function agreedSimilarity(pairs: readonly Named[]) {
  // Enough draws for a clean triple when a third of the structures is wrong: 1 − (1 − (2/3)³)^400 ≈ 1.
  const triples = drawTriples(pairs.length, 400);
  let best: ReturnType<typeof fitSimilarity>;
  let least = Infinity;
  for (const triple of [...triples, pairs.map((_, n) => n)]) {
    const s = fitSimilarity(triple.map((n) => pairs[n]!));
    if (!s || s.zoom < ZOOM.low || s.zoom > ZOOM.high) continue;
    let cost = 0;
    for (const p of pairs) {
      const d = (length(applySimilarity(s, p.from), p.to) / s.zoom) ** 2 * p.weight;
      cost += d / (d + REACH ** 2); // Geman–McClure: far is far, however far
    }
    if (cost < least) {
      least = cost;
      best = s;
    }
  }
  return best;
}

/** The same triples every time: a fixed linear congruential sequence (Numerical Recipes). */
function drawTriples(count: number, wanted: number): number[][] {
  let state = 1;
  const draw = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * count);
  };
  const triples: number[][] = [];
  for (let n = 0; n < wanted; n++) {
    const triple = [draw(), draw(), draw()];
    if (new Set(triple).size === 3) triples.push(triple);
  }
  return triples;
}

function zoomOf(m: Affine): number {
  const [a, b, c] = voxelSizes(m);
  return a * b * c;
}

function length(a: Vec3, b: Vec3 | readonly number[]): number {
  return Math.hypot(a[0] - b[0]!, a[1] - b[1]!, a[2] - b[2]!);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}
