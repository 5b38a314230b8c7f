import { describe, expect, it } from 'vitest';
import type { AppEvent } from '../../shared/jobs/records.ts';
import { emptyCatalog } from '../catalog/empty-catalog.ts';
import { estimatePace } from './pace.ts';
import { JobQueue } from './queue.ts';
import { type JobExecutor, JobRunner } from './runner.ts';

const clock = () => new Date();

function setUp(execute: JobExecutor, concurrency = 2) {
  const { db, addSeries } = emptyCatalog();
  const queue = new JobQueue(db, clock);
  const events: AppEvent[] = [];
  const ended: string[] = [];
  const runner = new JobRunner({
    queue,
    executors: { import: execute, deidentify: execute, measure: execute, audit: execute, share: execute },
    concurrency,
    emit: (e) => events.push(e),
    clock,
    onEnd: (job, outcome, message) => ended.push(`${job.label} ${outcome} ${message}`),
  });
  const ids = [1, 2, 3, 4].map((n) => addSeries({ state: 'queued', description: `scan ${n}` }));
  const enqueue = (batch: string, n = 4) =>
    queue.enqueue(
      batch,
      ids.slice(0, n).map((seriesId, i) => ({
        kind: 'deidentify' as const,
        seriesId,
        label: `scan ${i + 1}`,
        payload: { i },
      })),
    );
  return { db, queue, runner, events, ended, enqueue };
}

