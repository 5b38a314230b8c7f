/** One thread of the benchmark's pool: `{ id, name, params }` in, `{ id, result | error }` out. */
import { parentPort } from 'node:worker_threads';
import { importTasks } from '../../electron/import/tasks.ts';
import { quietContext } from '../../electron/worker/task.ts';

parentPort!.on(
  'message',
  async ({ id, name, params }: { id: number; name: keyof typeof importTasks; params: never }) => {
    try {
      parentPort!.postMessage({ id, result: await importTasks[name](params, quietContext) });
    } catch (error) {
      parentPort!.postMessage({ id, error: String(error) });
    }
  },
);
