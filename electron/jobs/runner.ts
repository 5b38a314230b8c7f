import type { AppEvent, BatchProgress, JobKind } from '../../shared/jobs/records.ts';
import { describeError } from '../describe-error.ts';
import { estimatePace } from './pace.ts';
import type { ClaimedJob, JobQueue } from './queue.ts';

export interface JobContext {
  readonly signal: AbortSignal;
  progress(fraction: number, message: string): void;
}

/** Does one job; throws to fail it. What it returns is kept with the job. */
export type JobExecutor = (job: ClaimedJob, context: JobContext) => Promise<unknown>;

export interface RunnerOptions {
  readonly queue: JobQueue;
  readonly executors: Readonly<Record<JobKind, JobExecutor>>;
  readonly concurrency: number;
  readonly emit: (event: AppEvent) => void;
  readonly clock: () => Date;
  readonly onDone?: (job: ClaimedJob) => void;
  /** Called when a job fails or is cancelled, so that its scan gets an explicit state. */
  readonly onEnd: (job: ClaimedJob, outcome: 'failed' | 'cancelled', message: string) => void;
}

interface Running {
  readonly job: ClaimedJob;
  readonly abort: AbortController;
  message: string;
  fraction: number;
}

interface BatchPace {
  startedAtMs: number;
  finishedAtMs: number[];
  lastEmitMs: number;
  timer?: NodeJS.Timeout | undefined;
}

/** The catalog cannot be written, so no job can be begun or ended; the message says why and what to do. */
export class QueueStoppedError extends Error {
  override name = 'QueueStoppedError';
}

const NO_PACE: Pick<BatchProgress, 'itemsPerMinute' | 'secondsLeft'> = {
  itemsPerMinute: null,
  secondsLeft: null,
};

/** At most ten progress events a second for a batch. */
const EMIT_EVERY_MS = 100;

/** Takes jobs from the queue and keeps `concurrency` of them going. */
export class JobRunner {
  private readonly running = new Map<number, Running>();
  private readonly pace = new Map<string, BatchPace>();
  private waiters: {
    batchId: string;
    resolve: (p: BatchProgress) => void;
    reject: (reason: Error) => void;
  }[] = [];
  private closed = false;
  /** Jobs that the process died with before: while one of them is open, one job runs at a time. */
  private readonly suspects = new Set<number>();
  /** Why nothing is begun any more; empty while all is well. */
  private stopped = '';

  constructor(private readonly options: RunnerOptions) {}

  /** Jobs that were running when the process died: several of them at once may be what it died of. */
  suspect(jobIds: readonly number[]): void {
    for (const id of jobIds) this.suspects.add(id);
  }

  /** Starts whatever can start now. Call after every enqueue. */
  wake(): void {
    try {
      while (!this.closed && this.stopped === '' && this.running.size < this.limit()) {
        const job = this.options.queue.claim();
        if (!job) return;
        void this.execute(job).catch((error) => this.stop(error));
      }
    } catch (error) {
      this.stop(error);
    }
  }

  private limit(): number {
    for (const id of this.suspects) if (!this.options.queue.isOpen(id)) this.suspects.delete(id);
    return this.suspects.size > 0 ? 1 : this.options.concurrency;
  }

  /** The queue cannot be written (a full disk): nothing more is begun, and who waits is told. */
  private stop(error: unknown): void {
    if (this.closed) return;
    this.stopped = `The project's catalog cannot be written: ${describeError(error)} Make room and open the project again; nothing that was finished is lost.`;
    for (const w of this.waiters.splice(0)) w.reject(new QueueStoppedError(this.stopped));
    for (const batchId of this.pace.keys()) this.announce(batchId);
  }

  private async execute(job: ClaimedJob): Promise<void> {
    const entry: Running = { job, abort: new AbortController(), message: 'starting', fraction: 0 };
    this.running.set(job.id, entry);
    this.paceOf(job.batchId);
    const context: JobContext = {
      signal: entry.abort.signal,
      progress: (fraction, message) => {
        entry.fraction = fraction;
        entry.message = message;
        this.announce(job.batchId);
      },
    };
    this.announce(job.batchId);
    try {
      const result = await this.options.executors[job.kind](job, context);
      if (!this.closed) {
        this.options.queue.finish(job.id, result ?? null);
        this.options.onDone?.(job);
      }
    } catch (error) {
      this.endBadly(entry, error);
    } finally {
      this.running.delete(job.id);
      if (!this.closed) {
        this.paceOf(job.batchId).finishedAtMs.push(this.options.clock().getTime());
        this.announce(job.batchId);
        this.settle(job.batchId);
        this.wake();
      }
    }
  }

