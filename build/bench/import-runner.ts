/** Imports one folder into one catalog with two worker threads and prints the figures as JSON. */
import { Worker } from 'node:worker_threads';
import { openDatabase } from '../../electron/catalog/database.ts';
import { importSources } from '../../electron/import/import.ts';

const [tree, database] = process.argv.slice(2) as [string, string];
const waiting = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>();
const workers = [0, 1].map(() => {
  const worker = new Worker(new URL('./worker.mjs', import.meta.url));
  worker.on('message', ({ id, result, error }: { id: number; result: unknown; error?: string }) => {
    const task = waiting.get(id);
    waiting.delete(id);
    if (error) task?.reject(new Error(error));
    else task?.resolve(result);
  });
  return worker;
});
let next = 0;
const db = openDatabase(database);
let label = 0;
// How long anything else on this thread would have had to wait.
let last = performance.now();
let longestPauseMs = 0;
const tick = setInterval(() => {
  const now = performance.now();
  longestPauseMs = Math.max(longestPauseMs, now - last - 5);
  last = now;
}, 5);
const start = performance.now();
const report = await importSources(db, [tree], {
  runTask: (name, params) =>
    new Promise((resolve, reject) => {
      const id = next++;
      waiting.set(id, { resolve, reject });
      workers[id % workers.length]!.postMessage({ id, name, params });
    }),
  pseudonym: () => `sub-${String(label++).padStart(8, '0')}`,
  clock: () => new Date(),
  progress() {},
  signal: new AbortController().signal,
});
const seconds = (performance.now() - start) / 1000;
clearInterval(tick);
db.close();
await Promise.all(workers.map((w) => w.terminate()));
console.log(
  JSON.stringify({ ...report, seconds, rssMb: process.resourceUsage().maxRSS / 1024, longestPauseMs }),
);
