import type { Affine } from '../../shared/geometry/affine.ts';
import { voxelSizes } from '../../shared/geometry/affine.ts';
import { orientationOf } from '../../shared/geometry/orientation.ts';
import type { Problem } from '../../shared/problem.ts';
import type { ModelCard } from '../inference/model-card.ts';
import { BRAIN_LABELS, type HeadSegmentation } from './segmentation.ts';

/** Children of two years to the largest adults, with the fluid inside the skull, mm³. */
const BRAIN_LIMITS = { low: 700_000, high: 2_200_000 };
/** Less than this is a structure that was not found; the smallest real one (accumbens) has some 300 mm³. */
const FOUND_MM3 = 40;
/** Sides of a healthy pair differ by a few per cent; ventricles may differ by much more. */
const ASYMMETRY = 2;
/** A brain that ends in the border plane over more than this was cut by the field of view, mm². */
const CUT_MM2 = 150;
const APART_SHARE = 0.05;
/** Mean probability over the brain below which the labels should not be believed; set for version 1.1.0 (TESTING.md). */
export const LEAST_CONFIDENCE = 0.72;

/** Structures that shape the outline of the brain: cortex, white matter, cerebellum, brain stem, fluid around. */
const OUTER = [2, 41, 3, 42, 7, 46, 8, 47, 16, 24];
/** So many odd inner structures are a remark about those; more are a reason not to believe the whole. */
const FEW = 3;

type Structure = HeadSegmentation['structures'][number];

export interface Findings {
  readonly structures: readonly Structure[];
  readonly confidence: number;
  readonly apartShare: number;
  readonly notFinite: number;
  /** Area of brain in each outermost plane of the scan, mm²: [axis][0 first plane, 1 last plane]. */
  readonly borderMm2: readonly (readonly [number, number])[];
  readonly affine: Affine;
}

/**
 * What about a segmentation should make a person look, each in a technician's words.
 *
 * Level warning, but info for up to three odd structures deep in the brain: they say nothing about its outline, and their
 * volumes vary most.
 *
 * @param subject the scan's name in the user's words
 */
