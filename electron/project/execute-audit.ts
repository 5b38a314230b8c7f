import { setTimeout as pause } from 'node:timers/promises';
import type { Policy } from '../../shared/deidentify/records.ts';
import { groupBy } from '../../shared/group-by.ts';
import type { FaceState } from '../../shared/import/records.ts';
import type { Problem } from '../../shared/problem.ts';
import type { Db } from '../catalog/database.ts';
import type { NewJob } from '../jobs/queue.ts';
import type { JobContext } from '../jobs/runner.ts';
import { buildReport } from '../risk/audit-report.ts';
import { type AuditRecord, readAudit, saveReport } from '../risk/audit-rows.ts';
import type { CohortResult } from '../risk/cohort-looks.ts';
import { judgeAudit } from '../risk/judge-audit.ts';
import { standingFinding } from '../risk/standing-finding.ts';
import { ensureBorrowedLooks } from './audit-borrowed.ts';
import { type AttemptLooks, lookAtScan, NO_NETWORKS, riskDir, type ScanLooks } from './audit-looks.ts';
import { settleAudit } from './audit-settle.ts';
import { auditTargets } from './audit-targets.ts';
import type { ExecutorContext } from './executors.ts';

export interface AuditLookPayload {
  readonly derivativeIds: readonly number[];
}

export interface AuditComparePayload {
  readonly attempts: 'current' | 'all';
  readonly policy: Policy;
}

/**
 * The jobs of one audit: one a scan, which looks and measures, and a last one that compares everybody with everybody.
 *
 * @returns empty when no scan has been de-identified
 */
export function auditJobs(db: Db, attempts: 'current' | 'all', policy: Policy): NewJob[] {
  const bySeries = groupBy(auditTargets(db, attempts), (target) => target.seriesId);
  if (bySeries.size === 0) return [];
  const looks: NewJob[] = [...bySeries.values()].map((targets) => ({
    kind: 'audit',
    seriesId: targets[0]!.seriesId,
    label: targets[0]!.label,
    payload: { derivativeIds: targets.map((t) => t.derivativeId) } satisfies AuditLookPayload,
  }));
  return [...looks, compareJob(attempts, policy)];
}

/** The last job of an audit. It must be enqueued after the others of its batch. */
export function compareJob(attempts: 'current' | 'all', policy: Policy): NewJob {
  return {
    kind: 'audit',
    seriesId: null,
    label: 'everybody with everybody',
    payload: { attempts, policy } satisfies AuditComparePayload,
  };
}

/** @param job one scan to look at, or the comparison that ends the batch */
export function runAudit(
  ctx: ExecutorContext,
  job: {
    readonly id: number;
    readonly batchId: string;
    readonly seriesId: number | null;
    readonly payload: unknown;
  },
  context: JobContext,
): Promise<unknown> {
  return job.seriesId === null
    ? compareAudit(ctx, job.id, job.batchId, job.payload as AuditComparePayload, context)
    : lookAtScan(ctx, job.seriesId, (job.payload as AuditLookPayload).derivativeIds, context);
}

/** An old audit must not replace the findings of a newer one. */
export class LaterAuditError extends Error {
  override readonly name = 'LaterAuditError';
  constructor() {
    super('A later audit has judged these scans already. Start the audit again to judge them anew.');
  }
}

/**
 * Compares every de-identified head with every original, judges each scan, and writes the report.
 *
 * Waits for the other jobs of its batch: they were enqueued before it, so that they run or have ended when its turn
 * comes. A scan whose job failed or was cancelled is "cannot tell", with the reason. A version that was made after the
 * audit had begun is in no job: nobody looked at it, so it is not judged and stays "not audited", which holds it.
 *
 * @throws LaterAuditError when this is the retry of an audit that another one followed
 */
