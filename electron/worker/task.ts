import type { GenerateFace } from '../deidentify/face/generate-face.ts';

/**
 * A piece of work that runs in the worker-thread pool.
 *
 * Parameters and results are plain JSON (file paths and numbers, never voxels). A feature exports its
 * tasks as one object from `<feature>/tasks.ts`; `worker/main.ts` is the sum of them.
 */
export type Task<P, R> = (params: P, context: TaskContext) => Promise<R>;

export interface TaskContext {
  /** Report how far this task is, 0…1, and what it is doing. Cheap: the pool throttles. */
  progress(fraction: number, message: string): void;
  /** Aborted when the user cancels; long loops call `signal.throwIfAborted()` now and then. */
  readonly signal: AbortSignal;
  /** Runs a generator network in its own process; absent where none can be run. */
  readonly generate?: GenerateFace | undefined;
}

/** A context for tests and one-file commands: no progress, never aborted. */
export const quietContext: TaskContext = { progress() {}, signal: new AbortController().signal };
