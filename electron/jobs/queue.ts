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

  /** Puts jobs that were running when the process died back in the line. Returns how many. */
  recover(): number {
    return this.db.prepare("UPDATE job SET state = 'queued', started_at = NULL WHERE state = 'running'").run()
      .changes;
  }

  /** Cancels what still waits in a batch; running jobs are the runner's to stop. */
  cancelQueued(batchId: string): number[] {
    return this.db.transaction(() => {
      const rows = this.db
        .prepare("SELECT id, series_id FROM job WHERE batch_id = ? AND state = 'queued'")
        .all(batchId) as { id: number; series_id: number | null }[];
      for (const r of rows) this.markCancelled(r.id);
      return rows.flatMap((r) => (r.series_id === null ? [] : [r.series_id]));
    })();
  }

  retryFailed(batchId: string): ClaimedJob[] {
    const where = batchId ? 'AND batch_id = ?' : '';
    const rows = this.db
      .prepare(`SELECT * FROM job WHERE state IN ('failed','cancelled') ${where}`)
      .all(...(batchId ? [batchId] : [])) as JobRow[];
    const update = this.db.prepare(
      "UPDATE job SET state = 'queued', error = '', started_at = NULL, finished_at = NULL WHERE id = ?",
    );
    this.db.transaction(() => {
      for (const r of rows) update.run(r.id);
    })();
    return rows.map((r) => ({ ...toJob(r), payload: JSON.parse(r.payload) }));
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

  /** Batches with unfinished work, and the newest five that ended. */
  recentBatches(): string[] {
    const rows = this.db
      .prepare(
        `SELECT batch_id, max(state IN ('queued','running')) AS busy, max(id) AS last FROM job
         GROUP BY batch_id ORDER BY busy DESC, last DESC LIMIT 5`,
      )
      .all() as { batch_id: string }[];
    return rows.map((r) => r.batch_id);
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
