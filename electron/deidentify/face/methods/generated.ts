import { determinant } from '../../../../shared/geometry/affine.ts';
import type { Problem } from '../../../../shared/problem.ts';
import { averageIntensity } from '../average-on-scan.ts';
import { type EditPlan, planEdit } from '../edit-plan.ts';
import { brainLevel, faceChannels, tissueOnWork } from '../face-box.ts';
import type { FaceInput, FaceMethod } from '../face-method.ts';
import { type NewFace, nearOwn } from '../far-from-own.ts';
import { type FaceShapes, installedFaceShapes } from '../face-shapes.ts';
import { FACE_SPACE } from '../generate-face.ts';
import { looksLikeT1, matchTissue } from '../match-tissue.ts';
import { newFace } from '../new-face.ts';
import { paintHead } from '../paint-head.ts';
import { REGION_DEFAULTS, REGION_PARAMS, regionAssumptions } from '../regions.ts';

/** Beyond this distance from the new skin no tissue is needed, mm. */
const REACH_MM = 6;
/** Kept air farther than this from the skin is shown to the network as none, mm: ghosts and noise. */
const AIR_MM = 6;

interface Generated {
  readonly id: string;
  readonly title: string;
  readonly summary: string;
  readonly reference: string;
}

/**
 * Replaces the face by one that a network makes.
 *
 * Shape: a face drawn at random from how people's faces differ (`models/face-shapes`), brought to the scan by the brain and
 * joined to the skin that stays. Tissue: a generator fills the new head from what is kept around the edit. A scan of another
 * contrast gets the same face: the generator is then shown the average head's T1-like tissue in place of the scan's, and the
 * result takes the scan's intensities by rank within layers of depth.
 */
function generated({ id, title, summary, reference }: Generated): FaceMethod {
  return {
    id,
    kind: 'reface',
    title,
    summary,
    reference,
    caution:
      'The network was trained on T1-weighted heads of adults at 2 mm: fine texture of the new face is softer than the scan’s.',
    version: '1.3.0',
    model: id,
    defaults: { ...REGION_DEFAULTS, seamMm: 14, amount: 0.8, model: id },
    params: {
      ...REGION_PARAMS,
      seamMm: {
        label: 'Width of the seam',
        unit: 'mm',
        meaning: 'Inside the border of the edit the own skin turns into the new one over this distance.',
        min: 4,
        max: 30,
      },
      amount: {
        label: 'Difference from the average face',
        unit: '× people',
        meaning: 'How far the new face may lie from the average one; 1 is as far as people do.',
        min: 0,
        max: 1.5,
      },
      model: {
        label: 'Network',
        unit: '',
        meaning: 'The generator that makes the tissue: the one shipped with Refacade, or one that a pack added.',
      },
    },
    needsAverage: true,
    async propose(input) {
      const shapes = await installedFaceShapes();
      if (!shapes) throw new Error('The face shapes (models/face-shapes) are not installed.');
      if (!input.generate) throw new Error('No generator network can be run here.');
      const lead = input.leading && drawnFace(await input.leading(), shapes);
      const { plan, scale, face } = drawnFace(input, shapes, lead?.face.draws);
      const average = plan.averageSkin;
      input.signal.throwIfAborted();
      const { distance } = face;
      const likeT1 = looksLikeT1(plan, plan.head.work.data, averageIntensity(plan, average, average));
      const kept = likeT1 ? keptTissue(input, plan) : averageIntensity(plan, average, plan.head.distance);
      if (likeT1 && plan.voids) {
        // The dark of a void would go on in the new face.
        const usual = averageIntensity(plan, average, plan.head.distance);
        for (let n = 0; n < kept.length; n++) if (plan.voids[n]) kept[n] = usual[n]!;
      }
      const channels = faceChannels(plan, kept, distance, scale, input.seed);
      const made = await input.generate(String(input.params.model || id), channels, input.signal);
      input.signal.throwIfAborted();
      const voxels = FACE_SPACE.shape[0] * FACE_SPACE.shape[1] * FACE_SPACE.shape[2];
      if (made.tissue.length !== voxels) {
        throw new Error(`Expected ${voxels} voxels from the network, got ${made.tissue.length}.`);
      }
      const intensity = tissueOnWork(plan, made.tissue, kept, distance, REACH_MM);
      const matched = matchTissue(plan, plan.head.work.data, distance, intensity);
      return {
        mask: plan.mask,
        values: paintHead(input, plan, distance, intensity, matched),
        replaced: { ...plan.head.work, data: plan.weight },
        model: made.model,
        assumptions: [
          `The new face is nobody’s: drawn at random (${face.draws === 1 ? 'first draw' : `draw ${face.draws}`}), ${face.fromOwnMm.toFixed(1)} mm from the person’s own on average, where the average face is ${face.averageFromOwnMm.toFixed(1)} mm away.`,
          `Its tissue was made by a network on ${made.provider}.`,
          ...(likeT1
            ? []
            : ['The contrast is not T1: tissue of the new face was ranked like the scan’s own.']),
          ...regionAssumptions(input.params),
        ],
        problems: [
          ...(likeT1 ? [] : [otherContrast()]),
          ...(!face.farEnough ? [nearOwn(face)] : []),
        ],
      };
    },
  };
}

/** @param only number of the face that the leading scan of the session got */
function drawnFace(
  input: FaceInput,
  shapes: FaceShapes,
  only?: number,
): { plan: EditPlan; scale: number; face: NewFace } {
  const plan = planEdit(input, Number(input.params.seamMm ?? 14));
  const scale = Math.cbrt(Math.abs(determinant(plan.frame.averageToWorld)));
  const face = newFace(plan, shapes, scale, input.seed, Number(input.params.amount ?? 0.8), only);
  return { plan, scale, face };
}

/** The scan's intensities as the network knows them: air 0, brighter half of the brain 1. Working grid. */
function keptTissue(input: FaceInput, plan: EditPlan): Float32Array {
  const { data } = plan.head.work;
  const { distance } = plan.head;
  const outside: number[] = [];
  for (let n = 0; n < data.length; n += 3) if (distance[n]! > 10 && !plan.bits[n]) outside.push(data[n]!);
  const air = Float64Array.from(outside).sort()[outside.length >> 1] ?? 0;
  const level = brainLevel(input.volume, input.brain, air) || 1;
  return data.map((v, n) => (distance[n]! > AIR_MM ? 0 : Math.min(3, Math.max(0, (v - air) / level))));
}

function otherContrast(): Problem {
  return {
    code: 'generated-other-contrast',
    level: 'info',
    subject: 'face',
    message: 'The scan does not look T1-weighted; the new face has the same shape but only similar tissue.',
    fix: 'Look at the slices; mask out or blur work on any contrast.',
  };
}

/** Slice by slice: Huelnhagen et al.'s 2.5-D Pix2Pix, conditioned on a drawn shape. */
export const pix2pix: FaceMethod = generated({
  id: 'pix2pix-2.5d',
  title: 'Generated face, slice by slice',
  summary: 'Replaces face and ears by a new face that a network paints slice by slice.',
  reference: 'Huelnhagen et al., refacing with 2.5-D Pix2Pix; Isola et al. 2017, arXiv:1611.07004.',
});

/** In one piece: Molchanova et al.'s 3-D conditional GAN, conditioned on a drawn shape. */
export const cgan: FaceMethod = generated({
  id: 'cgan-3d',
  title: 'Generated face, in 3-D',
  summary: 'Replaces face and ears by a new face that a network makes in three dimensions.',
  reference: 'Molchanova et al., 3-D conditional GAN for refacing.',
});
