import { multiply, voxelVolumeMm3 } from '../../../shared/geometry/affine.ts';
import type { Problem } from '../../../shared/problem.ts';
import { readNifti } from '../../volume/nifti.ts';
import { frameOf, type Volume } from '../../volume/volume.ts';
import type { TaskContext } from '../../worker/task.ts';
import type { AverageHead } from '../face/face-frame.ts';
import { type HeadPlace, placeHead } from '../face/head-place.ts';
import { carryToScan } from './carry.ts';

/** The scan of the same session that leads. */
export interface PrimaryScan {
  readonly volumePath: string;
  /** `segmentation.json` of that volume. */
  readonly segmentationPath?: string | undefined;
}

export interface PlaceWork {
  readonly segmentationPath?: string | undefined;
  readonly average?: AverageHead | null | undefined;
  readonly primary?: PrimaryScan | undefined;
}

/**
 * Where brain and face lie in a scan: carried from the session's primary scan where there is one, else found in the
 * scan itself.
 *
 * When the primary's own brain is in doubt, or the two scans cannot be registered, the scan takes its own way and says why.
 */
export async function placeInSession(
  frame: Volume,
  work: PlaceWork,
  context: TaskContext,
): Promise<HeadPlace & { readonly carried: boolean }> {
  if (!work.primary) return { ...(await placeHead(frame, work, context)), carried: false };
  context.progress(0.03, 'Looking at the session’s primary scan');
  const image = await readNifti(work.primary.volumePath);
  const primary = frameOf(image.volume);
  const found = await placeHead(
    primary,
    { segmentationPath: work.primary.segmentationPath, average: work.average },
    context,
  );
  const doubt = found.problems.find((p) => p.level !== 'info');
  const carried = doubt
    ? { place: null, reason: `The brain of the session's primary scan is in doubt: ${doubt.message}` }
    : carryToScan(
        primary,
        { brain: found.brain, averageToWorld: found.frame?.averageToWorld ?? found.standardToWorld },
        frame,
        context.signal,
      );
  if (!carried.place) {
    const own = await placeHead(frame, work, context);
    return { ...own, problems: [...own.problems, ownWay(carried.reason)], carried: false };
  }
  const { brain, registration, problems } = carried.place;
  const { fixedToMoving, nmi, overlap, movedMm } = registration;
  return {
    brain,
    // The outline that was judged is the primary's: a thick slice would make its volume coarse.
    brainMm3: found.brainMm3 ?? found.brain.reduce((sum, v) => sum + v, 0) * voxelVolumeMm3(primary.affine),
    standardToWorld: multiply(fixedToMoving, found.standardToWorld),
    frame: found.frame && {
      ...found.frame,
      averageToWorld: multiply(fixedToMoving, found.frame.averageToWorld),
    },
    problems: [...found.problems, ...problems],
    assumptions: [
      `Brain and face were carried from the session's primary scan (the head lies ${movedMm.toFixed(1)} mm from where that scan has it, after rigid registration).`,
      ...found.assumptions,
    ],
    steps: [
      ...found.steps,
      {
        name: 'session-carry',
        version: '1.0.0',
        params: {
          nmi: Number(nmi.toFixed(4)),
          overlap: Number(overlap.toFixed(3)),
          movedMm: Number(movedMm.toFixed(2)),
        },
      },
    ],
    carried: true,
  };
}

function ownWay(reason: string): Problem {
  return {
    code: 'session-own-way',
    level: 'info',
    subject: 'face',
    message: `This scan was looked at on its own. ${reason}`,
  };
}
