import { type Affine, invert, multiply } from '../../../shared/geometry/affine.ts';
import type { Problem } from '../../../shared/problem.ts';
import { describeError } from '../../describe-error.ts';
import type { HeadSegmentation } from '../../segmentation/segmentation.ts';
import { checkExtent } from '../../volume/check-extent.ts';
import type { Volume } from '../../volume/volume.ts';
import type { TaskContext } from '../../worker/task.ts';
import { extractBrain } from './brain-extract.ts';
import { AGREE, brainsDisagree, overlap, type SegmentedBrain, segmentedBrain } from './brain-mask.ts';
import { type AverageHead, type FaceFrame, frameFromCentroids, frameFromOutline } from './face-frame.ts';

/** Where a head's brain and face lie, and how that was found. */
export interface HeadPlace {
  /** Brain to protect, 0/1, first three axes. */
  readonly brain: Uint8Array;
  /** Volume of the outline that was judged, mm³; null when it is that of `brain`. */
  readonly brainMm3: number | null;
  /** ICBM152 mm → world mm. */
  readonly standardToWorld: Affine;
  /** Null without an average head. */
  readonly frame: FaceFrame | null;
  readonly problems: readonly Problem[];
  readonly assumptions: readonly string[];
  readonly steps: readonly PlaceStep[];
}

interface PlaceStep {
  readonly name: string;
  readonly version: string;
  readonly params: Record<string, unknown>;
  readonly model?: string;
}

/**
 * The brain and the average head's place in a scan.
 *
 * With a segmentation that nothing speaks against, brain and place come from it alone. With a doubtful one the surface model
 * looks too, and where both outlines disagree both are protected. Without one the surface model decides.
 *
 * @throws ExtentError for a scan whose voxel sizes cannot be meant
 */
export async function placeHead(
  frame: Volume,
  work: { readonly segmentationPath?: string | undefined; readonly average?: AverageHead | null | undefined },
  context: TaskContext,
): Promise<HeadPlace> {
  checkExtent(frame);
  const problems: Problem[] = [];
  const segmented = await readSegmented(work.segmentationPath, frame, problems);
  context.progress(0.1, 'Looking for the brain');
  const centroids =
    segmented && work.average ? frameFromCentroids(work.average, segmented.segmentation.structures) : null;
  const byCentroids = centroids?.averageToWorld ? (centroids as FaceFrame) : null;
  const sure = byCentroids && !byCentroids.problems.some((p) => p.level !== 'info');
  if (segmented?.good && byCentroids && sure && work.average) {
    return {
      brain: segmented.mask,
      brainMm3: null,
      standardToWorld: standardOf(work.average, byCentroids),
      frame: byCentroids,
      problems: [...problems, ...byCentroids.problems],
      assumptions: [
        'The brain is the one the segmentation network found; it was sure of itself, so no second outline was made.',
        `The average face was placed by the middles of brain structures (${byCentroids.residualMm?.toFixed(1)} mm apart).`,
        ...segmented.segmentation.problems
          .filter((p) => p.code === 'intensities-evened')
          .map((p) => p.message),
      ],
      steps: [segmentationStep(segmented.segmentation, byCentroids, { secondOutline: false })],
    };
  }

  const own = await extractBrain(frame, { signal: context.signal });
  problems.push(...own.problems, ...(centroids?.problems ?? []));
  const outline = work.average ? frameFromOutline(work.average, own.standardToWorld) : null;
  const ownStep = { name: 'brain-extract', version: '1.1.0', params: {} };
  if (!segmented) {
    return {
      brain: own.mask,
      brainMm3: own.volumeMm3,
      standardToWorld: own.standardToWorld,
      frame: outline,
      problems: [...problems, ...(outline?.problems ?? [])],
      assumptions: ['The brain was found by a surface model; the average face was placed by its outline.'],
      steps: [ownStep],
    };
  }
  problems.push(...segmented.segmentation.problems, ...doubt(segmented));
  const dice = overlap(own.mask, segmented.mask);
  const agree = dice >= AGREE;
  if (!agree) problems.push(brainsDisagree(dice));
  const brain = segmented.mask;
  if (!agree) for (let n = 0; n < brain.length; n++) brain[n]! |= own.mask[n]!;
  const chosen = sure ? byCentroids : outline;
  return {
    brain,
    brainMm3: own.volumeMm3,
    standardToWorld: own.standardToWorld,
    frame: chosen,
    problems,
    assumptions: [
      `Network and surface model outlined the brain (overlap ${dice.toFixed(2)}); ${agree ? 'the network’s outline' : 'both outlines together'} was protected.`,
    ],
    steps: [
      ownStep,
      segmentationStep(segmented.segmentation, chosen, {
        secondOutline: true,
        dice: Number(dice.toFixed(4)),
      }),
    ],
  };
}

async function readSegmented(
  path: string | undefined,
  frame: Volume,
  problems: Problem[],
): Promise<SegmentedBrain | null> {
  if (!path) return null;
  try {
    return await segmentedBrain(path, frame);
  } catch (cause) {
    problems.push({
      code: 'segmentation-unreadable',
      level: 'warning',
      subject: 'brain',
      message: `The segmentation of this scan could not be used: ${describeError(cause)} A surface model found the brain instead.`,
      fix: 'Look at the outline of the brain and whether the face is gone.',
    });
    return null;
  }
}

/** A network that is unsure without having said so itself. */
function doubt({ segmentation, good }: SegmentedBrain): Problem[] {
  if (good || segmentation.problems.some((p) => p.level !== 'info')) return [];
  return [
    {
      code: 'segmentation-unsure',
      level: 'warning',
      subject: 'brain',
      message: `The segmentation network is unsure of this brain (mean probability ${segmentation.confidence.toFixed(2)}).`,
      fix: 'Look at the outline of the brain.',
    },
  ];
}

function standardOf(average: AverageHead, frame: FaceFrame): Affine {
  return average.toOutline ? multiply(frame.averageToWorld, invert(average.toOutline)) : frame.averageToWorld;
}

function segmentationStep(
  segmentation: HeadSegmentation,
  frame: FaceFrame | null,
  params: Record<string, unknown>,
): PlaceStep {
  const { model, provider, confidence } = segmentation;
  return {
    name: 'brain-segmentation',
    version: model.version,
    params: {
      ...params,
      provider,
      confidence: Number(confidence.toFixed(4)),
      frame: frame?.source ?? 'none',
    },
    model: `${model.id} ${model.version} sha256:${model.sha256}`,
  };
}
