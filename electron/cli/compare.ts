import { extname } from 'node:path';
import { parseArgs } from 'node:util';
import {
  type Comparison,
  ENGINES,
  type EngineId,
  type EngineState,
} from '../../shared/morphometry/records.ts';
import { people } from '../morphometry/compare.ts';
import { need } from './arguments.ts';
import type { Command } from './command.ts';
import { formatTable, type Output } from './output.ts';
import { createProjectClient, type ProjectClient } from './project-client.ts';
import { writeTable } from './write-table.ts';

export const compareCommand: Command = {
  name: 'compare',
  usage: 'compare --project DIR [--method ID] [--tsv FILE] [--json]',
  summary: 'show what de-identification did to the brain measurements',
  async run(args, output) {
    const { values } = parseArgs({
      args,
      options: { project: { type: 'string' }, method: { type: 'string' }, tsv: { type: 'string' } },
    });
    const client = createProjectClient();
    try {
      await client.ask['project.open']({ dir: need(values.project, '--project DIR'), create: false });
      const method = values.method ?? '';
      const comparison = await printComparison(client, method, output);
      const states = await client.ask['morphometry.engines']({ method });
      const regional = hasRun(states, 'regional')
        ? await client.ask['morphometry.comparison']({ engine: 'regional', method })
        : null;
      if (regional) {
        output.text('');
        print(regional, output);
        const both = await client.ask['morphometry.sideBySide']({ method });
        output.text(`\nBoth engines: ${both.sentence}`);
      } else {
        output.text('\nEngine regional: has measured nothing here (it needs the segmentation model).');
      }
      if (values.tsv) await writeTables(client, values.tsv, method, regional !== null, output);
      // The tissue engine's comparison stays at the top, where it has always been.
      output.result({ ...comparison, engines: states, regional });
      const failed = [comparison, regional].reduce(
        (sum, c) => sum + (c ? c.failedBefore + c.failedAfter : 0),
        0,
      );
      return failed > 0 ? 2 : 0;
    } finally {
      await client.close();
    }
  },
};

function hasRun(states: readonly EngineState[], engine: EngineId): boolean {
  const state = states.find((s) => s.engine === engine);
  return state !== undefined && state.measuredBefore + state.measuredAfter + state.failures.length > 0;
}

/** The tissue engine's table under the given name, the regional one's beside it: `x.tsv`, `x.regional.tsv`. */
async function writeTables(
  client: ProjectClient,
  file: string,
  method: string,
  withRegional: boolean,
  output: Output,
): Promise<void> {
  const ending = extname(file);
  for (const engine of ENGINES) {
    if (engine === 'regional' && !withRegional) continue;
    const { text } = await client.ask['morphometry.export']({ engine, method });
    const path =
      engine === 'tissue-em'
        ? file
        : `${ending ? file.slice(0, -ending.length) : file}.${engine}${ending || '.tsv'}`;
    writeTable(path, text);
    output.text(`Written to ${path}`);
  }
}

/** Prints and gives the tissue engine's comparison. */
export async function printComparison(
  client: ProjectClient,
  method: string,
  output: Output,
): Promise<Comparison> {
  const c = await client.ask['morphometry.comparison']({ method });
  print(c, output);
  return c;
}

/** One engine's comparison as a table. */
export function print(c: Comparison, output: Pick<Output, 'text'>): void {
  const number = (v: number | null, digits: number) => (v === null ? '–' : v.toFixed(digits));
  const several = c.people < c.compared;
  output.text(c.sentence);
  output.text(
    `Engine ${c.engine}: ${c.scans} scans, failed before ${c.failedBefore}, failed after ${c.failedAfter}, compared ${c.compared}${several ? ` (of ${people(c.people)})` : ''}`,
  );
  output.text(
    formatTable(
      [
        'structure',
        'n',
        ...(several ? ['people'] : []),
        'before mL',
        'after mL',
        'mean %',
        'max |%|',
        'median |%|',
        'floor %',
        'p',
        'p Holm',
        'ICC(A,1)',
        'Dice',
      ],
      c.structures.map((s) => [
        s.structure,
        s.n,
        ...(several ? [s.people] : []),
        number(s.meanBefore / 1000, 1),
        number(s.meanAfter / 1000, 1),
        number(s.meanPercentChange, 2),
        number(s.maxAbsPercentChange, 2),
        number(s.medianAbsPercentChange, 2),
        number(s.floorPercent, 2),
        probability(s.p),
        probability(s.pHolm),
        number(s.icc, 4),
        number(s.dice, 3),
      ]),
    ),
  );
}

/** p values are never printed as zero. */
export function probability(p: number | null): string {
  if (p === null) return '–';
  return p < 0.0001 ? '<0.0001' : p.toFixed(4);
}
