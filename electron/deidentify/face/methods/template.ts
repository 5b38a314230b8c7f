import { determinant } from '../../../../shared/geometry/affine.ts';
import type { Problem } from '../../../../shared/problem.ts';
import { averageIntensity, sampleAverage } from '../average-on-scan.ts';
import { type EditPlan, planEdit } from '../edit-plan.ts';
import type { FaceInput, FaceMethod } from '../face-method.ts';
import { farFromOwn, type NewFace, nearOwn } from '../far-from-own.ts';
import { matchTissue } from '../match-tissue.ts';
import { borderSkin, joinBorder, meetBorder, movedIn } from '../meet-border.ts';
import { grainField } from '../noise.ts';
import { paintHead } from '../paint-head.ts';
import { REGION_DEFAULTS, REGION_PARAMS, regionAssumptions } from '../regions.ts';

/** Millimetres over which a variation of the shape swells and sinks: a cheek, a jaw; finer would be lumps. */
const VARY_SIGMA_MM = 18;
const VARY_MM = 2;
/** Variations tried until one is far enough from the person's own face, and how each differs from the one before. */
const VARIATIONS = 9;
const WIDER = 0.12;
/** Share of the person's size that each further one follows less. */
const LESS = 0.2;

/**
 * Template: the average head's face is put in place of the person's.
 *
 * Shape: the skin of the average head, brought to the scan by an affine that knows only the brain, blended into the
 * person's own skin within `seamMm` of the border, whose skin it joins. An average face in the person's own size comes near to
 * the person's: it is varied, and follows that size less, until it is as far away as an average face that knows the brain only. Tissue: the average's, read at its depth below the skin and given the
 * scan's intensities, edge, noise and air.
 *
 * @see Schwarz et al. 2021 (mri_reface), NeuroImage 231; afni_refacer_run
 */
export const template: FaceMethod = {
  id: 'template',
  kind: 'reface',
  title: 'Average face',
  summary: 'Replaces face and ears by those of an average head, matched to the scan in brightness and noise.',
  reference:
    'The idea of mri_reface (Schwarz et al., NeuroImage 2021;231:117845) and afni_refacer, with an average head of our own.',
  caution:
    'On contrasts other than T1-weighted the tissue of the new face is only ranked like the scan’s: it looks less natural there.',
  version: '1.5.0',
  defaults: { ...REGION_DEFAULTS, seamMm: 14, varyMm: VARY_MM },
  params: {
    ...REGION_PARAMS,
    seamMm: {
      label: 'Width of the seam',
      unit: 'mm',
      meaning: 'Inside the border of the edit the own skin turns into the average one over this distance.',
      min: 4,
      max: 30,
    },
    varyMm: {
      label: 'Variation of the shape',
      unit: 'mm',
      meaning: 'Random swelling and sinking of the new face by the seed, so that no two scans get the same.',
      min: 0,
      max: 5,
    },
  },
  needsAverage: true,
  async propose(input) {
    const lead = input.leading && variedFace(await input.leading());
    const { plan, face } = variedFace(input, lead?.face.draws);
    const { averageSkin } = plan;
    const { distance } = face;
    input.signal.throwIfAborted();
    const intensity = averageIntensity(plan, averageSkin, distance);
    const first = matchTissue(plan, plan.head.work.data, distance, intensity);
    return {
      mask: plan.mask,
      values: paintHead(input, plan, distance, intensity, first),
      replaced: { ...plan.head.work, data: plan.weight },
      assumptions: [
        `The new face is the average one, varied at random (variation ${face.draws}), ${face.fromOwnMm.toFixed(1)} mm from the person’s own on average, where the average face is ${face.averageFromOwnMm.toFixed(1)} mm away.`,
        ...(first.likeT1
          ? []
          : ['The contrast is not T1: tissue of the new face was ranked like the scan’s own.']),
        ...regionAssumptions(input.params),
      ],
      problems: [...(first.likeT1 ? [] : [otherContrast()]), ...(face.farEnough ? [] : [nearOwn(face)])],
    };
  },
};

/** @param only number of the variation that the leading scan of the session got */
function variedFace(input: FaceInput, only?: number): { plan: EditPlan; face: NewFace } {
  const plan = planEdit(input, Number(input.params.seamMm ?? 14));
  const own = plan.head.distance;
  const border = borderSkin(plan);
  const size = meetBorder(plan, plan.averageSkin);
  const skin = movedIn(plan, plan.averageSkin);
  const varyMm = Number(input.params.varyMm ?? VARY_MM);
  const face = farFromOwn(plan, VARIATIONS, only, (draw) => {
    const share = Math.max(0, 1 - LESS * draw);
    const varied = variation(plan, varyMm * (1 + WIDER * draw), input.seed + 15_485_863 * draw);
    const shift = (n: number) => Math.fround(share * size[n]! + varied[n]!);
    const join = joinBorder(plan, border, (n) => own[n]! - skin(n, shift(n)));
    return (n) => skin(n, Math.fround(shift(n) + join(n)));
  });
  return { plan, face };
}

/** A smooth random field, mm on the working grid, the same on both sides of the face, so that scans do not all get one face. */
function variation(plan: EditPlan, deviationMm: number, seed: number): Float32Array {
  if (!(deviationMm > 0)) return new Float32Array(plan.weight.length);
  const { shape, affine } = plan.average.surface;
  const [nx, ny, nz] = shape as [number, number, number];
  const spacing = Math.cbrt(Math.abs(determinant(affine)));
  const field = grainField(shape, VARY_SIGMA_MM / spacing, seed + 104_729);
  const even = new Float32Array(field.length);
  // Index of the mirrored voxel along x: x = a·i + o, so −x lies at −2·o/a − i.
  const mirror = (-2 * affine[3]!) / affine[0]!;
  for (let n = 0; n < field.length; n++) {
    const i = n % nx;
    const other = Math.min(nx - 1, Math.max(0, Math.round(mirror - i)));
    // Both sides of one face are alike the nearer they lie: what that adds to the deviation is taken back.
    const x = (affine[0]! * i + affine[3]!) / VARY_SIGMA_MM;
    even[n] = (field[n]! + field[n - i + other]!) / Math.sqrt(2 + 2 * Math.exp(-x * x));
  }
  return sampleAverage(plan, even, affine, [nx, ny, nz]).map((v) => deviationMm * v);
}

function otherContrast(): Problem {
  return {
    code: 'template-other-contrast',
    level: 'info',
    subject: 'face',
    message:
      'The scan does not look T1-weighted; the new face has the shape of the average but only similar tissue.',
    fix: 'Look at the slices; mask out or blur work on any contrast.',
  };
}
