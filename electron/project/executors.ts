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
import { UserError } from '../dispatch.ts';
import { importSources } from '../import/import.ts';
import type { JobContext, JobExecutor } from '../jobs/runner.ts';
import { type MeasureResult, saveMeasurements } from '../morphometry/comparison-rows.ts';
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
    share: (job, context) =>
      ctx.pool.run('share.write', job.payload, { signal: context.signal, onProgress: context.progress }),
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
  // One folder per job: a job that died half way starts over in the same place.
  const relative = join('derivatives', `series-${seriesId}-job-${jobId}`);
  const outDir = join(ctx.folder.dir, relative);
  const workDir = `${outDir}.partial`;
  rmSync(workDir, { recursive: true, force: true });
  mkdirSync(workDir, { recursive: true });
  const face = await ctx.pool.run<FaceResult>(
    'deidentify.face',
    {
      volumePath,
      outDir: workDir,
      method: payload.method,
      params: payload.method === policy.method ? policy.methodParams : {},
      seed: payload.seed,
      limits: policy.limits,
    },
    { signal: context.signal, onProgress: part(0.1, 0.5) },
  );
  await ctx.pool.run(
    'review.pictures',
    {
      beforePath: volumePath,
      afterPath: face.editedPath,
      maskPath: face.maskPath,
      outDir: join(workDir, 'pictures'),
    },
    { signal: context.signal, onProgress: part(0.5, 0.65) },
  );
  context.signal.throwIfAborted();
  rmSync(outDir, { recursive: true, force: true });
  renameSync(workDir, outDir);

  const held = policy.review === 'all' && face.verdict.state === 'passed';
  const derivativeId = ctx.db.transaction(() => {
    const id = addDerivative(ctx.db, {
      seriesId,
      method: payload.method,
      methodParams: payload.method === policy.method ? policy.methodParams : {},
      seed: payload.seed,
      policy,
      folder: relative,
      verdict: face.verdict,
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
        `${face.verdict.reason} The policy asks a person to look at every scan.`,
        'Review it.',
      );
    } else {
      setScanState(ctx.db, seriesId, face.verdict.state, face.verdict.reason, face.verdict.next);
    }
    return id;
  })();
  if (payload.measure && measurable(ctx.db, seriesId)) {
    await runMeasure(ctx, seriesId, 'tissue-em', { signal: context.signal, progress: part(0.65, 1) });
  }
  return { derivativeId };
}

/** The tissue engine models T1 contrast; other contrasts are not measured, and the comparison counts only T1w. */
function measurable(db: Db, seriesId: number): boolean {
  const kind = db.prepare('SELECT kind FROM series WHERE id = ?').pluck().get(seriesId) as string;
  return kind === 'T1w' || kind === 'other';
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
  if (has(null) === 0 || !existsSync(originalLabels)) {
    const result = await ctx.pool.run<MeasureResult>(
      'morphometry.measure',
      { volumePath, engine, labelsOut: originalLabels },
      { signal: context.signal, onProgress: (f, m) => context.progress(f / 2, `original: ${m}`) },
    );
    saveMeasurements(ctx.db, seriesId, null, engine, result);
    measured++;
  }
  if (has(derivative.id) === 0) {
    const dir = join(ctx.folder.dir, derivative.folder);
    const result = await ctx.pool.run<MeasureResult>(
      'morphometry.measure',
      {
        volumePath: join(dir, 'edited.nii.gz'),
        engine,
        labelsOut: join(dir, `${engine}.labels.nii.gz`),
        ...(existsSync(originalLabels) ? { compareLabels: originalLabels } : {}),
      },
      { signal: context.signal, onProgress: (f, m) => context.progress(0.5 + f / 2, `de-identified: ${m}`) },
    );
    saveMeasurements(ctx.db, seriesId, derivative.id, engine, result);
    measured++;
  }
  return { measured };
}
