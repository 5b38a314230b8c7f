import type { jobsContract } from '../../shared/jobs/contract.ts';
import type { Handlers } from '../../shared/rpc.ts';
import type { Db } from '../catalog/database.ts';
import { setScanState } from '../catalog/scan-state.ts';
import { UserError } from '../dispatch.ts';
import type { JobQueue } from './queue.ts';
import type { JobRunner } from './runner.ts';

export interface JobsContext {
  readonly db: Db;
  readonly queue: JobQueue;
  readonly runner: JobRunner;
  readonly changed: (...areas: string[]) => void;
}

/** @param open the open project's jobs, or null: without a project nothing runs */
export function jobsHandlers(
  context: () => JobsContext,
  open: () => JobsContext | null,
): Handlers<typeof jobsContract> {
  return {
    'jobs.batches': () => {
      const jobs = open();
      return jobs ? jobs.queue.recentBatches().flatMap((id) => jobs.runner.progressOf(id) ?? []) : [];
    },
    'jobs.list': (filter) => context().queue.list(filter),
    'jobs.cancel': ({ batchId }) => {
      const { runner, changed } = context();
      const { waiting, stopped } = runner.cancel(batchId);
      changed('jobs', 'catalog', 'project', 'share');
      return { cancelled: waiting + stopped };
    },
    'jobs.retryFailed': ({ batchId }) => {
      const { db, queue, runner, changed } = context();
      const jobs = queue.retryFailed(batchId);
      for (const j of jobs) {
        if (j.kind === 'deidentify' && j.seriesId !== null)
          setScanState(db, j.seriesId, 'queued', 'Waiting for another try.');
      }
      runner.wake();
      changed('jobs', 'catalog', 'project');
      return { requeued: jobs.length };
    },
    'jobs.wait': async ({ batchId }) => {
      const { runner } = context();
      if (!runner.progressOf(batchId)) throw new UserError('no-such-batch', `There is no batch ${batchId}.`);
      return runner.wait(batchId);
    },
  };
}
