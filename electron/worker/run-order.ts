// What a worker thread does with an order. Protocol: in `{ name, params, port, scratch? }`; over the port
// `{ fraction, message }`, at most ten a second, and the questions of questions.ts; out the task's JSON result. Errors
// travel as they are and fail the job in the main thread. `scratch` is there when faces can be generated: a folder of the
// task's own, removed after it.
import type { MessagePort } from 'node:worker_threads';
import { describeError } from '../describe-error.ts';
import type { FaceMaker } from '../inference/worker-contract.ts';
import { generateThroughFiles } from '../models/generate-face.ts';
import { questionsOver } from './questions.ts';
import type { TaskContext } from './task.ts';

const REPORT_EVERY_MS = 100;

export interface Order {
  readonly name: string;
  readonly params: unknown;
  readonly port: MessagePort;
  readonly scratch?: string | undefined;
}

/** A thread's entry: runs one of these tasks for each order. */
export function runsOrders(tasks: Readonly<Record<string, unknown>>): (order: Order) => Promise<unknown> {
  return async ({ name, params, port, scratch }) => {
    const task = tasks[name] as ((params: unknown, context: TaskContext) => Promise<unknown>) | undefined;
    if (!task) throw new Error(`The worker knows no task named ${name}.`);
    const { ask } = questionsOver(port);
    let last = 0;
    const context: TaskContext = {
      signal: new AbortController().signal,
      progress(fraction, message) {
        const now = Date.now();
        if (now - last < REPORT_EVERY_MS && fraction < 1) return;
        last = now;
        port.postMessage({ fraction, message });
      },
      generate:
        scratch === undefined
          ? undefined
          : generateThroughFiles(
              (model, inputPath, outPath, { signal }) =>
                ask<FaceMaker>('generate-face', { model, inputPath, outPath }, signal),
              scratch,
            ),
    };
    try {
      return await task(params, context);
    } catch (error) {
      // Errors are cloned on their way out and lose whatever is not plain: computed messages and fixes among it.
      const plain = new Error(describeError(error));
      if (error instanceof Error && error.stack) plain.stack = error.stack;
      throw plain;
    } finally {
      port.close();
    }
  };
}
