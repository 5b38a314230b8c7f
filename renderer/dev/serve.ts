import { fileURLToPath } from 'node:url';
import type { Scenario } from './fake-answers.ts';
import { createFakeHost } from './fake-host.ts';

// node .scratch/serve.mjs [welcome|empty|busy|full|error] [port]: the screens over made-up records.
const scenario = (process.argv[2] ?? 'full') as Scenario;
const port = Number(process.argv[3] ?? 4599);
createFakeHost(scenario, fileURLToPath(new URL('../dist/renderer', import.meta.url))).listen(
  port,
  '127.0.0.1',
  () => {
    console.log(`http://127.0.0.1:${port}/ (${scenario})`);
  },
);
