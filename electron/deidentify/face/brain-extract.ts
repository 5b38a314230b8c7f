import {
  type Affine,
  fromColumns,
  invert,
  multiply,
  type Vec3,
  voxelVolumeMm3,
} from '../../../shared/geometry/affine.ts';
import type { Problem } from '../../../shared/problem.ts';
import { conform } from '../../volume/conform.ts';
import { signedDistance } from '../../volume/distance.ts';
import { resample } from '../../volume/resample.ts';
import type { Volume } from '../../volume/volume.ts';
import { type BrainQuality, brainProblems, measureBrain, STRIPPED } from './brain-quality.ts';
import { growSurface, type SurfaceSettings } from './brain-surface.ts';
import { ball, evenOut } from './even-out.ts';
import { findHead, type HeadStart, percentiles } from './head-start.ts';
import { headTurned, type UprightBrain } from './head-turned.ts';
import type { Mesh } from './icosphere.ts';
import { above, countOnes, dilate, erode, fillHoles, largestComponent } from './morphology.ts';
import { fitAverageBrain, fitToBorder, type PriorFit } from './prior-fit.ts';
import { voxelise } from './voxelise.ts';

export interface BrainExtraction {
  /** 0/1 on the scan's own grid, first three axes. Includes ventricles and the fluid around the brain. */
  readonly mask: Uint8Array;
  readonly volumeMm3: number;
  /** ICBM152 millimetres → this scan's world millimetres, affine, from the brain alone; where the face is expected. */
  readonly standardToWorld: Affine;
  readonly quality: BrainQuality;
  readonly problems: readonly Problem[];
}

const SPACING = 2; // mm, working grid
const SIZES = [SPACING, SPACING, SPACING] as const;
/**
 * Smith's b_t = 0.5; the larger ones are tried only when the surface came to lie on the skin, and then on an anchor: how
 * much farther (mm) than the leash the rounds together may carry the surface from where the first fit was. Where scalp
 * touches brain without a dark layer, fit and surface would lead each other outwards for ever.
 */
const ATTEMPTS = [
  { fraction: 0.5, anchorMm: Infinity },
  { fraction: 0.65, anchorMm: 1 },
  { fraction: 0.75, anchorMm: 1 },
];
/** Times the fine surface is grown and the average brain fitted to it again; the last ones vote on each voxel. */
const ROUNDS = 5;
const VOTES = 3;
/** How far outside the average brain the surface may go before it is pushed back, mm. */
const SLACK_MM = 4;
/** Shading of the fine surface is read from voxels at least this deep in the average brain, mm. */
const DEEP_MM = 4;
/** Share of the brain's border within 4 mm of the outside of the head that means "on the skin". */
const ON_SKIN = 0.08;

/**
 * The brain of a whole-head T1-weighted scan, any orientation and resolution.
 *
 * On a 2 mm RAS grid: shading is evened out, a sphere hung from the top of the head grows to a rough surface (Smith 2002),
 * the ICBM152 average brain is fitted to its upper part, and a finer surface grows from inside that average brain on a
 * leash of 4 mm, which keeps it out of neck and orbits; fit and growth repeat with the shading read from inside the
 * average brain, so that what an edit did to the face reaches the result as little as possible. Doubt is reported as
 * Problems, never silent.
 *
 * @param volume first frame is used
 * @throws the signal's reason when aborted
 */
export async function extractBrain(
  volume: Volume,
  options: { signal: AbortSignal },
): Promise<BrainExtraction> {
  const raw = conform(volume, SPACING);
  const head = findHead(raw, SPACING);
  const work = evenOut(
    raw,
    ball(raw.shape, head.centre, 0.7 * head.halfWidthMm, SPACING),
    head.threshold,
    SPACING,
  );
  const outsideHead = signedDistance(closedHead(raw, head), work.shape, SIZES);
  let best: (Pick<UprightBrain, 'mask' | 'fit' | 'rough'> & { quality: BrainQuality }) | null = null;
  for (const { fraction, anchorMm } of ATTEMPTS) {
    const { mask, fit, rough, even } = findSurfaces(raw, work, head, { fraction, anchorMm }, options.signal);
    const quality = measureBrain({ mask, outsideHead, fit, work: even, spacingMm: SPACING, fraction });
    if (!best || quality.onSkin < 0.5 * best.quality.onSkin) best = { mask, fit, rough, quality };
    // A skull-stripped scan has no skin: trying again would only cut into the brain.
    if (quality.onSkin < ON_SKIN || quality.onSkin > STRIPPED) break;
  }
  const { mask: found, fit, rough, quality } = best!;
  const native = resample({ ...work, data: Float32Array.from(found) }, volume);
  const mask = above(native.data, 0.5);
  return {
    mask,
    volumeMm3: countOnes(mask) * voxelVolumeMm3(volume.affine),
    standardToWorld: multiply(work.affine, fit.affine),
    quality,
    problems: [
      ...brainProblems(quality, head.topCut),
      ...headTurned({ mask: found, fit, rough, shape: work.shape, spacingMm: SPACING }),
    ],
  };
}