async function compareAudit(
  ctx: ExecutorContext,
  jobId: number,
  batchId: string,
  { attempts, policy }: AuditComparePayload,
  context: JobContext,
): Promise<{ audited: number; atRisk: number }> {
  await waitForOthers(ctx.db, jobId, batchId, context);
  if (isFollowed(ctx.db, jobId)) throw new LaterAuditError();
  const looks = readLooks(ctx.db, batchId);
  const made = auditTargets(ctx.db, attempts);
  const targets = made.filter((t) => wasLookedAt(looks.get(t.seriesId), t.derivativeId));
  const tooLate = made.filter((t) => !targets.includes(t)).map((t) => madeTooLate(t.label));
  context.progress(0.1, 'comparing everybody with everybody');
  // A scan edited again meanwhile is still one of the people whom the others are compared with.
  const present = made.filter((t) => looks.has(t.seriesId));
  const originals = present.flatMap((t) => {
    const { original } = looks.get(t.seriesId)?.looks ?? {};
    if (!original?.gallery || !original.probe) return [];
    return [
      { seriesId: t.seriesId, subjectId: t.subjectId, gallery: original.gallery, probe: original.probe },
    ];
  });
  const people = new Set(present.map((t) => t.subjectId)).size;
  const borrowed = await ensureBorrowedLooks(ctx, people, policy.audit, {
    signal: context.signal,
    progress: (f, m) => context.progress(0.1 + 0.5 * f, m),
  });
  context.progress(0.6, 'comparing everybody with everybody');
  const cohort = await ctx.pool.run<CohortResult>(
    'risk.cohort',
    {
      dir: riskDir(ctx),
      originals: uniqueBy(originals, (o) => o.seriesId),
      attempts: targets.flatMap(({ derivativeId, seriesId, subjectId, method }) => {
        const probe = attemptOf(looks, seriesId, derivativeId)?.probe;
        return probe ? [{ derivativeId, seriesId, subjectId, method, probe }] : [];
      }),
      borrowed,
      limits: policy.audit,
    },
    { signal: context.signal, onProgress: (f, m) => context.progress(0.6 + 0.3 * f, m) },
  );
  context.signal.throwIfAborted();

  const blind = ctx.faceReader ? cohort.blind : NO_NETWORKS;
  const recognitionOf = new Map(cohort.scans.map((s) => [s.derivativeId, s.recognition]));
  const problems: Problem[] = [...tooLate];
  const at = ctx.clock().toISOString();
  let atRisk = 0;
  ctx.db.transaction(() => {
    for (const target of targets) {
      const attempt = attemptOf(looks, target.seriesId, target.derivativeId);
      const missing = looks.get(target.seriesId)!.error;
      const distanceFailure = attempt ? attempt.distanceFailure : missing;
      const lookFailure = attempt ? attempt.lookFailure : missing;
      const own = problemsOf(target.label, lookFailure, distanceFailure, blind);
      const found: AuditRecord = {
        recognition: [...(recognitionOf.get(target.derivativeId) ?? [])],
        distance: attempt?.distance ?? null,
        problems: [...own, ...(attempt?.problems ?? [])],
        ...judgeAudit(
          {
            faceStateBefore: faceStateOf(ctx.db, target.seriesId),
            recognition: recognitionOf.get(target.derivativeId) ?? [],
            sees: cohort.sees,
            blind: lookFailure && !blind ? `the pictures could not be made (${lookFailure})` : blind,
            distance: attempt?.distance ?? null,
            distanceFailure,
          },
          policy.audit,
        ),
      };
      const record = standingFinding(readAudit(ctx.db, target.derivativeId), found, {
        sees: cohort.sees,
        limits: policy.audit,
        subject: target.label,
      });
      problems.push(...own, ...record.problems.slice(found.problems.length));
      if (record.state === 'at-risk' && target.current) atRisk++;
      settleAudit(ctx.db, target, record, policy, at);
    }
    saveReport(
      ctx.db,
      buildReport({
        db: ctx.db,
        at,
        targets,
        cohort,
        blind,
        people,
        borrowed: borrowed.length,
        limits: policy.audit,
        tools: toolsOf(ctx),
        problems,
        seconds: [...looks.values()].flatMap((l) => (l.looks ? [l.looks.seconds] : [])),
      }),
    );
  })();
  return { audited: targets.length, atRisk };
}

function toolsOf(ctx: ExecutorContext): string {
  return ctx.faceReader?.version ?? NO_NETWORKS;
}

