import { randomUUID } from 'node:crypto';
import type { Db } from '../catalog/database.ts';
import { openDatabase } from '../catalog/database.ts';
import { setScanState } from '../catalog/scan-state.ts';
import { openKeys, type ProjectKeys } from '../deidentify/keys.ts';
import type { EventHub } from '../events.ts';
import { type ClaimedJob, DIED_OF_IT, JobQueue, type NewJob } from '../jobs/queue.ts';
import { JobRunner } from '../jobs/runner.ts';
import type { FaceReader } from '../risk/faces/face-reader.ts';
import type { Segmenter } from '../segmentation/segmentation.ts';
import type { TaskPool } from '../worker/pool.ts';
import { attemptFolders, type DeidentifyPayload } from './execute-deidentify.ts';
import { createExecutors } from './executors.ts';
import type { ProjectFolder } from './project-folder.ts';
import { lockProject } from './project-lock.ts';

export interface SessionOptions {
  readonly folder: ProjectFolder;
  readonly pool: TaskPool;
  readonly events: EventHub;
  readonly clock: () => Date;
  readonly concurrency: number;
  /** Undefined where this build has no model. */
  readonly segmenter?: Segmenter | undefined;
  /** Undefined where this build has no face networks. */
  readonly faceReader?: FaceReader | undefined;
  /** Called after each import: new people are in the catalog. */
  readonly onImported?: (session: ProjectSession) => void;
}

/** One open project: its catalog, keys, queue and runner. */
export class ProjectSession {
  readonly folder: ProjectFolder;
  readonly db: Db;
  readonly keys: ProjectKeys;
  readonly queue: JobQueue;
  readonly runner: JobRunner;
  readonly pool: TaskPool;
  /** Undefined where this build has no usable segmentation model. */
  readonly segmenter: Segmenter | undefined;
  private readonly events: EventHub;
  private readonly unlock: () => void;

  constructor(options: SessionOptions) {
    this.folder = options.folder;
    this.pool = options.pool;
    this.segmenter = options.segmenter;
    this.events = options.events;
    this.unlock = lockProject(options.folder.dir);
    let db: Db | undefined;
    try {
      db = this.db = openDatabase(options.folder.catalogFile);
      const fresh = db.prepare('SELECT 1 FROM subject LIMIT 1').get() === undefined;
      this.keys = openKeys(options.folder.dir, fresh);
    } catch (error) {
      db?.close();
      this.unlock();
      throw error;
    }
    this.queue = new JobQueue(this.db, options.clock);
    this.runner = new JobRunner({
      queue: this.queue,
      executors: createExecutors({
        db: this.db,
        folder: this.folder,
        keys: this.keys,
        pool: options.pool,
        clock: options.clock,
        segmenter: options.segmenter,
        faceReader: options.faceReader,
      }),
      concurrency: options.concurrency,
      emit: (event) => options.events.emit(event),
      clock: options.clock,
      onDone: (job) => {
        if (job.kind === 'import') options.onImported?.(this);
      },
      onEnd: (job, outcome, message) => this.endJob(job, outcome, message),
    });
    const { again, givenUp } = this.queue.recover();
    for (const job of givenUp) this.endJob(job, 'failed', DIED_OF_IT);
    this.runner.suspect(again.map((job) => job.id));
    this.db
      .prepare(
        "UPDATE series SET state = 'queued', state_reason = 'Interrupted; it will be done again.' WHERE state = 'running'",
      )
      .run();
  }

  /** A job that failed or was cancelled: its scan or its share gets an explicit state. */
  private endJob(job: ClaimedJob, outcome: 'failed' | 'cancelled', message: string): void {
    if (job.kind === 'deidentify' && job.seriesId !== null && this.unfinished(job.seriesId)) {
      const before = outcome === 'cancelled' ? this.stateBefore(job) : undefined;
      if (before) setScanState(this.db, job.seriesId, before.state, before.reason, before.next);
      else if (outcome === 'failed')
        setScanState(
          this.db,
          job.seriesId,
          'failed',
          message,
          'Retry it, try another method, or exclude the scan.',
        );
      else
        setScanState(
          this.db,
          job.seriesId,
          'queued',
          'Cancelled before it was finished.',
          'Start the batch again when ready.',
        );
    }
    if (job.kind === 'share') {
      const { shareId } = job.payload as { shareId: number };
      const text =
        outcome === 'cancelled' ? 'Cancelled. Start it again to the same folder to continue.' : message;
      this.db.prepare("UPDATE share SET state = 'failed', message = ? WHERE id = ?").run(text, shareId);
    }
  }

  /** The state that a scan had before it was to be done again, as long as nothing new was made of it. */
  private stateBefore(job: ClaimedJob): DeidentifyPayload['before'] {
    const { before } = job.payload as DeidentifyPayload;
    if (!before || job.seriesId === null) return undefined;
    const made = this.db
      .prepare('SELECT 1 FROM derivative WHERE series_id = ? AND folder IN (?, ?)')
      .get(job.seriesId, ...attemptFolders(job.seriesId, job.id));
    return made === undefined ? before : undefined;
  }

  /** True until a scan has its verdict: cancelling the measurement afterwards must not take it away. */
  private unfinished(seriesId: number): boolean {
    const state = this.db.prepare('SELECT state FROM series WHERE id = ?').pluck().get(seriesId);
    return state === 'queued' || state === 'running';
  }

  /** Adds jobs as one batch and starts them. */
  startBatch(jobs: readonly NewJob[]): string {
    const batchId = randomUUID();
    this.queue.enqueue(batchId, jobs);
    this.runner.wake();
    this.changed('jobs', 'catalog', 'project');
    return batchId;
  }

  /** A function of its own, not a method: whoever gets this session as a context takes it apart. */
  readonly changed = (...areas: string[]): void => {
    this.events.emit({ type: 'changed', areas });
  };

  setting(key: string, fallback: string): string {
    const row = this.db.prepare('SELECT value FROM setting WHERE key = ?').pluck().get(key) as
      | string
      | undefined;
    return row ?? fallback;
  }

  saveSetting(key: string, value: string): void {
    this.db
      .prepare(
        'INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
      )
      .run(key, value);
  }

  async close(): Promise<void> {
    await this.runner.close();
    this.keys.lock();
    this.db.close();
    this.unlock();
  }
}
