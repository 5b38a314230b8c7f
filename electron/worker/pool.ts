import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { generateThroughFiles } from '../models/generate-face.ts';
import type { GenerateFiles } from '../models/generators.ts';
import { type Answerers, type Ask, answersTo, type Cancel } from './questions.ts';
import type { TaskContext } from './task.ts';

export interface RunOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (fraction: number, message: string) => void;
}

/** Where voxel work is done: a pool of worker threads in the application, in place for unit tests. */
export interface TaskPool {
  run<R>(name: string, params: unknown, options?: RunOptions): Promise<R>;
  close(): Promise<void>;
}

export interface PoolOptions {
  /** Runs face generators; without it tasks have no `context.generate`. */
  readonly generate?: GenerateFiles | undefined;
}

export class WorkerBundleMissingError extends Error {
  override name = 'WorkerBundleMissingError';
}

/**
 * A pool of worker threads running the worker bundle.
 *
 * Protocol: `{ name, params, port, scratch? }` goes in; `{ fraction, message }` and questions (questions.ts) come over
 * the port; the task's JSON result comes back. Aborting ends the thread that runs the task: outputs are written atomically, so
 * nothing half done stays under a final name, and what it asked for is given up.
 */
export function createWorkerPool(file: string, threads: number, { generate }: PoolOptions = {}): TaskPool {
  if (!existsSync(file)) {
    throw new WorkerBundleMissingError(
      `Expected the worker bundle at ${file}; it is not there. Run \`npm run build\`.`,
    );
  }
  const piscina = new Piscina({
    filename: file,
    minThreads: 0,
    maxThreads: threads,
    idleTimeout: 30_000,
    execArgv: withoutRequire(),
  });
  return {
    async run<R>(name: string, params: unknown, options: RunOptions = {}): Promise<R> {
      const { port1, port2 } = new MessageChannel();
      const questions = answersTo(port1, answerers(generate));
      port1.on('message', (m: { fraction: number; message: string } | Ask | Cancel) => {
        if ('fraction' in m) options.onProgress?.(m.fraction, m.message);
        else questions.take(m);
      });
      port1.unref();
      const scratch = generate && scratchFolder();
      try {
        return (await piscina.run(
          { name, params, port: port2, scratch },
          { transferList: [port2], ...(options.signal ? { signal: options.signal } : {}) },
        )) as R;
      } finally {
        questions.end(options.signal?.reason ?? new Error('The task is over.'));
        port1.close();
        // A thread that was ended half way leaves its files.
        if (scratch) await removeScratch(scratch);
      }
    },
    async close() {
      await piscina.destroy();
    },
  };
}

/**
 * Options of a thread that make it load its module by `import`, never by `require`.
 *
 * The pool tries `require` first. Node 20.19 to 24 can require an ES module, and ends the whole process with a failed assertion
 * when the thread is ended in the middle of that: a command that is over at once, a task cancelled as it begins.
 */
function withoutRequire(): string[] {
  const flag = '--experimental-require-module';
  const known = process.allowedNodeEnvironmentFlags.has(flag);
  return known ? [...process.execArgv, '--no-experimental-require-module'] : process.execArgv;
}

/** Runs tasks in this thread: for unit tests and one-file commands. */
export function createInlinePool(
  tasks: Readonly<Record<string, unknown>>,
  { generate }: PoolOptions = {},
): TaskPool {
  return {
    async run<R>(name: string, params: unknown, options: RunOptions = {}): Promise<R> {
      const task = tasks[name] as ((p: unknown, c: TaskContext) => Promise<R>) | undefined;
      if (!task) throw new Error(`Unknown task ${name}; known: ${Object.keys(tasks).join(', ')}`);
      const scratch = scratchFolder();
      const context: TaskContext = {
        signal: options.signal ?? new AbortController().signal,
        progress: (fraction, message) => options.onProgress?.(fraction, message),
        generate: generate && generateThroughFiles(generate, scratch),
      };
      try {
        return await task(params, context);
      } finally {
        if (generate) await removeScratch(scratch);
      }
    },
    async close() {},
  };
}

/** A folder that is not there yet; of the task's own, so that it can be removed whole. */
function scratchFolder(): string {
  return join(tmpdir(), `refacade-${randomUUID()}`);
}

/** Windows lets go of an ended thread's files late. What stays does not turn the task's own outcome into another. */
async function removeScratch(dir: string): Promise<void> {
  await rm(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 300 }).catch(() => {});
}

function answerers(generate: GenerateFiles | undefined): Answerers {
  if (!generate) return {};
  return {
    'generate-face': (params, signal) => {
      const { model, inputPath, outPath } = params as { model: string; inputPath: string; outPath: string };
      return generate(model, inputPath, outPath, { signal });
    },
  };
}