/** What an audit that was retried knows is older than what a later one has written or is about to write. */
function isFollowed(db: Db, jobId: number): boolean {
  return (
    db
      .prepare(
        "SELECT 1 FROM job WHERE kind = 'audit' AND series_id IS NULL AND id > ? AND state IN ('queued','running','done')",
      )
      .get(jobId) !== undefined
  );
}

async function waitForOthers(db: Db, jobId: number, batchId: string, context: JobContext): Promise<void> {
  const open = db
    .prepare(
      "SELECT count(*) FROM job WHERE batch_id = ? AND id <> ? AND kind = 'audit' AND state IN ('queued','running')",
    )
    .pluck();
  for (;;) {
    context.signal.throwIfAborted();
    const left = open.get(batchId, jobId) as number;
    if (left === 0) return;
    context.progress(0.02, `waiting for ${left} more ${left === 1 ? 'scan' : 'scans'}`);
    await pause(200, undefined, { signal: context.signal });
  }
}

interface FoundLooks {
  /** Versions that the job was to look at. */
  readonly derivativeIds: readonly number[];
  /** Null when the job did not come to its end, with the reason in `error`. */
  readonly looks: ScanLooks | null;
  readonly error: string;
}

/** What the other jobs of the batch found, by series. */
function readLooks(db: Db, batchId: string): Map<number, FoundLooks> {
  const rows = db
    .prepare(
      "SELECT series_id AS seriesId, state, error, payload, result FROM job WHERE batch_id = ? AND kind = 'audit' AND series_id IS NOT NULL",
    )
    .all(batchId) as {
    seriesId: number;
    state: string;
    error: string;
    payload: string;
    result: string | null;
  }[];
  return new Map(
    rows.map((row) => {
      const { derivativeIds } = JSON.parse(row.payload) as AuditLookPayload;
      return [
        row.seriesId,
        row.state === 'done' && row.result
          ? { derivativeIds, looks: JSON.parse(row.result) as ScanLooks, error: '' }
          : { derivativeIds, looks: null, error: row.error || `the audit of this scan was ${row.state}` },
      ];
    }),
  );
}

/** Whether this audit looked at a version, or was to and could not. */
function wasLookedAt(found: FoundLooks | undefined, derivativeId: number): boolean {
  if (!found) return false;
  return found.looks
    ? found.looks.attempts.some((a) => a.derivativeId === derivativeId)
    : found.derivativeIds.includes(derivativeId);
}

function madeTooLate(label: string): Problem {
  return {
    code: 'audit-made-later',
    level: 'warning',
    subject: label,
    message: 'Not looked at by this audit: this version was made after the audit had begun.',
    fix: 'Start the audit again.',
  };
}

function attemptOf(
  looks: ReadonlyMap<number, FoundLooks>,
  seriesId: number,
  derivativeId: number,
): AttemptLooks | undefined {
  return looks.get(seriesId)?.looks?.attempts.find((a) => a.derivativeId === derivativeId);
}

function problemsOf(label: string, lookFailure: string, distanceFailure: string, blind: string): Problem[] {
  const found: Problem[] = [];
  // A build without networks says so once in the report, not on every scan.
  if (lookFailure && blind !== NO_NETWORKS)
    found.push({
      code: 'audit-no-pictures',
      level: 'warning',
      subject: label,
      message: `Could not be looked at: ${lookFailure}`,
      fix: 'Start the audit again; if it stays, look at the scan in review.',
    });
  if (distanceFailure)
    found.push({
      code: 'audit-no-distance',
      level: 'warning',
      subject: label,
      message: `The distance between the face surfaces could not be measured: ${distanceFailure}`,
      fix: 'Look at the surface renders in review.',
    });
  return found;
}

function faceStateOf(db: Db, seriesId: number): FaceState {
  return db.prepare('SELECT face_state FROM series WHERE id = ?').pluck().get(seriesId) as FaceState;
}

function uniqueBy<T>(items: readonly T[], key: (item: T) => unknown): T[] {
  const seen = new Set<unknown>();
  return items.filter((item) => !seen.has(key(item)) && seen.add(key(item)));
}
