import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Policy,
  policy as policySchema,
  type Rung,
  type Verdict,
} from '../../shared/deidentify/records.ts';
import type { FaceState, ScanState, SeriesLayout } from '../../shared/import/records.ts';
import type { Db } from '../catalog/database.ts';
import { addDerivative } from '../catalog/derivatives.ts';
import { setScanState } from '../catalog/scan-state.ts';
import { personSeed } from '../deidentify/person-seed.ts';
import type { DeidentifyFaceResult } from '../deidentify/tasks.ts';
import { describeError } from '../describe-error.ts';
import { UserError } from '../dispatch.ts';
import type { JobContext } from '../jobs/runner.ts';
import { measurable, runMeasure } from './execute-measure.ts';
import type { ExecutorContext } from './executors.ts';
import {
  type Attempt,
  bestAttempt,
  nameAttempt,
  ordinal,
  rungsOf,
  titleOf,
  wantsNextRung,
  withReplacedMethod,
} from './ladder.ts';
import { placeScan } from './place-scan.ts';
import { ensureVolume } from './source-volume.ts';

export interface DeidentifyPayload {
  readonly policy: Policy;
  readonly method: string;
  readonly seed: number;
  readonly measure: boolean;
  /** The scan's state when it was to be done again; it goes back to it when the job is cancelled before it made anything. */
  readonly before?: { readonly state: ScanState; readonly reason: string; readonly next: string } | undefined;
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
  refuseExcluded(ctx.db, seriesId);
  setScanState(ctx.db, seriesId, 'running', 'Being de-identified.');
  const part = (from: number, to: number) => (fraction: number, message: string) =>
    context.progress(from + fraction * (to - from), message);

  const volumePath = await ensureVolume(ctx, seriesId, context.signal, part(0, 0.1));
  const work: ScanWork = {
    jobId,
    seriesId,
    volumePath,
    placeDir: join(ctx.folder.dir, 'derivatives', `series-${seriesId}-job-${jobId}.place`),
    payload,
    policy,
  };
  let derivativeId: number;
  try {
    derivativeId = await climb(ctx, work, { signal: context.signal, progress: part(0.1, 0.65) });
  } finally {
    rmSync(work.placeDir, { recursive: true, force: true });
  }
  if (payload.measure && measurable(ctx.db, seriesId)) {
    await runMeasure(ctx, seriesId, { signal: context.signal, progress: part(0.65, 1) });
  }
  return { derivativeId };
}

/** A person's word that came while the job waited. */
function refuseExcluded(db: Db, seriesId: number): void {
  const scan = db.prepare('SELECT state, state_reason AS reason FROM series WHERE id = ?').get(seriesId) as
    | { state: ScanState; reason: string }
    | undefined;
  if (scan?.state !== 'excluded') return;
  throw new UserError(
    'excluded',
    `The scan was excluded while it waited: ${scan.reason}`,
    'Include it on the import screen if it should be processed.',
  );
}

interface ScanWork {
  readonly jobId: number;
  readonly seriesId: number;
  readonly volumePath: string;
  /** Where brain and face lie, found before the first attempt that is made and gone when the job ends. */
  readonly placeDir: string;
  readonly payload: DeidentifyPayload;
  readonly policy: Policy;
}

/**
 * Tries one method after the other until one is good enough, and makes the best attempt the current one.
 *
 * Each attempt has a folder of its own: a job that died half way finds what was finished and goes on after it.
 */
