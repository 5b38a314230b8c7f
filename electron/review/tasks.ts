import type { Task } from '../worker/task.ts';
import { makePictures, type PicturesParams, type WrittenPicture } from './pictures.ts';

const pictures: Task<PicturesParams, { pictures: WrittenPicture[] }> = async (params, context) => ({
  pictures: await makePictures(params, context),
});

/** Work of the review feature that runs in the pool. */
export const reviewTasks = { 'review.pictures': pictures };
