import { performance } from 'node:perf_hooks';
import type { Verdict, VerdictLimits } from '../../../shared/deidentify/records.ts';
import { voxelSizes, voxelVolumeMm3 } from '../../../shared/geometry/affine.ts';
import type { FaceState } from '../../../shared/import/records.ts';
import type { Problem } from '../../../shared/problem.ts';
import type { AppliedStep } from '../../../shared/provenance.ts';
import { describeError } from '../../describe-error.ts';
import { checkExtent } from '../../volume/check-extent.ts';
import { growBy } from '../../volume/distance.ts';
import { type NiftiImage, niftiFields } from '../../volume/nifti.ts';
import { frameOf, type Volume } from '../../volume/volume.ts';
import type { TaskContext } from '../../worker/task.ts';
import {
  type PlacedHead,
  type PrimaryScan,
  placeInSession,
  readLeading,
} from '../session/place-in-session.ts';
import { judge } from '../verdict.ts';
import { composite } from './composite.ts';
import type { AverageHead } from './face-frame.ts';
import type { FaceMethod, FaceProposal } from './face-method.ts';
import { detectFaceState, frameWithMore, NEAR_BRAIN_MM } from './face-state.ts';
import { airThreshold, surfaceChanged, surfaceReplaced, viewFace } from './face-view.ts';
import { workingGrid } from './head-shape.ts';
import { faceMethod, faceParams } from './methods.ts';
import { seamScore } from './seam.ts';

export interface FaceWork {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly seed: number;
  readonly limits: VerdictLimits;
  /** SHA-256 of the input file, for the provenance steps. */
  readonly inputSha256: string;
  /** `segmentation.json` of the same volume; without it the brain is found by a surface model. */
  readonly segmentationPath?: string | undefined;
  /** Another scan of the same session, from which brain and face are carried over. */
  readonly primary?: PrimaryScan | undefined;
  /** Where the head lies, when that is known already; segmentation and primary scan are then not looked at. */
  readonly placed?: PlacedHead | undefined;
  /** Null where this build has no average head: methods that need it then fail with a plain reason. */
  readonly average?: AverageHead | null | undefined;
  /** Findings from before the edit, e.g. why there is no segmentation. */
  readonly notes?: readonly Problem[] | undefined;
}

export interface FaceResult {
  readonly image: NiftiImage;
  readonly brain: Uint8Array;
  readonly changedMask: Uint8Array;
  readonly faceState: FaceState;
  readonly verdict: Verdict;
  readonly steps: AppliedStep[];
  readonly seconds: number;
}

/** Protected margin around the brain, mm. */
const BRAIN_MARGIN_MM = 2;

/**
 * The whole job on one image in memory: brain, face state, method, compositing, verdict.
 *
 * @throws UnknownFaceMethodError, FaceParameterError for wrong settings; ExtentError for voxel sizes that cannot be meant;
 * findings in the data are in the verdict
 */
export async function deidentifyFace(
  image: NiftiImage,
  work: FaceWork,
  context: TaskContext,
): Promise<FaceResult> {
  const started = performance.now();
  const method = faceMethod(work.method);
  const params = faceParams(method, work.params);
  const frame = frameOf(image.volume, 0);
  checkExtent(frame);
  context.progress(0.02, 'Looking for the brain');
  const place = work.placed ?? (await placeInSession(frame, work, context));
  const { brain } = place;
  context.progress(0.5, 'Looking at the face');
  const onGrid = workingGrid(frame);
  const threshold = airThreshold(frame, onGrid);
  const inScanMm3 = count(brain) * voxelVolumeMm3(frame.affine);
  const brainMm3 = place.brainMm3 ?? inScanMm3;
  const [protectedBrain, nearBrain] = growBy(brain, frame.shape, voxelSizes(frame.affine), [
    BRAIN_MARGIN_MM,
    NEAR_BRAIN_MM,
  ]);
  const shown = {
    mask: brain,
    // A carried outline was judged whole, but this scan may hold a part of that brain only.
    volumeMm3: place.carried ? inScanMm3 : brainMm3,
    standardToWorld: place.standardToWorld,
  };
  const first = detectFaceState(frame, shown, threshold, nearBrain);
  // A later frame may show the whole head.
  const more = first.state === 'brain-only' ? frameWithMore(image.volume, shown, nearBrain) : undefined;
  const found = more === undefined ? first : { ...first, state: 'unknown' as const };

  context.progress(0.55, `Editing with ${method.title}`);
  let proposal: FaceProposal = { mask: new Uint8Array(brain.length), assumptions: [], problems: [] };
  if (found.state !== 'brain-only') {
    proposal = await propose(method, params, image.volume, onGrid, place, threshold, work, context);
  }
  const pasted = composite(image, brain, proposal, BRAIN_MARGIN_MM, protectedBrain);
  context.progress(0.85, 'Measuring what changed');
  const after = frameOf(pasted.image.volume, 0);
  const seenBefore = viewFace(frame, place.standardToWorld, threshold, onGrid);
  const seenAfter = viewFace(after, place.standardToWorld, threshold);
  const surface = surfaceChanged(seenBefore, seenAfter);
  const replaced =
    proposal.replaced && surfaceReplaced(seenBefore, seenAfter, proposal.replaced, place.standardToWorld);
  const verdict = judge(
    {
      methodTitle: method.title,
      methodKind: method.kind,
      brainMm3,
      brainProblems: [
        ...(work.notes ?? []),
        ...(niftiFields(image.header).affineSource === 'pixdim' ? [NO_ORIENTATION] : []),
        ...place.problems,
        ...(more ? [framesDiffer(more)] : []),
      ],
      brainVoxelsChanged: pasted.counts.changedInBrain,
      outsideVoxelsChanged: pasted.counts.changedOutside,
      refusedInBrain: pasted.counts.refusedInBrain,
      faceSurfaceChanged: surface.share,
      faceSurfaceReplaced: replaced ?? null,
      facePoints: surface.points,
      removedMm3: pasted.counts.removedMm3,
      seam: seamScore(frame, after, pasted.changedMask, threshold),
      faceStateBefore: found.state,
      evidence: found.evidence,
      assumptions: [
        `${place.carried ? 'Forwards' : 'The scan is a T1-weighted head; forwards'}, upwards and left are what its header says.`,
        'Brow and chin are expected where an average head has them relative to its brain.',
        ...place.assumptions,
        ...proposal.assumptions,
        ...(image.volume.shape.length > 3
          ? ['The brain was found in the first frame and holds for all of them.']
          : []),
      ],
      methodProblems: proposal.problems,
    },
    work.limits,
  );
  const at = new Date().toISOString();
  const inputs = [work.inputSha256];
  const steps: AppliedStep[] = [
    ...place.steps.map((s) => ({ ...s, params: { ...s.params, marginMm: BRAIN_MARGIN_MM }, inputs, at })),
    ...(found.state === 'brain-only'
      ? []
      : [
          {
            name: `face:${method.id}`,
            version: method.version,
            params: { ...params, seed: work.seed },
            inputs,
            ...modelsUsed(method, work.average, proposal),
            at,
          },
        ]),
  ];
  context.progress(0.95, 'Measured');
  return {
    image: pasted.image,
    brain,
    changedMask: pasted.changedMask,
    faceState: found.state,
    verdict,
    steps,
    seconds: (performance.now() - started) / 1000,
  };
}

