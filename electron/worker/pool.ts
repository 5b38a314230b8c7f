import { existsSync } from 'node:fs';
import { MessageChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
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

export class WorkerBundleMissingError extends Error {
  override name = 'WorkerBundleMissingError';
}

/**
 * A pool of worker threads running the worker bundle.
 *
 * Protocol: `{ name, params, port }` goes in; `{ fraction, message }` comes over the port; the task's JSON
 * result comes back. Aborting ends the thread that runs the task: outputs are written atomically, so
 * nothing half done stays under a final name.
 */
export function createWorkerPool(file: string, threads: number): TaskPool {
  if (!existsSync(file)) {
    throw new WorkerBundleMissingError(
      `Expected the worker bundle at ${file}; it is not there. Run \`npm run build\`.`,
    );
  }
  const piscina = new Piscina({ filename: file, minThreads: 1, maxThreads: threads, idleTimeout: 30_000 });
  return {
    async run<R>(name: string, params: unknown, options: RunOptions = {}): Promise<R> {
      const { port1, port2 } = new MessageChannel();
      port1.on('message', (m: { fraction: number; message: string }) =>
        options.onProgress?.(m.fraction, m.message),
      );
      port1.unref();
      try {
        return (await piscina.run(
          { name, params, port: port2 },
          { transferList: [port2], ...(options.signal ? { signal: options.signal } : {}) },
        )) as R;
      } finally {
        port1.close();
      }
    },
    async close() {
      await piscina.destroy();
    },
  };
}

/** Runs tasks in this thread: for unit tests and one-file commands. */
export function createInlinePool(tasks: Readonly<Record<string, unknown>>): TaskPool {
  return {
    async run<R>(name: string, params: unknown, options: RunOptions = {}): Promise<R> {
      const task = tasks[name] as ((p: unknown, c: TaskContext) => Promise<R>) | undefined;
      if (!task) throw new Error(`Unknown task ${name}; known: ${Object.keys(tasks).join(', ')}`);
      const context: TaskContext = {
        signal: options.signal ?? new AbortController().signal,
        progress: (fraction, message) => options.onProgress?.(fraction, message),
      };
      return task(params, context);
    },
    async close() {},
  };
}
