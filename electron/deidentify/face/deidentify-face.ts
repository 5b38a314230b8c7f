import { performance } from 'node:perf_hooks';
import type { Verdict, VerdictLimits } from '../../../shared/deidentify/records.ts';
import type { FaceState } from '../../../shared/import/records.ts';
import type { AppliedStep } from '../../../shared/provenance.ts';
import type { NiftiImage } from '../../volume/nifti.ts';
import { type Volume, voxelsPerFrame } from '../../volume/volume.ts';
import type { TaskContext } from '../../worker/task.ts';
import { judge } from '../verdict.ts';
import { extractBrain } from './brain-extract.ts';
import { composite } from './composite.ts';
import type { FaceProposal } from './face-method.ts';
import { detectFaceState } from './face-state.ts';
import { airThreshold, surfaceChanged, viewFace } from './face-view.ts';
import { faceMethod, faceParams } from './methods.ts';

export interface FaceWork {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly seed: number;
  readonly limits: VerdictLimits;
  /** SHA-256 of the input file, for the provenance steps. */
  readonly inputSha256: string;
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
 * @throws UnknownFaceMethodError, FaceParameterError for wrong settings; findings in the data are in the verdict
 */
export async function deidentifyFace(
  image: NiftiImage,
  work: FaceWork,
  context: TaskContext,
): Promise<FaceResult> {
  const started = performance.now();
  const { signal } = context;
  const method = faceMethod(work.method);
  const params = faceParams(method, work.params);
  const frame = firstFrame(image.volume);
  context.progress(0.02, 'Looking for the brain');
  const brain = await extractBrain(frame, { signal });
  context.progress(0.55, 'Looking at the face');
  const threshold = airThreshold(frame);
  const found = detectFaceState(frame, brain, threshold);
  const nothing: FaceProposal = { mask: new Uint8Array(brain.mask.length), assumptions: [], problems: [] };

  context.progress(0.65, `Editing with ${method.title}`);
  const proposals: FaceProposal[] = [];
  if (found.state === 'brain-only') {
    proposals.push(nothing);
  } else {
    proposals.push(
      await method.propose({ volume: frame, brain: brain.mask, params, seed: work.seed, signal }),
    );
    const frames = image.volume.data.length / brain.mask.length;
    // A method that writes values must see every frame; one that empties does the same to all of them.
    for (let t = 1; t < frames && proposals[0]!.values; t++) {
      signal.throwIfAborted();
      const volume = firstFrame(image.volume, t);
      proposals.push(await method.propose({ volume, brain: brain.mask, params, seed: work.seed, signal }));
    }
  }
  const pasted = composite(image, brain.mask, proposals, BRAIN_MARGIN_MM);
  context.progress(0.8, 'Measuring what changed');
  const before = viewFace(frame, brain.standardToWorld, threshold);
  const after = viewFace(firstFrame(pasted.image.volume), brain.standardToWorld, threshold);
  const surface = surfaceChanged(before, after);
  const verdict = judge(
    {
      methodTitle: method.title,
      brainMm3: brain.volumeMm3,
      brainProblems: brain.problems,
      brainVoxelsChanged: pasted.counts.changedInBrain,
      outsideVoxelsChanged: pasted.counts.changedOutside,
      refusedInBrain: pasted.counts.refusedInBrain,
      faceSurfaceChanged: surface.share,
      facePoints: surface.points,
      removedMm3: pasted.counts.removedMm3,
      faceStateBefore: found.state,
      evidence: found.evidence,
      assumptions: [
        'The scan is a T1-weighted head; forwards, upwards and left are what its header says.',
        'Brow and chin are expected where an average head has them relative to its brain.',
        ...proposals[0]!.assumptions,
        ...(image.volume.shape.length > 3
          ? ['The brain was found in the first frame and holds for all of them.']
          : []),
      ],
      methodProblems: proposals.flatMap((p) => p.problems),
    },
    work.limits,
  );
  const at = new Date().toISOString();
  const inputs = [work.inputSha256];
  const steps: AppliedStep[] = [
    { name: 'brain-extract', version: '1.1.0', params: { marginMm: BRAIN_MARGIN_MM }, inputs, at },
    ...(found.state === 'brain-only'
      ? []
      : [
          {
            name: `face:${method.id}`,
            version: method.version,
            params: { ...params, seed: work.seed },
            inputs,
            at,
          },
        ]),
  ];
  context.progress(0.9, 'Measured');
  return {
    image: pasted.image,
    brain: brain.mask,
    changedMask: pasted.changedMask,
    faceState: found.state,
    verdict,
    steps,
    seconds: (performance.now() - started) / 1000,
  };
}

/** One frame of a volume as a 3-D volume; a view, not a copy. */
function firstFrame(volume: Volume, t = 0): Volume {
  const frame = voxelsPerFrame(volume.shape);
  return {
    ...volume,
    data: volume.data.subarray(t * frame, (t + 1) * frame),
    shape: volume.shape.slice(0, 3),
  };
}
