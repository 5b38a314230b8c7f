import type { BatchProgress, Job, JobKind, JobState } from '../../shared/jobs/records.ts';
import type { Db } from '../catalog/database.ts';

export interface NewJob {
  readonly kind: JobKind;
  readonly seriesId: number | null;
  readonly label: string;
  readonly payload: unknown;
}

export interface ClaimedJob extends Job {
  readonly payload: unknown;
}

interface JobRow {
  id: number;
  batch_id: string;
  kind: JobKind;
  series_id: number | null;
  label: string;
  payload: string;
  state: JobState;
  attempts: number;
  error: string;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
}

/** A job that took the process down this often is not begun again by itself. */
const MOST_DEATHS = 3;
/** Why such a job ended. */
export const DIED_OF_IT =
  `Refacade ended ${MOST_DEATHS} times while it worked on this, probably for want of memory. ` +
  'Close other programs and retry it, or exclude the scan.';

/**
 * The persistent queue: the `job` table *is* the queue, so whatever was waiting or running when the process
 * died is still there at the next start.
 */
export class JobQueue {
  constructor(
    private readonly db: Db,
    private readonly clock: () => Date,
  ) {}

  enqueue(batchId: string, jobs: readonly NewJob[]): void {
    const insert = this.db.prepare(
      'INSERT INTO job (batch_id, kind, series_id, label, payload, created_at) VALUES (?, ?, ?, ?, ?, ?)',
    );
    const at = this.clock().toISOString();
    this.db.transaction(() => {
      for (const j of jobs) insert.run(batchId, j.kind, j.seriesId, j.label, JSON.stringify(j.payload), at);
    })();
  }

  /** Takes the oldest waiting job, or null. Jobs whose series has a running job, and exclusive kinds, wait. */
  claim(): ClaimedJob | null {
    return this.db.transaction(() => {
      const row = this.db
        .prepare(
          `SELECT * FROM job AS j WHERE state = 'queued'
           AND NOT EXISTS (SELECT 1 FROM job AS r WHERE r.state = 'running'
             AND (r.kind IN ('import','share') OR (r.series_id IS NOT NULL AND r.series_id = j.series_id)
                  OR j.kind IN ('import','share')))
           ORDER BY id LIMIT 1`,
        )
        .get() as JobRow | undefined;
      if (!row) return null;
      this.db
        .prepare(
          "UPDATE job SET state = 'running', attempts = attempts + 1, started_at = ?, error = '' WHERE id = ?",
        )
        .run(this.clock().toISOString(), row.id);
      return {
        ...toJob(row),
        state: 'running' as const,
        attempts: row.attempts + 1,
        payload: JSON.parse(row.payload),
      };
    })();
  }

  finish(id: number, result: unknown): void {
    this.end(id, 'done', '', result);
  }

  fail(id: number, error: string): void {
    this.end(id, 'failed', error);
  }

  markCancelled(id: number): void {
    this.end(id, 'cancelled', '');
  }

  private end(id: number, state: JobState, error: string, result?: unknown): void {
    this.db
      .prepare('UPDATE job SET state = ?, error = ?, result = ?, finished_at = ? WHERE id = ?')
      .run(
        state,
        error,
        result === undefined ? null : JSON.stringify(result),
        this.clock().toISOString(),
        id,
      );
  }

  /**
   * Takes up what was running when the process died: back in the line, or failed when it died of it again and again.
   *
   * Call {@link giveBack} for what an orderly end interrupts, or that counts as a death.
   */
  recover(): { readonly again: ClaimedJob[]; readonly givenUp: ClaimedJob[] } {
    return this.db.transaction(() => {
      const rows = this.claimedWhere("state = 'running'");
      const givenUp = rows.filter((j) => j.attempts >= MOST_DEATHS);
      const again = rows.filter((j) => j.attempts < MOST_DEATHS);
      for (const j of givenUp) this.fail(j.id, DIED_OF_IT);
      for (const j of again) this.requeue(j.id);
      return { again, givenUp };
    })();
  }

  /** A running job that an orderly end interrupts waits again, as if it had not been begun. */
  giveBack(id: number): void {
    this.db
      .prepare(
        "UPDATE job SET state = 'queued', started_at = NULL, attempts = max(0, attempts - 1) WHERE id = ? AND state = 'running'",
      )
      .run(id);
  }

  /** Does a job still wait or run? */
  isOpen(id: number): boolean {
    return (
      this.db.prepare("SELECT 1 FROM job WHERE id = ? AND state IN ('queued','running')").get(id) !==
      undefined
    );
  }

  /** Cancels what still waits in a batch; running jobs are the runner's to stop. */
  cancelQueued(batchId: string): ClaimedJob[] {
    return this.db.transaction(() => {
      const jobs = this.claimedWhere("state = 'queued' AND batch_id = ?", batchId);
      for (const j of jobs) this.markCancelled(j.id);
      return jobs;
    })();
  }

  /** Cancels what waits to be done with a series, for it will not be. */
  cancelSeries(seriesIds: readonly number[]): void {
    const cancel = this.db.prepare(
      `UPDATE job SET state = 'cancelled', finished_at = ? WHERE state = 'queued' AND series_id = ? AND kind IN ('deidentify','measure')`,
    );
    this.db.transaction(() => {
      for (const id of seriesIds) cancel.run(this.clock().toISOString(), id);
    })();
  }

