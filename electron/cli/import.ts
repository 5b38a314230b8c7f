import { parseArgs } from 'node:util';
import { type QuarantineClass, quarantineClass, seriesKind } from '../../shared/import/records.ts';
import { UserError } from '../dispatch.ts';
import { need } from './arguments.ts';
import type { Command } from './command.ts';
import { formatTable, type Output } from './output.ts';
import { createProjectClient, type ProjectClient } from './project-client.ts';

export const importCommand: Command = {
  name: 'import',
  usage: 'import <source>… --project DIR [--kind T1w] [--include localizer,derived] [--json]',
  summary: 'read folders of DICOM and NIfTI into the catalog; sources are only read',
  async run(args, output) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { project: { type: 'string' }, kind: { type: 'string' }, include: { type: 'string' } },
    });
    const client = createProjectClient(output);
    try {
      await client.ask['project.open']({ dir: need(values.project, '--project DIR'), create: true });
      const outcome = await importInto(client, positionals, output, values.kind, values.include);
      output.result(outcome);
      return outcome.report && outcome.failed === 0 ? 0 : 1;
    } finally {
      await client.close();
    }
  },
};

/**
 * Imports and prints the totals.
 *
 * @param kind what series are taken to show whose name, header and sidecar do not tell (`T1w`)
 * @param include classes of what was set aside that are to be handled after all, separated by commas (`localizer,derived`)
 */
export async function importInto(
  client: ProjectClient,
  sources: string[],
  output: Output,
  kind?: string,
  include?: string,
) {
  if (sources.length === 0)
    throw new UserError('bad-arguments', 'Expected at least one source folder or file.');
  const classes = (include ?? '').split(',').filter(Boolean).map(asClass);
  const { batchId } = await client.ask['import.start']({ sources });
  const batch = await client.follow(batchId);
  const jobs = await client.ask['jobs.list']({ batchId });
  const failure = jobs.find((j) => j.state === 'failed')?.error ?? '';
  if (kind) await nameUnknownKinds(client, kind);
  for (const name of classes) await includeClass(client, name);
  const report = await client.ask['import.report']({});
  const quarantine = await client.ask['import.quarantine']({});
  if (failure) output.note(`Import failed: ${failure}`);
  if (report) {
    output.text(
      `Imported: ${report.filesSeen} files seen, ${report.filesNew} new, ${report.filesUnchanged} unchanged, ${report.series} series, ${report.problems} problems, ${report.quarantined} set aside (${report.seconds.toFixed(1)} s)`,
    );
  }
  if (quarantine.length > 0) {
    output.text(
      formatTable(
        ['set aside', 'series', 'meaning'],
        quarantine.map((q) => [q.class, q.count, q.meaning]),
      ),
    );
  }
  return { report, quarantine, failed: batch.failed, error: failure };
}

async function nameUnknownKinds(client: ProjectClient, kind: string): Promise<void> {
  const known = seriesKind.safeParse(kind);
  if (!known.success) {
    throw new UserError(
      'bad-arguments',
      `Expected --kind to be one of ${seriesKind.options.join(', ')}; got "${kind}".`,
    );
  }
  for (;;) {
    const page = await client.ask['catalog.list']({
      states: ['queued'],
      search: 'other',
      sort: 'id',
      limit: 1000,
    });
    const ids = page.rows.filter((r) => r.kind === 'other' && r.kindSource === 'auto').map((r) => r.id);
    if (ids.length === 0) return;
    await client.ask['import.setKind']({ seriesIds: ids, kind: known.data });
  }
}

function asClass(name: string): QuarantineClass {
  const known = quarantineClass.safeParse(name.trim());
  if (known.success) return known.data;
  throw new UserError(
    'bad-arguments',
    `Expected --include to name classes of what is set aside, got "${name}".`,
    `There are: ${quarantineClass.options.join(', ')}.`,
  );
}

async function includeClass(client: ProjectClient, name: QuarantineClass): Promise<void> {
  const { total, rows } = await client.ask['catalog.list']({ quarantine: name, sort: 'id', limit: 1000 });
  if (rows.length === 0) return;
  const { changed } = await client.ask['import.include']({ seriesIds: rows.map((r) => r.id) });
  // What holds no image stays where it is; what is left beyond a page comes next.
  if (changed > 0 && total > rows.length) await includeClass(client, name);
}
