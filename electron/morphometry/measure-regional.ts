import { dirname, join } from 'node:path';
import { readSegmentation } from '../project/source-segmentation.ts';
import { readNifti } from '../volume/nifti.ts';
import { voxelsPerFrame } from '../volume/volume.ts';
import type { TaskContext } from '../worker/task.ts';
import type { MeasureResult } from './comparison-rows.ts';
import { REGIONS, regionDice, regionVolumes } from './regions.ts';
import { segmentationDoubt } from './trust-segmentation.ts';

export interface RegionalParams {
  /** `segmentation.json` of the very volume that is measured. */
  readonly segmentationPath?: string;
  /** `segmentation.json` of the original on the same grid, to compare label maps with. */
  readonly compareSegmentation?: string;
}

type Measured = Pick<MeasureResult, 'measurements' | 'dice' | 'failure' | 'details'>;

/**
 * The regional engine: volumes of the head-segmentation network's regions, and their overlap with the original's.
 *
 * The network has read the whole head; here its record is only added up. A doubtful segmentation is a failure.
 *
 * @throws when a file cannot be read, is no segmentation record, or lacks a label
 */
export async function measureRegional(params: RegionalParams, context: TaskContext): Promise<Measured> {
  if (!params.segmentationPath) {
    return {
      measurements: [],
      failure:
        'There is no segmentation model in this build, and the regional engine adds up what that model finds.',
      details: {},
    };
  }
  context.progress(0, 'reading the segmentation');
  const segmentation = readSegmentation(params.segmentationPath);
  const { model, provider, confidence, problems, seconds, volumeRule } = segmentation;
  const details = { model, provider, volumeRule, confidence, problems, segmentSeconds: seconds };
  const failure = segmentationDoubt(segmentation);
  if (failure !== '') return { measurements: [], failure, details };
  const volumes = regionVolumes(segmentation.structures);
  context.progress(0.2, 'comparing labels');
  const dice = params.compareSegmentation
    ? await compareLabels(params.segmentationPath, params.compareSegmentation)
    : undefined;
  context.progress(1, 'measured');
  return {
    measurements: REGIONS.map(({ structure }) => ({
      engine: 'regional',
      structure,
      volumeMm3: volumes[structure]!,
    })),
    ...(dice ? { dice } : {}),
    failure: '',
    details,
  };
}

async function compareLabels(path: string, originalPath: string): Promise<Record<string, number>> {
  const [edited, original] = [await readLabels(path), await readLabels(originalPath)];
  return regionDice(original, edited);
}

/** Labels of one frame, on the grid of the scan they describe. */
export async function readLabels(segmentationPath: string): Promise<ArrayLike<number>> {
  const { labelsFile } = readSegmentation(segmentationPath);
  const { volume } = await readNifti(join(dirname(segmentationPath), labelsFile));
  return volume.data.subarray(0, voxelsPerFrame(volume.shape));
}