/** What a method's faces come from, for the provenance step. */
function modelsUsed(
  method: FaceMethod,
  average: AverageHead | null | undefined,
  { model }: FaceProposal,
): { model?: string } {
  if (!method.needsAverage || !average) return {};
  const head = `${average.id} ${average.version} sha256:${average.sha256}`;
  return { model: model ? `${model}; ${head}` : head };
}

/** Asks the method; what it cannot do on this scan becomes a finding, and nothing is edited. */
async function propose(
  method: FaceMethod,
  params: FaceMethod['defaults'],
  volume: Volume,
  onGrid: Volume<Float32Array>,
  place: PlacedHead,
  threshold: number,
  work: FaceWork,
  context: TaskContext,
): Promise<FaceProposal> {
  const { signal, generate } = context;
  const nothing = new Uint8Array(place.brain.length);
  if (method.needsAverage && !(work.average && place.frame)) {
    return { mask: nothing, assumptions: [], problems: [noAverage(method)] };
  }
  try {
    const { leading } = place;
    const shared = { average: work.average ?? null, params, seed: work.seed, generate, signal };
    return await method.propose({
      ...shared,
      volume: frameOf(volume, 0),
      work: onGrid,
      brain: place.brain,
      frame: place.frame,
      threshold,
      frameAt: (t) => frameOf(volume, t),
      leading:
        leading &&
        (async () => {
          const { volume: first, place: found } = await readLeading(leading, work.average, context);
          const grid = workingGrid(first);
          return {
            ...shared,
            volume: first,
            work: grid,
            brain: found.brain,
            frame: found.frame,
            threshold: airThreshold(first, grid),
            frameAt: () => first,
          };
        }),
    });
  } catch (cause) {
    signal.throwIfAborted();
    return { mask: nothing, assumptions: [], problems: [methodFailed(method, describeError(cause))] };
  }
}

/** Import says so too, but a file may also come by another way, and a finding of the import holds nobody up. */
const NO_ORIENTATION: Problem = {
  code: 'no-orientation',
  level: 'warning',
  subject: 'face',
  message:
    'Neither qform nor sform is set: where the face lies cannot be told from the file, only assumed from the order of its voxels.',
  fix: 'Look whether the face is where the edit was made.',
};

function framesDiffer(frame: number): Problem {
  return {
    code: 'frames-differ',
    level: 'warning',
    subject: 'face',
    message: `The first frame shows a brain only, but frame ${frame + 1} may show more of the head.`,
    fix: 'Look at that frame for a face.',
  };
}

function noAverage(method: FaceMethod): Problem {
  return {
    code: 'no-average-head',
    level: 'error',
    subject: 'face',
    message: `${method.title} needs the average head (models/average-head), which this installation does not have.`,
    fix: 'Choose Quickshear, or install the model files.',
  };
}

function methodFailed(method: FaceMethod, why: string): Problem {
  return {
    code: 'method-failed',
    level: 'error',
    subject: 'face',
    message: `${method.title} could not work on this scan: ${why}`,
    fix: 'Try another method, or exclude the scan.',
  };
}

function count(mask: Uint8Array): number {
  let sum = 0;
  for (let n = 0; n < mask.length; n++) sum += mask[n]!;
  return sum;
}