export function checkStructures(
  found: Findings,
  limits: ModelCard['populationLimits'],
  subject: string,
): Problem[] {
  const problems: Problem[] = [];
  const inner: Problem[] = [];
  const add = (code: string, message: string, fix: string) =>
    problems.push({ code, level: 'warning', subject, message, fix });
  const addAbout = (label: number, code: string, message: string, fix: string) =>
    OUTER.includes(label)
      ? add(code, message, fix)
      : inner.push({ code, level: 'warning', subject, message, fix });
  const brain = found.structures.filter((s) => BRAIN_LABELS.includes(s.label));
  const total = brain.reduce((sum, s) => sum + s.volumeMm3, 0);
  const whole = limits?.brain ?? BRAIN_LIMITS;
  const look = 'Look at the scan before using its numbers.';

  if (total < whole.low || total > whole.high) {
    add(
      'brain-volume-implausible',
      `The brain was measured at ${ml(total)}; expected ${ml(whole.low)} to ${ml(whole.high)}.`,
      'Check that this is a scan of a whole head and that its voxel sizes are right.',
    );
  }
  const missing = brain.filter((s) => s.volumeMm3 < FOUND_MM3);
  if (missing.length > 0) {
    const outer = missing.find((s) => OUTER.includes(s.label)) ?? missing[0]!;
    const label = missing.length > FEW ? OUTER[0]! : outer.label;
    addAbout(
      label,
      'structures-missing',
      `Not found in the brain: ${list(missing.map((s) => s.structure))}.`,
      look,
    );
  }
  for (const s of found.structures) {
    const limit = limits?.[s.structure];
    if (!limit || missing.includes(s) || (s.volumeMm3 >= limit.low && s.volumeMm3 <= limit.high)) continue;
    addAbout(
      s.label,
      'structure-volume-unusual',
      `${capital(s.structure)} was measured at ${Math.round(s.volumeMm3)} mm³; most people have ${Math.round(limit.low)} to ${Math.round(limit.high)} mm³.`,
      look,
    );
  }
  for (const s of brain) {
    const name = /^left (.*)$/.exec(s.structure)?.[1];
    const other = name && brain.find((o) => o.structure === `right ${name}`);
    if (!other || /ventricle/.test(name) || missing.includes(s) || missing.includes(other)) continue;
    const ratio = s.volumeMm3 / other.volumeMm3;
    if (ratio <= ASYMMETRY && ratio >= 1 / ASYMMETRY) continue;
    addAbout(
      s.label,
      'sides-differ',
      `The two sides of the ${name} differ: ${Math.round(s.volumeMm3)} mm³ left, ${Math.round(other.volumeMm3)} mm³ right.`,
      look,
    );
  }
  if (found.apartShare > APART_SHARE) {
    add(
      'brain-in-pieces',
      `${percent(found.apartShare)} of what was taken for brain is not connected with the rest of it.`,
      look,
    );
  }
  const cut = cutSides(found);
  if (cut.length > 0) {
    add(
      'brain-cut',
      `The brain reaches the border of the picture (${list(cut)}): the scan does not hold all of it.`,
      'Do not use its whole-brain volumes; structures away from that border may be used.',
    );
  }
  if (found.confidence < LEAST_CONFIDENCE && total > 0) {
    add(
      'segmentation-unsure',
      `The network was unsure: ${percent(found.confidence)} mean certainty over the brain, expected ${percent(LEAST_CONFIDENCE)} or more.`,
      'Check the kind of scan and its quality before using its numbers.',
    );
  }
  if (found.notFinite > 0) {
    add(
      'values-not-finite',
      `${percent(found.notFinite)} of the voxels hold no number; they were taken as 0.`,
      'Convert the scan again from its source.',
    );
  }
  const remark = inner.length <= FEW;
  return [...problems, ...inner.map((p) => (remark ? { ...p, level: 'info' as const } : p))];
}

/**
 * Area of brain in the outermost planes of a label map, mm².
 *
 * @param channel i-fastest
 * @param brain 1 per channel of the brain
 */
export function borderAreas(
  channel: Uint8Array,
  shape: readonly number[],
  brain: Uint8Array,
  affine: Affine,
): [number, number][] {
  const sizes = voxelSizes(affine);
  const strides = [1, shape[0]!, shape[0]! * shape[1]!];
  return [0, 1, 2].map((axis) => {
    const [a, b] = [0, 1, 2].filter((n) => n !== axis) as [number, number];
    const area = sizes[a]! * sizes[b]!;
    const countIn = (plane: number) => {
      let many = 0;
      for (let q = 0; q < shape[b]!; q++) {
        for (let p = 0; p < shape[a]!; p++) {
          many += brain[channel[plane * strides[axis]! + p * strides[a]! + q * strides[b]!]!]!;
        }
      }
      return many * area;
    };
    return [countIn(0), countIn(shape[axis]! - 1)];
  });
}

function cutSides(found: Findings): string[] {
  const names = [
    ['left', 'right'],
    ['back', 'front'],
    ['bottom', 'top'],
  ];
  return orientationOf(found.affine).flatMap(({ axis, flip }, n) => {
    const [first, last] = found.borderMm2[n]!;
    const [low, high] = flip > 0 ? [first, last] : [last, first];
    return [...(low > CUT_MM2 ? [names[axis]![0]!] : []), ...(high > CUT_MM2 ? [names[axis]![1]!] : [])];
  });
}

const ml = (mm3: number) => `${Math.round(mm3 / 1000)} ml`;
const percent = (share: number) => `${Number((100 * share).toPrecision(2))} %`;
const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
const list = (names: readonly string[]) =>
  names.length > 6 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ');