  private endBadly(entry: Running, error: unknown): void {
    // A job interrupted by closing was given back to the line.
    if (this.closed) return;
    const { job } = entry;
    if (entry.abort.signal.aborted) {
      this.options.queue.markCancelled(job.id);
      this.options.onEnd(job, 'cancelled', 'Cancelled by the user.');
      return;
    }
    const message = describeError(error);
    this.options.queue.fail(job.id, message);
    this.options.onEnd(job, 'failed', message);
  }

  /** Stops a batch: running jobs are aborted, waiting ones cancelled; finished ones stay. */
  cancel(batchId: string): { waiting: number; stopped: number } {
    const waiting = this.options.queue.cancelQueued(batchId);
    for (const job of waiting) this.options.onEnd(job, 'cancelled', 'Cancelled by the user.');
    let stopped = 0;
    for (const r of this.running.values()) {
      if (r.job.batchId !== batchId) continue;
      r.abort.abort();
      stopped++;
    }
    this.announce(batchId);
    this.settle(batchId);
    return { waiting: waiting.length, stopped };
  }

  progressOf(batchId: string): BatchProgress | null {
    const counts = this.options.queue.counts(batchId);
    if (!counts) return null;
    const running = [...this.running.values()]
      .filter((r) => r.job.batchId === batchId)
      .map((r) => ({ jobId: r.job.id, label: r.job.label, message: r.message, fraction: r.fraction }));
    const pace = this.pace.get(batchId);
    const partly = running.reduce((sum, r) => sum + r.fraction, 0);
    const left = counts.total - counts.done - counts.failed - counts.cancelled - partly;
    const now = this.options.clock().getTime();
    const estimate = pace
      ? estimatePace(pace.finishedAtMs, pace.startedAtMs, now, Math.max(0, left))
      : { ...NO_PACE };
    // A batch of one long job has no finished item to go by; its own fraction tells.
    if (pace && estimate.secondsLeft === null && partly > 0.02) {
      estimate.secondsLeft = ((now - pace.startedAtMs) / 1000 / partly) * left;
    }
    if (this.stopped && !counts.finished)
      return {
        ...counts,
        running: [{ jobId: 0, label: 'Stopped', message: this.stopped, fraction: 0 }],
        ...NO_PACE,
      };
    return { ...counts, running, ...estimate };
  }

  /** @throws QueueStoppedError when the catalog cannot be written */
  wait(batchId: string): Promise<BatchProgress> {
    const now = this.progressOf(batchId);
    if (now?.finished) return Promise.resolve(now);
    if (this.stopped) return Promise.reject(new QueueStoppedError(this.stopped));
    return new Promise((resolve, reject) => this.waiters.push({ batchId, resolve, reject }));
  }

  get busy(): boolean {
    return this.running.size > 0;
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const r of this.running.values()) {
      r.abort.abort();
      this.options.queue.giveBack(r.job.id);
    }
    for (const p of this.pace.values()) clearTimeout(p.timer);
  }

  private settle(batchId: string): void {
    const progress = this.progressOf(batchId);
    if (!progress?.finished) return;
    const ready = this.waiters.filter((w) => w.batchId === batchId);
    this.waiters = this.waiters.filter((w) => w.batchId !== batchId);
    for (const w of ready) w.resolve(progress);
    this.options.emit({
      type: 'changed',
      areas: ['catalog', 'jobs', 'project', 'review', 'morphometry', 'risk', 'share'],
    });
  }

  private paceOf(batchId: string): BatchPace {
    let pace = this.pace.get(batchId);
    if (!pace) {
      pace = { startedAtMs: this.options.clock().getTime(), finishedAtMs: [], lastEmitMs: 0 };
      this.pace.set(batchId, pace);
    }
    return pace;
  }

  /** Emits progress now, or a little later when one was just emitted. The last state is never dropped. */
  private announce(batchId: string): void {
    const pace = this.paceOf(batchId);
    if (pace.timer) return;
    const now = Date.now();
    const wait = Math.max(0, pace.lastEmitMs + EMIT_EVERY_MS - now);
    pace.timer = setTimeout(() => {
      pace.timer = undefined;
      pace.lastEmitMs = Date.now();
      if (this.closed) return;
      const batch = this.progressOf(batchId);
      if (batch) this.options.emit({ type: 'progress', batch });
    }, wait);
    pace.timer.unref?.();
  }
}
