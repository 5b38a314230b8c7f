import { withSignal } from './with-signal.ts';

const busy = new Map<string, Promise<void>>();

/**
 * Does work on one output (a path) alone: who comes while somebody is at it waits, and then looks whether it is still to be done.
 *
 * @param work looks first whether the output is there; when the one before was aborted it is not
 * @throws what the work throws, or the signal's reason while waiting
 */
export async function oneAtATime<T>(output: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  for (let other = busy.get(output); other; other = busy.get(output)) await withSignal(other, signal);
  signal.throwIfAborted();
  const mine = work();
  const over: Promise<void> = mine.then(
    () => {},
    () => {},
  );
  busy.set(output, over);
  try {
    return await mine;
  } finally {
    busy.delete(output);
  }
}
