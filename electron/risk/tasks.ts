import { readNifti } from '../volume/nifti.ts';
import type { Task } from '../worker/task.ts';
import { type BorrowedHeadsParams, picturesOfBorrowedHead } from './borrowed-heads.ts';
import { type CohortOrder, type CohortResult, recogniseCohort } from './cohort-looks.ts';
import { levelsOf } from './levels.ts';
import {
  AUDIT_VIEWS,
  type LookCondition,
  type LookPicture,
  lookRender,
  lookSurface,
} from './look-conditions.ts';
import type { LookSetting } from './looks.ts';
import { frameOf, renderHead } from './render.ts';
import {
  type FaceDistanceParams,
  type MeasuredFaceDistance,
  measureFaceDistance,
} from './surface-distance.ts';

export interface PicturesOrder {
  readonly volumePath: string;
  readonly condition: LookCondition;
  /** Of the original, for a scan that was edited; the scan's own otherwise. */
  readonly setting?: LookSetting | undefined;
}

export interface TakenPictures {
  readonly pictures: readonly LookPicture[];
  readonly setting: LookSetting;
}

/** A head under one condition. The pictures are structured-cloned to the caller: a quarter of a megabyte each. */
const pictures: Task<PicturesOrder, TakenPictures> = async ({ volumePath, condition, setting }, context) => {
  context.progress(0, 'reading the scan');
  const { volume } = await readNifti(volumePath);
  const surface = lookSurface(volume, condition, { levels: setting?.levels });
  const frame = setting?.frame ?? frameOf(surface);
  const taken: LookPicture[] = [];
  for (const [n, view] of AUDIT_VIEWS.entries()) {
    context.signal.throwIfAborted();
    context.progress((n + 1) / (AUDIT_VIEWS.length + 1), `picture ${n + 1} of ${AUDIT_VIEWS.length}`);
    taken.push({ view, picture: renderHead(surface, { ...lookRender(condition), view, frame }) });
  }
  return { pictures: taken, setting: setting ?? { frame, levels: levelsOf(surface) } };
};

const distance: Task<FaceDistanceParams, MeasuredFaceDistance> = (params) => measureFaceDistance(params);

const borrowed: Task<BorrowedHeadsParams, { pictures: LookPicture[] }> = async (params) => ({
  pictures: await picturesOfBorrowedHead(params),
});

const cohort: Task<CohortOrder, CohortResult> = async (order) => recogniseCohort(order);

/** Work of the risk feature that runs in the pool. */
export const riskTasks = {
  'risk.pictures': pictures,
  'risk.distance': distance,
  'risk.borrowed': borrowed,
  'risk.cohort': cohort,
};
