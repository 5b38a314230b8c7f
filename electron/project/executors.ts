import type { ImportReport } from '../../shared/import/records.ts';
import type { JobKind } from '../../shared/jobs/records.ts';
import type { Db } from '../catalog/database.ts';
import type { ProjectKeys } from '../deidentify/keys.ts';
import { importSources } from '../import/import.ts';
import type { JobContext, JobExecutor } from '../jobs/runner.ts';
import type { FaceReader } from '../risk/faces/face-reader.ts';
import type { Segmenter } from '../segmentation/segmentation.ts';
import type { TaskPool } from '../worker/pool.ts';
import { runAudit } from './execute-audit.ts';
import { type DeidentifyPayload, runDeidentify } from './execute-deidentify.ts';
import { runMeasure } from './execute-measure.ts';
import type { ProjectFolder } from './project-folder.ts';

export interface ExecutorContext {
  readonly db: Db;
  readonly folder: ProjectFolder;
  readonly keys: ProjectKeys;
  readonly pool: TaskPool;
  readonly clock: () => Date;
  /** Undefined where this build has no usable segmentation model. */
  readonly segmenter?: Segmenter | undefined;
  /** Undefined where this build has no face networks. */
  readonly faceReader?: FaceReader | undefined;
}

/** What each kind of job does. Voxel work goes to the pool; the catalog is written here. */
export function createExecutors(ctx: ExecutorContext): Record<JobKind, JobExecutor> {
  return {
    import: (job, context) => runImport(ctx, job.payload as { sources: string[] }, context),
    deidentify: (job, context) =>
      runDeidentify(ctx, job.id, job.seriesId!, job.payload as DeidentifyPayload, context),
    audit: (job, context) => runAudit(ctx, job, context),
    measure: (job, context) => runMeasure(ctx, job.seriesId!, context),
    // The key travels in memory only: the stored payload must never hold it.
    share: (job, context) =>
      ctx.pool.run(
        'share.write',
        { ...(job.payload as object), secret: ctx.keys.portable() },
        { signal: context.signal, onProgress: context.progress },
      ),
  };
}

async function runImport(
  ctx: ExecutorContext,
  payload: { sources: string[] },
  context: JobContext,
): Promise<ImportReport> {
  return importSources(ctx.db, payload.sources, {
    runTask: <R>(name: string, params: unknown) => ctx.pool.run<R>(name, params, { signal: context.signal }),
    pseudonym: (sourceKey: string) => ctx.keys.subjectLabel(sourceKey),
    clock: ctx.clock,
    progress: (done: number, total: number | null, message: string) =>
      context.progress(total ? done / total : 0, message),
    signal: context.signal,
  });
}
