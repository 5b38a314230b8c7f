// Worker-thread entry. Protocol: in `{ name, params, port, scratch? }`; over the port `{ fraction, message }`, at most
// ten a second, and the questions of questions.ts; out the task's JSON result. Errors travel as they are and fail the job
// in the main thread. `scratch` is there when faces can be generated: a folder of the task's own, removed after it.
import type { MessagePort } from 'node:worker_threads';
import { describeError } from '../describe-error.ts';
import type { FaceMaker } from '../inference/worker-contract.ts';
import { generateThroughFiles } from '../models/generate-face.ts';
import { questionsOver } from './questions.ts';
import type { TaskContext } from './task.ts';
import { allTasks } from './tasks.ts';

const REPORT_EVERY_MS = 100;

export default async function run(order: {
  name: string;
  params: unknown;
  port: MessagePort;
  scratch?: string;
}): Promise<unknown> {
  const task = (allTasks as Record<string, unknown>)[order.name] as
    | ((params: unknown, context: TaskContext) => Promise<unknown>)
    | undefined;
  if (!task) throw new Error(`The worker knows no task named ${order.name}.`);
  let last = 0;
  const { ask } = questionsOver(order.port);
  const context: TaskContext = {
    generate:
      order.scratch === undefined
        ? undefined
        : generateThroughFiles(
            (model, inputPath, outPath, signal) =>
              ask<FaceMaker>('generate-face', { model, inputPath, outPath }, signal),
            order.scratch,
          ),
    signal: new AbortController().signal,
    progress(fraction, message) {
      const now = Date.now();
      if (now - last < REPORT_EVERY_MS && fraction < 1) return;
      last = now;
      order.port.postMessage({ fraction, message });
    },
  };
  try {
    return await task(order.params, context);
  } catch (error) {
    // Errors are cloned on their way out and lose whatever is not plain: computed messages and fixes among it.
    const plain = new Error(describeError(error));
    if (error instanceof Error && error.stack) plain.stack = error.stack;
    throw plain;
  } finally {
    order.port.close();
  }
}
