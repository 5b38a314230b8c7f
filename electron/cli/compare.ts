import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { need } from './arguments.ts';
import type { Command } from './command.ts';
import { formatTable, type Output } from './output.ts';
import { createProjectClient, type ProjectClient } from './project-client.ts';

export const compareCommand: Command = {
  name: 'compare',
  usage: 'compare --project DIR [--method ID] [--tsv FILE] [--json]',
  summary: 'show what de-identification did to the brain measurements',
  async run(args, output) {
    const { values } = parseArgs({
      args,
      options: { project: { type: 'string' }, method: { type: 'string' }, tsv: { type: 'string' } },
    });
    const client = createProjectClient(output);
    try {
      await client.ask['project.open']({ dir: need(values.project, '--project DIR'), create: false });
      const comparison = await printComparison(client, values.method ?? '', output);
      if (values.tsv) {
        const { text } = await client.ask['morphometry.export']({ method: values.method ?? '' });
        writeFileSync(values.tsv, text);
        output.text(`Written to ${values.tsv}`);
      }
      output.result(comparison);
      return comparison.failedBefore + comparison.failedAfter > 0 ? 2 : 0;
    } finally {
      await client.close();
    }
  },
};

export async function printComparison(client: ProjectClient, method: string, output: Output) {
  const c = await client.ask['morphometry.comparison']({ method });
  const number = (v: number | null, digits: number) => (v === null ? '–' : v.toFixed(digits));
  output.text(c.sentence);
  output.text(
    `Engine ${c.engine}: ${c.scans} scans, failed before ${c.failedBefore}, failed after ${c.failedAfter}, compared ${c.compared}`,
  );
  output.text(
    formatTable(
      ['structure', 'n', 'before mL', 'after mL', 'mean %', 'max |%|', 'p', 'p Holm', 'ICC(A,1)', 'Dice'],
      c.structures.map((s) => [
        s.structure,
        s.n,
        number(s.meanBefore / 1000, 1),
        number(s.meanAfter / 1000, 1),
        number(s.meanPercentChange, 2),
        number(s.maxAbsPercentChange, 2),
        number(s.p, 4),
        number(s.pHolm, 4),
        number(s.icc, 4),
        number(s.dice, 3),
      ]),
    ),
  );
  return c;
}
