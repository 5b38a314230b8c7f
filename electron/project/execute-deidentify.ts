import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Policy, policy as policySchema, type Verdict } from '../../shared/deidentify/records.ts';
import type { FaceState } from '../../shared/import/records.ts';
import type { AppliedStep } from '../../shared/provenance.ts';
import type { Db } from '../catalog/database.ts';
import { addDerivative } from '../catalog/derivatives.ts';
import { setScanState } from '../catalog/scan-state.ts';
import type { JobContext } from '../jobs/runner.ts';
import { measurable, runMeasure } from './execute-measure.ts';
import type { ExecutorContext } from './executors.ts';
import { ensureVolume } from './source-volume.ts';

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

/** Edits one scan with its pictures and verdict, then measures it when asked. */
export async function runDeidentify(
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
    await runMeasure(ctx, seriesId, { signal: context.signal, progress: part(0.65, 1) });
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