async function climb(ctx: ExecutorContext, work: ScanWork, context: JobContext): Promise<number> {
  const { seriesId, payload, policy } = work;
  const layout = layoutOf(ctx.db, seriesId);
  const rungs = rungsOf(payload.method, policy, layout);
  const attempts: (Attempt & { readonly method: string })[] = [];
  const earlier: { method: string; reason: string }[] = [];
  for (const [n, rung] of rungs.entries()) {
    const relative = attemptFolder(seriesId, work.jobId, n + 1);
    let attempt = finishedAttempt(ctx.db, seriesId, relative);
    if (!attempt) {
      await placeScan(
        ctx,
        { seriesId, volumePath: work.volumePath, dir: work.placeDir },
        { signal: context.signal, progress: (f, m) => context.progress((n + 0.2 * f) / rungs.length, m) },
      );
      if (n > 0)
        setScanState(
          ctx.db,
          seriesId,
          'running',
          `Trying ${titleOf(rung.method)}: ${earlier[n - 1]!.reason}`,
        );
      const name = n > 0 ? `${ordinal(n + 1)} attempt: ` : '';
      try {
        const face = await editFace(ctx, work, join(ctx.folder.dir, relative), rung, {
          signal: context.signal,
          progress: (f, m) => context.progress((n + 0.2 + 0.8 * f) / rungs.length, name + m),
        });
        const named = nameAttempt(face.verdict, n + 1, rung.method, earlier);
        const verdict = withReplacedMethod(named, payload.method, rung.method, layout);
        attempt = recordAttempt(ctx, work, relative, rung, { ...face, verdict });
      } catch (error) {
        context.signal.throwIfAborted();
        // A method that breaks down is one that failed: the next may still work, and what there is already counts.
        if (n === rungs.length - 1 && attempts.length === 0) throw error;
        earlier.push({ method: rung.method, reason: `it broke down (${describeError(error)}).` });
        continue;
      }
    }
    attempts.push({ ...attempt, method: rung.method });
    earlier.push({ method: rung.method, reason: attempt.verdict.reason });
    if (!wantsNextRung(attempt.verdict, faceStateOf(ctx.db, seriesId))) break;
  }
  const best = bestAttempt(attempts);
  settle(ctx, seriesId, policy, best);
  return best.id;
}

function layoutOf(db: Db, seriesId: number): SeriesLayout {
  return db.prepare('SELECT layout FROM series WHERE id = ?').pluck().get(seriesId) as SeriesLayout;
}

/** Relative to the project folder. The first attempt keeps the plain name of its job. */
function attemptFolder(seriesId: number, jobId: number, attempt: number): string {
  const base = `series-${seriesId}-job-${jobId}`;
  return join('derivatives', attempt === 1 ? base : `${base}-attempt-${attempt}`);
}

/** Folders of the first two attempts of a job: whether it made anything. */
export function attemptFolders(seriesId: number, jobId: number): [string, string] {
  return [attemptFolder(seriesId, jobId, 1), attemptFolder(seriesId, jobId, 2)];
}

function finishedAttempt(db: Db, seriesId: number, folder: string): Attempt | undefined {
  const row = db
    .prepare('SELECT id, verdict FROM derivative WHERE series_id = ? AND folder = ?')
    .get(seriesId, folder) as { id: number; verdict: string } | undefined;
  return row && { id: row.id, verdict: JSON.parse(row.verdict) as Verdict };
}

function faceStateOf(db: Db, seriesId: number): FaceState {
  return db.prepare('SELECT face_state FROM series WHERE id = ?').pluck().get(seriesId) as FaceState;
}

/** The edit and its pictures, made beside the final folder and moved there whole. */
async function editFace(
  ctx: ExecutorContext,
  { seriesId, volumePath, placeDir, payload, policy }: ScanWork,
  outDir: string,
  rung: Rung,
  context: JobContext,
): Promise<DeidentifyFaceResult> {
  const workDir = `${outDir}.partial`;
  rmSync(workDir, { recursive: true, force: true });
  mkdirSync(workDir, { recursive: true });
  try {
    const face = await ctx.pool.run<DeidentifyFaceResult>(
      'deidentify.face',
      {
        volumePath,
        outDir: workDir,
        method: rung.method,
        params: rung.params,
        seed: personSeed(ctx.db, seriesId, payload.seed),
        limits: policy.limits,
        placeDir,
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

/** Writes one attempt into the catalog. */
function recordAttempt(
  ctx: ExecutorContext,
  { seriesId, payload, policy }: ScanWork,
  folder: string,
  rung: Rung,
  face: DeidentifyFaceResult,
): Attempt {
  const verdict = withImportFindings(ctx.db, seriesId, face.verdict);
  return ctx.db.transaction(() => {
    const id = addDerivative(ctx.db, {
      seriesId,
      method: rung.method,
      methodParams: rung.params,
      seed: payload.seed,
      policy,
      folder,
      verdict,
      steps: face.steps,
      seconds: face.seconds,
      createdAt: ctx.clock().toISOString(),
    });
    ctx.db.prepare('UPDATE series SET face_state = ? WHERE id = ?').run(face.faceState, seriesId);
    return { id, verdict };
  })();
}

/** Makes the best attempt the current one and gives the scan its state. */
function settle(ctx: ExecutorContext, seriesId: number, policy: Policy, { id, verdict }: Attempt): void {
  const held = policy.review === 'all' && verdict.state === 'passed';
  ctx.db.transaction(() => {
    ctx.db.prepare('UPDATE derivative SET current = (id = ?) WHERE series_id = ?').run(id, seriesId);
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
