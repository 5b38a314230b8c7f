import { parseArgs } from 'node:util';
import { exitCodeOf, need, needSources } from './arguments.ts';
import { auditAll } from './audit.ts';
import type { Command } from './command.ts';
import { printComparison } from './compare.ts';
import { deidentifyAll } from './deidentify.ts';
import { importExitCode, importInto } from './import.ts';
import type { ExitCode, Output } from './output.ts';
import { createBatchClient } from './project-client.ts';
import { parseFormats, writeShareTo } from './share.ts';

export const runCommand: Command = {
  name: 'run',
  usage:
    'run <source>… --project DIR [--policy NAME|FILE] [--method ID] [--seed N] [--kind T1w] --share DIR [--formats bids,dicom] [--json]',
  summary: 'the whole job: import, de-identify, compare, audit, share',
  async run(args, output) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        project: { type: 'string' },
        policy: { type: 'string' },
        method: { type: 'string' },
        kind: { type: 'string' },
        seed: { type: 'string' },
        share: { type: 'string' },
        formats: { type: 'string' },
      },
    });
    const project = need(values.project, '--project DIR');
    const share = need(values.share, '--share DIR');
    const formats = parseFormats(values.formats);
    const sources = needSources(positionals);
    const client = createBatchClient(output);
    try {
      await client.ask['project.open']({ dir: project, create: true });
      const imported = await importInto(client, sources, output, values.kind);
      const code = importExitCode(imported, client.interrupted);
      if (code !== 0) {
        // Not the rest alone: who shares has to know that all is there.
        output.note('Nothing was de-identified or shared.');
        output.result({ import: imported });
        return code;
      }
      const deidentified = await deidentifyAll(
        client,
        {
          policy: values.policy,
          method: values.method,
          seed: values.seed === undefined ? undefined : Number(values.seed),
          measure: true,
          again: false,
        },
        output,
      );
      if (client.interrupted) return stopped({ import: imported, deidentify: deidentified }, output);
      const comparison = await printComparison(client, values.method ?? '', output);
      const audit =
        (await client.ask['risk.state']({})).scans > 0 ? await auditAll(client, 'current', output) : null;
      if (client.interrupted)
        return stopped({ import: imported, deidentify: deidentified, comparison, audit }, output);
      const { counts } = await client.ask['catalog.list']({ limit: 1 });
      const shared = counts.passed > 0 ? await writeShareTo(client, share, formats, output) : null;
      if (!shared)
        output.note(
          'No scan passed, so nothing was shared. Review the scans that wait, then run `refacade share`.',
        );
      output.result({ import: imported, deidentify: deidentified, comparison, audit, counts, share: shared });
      if (shared && !shared.ok) return shared.cancelled ? 2 : 1;
      return exitCodeOf(counts);
    } finally {
      await client.close();
    }
  },
};

/** Ctrl-C ends the whole job, not the step that ran: nothing is shared that nobody waited for. */
function stopped(sofar: Record<string, unknown>, output: Output): ExitCode {
  output.note('Cancelled: nothing was shared. The same command goes on from here.');
  output.result({ ...sofar, share: null });
  return 2;
}
