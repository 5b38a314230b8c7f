import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type QuarantineClass, quarantineClass, seriesKind } from '../../shared/import/records.ts';
import type { Problem } from '../../shared/problem.ts';
import { UserError } from '../dispatch.ts';
import { need, needSources } from './arguments.ts';
import type { Command } from './command.ts';
import { type ExitCode, formatTable, type Output } from './output.ts';
import { type BatchClient, createBatchClient, type ProjectClient } from './project-client.ts';

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
    const project = need(values.project, '--project DIR');
    // Before a project is made for them.
    const sources = needSources(positionals);
    const client = createBatchClient(output);
    try {
      await client.ask['project.open']({ dir: project, create: true });
      const outcome = await importInto(client, sources, output, values.kind, values.include);
      output.result(outcome);
      return importExitCode(outcome, client.interrupted);
    } finally {
      await client.close();
    }
  },
};

type ImportOutcome = Awaited<ReturnType<typeof importInto>>;

/** 1 when a source was not read, 2 after Ctrl-C. */
export function importExitCode(outcome: ImportOutcome, interrupted: boolean): ExitCode {
  if (outcome.failed > 0 || outcome.missing.length > 0) return 1;
  if (interrupted) return 2;
  return outcome.report ? 0 : 1;
}

/**
 * Imports and prints the totals.
 *
 * The report is null when the import did not end: the catalog's newest one is then of another import.
 *
 * @param kind what series are taken to show whose name, header and sidecar do not tell (`T1w`)
 * @param include classes of what was set aside that are to be handled after all, separated by commas (`localizer,derived`)
 * @returns `missing`: the sources that went away after they had been checked
 */
export async function importInto(
  client: BatchClient,
  sources: string[],
  output: Output,
  kind?: string,
  include?: string,
) {
  const classes = (include ?? '').split(',').filter(Boolean).map(asClass);
  const { batchId } = await client.ask['import.start']({ sources });
  const batch = await client.follow(batchId);
  const jobs = await client.ask['jobs.list']({ batchId });
  const failure = jobs.find((j) => j.state === 'failed')?.error ?? '';
  const whole = batch.failed === 0 && batch.cancelled === 0;
  // Ctrl-C begins no further step.
  if (!client.interrupted) {
    if (kind) await nameUnknownKinds(client, kind);
    for (const name of classes) await includeClass(client, name);
  }
  const report = whole ? await client.ask['import.report']({}) : null;
  const missing = whole ? await sourcesNotRead(client, sources) : [];
  const quarantine = await client.ask['import.quarantine']({});
  if (failure) output.note(`Import failed: ${failure}`);
  if (batch.cancelled > 0) output.note('The import was cancelled; the same command goes on from here.');
  for (const p of missing) output.note(`Not imported: ${p.subject}. ${p.message} ${p.fix ?? ''}`.trimEnd());
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
  return {
    report,
    quarantine,
    failed: batch.failed,
    error: failure,
    missing: missing.map((p) => p.subject),
  };
}

/** Of this import, which has ended, the Problems that say that a whole source could not be read. */
async function sourcesNotRead(client: ProjectClient, sources: readonly string[]): Promise<Problem[]> {
  const whole = sources.map((s) => resolve(s));
  const found: Problem[] = [];
  for (const code of ['source-not-found', 'unreadable-folder']) {
    const { rows } = await client.ask['catalog.problems']({ search: code, limit: 1000 });
    // A folder somewhere inside a source is a finding like any other; every import replaces those of the one before.
    found.push(...rows.filter((p) => p.code === code && whole.includes(resolve(p.subject))));
  }
  return found;
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
