// `npm run demo`: makes a small cohort of phantom heads and does the whole job on it.
// Everything is written below the user-data folder (or REFACADE_DEMO_DIR); the checkout stays clean.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { auditAll } from '../electron/cli/audit.ts';
import { printComparison } from '../electron/cli/compare.ts';
import { deidentifyAll } from '../electron/cli/deidentify.ts';
import { importInto } from '../electron/cli/import.ts';
import { createOutput } from '../electron/cli/output.ts';
import { createBatchClient, userDataDir } from '../electron/cli/project-client.ts';
import { writeShareTo } from '../electron/cli/share.ts';
import { writeCohort } from './phantom/cohort.ts';

const stamp = new Date().toISOString().slice(0, 19).replaceAll(':', '-');
const root = process.env.REFACADE_DEMO_DIR ?? join(userDataDir(), 'demo', stamp);
const source = join(root, 'source');
const project = join(root, 'project');
const share = join(root, 'share');

const output = createOutput(false);
const started = Date.now();
output.text(`Demo folder: ${root}\nMaking phantom heads (no real person) …`);
mkdirSync(source, { recursive: true });
await writeCohort(source, {});

const client = createBatchClient(output);
let ok = false;
try {
  await client.ask['project.open']({ dir: project, create: true });
  const steps = [
    () => importInto(client, [source], output),
    () => deidentifyAll(client, { measure: true, again: false }, output),
    () => printComparison(client, '', output),
    () => auditAll(client, 'current', output),
    async () => {
      ok = (await writeShareTo(client, share, ['bids', 'dicom'], output)).ok;
    },
  ];
  for (const step of steps) {
    if (client.interrupted) break;
    output.text('');
    await step();
  }
} finally {
  await client.close();
}
output.text(
  `\nDone in ${((Date.now() - started) / 1000).toFixed(0)} s. \`npm start\` opens this project: ${project}`,
);
process.exit(ok ? 0 : 1);