/** The head as one body, skin to skin: the dark ring of the skull is bridged, so that it is not taken for air. */
function closedHead(raw: Volume<Float32Array>, head: HeadStart): Uint8Array {
  const grown = largestComponent(dilate(above(raw.data, head.threshold), raw.shape, 3), raw.shape);
  return erode(fillHoles(grown, raw.shape), raw.shape, 3);
}

/** First rough and free, then fine and held near the average brain, again and again. */
function findSurfaces(
  raw: Volume<Float32Array>,
  work: Volume<Float32Array>,
  head: HeadStart,
  { fraction, anchorMm }: { fraction: number; anchorMm: number },
  signal: AbortSignal,
): Pick<UprightBrain, 'mask' | 'fit' | 'rough'> & { even: Volume<Float32Array> } {
  const radius = (0.6 * head.halfWidthMm) / SPACING;
  const base = { low: 0, threshold: 0.2, fraction, spacingMm: SPACING, signal };
  const coarse = growSurface(work, {
    ...base,
    centre: head.centre,
    median: medianWithin(work, head.centre, radius),
    radiusMm: head.halfWidthMm * 0.5,
    iterations: 300,
    level: 3,
  });
  // The average brain's middle (0, −18, 8) on the head's, scaled by width (average half width of a head: 76 mm).
  const s = head.halfWidthMm / 76 / SPACING;
  const placed = fromColumns([s, 0, 0], [0, s, 0], [0, 0, s], head.centre);
  const start = multiply(placed, fromColumns([1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 18, -8]));
  let fit = fitAverageBrain(coarse, start, SPACING);
  const rough = { surface: coarse, fit };
  // From here on only the average brain and what lies in it decide, so that rounds forget how the face, the neck or
  // an edit of them shaped the first surface. Single rounds still waver by a voxel here and there: the last ones vote.
  const votes = new Uint8Array(raw.data.length);
  let even = work;
  let first: Float32Array | undefined;
  for (let round = 0; round < ROUNDS; round++) {
    const inside = voxelise(fit.mesh, raw.shape);
    const leash = signedDistance(inside, raw.shape, SIZES);
    first ??= leash.slice();
    for (let n = 0; n < leash.length; n++) leash[n] = Math.max(leash[n]!, first[n]! - anchorMm);
    if (round < 2) {
      const deep = above(
        leash.map((d) => -d),
        DEEP_MM,
      );
      even = evenOut(raw, inside, head.threshold, SPACING, deep);
    }
    const surface = regrow(even, fit, inside, leash, base);
    const mask = voxelise(surface, raw.shape);
    fit = fitToBorder(signedDistance(mask, raw.shape, SIZES), raw.shape, fit.affine, SPACING, -50);
    if (round >= ROUNDS - VOTES) for (let n = 0; n < votes.length; n++) votes[n]! += mask[n]!;
  }
  return { mask: Uint8Array.from(votes, (v) => (v > VOTES / 2 ? 1 : 0)), fit, rough, even };
}

function regrow(
  work: Volume<Float32Array>,
  fit: PriorFit,
  inside: Uint8Array,
  leash: Float32Array,
  base: Pick<SurfaceSettings, 'low' | 'threshold' | 'fraction' | 'spacingMm' | 'signal'>,
): Mesh {
  const centre: Vec3 = [0, 0, 0];
  const { points, triangles } = fit.mesh;
  for (let v = 0; v < points.length; v++) centre[v % 3]! += (3 * points[v]!) / points.length;
  const shrunk = points.slice();
  for (let v = 0; v < points.length; v++) shrunk[v] = centre[v % 3]! + 0.85 * (points[v]! - centre[v % 3]!);
  const [median] = percentiles(work.data, [50], (n) => inside[n] === 1 && work.data[n]! > 0.25) as [number];
  return growSurface(work, {
    ...base,
    centre,
    median,
    radiusMm: 0,
    iterations: 200,
    level: 4,
    start: { points: shrunk, triangles },
    leash,
    slackMm: SLACK_MM,
  });
}

function medianWithin(work: Volume<Float32Array>, centre: Vec3, radius: number): number {
  const [nx, ny] = work.shape as [number, number, number];
  const keep = (n: number) => {
    const i = n % nx;
    const j = ((n / nx) | 0) % ny;
    const k = (n / (nx * ny)) | 0;
    const d = (i - centre[0]) ** 2 + (j - centre[1]) ** 2 + (k - centre[2]) ** 2;
    return d < radius * radius && work.data[n]! > 0.25;
  };
  return percentiles(work.data, [50], keep)[0]! || 1;
}

/** World mm → ICBM152 mm of an extraction. */
export function worldToStandard(brain: BrainExtraction): Affine {
  return invert(brain.standardToWorld);
}
