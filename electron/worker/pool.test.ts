// A real pool of threads with tasks that ask the main thread for faces; the generator is a function of this file.
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { GenerateFiles } from '../models/generators.ts';
import { faceTasks } from './fixtures/face-tasks.ts';
import { createInlinePool, createWorkerPool, type PoolOptions, type TaskPool } from './pool.ts';

const BOX = 96 * 96 * 112;
let dir: string;
let file: string;
let pools: TaskPool[] = [];
/** Folders that the tasks' files came from. */
let scratches = new Set<string>();

beforeAll(async () => {
  mkdirSync('.tsbuild', { recursive: true });
  dir = mkdtempSync(join(resolve('.tsbuild'), 'pool-'));
  file = join(dir, 'face-tasks.mjs');
  await build({
    entryPoints: ['electron/worker/fixtures/face-tasks.ts'],
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'warning',
  });
});
afterEach(async () => {
  await Promise.all(pools.map((p) => p.close()));
  for (const folder of scratches) expect(existsSync(folder), folder).toBe(false);
  [pools, scratches] = [[], new Set()];
});
afterAll(() => {
  if (dir) rmSync(dir, { recursive: true, force: true });
});

/** Tissue twice the first channel; says so when it works and when it is told to stop. */
function doubling(more: { readonly wait?: (signal: AbortSignal) => Promise<void> } = {}): GenerateFiles {
  return async (id, input, output, { signal } = {}) => {
    scratches.add(dirname(input));
    if (id !== 'doubling')
      throw Object.assign(new Error(`Expected doubling, got ${id}.`), { name: 'GeneratorError' });
    await more.wait?.(signal!);
    const bytes = await readFile(input);
    expect(bytes.length).toBe(4 * 4 * BOX);
    const values = new Float32Array(bytes.buffer, bytes.byteOffset, BOX);
    await writeFile(output, Buffer.from(values.map((v) => 2 * v).buffer));
    return { model: 'doubling 1.0.0 sha256:0', provider: 'cpu' };
  };
}

const threads = (options?: PoolOptions) => keep(createWorkerPool(file, 2, options));
const inline = (options?: PoolOptions) => keep(createInlinePool(faceTasks, options));
function keep(pool: TaskPool): TaskPool {
  pools.push(pool);
  return pool;
}

describe.each([
  ['threads', threads],
  ['this thread', inline],
])('faces for tasks in %s', (_name, open) => {
  it('arrive as the generator made them, with what made them', async () => {
    const pool = open({ generate: doubling() });
    const progress: string[] = [];
    const face = await pool.run(
      'test.face',
      { model: 'doubling', value: 0.25 },
      { onProgress: (_, m) => progress.push(m) },
    );
    expect(face).toEqual({
      first: 0.5,
      last: 0.5,
      voxels: BOX,
      model: 'doubling 1.0.0 sha256:0',
      provider: 'cpu',
    });
    expect(progress[0]).toBe('asking');
    expect(scratches.size).toBe(1);
  });

  it('are kept apart when asked for at once; one that fails says why and the next one works', async () => {
    const result = await open({ generate: doubling() }).run('test.faces', { model: 'doubling', value: 0 });
    expect(result).toMatchObject({
      both: [{ first: 2 }, { first: 4 }],
      failed: 'GeneratorError: Expected doubling, got nobody.',
      after: { first: 8 },
    });
  });

  it('stop when the task gives up, and leave no file', async () => {
    let stopped: unknown;
    const stopWhen = join(dir, randomUUID());
    const wait = (signal: AbortSignal) =>
      new Promise<void>((_, reject) => {
        signal.addEventListener('abort', () => {
          stopped = signal.reason;
          reject(signal.reason);
        });
        writeFileSync(stopWhen, '');
      });
    const pool = open({ generate: doubling({ wait }) });
    const attempt = pool.run('test.face', { model: 'doubling', value: 1, stopWhen });
    await expect(attempt).rejects.toThrow('given up');
    await expect.poll(() => stopped).toBeInstanceOf(Error);
    expect(readdirOf(scratches)).toEqual([]);
  });

  it('cannot be asked for where nothing generates them', async () => {
    expect(await open().run('test.can', {})).toBe(false);
    expect(await open({ generate: doubling() }).run('test.can', {})).toBe(true);
  });
});

it('a thread that is ended takes its question and its files with it', async () => {
  let stopped: unknown;
  let asked = () => {};
  const waiting = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const wait = (signal: AbortSignal) =>
    new Promise<void>((_, reject) => {
      signal.addEventListener('abort', () => {
        stopped = signal.reason;
        reject(signal.reason);
      });
      asked();
    });
  const pool = threads({ generate: doubling({ wait }) });
  const cancel = new AbortController();
  const attempt = pool.run('test.face', { model: 'doubling', value: 1 }, { signal: cancel.signal });
  const outcome = expect(attempt).rejects.toThrow();
  await waiting;
  const reason = new Error('cancelled by the user');
  cancel.abort(reason);
  await outcome;
  expect(stopped).toBe(reason);
  expect(scratches.size).toBe(1);
});

function readdirOf(folders: Iterable<string>): string[] {
  return [...folders].flatMap((folder) => (existsSync(folder) ? readdirSync(folder) : []));
}
