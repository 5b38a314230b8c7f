// Questions that a task in a worker thread puts to the main thread, over the port that also carries its progress.
//
//   thread → main                                  main → thread
//   ask     number, name, params                   answer  number, value, or error with name and message
//   cancel  number of a question nobody waits for
//
// Params and values are plain JSON; voxels travel as files. The port closing ends every question.
import type { MessagePort } from 'node:worker_threads';
import { describeError } from '../describe-error.ts';

export interface Ask {
  readonly ask: number;
  readonly name: string;
  readonly params: unknown;
}
export interface Cancel {
  readonly cancel: number;
}
export type Answer =
  | { readonly answer: number; readonly value: unknown }
  | { readonly answer: number; readonly error: { readonly name: string; readonly message: string } };

/** What the main thread answers, by name. */
export type Answerers = Readonly<Record<string, (params: unknown, signal: AbortSignal) => Promise<unknown>>>;

/** The thread's end. */
export function questionsOver(port: MessagePort) {
  const waiting = new Map<number, (answer: Answer) => void>();
  let next = 1;
  const hear = (message: Answer) => waiting.get(message.answer)?.(message);
  return {
    /** @throws an Error with the name and message of the one over there, or the signal's reason */
    ask<R>(name: string, params: unknown, signal: AbortSignal): Promise<R> {
      signal.throwIfAborted();
      // A port that is listened to keeps its thread busy: only while something is asked.
      if (waiting.size === 0) port.on('message', hear);
      const number = next++;
      return new Promise<R>((resolve, reject) => {
        const over = () => {
          signal.removeEventListener('abort', stop);
          waiting.delete(number);
          if (waiting.size === 0) port.off('message', hear);
        };
        const stop = () => {
          over();
          port.postMessage({ cancel: number } satisfies Cancel);
          reject(signal.reason);
        };
        signal.addEventListener('abort', stop, { once: true });
        waiting.set(number, (answer) => {
          over();
          if ('error' in answer) {
            const error = new Error(answer.error.message);
            error.name = answer.error.name;
            reject(error);
          } else resolve(answer.value as R);
        });
        port.postMessage({ ask: number, name, params } satisfies Ask);
      });
    },
  };
}

/**
 * The main thread's end for one task.
 *
 * @returns takes each message that is a question or a cancel; `end` aborts what is still being worked on
 */
export function answersTo(port: MessagePort, answerers: Answerers) {
  const working = new Map<number, AbortController>();
  const answer = async ({ ask, name, params }: Ask): Promise<void> => {
    const stop = new AbortController();
    working.set(ask, stop);
    try {
      const answerer = answerers[name];
      if (!answerer) throw new Error(`The main thread knows no question named ${name}.`);
      port.postMessage({ answer: ask, value: await answerer(params, stop.signal) } satisfies Answer);
    } catch (error) {
      const name = error instanceof Error ? error.name : 'Error';
      port.postMessage({ answer: ask, error: { name, message: describeError(error) } } satisfies Answer);
    } finally {
      working.delete(ask);
    }
  };
  return {
    take(message: Ask | Cancel): void {
      if ('ask' in message) void answer(message);
      else working.get(message.cancel)?.abort(new Error('Nobody waits for this any more.'));
    },
    end(reason: unknown): void {
      for (const stop of working.values()) stop.abort(reason);
    },
  };
}
