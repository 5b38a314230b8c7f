// Jobs through the one door: an app with stand-ins for voxel work, and a project on disk.
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Reply } from '../shared/rpc.ts';
import { type App, createApp } from './app.ts';
import type { ProjectSession } from './project/session.ts';
import type { TaskPool } from './worker/pool.ts';

let root: string;
let app: App;
let session: ProjectSession;
/** Tasks that wait until they are told to go on or are aborted. */
let began: string[];

const slowPool: TaskPool = {
  run: (name, _params, options) => {
    began.push(name);
    return new Promise((_, reject) => {
      options?.signal?.addEventListener('abort', () => reject(options.signal!.reason));
    });
  },
  close: async () => {},
};

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'refacade-app-jobs-'));
  began = [];
  app = createApp({ userDataDir: root, distDir: root, modelsDir: root, pool: slowPool, concurrency: 1 });
  session = await app.openProject(join(root, 'project'), true);
  session.db.exec(`
    INSERT INTO source_root (id, path, added_at) VALUES (1, '${root}', '');
    INSERT INTO subject (id, source_key, label) VALUES (1, 'k', 'sub-AAAAAAAA');
    INSERT INTO study (id, subject_id, study_instance_uid) VALUES (1, 1, '1');`);
});
afterEach(async () => {
  await app.close();
  rmSync(root, { recursive: true, force: true });
});

/** A series with one NIfTI file. */
function addScan(state: string, reason = ''): number {
  const id = Number(
    session.db
      .prepare(
        `INSERT INTO series (study_id, subject_id, root_id, format, series_key, kind, layout, voxel_size_mm, state, state_reason, imported_at)
         VALUES (1, 1, 1, 'nifti', hex(randomblob(8)), 'T1w', '3d', '[1,1,1]', ?, ?, '')`,
      )
      .run(state, reason).lastInsertRowid,
  );
  writeFileSync(join(root, `${id}.nii`), '');
  session.db
    .prepare(
      "INSERT INTO source_file (id, root_id, path, size, mtime_ms, kind) VALUES (?, 1, ?, 0, ?, 'nifti')",
    )
    .run(id, `${id}.nii`, statSync(join(root, `${id}.nii`)).mtimeMs);
  session.db.prepare('INSERT INTO instance (series_id, file_id) VALUES (?, ?)').run(id, id);
  return id;
}

const stateOf = (id: number) =>
  session.db.prepare('SELECT state, state_reason AS reason FROM series WHERE id = ?').get(id) as {
    state: string;
    reason: string;
  };

async function ask(name: string, input: unknown): Promise<Record<string, unknown>> {
  const reply = (await app.dispatch(name, input)) as Reply<Record<string, unknown>>;
  if (!reply.ok) throw new Error(`${reply.error.code}: ${reply.error.message}`);
  return reply.value;
}

it('cancels a batch: what ran and what waited is queued again, a scan to be done again keeps its verdict', async () => {
  const waiting = addScan('queued');
  const accepted = addScan('passed', 'Accepted in review by A.');
  const { batchId } = await ask('deidentify.start', {
    seriesIds: [waiting, accepted],
    policy: 'Strict',
    method: 'quickshear',
    measure: false,
  });
  expect(stateOf(accepted).state).toBe('queued');
  await expect.poll(() => began.length).toBe(1);
  expect(await ask('jobs.cancel', { batchId })).toEqual({ cancelled: 2 });
  expect(await ask('jobs.wait', { batchId })).toMatchObject({ cancelled: 2, finished: true });
  expect(stateOf(waiting)).toEqual({ state: 'queued', reason: 'Cancelled before it was finished.' });
  expect(stateOf(accepted)).toEqual({ state: 'passed', reason: 'Accepted in review by A.' });
});

