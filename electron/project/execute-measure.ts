import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { EngineId } from '../../shared/morphometry/records.ts';
import type { Db } from '../catalog/database.ts';
import { readDerivative } from '../catalog/derivatives.ts';
import { describeError } from '../describe-error.ts';
import { UserError } from '../dispatch.ts';
import type { JobContext } from '../jobs/runner.ts';
import { type MeasureResult, saveMeasurements } from '../morphometry/comparison-rows.ts';
import { isMeasurable } from '../morphometry/measurable-kinds.ts';
import type { ExecutorContext } from './executors.ts';
import { ensureVolume } from './source-volume.ts';

/** The tissue engine models T1 contrast; other contrasts are not measured, and the comparison counts only T1w. */
export function measurable(db: Db, seriesId: number): boolean {
  const kind = db.prepare('SELECT kind FROM series WHERE id = ?').pluck().get(seriesId) as string;
  return isMeasurable(kind);
}

/** Measures a scan and its current derivative, whichever has no measurement yet. */
export async function runMeasure(
  ctx: ExecutorContext,
  seriesId: number,
  engine: EngineId,
  context: JobContext,
): Promise<{ measured: number }> {
  const derivativeId = ctx.db
    .prepare('SELECT id FROM derivative WHERE series_id = ? AND current = 1')
    .pluck()
    .get(seriesId) as number | undefined;
  const derivative = derivativeId === undefined ? null : readDerivative(ctx.db, derivativeId);
  if (!derivative) {
    throw new UserError(
      'not-deidentified',
      `Series ${seriesId} has no de-identified version to compare with.`,
      'De-identify it first.',
    );
  }
  const volumePath = await ensureVolume(ctx, seriesId, context.signal, () => {});
  const originalLabels = join(ctx.folder.volumesDir, `${seriesId}.${engine}.labels.nii.gz`);
  let measured = 0;
  const has = (id: number | null) =>
    ctx.db
      .prepare(
        'SELECT count(*) FROM measurement WHERE series_id = ? AND ifnull(derivative_id, 0) = ? AND engine = ?',
      )
      .pluck()
      .get(seriesId, id ?? 0, engine) as number;
  if (has(null) === 0) {
    const result = await measure(
      ctx,
      { volumePath, engine, labelsOut: originalLabels },
      context.signal,
      (f, m) => context.progress(f / 2, `original: ${m}`),
    );
    saveMeasurements(ctx.db, seriesId, null, engine, result);
    measured++;
  }
  if (has(derivative.id) === 0) {
    const dir = join(ctx.folder.dir, derivative.folder);
    const result = await measure(
      ctx,
      {
        volumePath: join(dir, 'edited.nii.gz'),
        engine,
        labelsOut: join(dir, `${engine}.labels.nii.gz`),
        ...(existsSync(originalLabels) ? { compareLabels: originalLabels } : {}),
      },
      context.signal,
      (f, m) => context.progress(0.5 + f / 2, `de-identified: ${m}`),
    );
    saveMeasurements(ctx.db, seriesId, derivative.id, engine, result);
    measured++;
  }
  return { measured };
}

/** One measurement. A crash of the engine is a failure that is counted, not the end of the scan. */
async function measure(
  ctx: ExecutorContext,
  params: { volumePath: string; engine: EngineId; labelsOut: string; compareLabels?: string },
  signal: AbortSignal,
  onProgress: (fraction: number, message: string) => void,
): Promise<MeasureResult> {
  try {
    return await ctx.pool.run<MeasureResult>('morphometry.measure', params, { signal, onProgress });
  } catch (error) {
    signal.throwIfAborted();
    const failure = describeError(error);
    return { engine: params.engine, measurements: [], failure, details: {}, seconds: 0 };
  }
}
