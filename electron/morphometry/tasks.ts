import type { EngineId } from '../../shared/morphometry/records.ts';
import { quietContext, type Task, type TaskContext } from '../worker/task.ts';
import type { MeasureResult } from './comparison-rows.ts';
import { measureRegional, type RegionalParams } from './measure-regional.ts';
import { measureTissue, type TissueParams } from './measure-tissue.ts';

export interface MeasureParams extends TissueParams, RegionalParams {
  readonly engine: EngineId;
}

/** A scan that an engine could not measure; thrown only where one file is asked for, batches get a value. */
export class NotMeasuredError extends Error {
  override name = 'NotMeasuredError';
}

/** Morphometry's pieces of work for the worker pool. */
export const morphometryTasks = {
  /**
   * Measures one file with one engine.
   *
   * A scan that cannot be read or measured gives a `failure`, not an exception; only cancelling throws.
   */
  'morphometry.measure': (async (params: MeasureParams, context: TaskContext): Promise<MeasureResult> => {
    const started = performance.now();
    const base = { engine: params.engine, measurements: [], details: {}, failure: '' } as const;
    const seconds = () => (performance.now() - started) / 1000;
    try {
      const measured =
        params.engine === 'regional'
          ? await measureRegional(params, context)
          : await measureTissue(params, context);
      return { ...base, ...measured, seconds: seconds() };
    } catch (cause) {
      if (context.signal.aborted) throw cause;
      const message = cause instanceof Error ? cause.message : String(cause);
      return { ...base, failure: message, seconds: seconds() };
    }
  }) satisfies Task<MeasureParams, MeasureResult>,
};

export interface FileVolumes {
  readonly engine: EngineId;
  /** mm³ by structure. */
  readonly volumes: Readonly<Record<string, number>>;
  readonly details: Readonly<Record<string, unknown>>;
}

/**
 * Volumes of one NIfTI file, for the command line.
 *
 * @param segmentationPath `segmentation.json` of this very file, where there is one
 * @throws NotMeasuredError with the reason when the engine refuses the scan
 */
export async function volumesOfFile(
  path: string,
  engine: EngineId,
  segmentationPath?: string,
): Promise<FileVolumes> {
  const result = await morphometryTasks['morphometry.measure'](
    { volumePath: path, engine, ...(segmentationPath ? { segmentationPath } : {}) },
    quietContext,
  );
  if (result.failure !== '') throw new NotMeasuredError(result.failure);
  const volumes = Object.fromEntries(result.measurements.map((m) => [m.structure, m.volumeMm3]));
  return { engine, volumes, details: { ...result.details, seconds: result.seconds } };
}
