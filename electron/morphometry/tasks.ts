import type { EngineId, Measurement } from '../../shared/morphometry/records.ts';
import type { Problem } from '../../shared/problem.ts';
import { dice } from '../../shared/statistics/dice.ts';
import { extractBrain } from '../deidentify/face/brain-extract.ts';
import { newNifti, readNifti, writeNifti } from '../volume/nifti.ts';
import { type Volume, voxelsPerFrame } from '../volume/volume.ts';
import { quietContext, type Task, type TaskContext } from '../worker/task.ts';
import type { MeasureResult } from './comparison-rows.ts';
import { segmentTissue, type TissueVolumes, tissueLabels } from './tissue-em.ts';

export interface MeasureParams {
  readonly volumePath: string;
  readonly engine: EngineId;
  /** Where to write the label map (1 CSF, 2 GM, 3 WM) on the scan's grid. */
  readonly labelsOut?: string;
  /** The original's label map on the same grid, to compare with. */
  readonly compareLabels?: string;
}

/** A scan that an engine could not measure; thrown only where one file is asked for, batches get a value. */
export class NotMeasuredError extends Error {
  override name = 'NotMeasuredError';
}

/** Morphometry's pieces of work for the worker pool. */
export const morphometryTasks = {
  /**
   * Extracts the brain, runs the engine, writes and compares label maps.
   *
   * Brain extraction is part of the measured pipeline: it is the way by which an edited face can reach a volume.
   * A scan that cannot be read or measured gives a `failure`, not an exception; only cancelling throws.
   */
  'morphometry.measure': (async (params: MeasureParams, context: TaskContext): Promise<MeasureResult> => {
    const started = performance.now();
    const base = { engine: params.engine, measurements: [], details: {}, failure: '' } as const;
    const seconds = () => (performance.now() - started) / 1000;
    try {
      if (params.engine !== 'tissue-em') {
        throw new NotMeasuredError(`The engine "${params.engine}" is not in this build; it has: tissue-em.`);
      }
      return { ...base, ...(await measureTissue(params, context)), seconds: seconds() };
    } catch (cause) {
      if (context.signal.aborted) throw cause;
      const message = cause instanceof Error ? cause.message : String(cause);
      return { ...base, failure: message, seconds: seconds() };
    }
  }) satisfies Task<MeasureParams, MeasureResult>,
};

async function measureTissue(
  params: MeasureParams,
  context: TaskContext,
): Promise<Pick<MeasureResult, 'measurements' | 'dice' | 'failure' | 'details'>> {
  context.progress(0, 'reading');
  const image = await readNifti(params.volumePath);
  const frame = firstFrame(image.volume);
  context.progress(0.1, 'finding the brain');
  const brain = await extractBrain(frame, { signal: context.signal });
  const stopped = brain.problems.find((problem) => problem.level === 'error');
  if (stopped) return { measurements: [], failure: stopped.message, details: { problems: brain.problems } };
  context.progress(0.5, 'classifying tissue');
  const tissue = segmentTissue(frame, brain.mask, { signal: context.signal });
  const problems: Problem[] = [...brain.problems, ...tissue.problems];
  if (tissue.failure !== '') return { measurements: [], failure: tissue.failure, details: { problems } };

  context.progress(0.9, 'writing and comparing labels');
  if (params.labelsOut) {
    const labels: Volume = {
      data: tissue.labels,
      shape: frame.shape,
      affine: frame.affine,
      slope: 1,
      inter: 0,
    };
    await writeNifti(params.labelsOut, newNifti(labels, 2, image));
  }
  let overlaps: Record<string, number> | undefined;
  if (params.compareLabels) {
    const original = await readNifti(params.compareLabels);
    overlaps = tissueDice(tissue.labels, original.volume.data);
  }
  const measurements: Measurement[] = Object.entries(tissue.volumes).map(([structure, volumeMm3]) => ({
    engine: params.engine,
    structure,
    volumeMm3,
  }));
  context.progress(1, 'measured');
  return {
    measurements,
    ...(overlaps ? { dice: overlaps } : {}),
    failure: '',
    details: {
      brainMm3: brain.volumeMm3,
      classes: tissue.classes,
      iterations: tissue.iterations,
      problems,
    },
  };
}

/** Dice of CSF, GM, WM and of everything together (TIV) between two label maps of the tissue engine. */
function tissueDice(labels: Uint8Array, original: ArrayLike<number>): Record<string, number> {
  const result: Record<string, number> = {};
  for (const [structure, label] of Object.entries(tissueLabels)) {
    const overlap = dice(original, labels, label);
    if (overlap !== null) result[structure] = overlap;
  }
  const inside = (map: ArrayLike<number>) => Uint8Array.from(map, (value) => (value > 0 ? 1 : 0));
  const whole = dice(inside(original), inside(labels), 1);
  if (whole !== null) result.TIV = whole;
  return result;
}

function firstFrame(volume: Volume): Volume {
  const shape = volume.shape.slice(0, 3);
  return { ...volume, shape, data: volume.data.subarray(0, voxelsPerFrame(shape)) };
}

/**
 * Volumes of one NIfTI file, for the command line.
 *
 * @throws NotMeasuredError with the reason when the engine refuses the scan
 */
export async function volumesOfFile(
  path: string,
  engine: EngineId,
): Promise<{ engine: EngineId; volumes: TissueVolumes }> {
  const result = await morphometryTasks['morphometry.measure']({ volumePath: path, engine }, quietContext);
  if (result.failure !== '') throw new NotMeasuredError(result.failure);
  const volumes = Object.fromEntries(result.measurements.map((m) => [m.structure, m.volumeMm3]));
  return { engine, volumes: volumes as unknown as TissueVolumes };
}