describe('the queue and its runner', () => {
  it('one failing job does not stop the batch, and the counts add up', async () => {
    const t = setUp(async (job) => {
      if (job.label === 'scan 2') throw new Error('expected a head, got a knee');
    });
    t.enqueue('b');
    t.runner.wake();
    const end = await t.runner.wait('b');
    expect(end).toMatchObject({ total: 4, done: 3, failed: 1, cancelled: 0, finished: true });
    expect(t.ended).toEqual(['scan 2 failed expected a head, got a knee']);
    expect(t.queue.list({ batchId: 'b', states: ['failed'], limit: 10 })[0]?.error).toContain('knee');
  });

  it('cancel stops what runs and what waits, and keeps what is finished', async () => {
    const t = setUp(
      (job, context) =>
        job.label === 'scan 1'
          ? Promise.resolve()
          : new Promise((_, reject) => {
              context.signal.addEventListener('abort', () => reject(new Error('aborted')));
            }),
      1,
    );
    t.enqueue('b');
    t.runner.wake();
    await new Promise((r) => setTimeout(r, 20));
    t.runner.cancel('b');
    const end = await t.runner.wait('b');
    expect(end).toMatchObject({ done: 1, cancelled: 3, failed: 0, finished: true });
  });

  it('a job that was running when the process died is done again', async () => {
    const t = setUp(async () => {});
    t.enqueue('b', 2);
    t.queue.claim(); // running, then the process dies
    const after = new JobQueue(t.db, clock);
    expect(after.recover()).toMatchObject({ again: [{ label: 'scan 1' }], givenUp: [] });
    t.runner.wake();
    expect(await t.runner.wait('b')).toMatchObject({ done: 2, finished: true });
    expect(
      after
        .list({ batchId: 'b', states: [], limit: 10 })
        .map((j) => j.attempts)
        .sort(),
    ).toEqual([1, 2]);
  });

  it('closing gives running jobs back, as if they had not been begun', async () => {
    const t = setUp(
      (_job, context) =>
        new Promise((_, reject) => context.signal.addEventListener('abort', () => reject(new Error('x')))),
    );
    t.enqueue('b', 1);
    t.runner.wake();
    await t.runner.close();
    await new Promise((r) => setTimeout(r, 5));
    expect(t.queue.list({ batchId: 'b', states: ['queued'], limit: 10 })).toMatchObject([{ attempts: 0 }]);
    expect(t.queue.recover().again).toEqual([]);
  });

  it('an import or share runs alone', () => {
    const t = setUp(async () => {});
    t.queue.enqueue('i', [{ kind: 'import', seriesId: null, label: 'folder', payload: {} }]);
    t.enqueue('b', 2);
    expect(t.queue.claim()?.kind).toBe('import');
    expect(t.queue.claim()).toBeNull();
  });

  it('retry puts failed and cancelled jobs back', async () => {
    let fail = true;
    const t = setUp(async () => {
      if (fail) throw new Error('disk full');
    });
    t.enqueue('b');
    t.runner.wake();
    await t.runner.wait('b');
    fail = false;
    expect(t.queue.retryFailed('b')).toHaveLength(4);
    t.runner.wake();
    expect(await t.runner.wait('b')).toMatchObject({ done: 4, failed: 0 });
  });

  it('counts deaths anew when a person retries a job', () => {
    const t = setUp(async () => {});
    t.enqueue('b', 1);
    for (let death = 0; death < 3; death++) {
      t.queue.claim();
      expect(t.queue.recover().givenUp).toHaveLength(death === 2 ? 1 : 0);
    }
    expect(t.queue.retryFailed('b')).toHaveLength(1);
    t.queue.claim();
    expect(t.queue.recover()).toMatchObject({ again: [{ label: 'scan 1' }], givenUp: [] });
  });

  it('runs one at a time while a job is open that the process died with', async () => {
    let [now, most] = [0, 0];
    const t = setUp(async () => {
      most = Math.max(most, ++now);
      await new Promise((r) => setTimeout(r, 5));
      now--;
    }, 4);
    t.enqueue('b');
    for (let n = 0; n < 4; n++) t.queue.claim();
    const { again } = t.queue.recover();
    t.runner.suspect(again.map((j) => j.id));
    t.runner.wake();
    await t.runner.wait('b');
    expect(most).toBe(1);
    t.enqueue('next');
    t.runner.wake();
    await t.runner.wait('next');
    expect(most).toBe(4);
  });

  it('a catalog that cannot be written stops the queue, and who waits is told', async () => {
    const t = setUp(async () => {
      t.db.pragma('query_only = ON'); // as a full disk: every write fails
    }, 1);
    t.enqueue('b');
    t.runner.wake();
    await expect(t.runner.wait('b')).rejects.toThrow(/catalog cannot be written.*Make room/);
    await expect(t.runner.wait('b')).rejects.toThrow(/catalog cannot be written/);
    expect(t.runner.progressOf('b')).toMatchObject({ finished: false, running: [{ label: 'Stopped' }] });
  });

  it('lists every batch with work left, then the newest five that ended', () => {
    const t = setUp(async () => {});
    for (let n = 0; n < 14; n++) {
      t.enqueue(`b${n}`, 1);
      if (n >= 7) t.queue.cancelQueued(`b${n}`);
    }
    expect(t.queue.recentBatches()).toEqual([6, 5, 4, 3, 2, 1, 0, 13, 12, 11, 10, 9].map((n) => `b${n}`));
  });

  it('emits at most ten progress events a second', async () => {
    const t = setUp(async (_job, context) => {
      const until = Date.now() + 350;
      while (Date.now() < until) {
        for (let i = 0; i < 100; i++) context.progress(i / 100, 'working');
        await new Promise((r) => setTimeout(r, 1));
      }
    }, 1);
    t.enqueue('b', 1);
    t.runner.wake();
    await t.runner.wait('b');
    const progress = t.events.filter((e) => e.type === 'progress');
    expect(progress.length).toBeGreaterThan(1);
    expect(progress.length).toBeLessThanOrEqual(6);
  });
});

describe('estimatePace', () => {
  it('says nothing before the first item and counts by the last items afterwards', () => {
    expect(estimatePace([], 0, 1000, 5)).toEqual({ itemsPerMinute: null, secondsLeft: null });
    expect(estimatePace([10_000, 20_000], 0, 20_000, 3)).toEqual({ itemsPerMinute: 6, secondsLeft: 30 });
  });
});
