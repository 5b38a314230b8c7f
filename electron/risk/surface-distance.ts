import { performance } from 'node:perf_hooks';
import { maxDifference } from '../../shared/geometry/affine.ts';
import type { Problem } from '../../shared/problem.ts';
import type { ScanDistance } from '../../shared/risk/records.ts';
import type { AverageHead } from '../deidentify/face/face-frame.ts';
import { installedAverageHead } from '../deidentify/face/installed-average-head.ts';
import { type PrimaryScan, placeInSession } from '../deidentify/session/place-in-session.ts';
import { readNifti } from '../volume/nifti.ts';
import { frameOf, type Volume } from '../volume/volume.ts';
import { quietContext, type TaskContext } from '../worker/task.ts';
import { distanceBetween, measurable } from './face-distance.ts';
import { averageHeadRegion, windowRegion, withinScan } from './face-region.ts';
import { surfaceFromDistance } from './level-surface.ts';
import { headSurface } from './surface.ts';

/** Raise it whenever a measurement of unchanged scans may change: it is part of every cache key. */
export const DISTANCE_VERSION = 2;

export interface FaceDistanceParams {
  readonly originalPath: string;
  readonly editedPath: string;
  /** `segmentation.json` of the original; without it the brain is found by a surface model. */
  readonly segmentationPath?: string | undefined;
  /** Another scan of the same session, from which the place of the brain is carried over. */
  readonly primary?: PrimaryScan | undefined;
}

export interface MeasuredFaceDistance extends ScanDistance {
  readonly seconds: number;
  readonly problems: readonly Problem[];
}

/**
 * How far the face of a de-identified scan lies from the true one, and how far the population-average face does, which
 * is what somebody would guess who knows the brain but has never seen the head. The average face is placed by the middles
 * of brain structures; without a segmentation there is no such yardstick.
 *
 * @throws NiftiError for a file that cannot be read, NoSurfaceError for a scan without tissue, NoFaceSurfaceError for an
 *   original without a face
 */
export async function measureFaceDistance(
  params: FaceDistanceParams,
  context: TaskContext = quietContext,
): Promise<MeasuredFaceDistance> {
  const [original, edited] = await Promise.all([
    readNifti(params.originalPath),
    readNifti(params.editedPath),
  ]);
  return compareFaces(frameOf(original.volume), frameOf(edited.volume), {
    ...params,
    average: await installedAverageHead(),
    context,
  });
}

export interface CompareOptions extends Pick<FaceDistanceParams, 'segmentationPath' | 'primary'> {
  /** Null where this build has none: the window in front of the brain is looked at then. */
  readonly average: AverageHead | null;
  readonly context?: TaskContext;
}

/** {@link measureFaceDistance} of two scans in memory, first frames. */
export async function compareFaces(
  original: Volume,
  edited: Volume,
  options: CompareOptions,
): Promise<MeasuredFaceDistance> {
  const started = performance.now();
  const { average, segmentationPath, primary, context = quietContext } = options;
  context.progress(0, 'Looking for the brain');
  const place = await placeInSession(original, { average, segmentationPath, primary }, context);
  const { frame } = place;
  const region = withinScan(
    average && frame ? averageHeadRegion(average, frame) : windowRegion(place.standardToWorld),
    original,
  );
  context.progress(0.4, 'Finding the skin');
  const levels = headSurface(original);
  const before = measurable(levels);
  context.signal.throwIfAborted();
  const after = measurable(headSurface(edited, { levels, voxelSizeMm: levels.voxelSizeMm }));
  context.signal.throwIfAborted();
  context.progress(0.7, 'Measuring the distance');
  const found = distanceBetween(before, after, region);
  const placed = frame?.source === 'centroids';
  const guess =
    average && placed
      ? distanceBetween(
          before,
          measurable(surfaceFromDistance(average.surface), frame.averageToWorld),
          region,
        )
      : null;
  return {
    edited: found,
    average: guess,
    regionFrom: region.from,
    seconds: (performance.now() - started) / 1000,
    problems: [
      ...place.problems.filter((p) => p.level !== 'info'),
      ...(average && !placed ? [noYardstick()] : []),
      ...otherGrid(original, edited),
    ],
  };
}

/**
 * The outline of a brain finds the face region, but places the average face 1.5 to 2 times as far from the true one as
 * the middles of brain structures do: a guess that bad flatters no method, and accuses some without reason.
 */
function noYardstick(): Problem {
  return {
    code: 'average-face-not-placed',
    level: 'info',
    subject: 'face',
    message:
      'The distance of the average face was not measured: without a segmentation of the brain it cannot be placed well enough.',
    fix: 'Segment the scan, then audit it again.',
  };
}

function otherGrid(original: Volume, edited: Volume): Problem[] {
  const same =
    original.shape.slice(0, 3).join() === edited.shape.slice(0, 3).join() &&
    maxDifference(original.affine, edited.affine) < 1e-3;
  if (same) return [];
  return [
    {
      code: 'surface-distance-other-grid',
      level: 'warning',
      subject: 'face',
      message: `Expected the de-identified scan on the original's grid (${original.shape.slice(0, 3).join('×')}), got another one (${edited.shape.slice(0, 3).join('×')}); the faces were compared where their headers place them.`,
    },
  ];
}
