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
  /** Why it has none: a finding about every scan that is led by it. */
  readonly notes?: readonly Problem[] | undefined;
}

export interface PlaceWork {
  readonly segmentationPath?: string | undefined;
  readonly average?: AverageHead | null | undefined;
  readonly primary?: PrimaryScan | undefined;
}

/** Where a head lies, and whether that was carried from the session's primary scan. */
export interface PlacedHead extends HeadPlace {
  readonly carried: boolean;
  /** The scan it was carried from: its face is to be this one's too. */
  readonly leading?: PrimaryScan | undefined;
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
): Promise<PlacedHead> {
  if (!work.primary) return placeAlone(frame, work, context);
  const carried = await carryFromPrimary(frame, work.primary, work.average, context);
  return carried.place ?? placeAlone(frame, work, context, [ownWay(carried.reason)]);
}

/** Brain and face found in the scan itself. @param notes findings from before */
export async function placeAlone(
  frame: Volume,
  work: Pick<PlaceWork, 'segmentationPath' | 'average'>,
  context: TaskContext,
  notes: readonly Problem[] = [],
): Promise<PlacedHead> {
  const own = await placeHead(frame, work, context);
  return { ...own, problems: [...notes, ...own.problems], carried: false };
}

/** Brain and face carried from the session's primary scan; null with the reason where they cannot be. */
export async function carryFromPrimary(
  frame: Volume,
  { volumePath, segmentationPath, notes = [] }: PrimaryScan,
  average: AverageHead | null | undefined,
  context: TaskContext,
): Promise<{ place: PlacedHead; reason: '' } | { place: null; reason: string }> {
  context.progress(0.03, 'Looking at the session’s primary scan');
  const { volume: primary, place: found } = await readLeading(
    { volumePath, segmentationPath },
    average,
    context,
  );
  const doubt = found.problems.find((p) => p.level !== 'info');
  if (doubt) {
    return { place: null, reason: `The brain of the session's primary scan is in doubt: ${doubt.message}` };
  }
  const carried = carryToScan(
    primary,
    { brain: found.brain, averageToWorld: found.frame?.averageToWorld ?? found.standardToWorld },
    frame,
    context.signal,
  );
  if (!carried.place) return carried;
  const { brain, registration, problems } = carried.place;
  const { fixedToMoving, nmi, overlap, movedMm } = registration;
  const place: PlacedHead = {
    brain,
    // The outline that was judged is the primary's: a thick slice would make its volume coarse.
    brainMm3: found.brainMm3 ?? found.brain.reduce((sum, v) => sum + v, 0) * voxelVolumeMm3(primary.affine),
    standardToWorld: multiply(fixedToMoving, found.standardToWorld),
    frame: found.frame && {
      ...found.frame,
      averageToWorld: multiply(fixedToMoving, found.frame.averageToWorld),
    },
    problems: [...notes, ...found.problems, ...problems],
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
    leading: { volumePath, segmentationPath },
  };
  return { place, reason: '' };
}

/** The leading scan of a session and where its head lies, as its own edit finds it. */
export async function readLeading(
  { volumePath, segmentationPath }: PrimaryScan,
  average: AverageHead | null | undefined,
  context: TaskContext,
): Promise<{ volume: Volume; place: HeadPlace }> {
  const volume = frameOf((await readNifti(volumePath)).volume);
  return { volume, place: await placeHead(volume, { segmentationPath, average }, context) };
}

/** A scan of a session that was looked at on its own, and why. */
export function ownWay(reason: string, level: Problem['level'] = 'info'): Problem {
  return {
    code: 'session-own-way',
    level,
    subject: 'face',
    message: `This scan was looked at on its own. ${reason}`,
  };
}