  /**
   * Puts failed and cancelled jobs of a batch back in the line; of every batch when none is named, then scans' jobs only.
   *
   * A job whose scan has a newer job of its kind is history, as is an audit that another one followed, and a scan that has its
   * verdict by now, or was excluded, keeps it. A look that is repeated has its audit compared again.
   */
  retryFailed(batchId: string): ClaimedJob[] {
    const where = batchId ? 'batch_id = ?' : "kind IN ('deidentify','measure')";
    return this.db.transaction(() => {
      const jobs = this.claimedWhere(
        `state IN ('failed','cancelled') AND ${where}
         AND NOT EXISTS (SELECT 1 FROM job n WHERE n.series_id = j.series_id AND n.kind = j.kind AND n.id > j.id)
         AND NOT EXISTS (SELECT 1 FROM series s WHERE s.id = j.series_id AND (s.state = 'excluded'
           OR (j.kind = 'deidentify' AND s.state NOT IN ('failed','queued'))))
         AND NOT (j.kind = 'audit' AND EXISTS (SELECT 1 FROM job n WHERE n.kind = 'audit' AND n.series_id IS NULL
           AND n.batch_id <> j.batch_id AND n.id > j.id AND n.state IN ('queued','running','done')))`,
        ...(batchId ? [batchId] : []),
      );
      const audits = new Set(jobs.flatMap((j) => (j.kind === 'audit' ? [j.batchId] : [])));
      const compared = [...audits].flatMap((id) =>
        this.claimedWhere("state = 'done' AND kind = 'audit' AND series_id IS NULL AND batch_id = ?", id),
      );
      const fresh = this.db.prepare('UPDATE job SET attempts = 0 WHERE id = ?');
      for (const j of [...jobs, ...compared]) {
        fresh.run(j.id);
        this.requeue(j.id);
      }
      return jobs;
    })();
  }

  private requeue(id: number): void {
    this.db
      .prepare(
        "UPDATE job SET state = 'queued', error = '', started_at = NULL, finished_at = NULL WHERE id = ?",
      )
      .run(id);
  }

  private claimedWhere(where: string, ...params: unknown[]): ClaimedJob[] {
    const rows = this.db.prepare(`SELECT * FROM job AS j WHERE ${where} ORDER BY id`).all(...params);
    return (rows as JobRow[]).map((r) => ({ ...toJob(r), payload: JSON.parse(r.payload) }));
  }

  list(filter: { batchId: string; states: readonly JobState[]; limit: number }): Job[] {
    const clauses: string[] = [];
    const params: unknown[] = [];
    if (filter.batchId) {
      clauses.push('batch_id = ?');
      params.push(filter.batchId);
    }
    if (filter.states.length > 0) {
      clauses.push(`state IN (${filter.states.map(() => '?').join(',')})`);
      params.push(...filter.states);
    }
    const where = clauses.length > 0 ? `WHERE ${clauses.join(' AND ')}` : '';
    const rows = this.db
      .prepare(`SELECT * FROM job ${where} ORDER BY id DESC LIMIT ?`)
      .all(...params, filter.limit);
    return (rows as JobRow[]).map(toJob);
  }

  result(batchId: string): unknown {
    const row = this.db
      .prepare("SELECT result FROM job WHERE batch_id = ? AND state = 'done' ORDER BY id DESC LIMIT 1")
      .get(batchId) as { result: string | null } | undefined;
    return row?.result ? JSON.parse(row.result) : null;
  }

  /** Counts of a batch; the runner adds what is running right now and the pace. */
  counts(batchId: string): Omit<BatchProgress, 'running' | 'itemsPerMinute' | 'secondsLeft'> | null {
    const rows = this.db
      .prepare('SELECT kind, state, count(*) AS n FROM job WHERE batch_id = ? GROUP BY kind, state')
      .all(batchId) as { kind: JobKind; state: JobState; n: number }[];
    if (rows.length === 0) return null;
    const of = (state: JobState) => rows.filter((r) => r.state === state).reduce((sum, r) => sum + r.n, 0);
    const total = rows.reduce((sum, r) => sum + r.n, 0);
    return {
      batchId,
      kind: rows[0]!.kind,
      total,
      done: of('done'),
      failed: of('failed'),
      cancelled: of('cancelled'),
      finished: of('queued') + of('running') === 0,
    };
  }

  /** Every batch with unfinished work, then the newest five that ended; the newest first. */
  recentBatches(): string[] {
    const rows = this.db
      .prepare(
        `SELECT batch_id, max(state IN ('queued','running')) AS busy, max(id) AS last FROM job
         GROUP BY batch_id ORDER BY busy DESC, last DESC`,
      )
      .all() as { batch_id: string; busy: number }[];
    const busy = rows.filter((r) => r.busy === 1).length;
    return rows.slice(0, busy + 5).map((r) => r.batch_id);
  }
}

function toJob(row: JobRow): Job {
  return {
    id: row.id,
    batchId: row.batch_id,
    kind: row.kind,
    seriesId: row.series_id,
    label: row.label,
    state: row.state,
    attempts: row.attempts,
    error: row.error,
    createdAt: row.created_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
  };
}
