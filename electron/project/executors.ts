import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Policy, policy as policySchema, type Verdict } from '../../shared/deidentify/records.ts';
import type { FaceState, ImportReport } from '../../shared/import/records.ts';
import type { JobKind } from '../../shared/jobs/records.ts';
import type { EngineId } from '../../shared/morphometry/records.ts';
import type { AppliedStep } from '../../shared/provenance.ts';
import type { Db } from '../catalog/database.ts';
import { addDerivative, readDerivative } from '../catalog/derivatives.ts';
import { setScanState } from '../catalog/scan-state.ts';
import type { ProjectKeys } from '../deidentify/keys.ts';
import { describeError } from '../describe-error.ts';
import { UserError } from '../dispatch.ts';
import { importSources } from '../import/import.ts';
import type { JobContext, JobExecutor } from '../jobs/runner.ts';
import { type MeasureResult, saveMeasurements } from '../morphometry/comparison-rows.ts';
import { isMeasurable } from '../morphometry/measurable-kinds.ts';
import type { TaskPool } from '../worker/pool.ts';
import type { ProjectFolder } from './project-folder.ts';
import { ensureVolume } from './source-volume.ts';

export interface ExecutorContext {
  readonly db: Db;
  readonly folder: ProjectFolder;
  readonly keys: ProjectKeys;
  readonly pool: TaskPool;
  readonly clock: () => Date;
}

export interface DeidentifyPayload {
  readonly policy: Policy;
  readonly method: string;
  readonly seed: number;
  readonly measure: boolean;
}

export interface FaceResult {
  readonly editedPath: string;
  readonly maskPath: string;
  readonly brainPath: string;
  readonly faceState: FaceState;
  readonly verdict: Verdict;
  readonly steps: AppliedStep[];
  readonly seconds: number;
}

/** What each kind of job does. Voxel work goes to the pool; the catalog is written here. */
export function createExecutors(ctx: ExecutorContext): Record<JobKind, JobExecutor> {
  return {
    import: (job, context) => runImport(ctx, job.payload as { sources: string[] }, context),
    deidentify: (job, context) =>
      runDeidentify(ctx, job.id, job.seriesId!, job.payload as DeidentifyPayload, context),
    measure: (job, context) => runMeasure(ctx, job.seriesId!, 'tissue-em', context),
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

async function runDeidentify(
  ctx: ExecutorContext,
  jobId: number,
  seriesId: number,
  payload: DeidentifyPayload,
  context: JobContext,
): Promise<{ derivativeId: number }> {
  const policy = policySchema.parse(payload.policy);
  setScanState(ctx.db, seriesId, 'running', 'Being de-identified.');
  const part = (from: number, to: number) => (fraction: number, message: string) =>
    context.progress(from + fraction * (to - from), message);

  const volumePath = await ensureVolume(ctx, seriesId, context.signal, part(0, 0.1));
  // One folder per job: a job that died half way starts over in the same place, or goes on after the edit.
  const relative = join('derivatives', `series-${seriesId}-job-${jobId}`);
  const finished = ctx.db.prepare('SELECT id FROM derivative WHERE folder = ?').pluck().get(relative);
  let derivativeId = finished as number | undefined;
  if (derivativeId === undefined) {
    const face = await editFace(ctx, volumePath, join(ctx.folder.dir, relative), payload, policy, {
      signal: context.signal,
      progress: part(0.1, 0.65),
    });
    derivativeId = recordDerivative(ctx, seriesId, relative, payload, policy, face);
  }
  if (payload.measure && measurable(ctx.db, seriesId)) {
    await runMeasure(ctx, seriesId, 'tissue-em', { signal: context.signal, progress: part(0.65, 1) });
  }
  return { derivativeId };
}

/** The edit and its pictures, made beside the final folder and moved there whole. */
async function editFace(
  ctx: ExecutorContext,
  volumePath: string,
  outDir: string,
  payload: DeidentifyPayload,
  policy: Policy,
  context: JobContext,
): Promise<FaceResult> {
  const workDir = `${outDir}.partial`;
  rmSync(workDir, { recursive: true, force: true });
  mkdirSync(workDir, { recursive: true });
  try {
    const face = await ctx.pool.run<FaceResult>(
      'deidentify.face',
      {
        volumePath,
        outDir: workDir,
        method: payload.method,
        params: methodParams(payload, policy),
        seed: payload.seed,
        limits: policy.limits,
      },
      { signal: context.signal, onProgress: (f, m) => context.progress(0.7 * f, m) },
    );
    await ctx.pool.run(
      'review.pictures',
      {
        beforePath: volumePath,
        afterPath: face.editedPath,
        maskPath: face.maskPath,
        outDir: join(workDir, 'pictures'),
      },
      { signal: context.signal, onProgress: (f, m) => context.progress(0.7 + 0.3 * f, m) },
    );
    context.signal.throwIfAborted();
    rmSync(outDir, { recursive: true, force: true });
    renameSync(workDir, outDir);
    return face;
  } catch (error) {
    rmSync(workDir, { recursive: true, force: true });
    throw error;
  }
}

/** The policy's parameters belong to the policy's method; another method runs with its own defaults. */
function methodParams(payload: DeidentifyPayload, policy: Policy): Policy['methodParams'] {
  return payload.method === policy.method ? policy.methodParams : {};
}

/** Writes the attempt into the catalog and gives the scan its state. */
function recordDerivative(
  ctx: ExecutorContext,
  seriesId: number,
  folder: string,
  payload: DeidentifyPayload,
  policy: Policy,
  face: FaceResult,
): number {
  const verdict = withImportFindings(ctx.db, seriesId, face.verdict);
  const held = policy.review === 'all' && verdict.state === 'passed';
  return ctx.db.transaction(() => {
    const id = addDerivative(ctx.db, {
      seriesId,
      method: payload.method,
      methodParams: methodParams(payload, policy),
      seed: payload.seed,
      policy,
      folder,
      verdict,
      steps: face.steps,
      seconds: face.seconds,
      createdAt: ctx.clock().toISOString(),
    });
    ctx.db.prepare('UPDATE series SET face_state = ? WHERE id = ?').run(face.faceState, seriesId);
    if (held) {
      setScanState(
        ctx.db,
        seriesId,
        'needs-review',
        `${verdict.reason} The policy asks a person to look at every scan.`,
        'Review it.',
      );
    } else {
      setScanState(ctx.db, seriesId, verdict.state, verdict.reason, verdict.next);
    }
    return id;
  })();
}

/** A scan whose import found something amiss is not passed on its face alone: a person looks at it. */
function withImportFindings(db: Db, seriesId: number, verdict: Verdict): Verdict {
  const found = db
    .prepare(
      "SELECT message FROM problem WHERE series_id = ? AND level IN ('warning', 'error') ORDER BY level, id",
    )
    .pluck()
    .all(seriesId) as string[];
  if (found.length === 0 || verdict.state !== 'passed') return verdict;
  const more = found.length > 1 ? ` (and ${found.length - 1} more)` : '';
  return {
    ...verdict,
    state: 'needs-review',
    reason: `${verdict.reason} Import found: ${found[0]}${more}`,
    next: 'Look at the scan, then accept or reject it.',
    concern: verdict.concern + 10,
  };
}

/** The tissue engine models T1 contrast; other contrasts are not measured, and the comparison counts only T1w. */
function measurable(db: Db, seriesId: number): boolean {
  const kind = db.prepare('SELECT kind FROM series WHERE id = ?').pluck().get(seriesId) as string;
  return isMeasurable(kind);
}

async function runMeasure(
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