it('retries what failed, and nothing that was settled since', async () => {
  const [failed, excluded, done] = [addScan('failed'), addScan('excluded', 'withdrew'), addScan('passed')];
  const insert = session.db.prepare(
    `INSERT INTO job (batch_id, kind, series_id, label, payload, state, created_at) VALUES (?, ?, ?, '', ?, ?, '')`,
  );
  const payload = JSON.stringify({ policy: {}, method: 'quickshear', seed: 1, measure: false });
  for (const id of [failed, excluded, done]) insert.run('old', 'deidentify', id, payload, 'failed');
  insert.run('old share', 'share', null, JSON.stringify({ shareId: 1 }), 'cancelled');
  expect(await ask('jobs.retryFailed', { batchId: '' })).toEqual({ requeued: 1 });
  expect(stateOf(excluded)).toEqual({ state: 'excluded', reason: 'withdrew' });
  expect(stateOf(done).state).toBe('passed');
  expect(session.queue.list({ batchId: 'old share', states: ['cancelled'], limit: 9 })).toHaveLength(1);
});

it('a look that is repeated has its audit compared again', async () => {
  const scan = addScan('passed');
  const insert = session.db.prepare(
    `INSERT INTO job (batch_id, kind, series_id, label, payload, state, created_at) VALUES ('audit', 'audit', ?, ?, '{}', ?, '')`,
  );
  insert.run(scan, 'look', 'failed');
  insert.run(null, 'compare', 'done');
  expect(session.queue.retryFailed('audit').map((j) => j.label)).toEqual(['look']);
  const waiting = session.queue.list({ batchId: 'audit', states: ['queued'], limit: 9 });
  expect(waiting.map((j) => j.label)).toEqual(['compare', 'look']); // newest first
});

it('an exclusion takes a waiting scan out of its batch', async () => {
  const [first, second] = [addScan('queued'), addScan('queued')];
  const { batchId } = await ask('deidentify.start', {
    seriesIds: [first, second],
    policy: 'Strict',
    method: 'quickshear',
    measure: false,
  });
  await expect.poll(() => began.length).toBe(1);
  expect(await ask('import.exclude', { seriesIds: [second], reason: 'the patient withdrew' })).toEqual({
    changed: 1,
  });
  await ask('jobs.cancel', { batchId });
  await ask('jobs.wait', { batchId });
  expect(stateOf(second)).toEqual({ state: 'excluded', reason: 'the patient withdrew' });
  expect(began).toHaveLength(1);
});

it('a job that took the process down three times fails, and the scan says why; the project opens', async () => {
  const [fatal, once] = [addScan('running'), addScan('running')];
  const insert = session.db.prepare(
    `INSERT INTO job (batch_id, kind, series_id, label, payload, state, attempts, created_at)
     VALUES ('b', 'deidentify', ?, '', ?, 'running', ?, '')`,
  );
  const payload = JSON.stringify({ policy: { name: 'p' }, method: 'quickshear', seed: 1, measure: false });
  insert.run(fatal, payload, 3);
  insert.run(once, payload, 1);
  const other = await app.openProject(join(root, 'other'), true); // closes the first in good order
  expect(other.folder.dir).not.toBe(session.folder.dir);
  session = await app.openProject(join(root, 'project'), false);
  expect(stateOf(fatal)).toMatchObject({ state: 'failed', reason: expect.stringContaining('ended 3 times') });
  expect(stateOf(once).state).not.toBe('failed');
});

it('a share that only waited is cancelled with its record', async () => {
  session.db.exec(
    "INSERT INTO share (id, dir, formats, state, request, created_at) VALUES (7, '/x', '[]', 'running', '{}', '')",
  );
  const running = addScan('queued');
  const { batchId } = await ask('deidentify.start', {
    seriesIds: [running],
    policy: 'Strict',
    method: 'quickshear',
    measure: false,
  });
  await expect.poll(() => began.length).toBe(1);
  const share = session.startBatch([
    { kind: 'share', seriesId: null, label: 'share', payload: { shareId: 7 } },
  ]);
  expect(await ask('jobs.cancel', { batchId: share })).toEqual({ cancelled: 1 });
  expect(session.db.prepare('SELECT state, message FROM share WHERE id = 7').get()).toEqual({
    state: 'failed',
    message: 'Cancelled. Start it again to the same folder to continue.',
  });
  await ask('jobs.cancel', { batchId });
});
