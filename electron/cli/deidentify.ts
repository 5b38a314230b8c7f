import { existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { UserError } from '../dispatch.ts';
import { exitCodeOf, need } from './arguments.ts';
import type { Command } from './command.ts';
import { formatTable, type Output } from './output.ts';
import { type BatchClient, createBatchClient, type ProjectClient } from './project-client.ts';

export const deidentifyCommand: Command = {
  name: 'deidentify',
  usage:
    'deidentify --project DIR [--policy NAME|FILE] [--method ID] [--seed N] [--subject LABEL[,LABEL…]] [--no-measure] [--again] [--json]',
  summary: 'de-identify every waiting scan and measure what it changed',
  async run(args, output) {
    const { values } = parseArgs({
      args,
      options: {
        project: { type: 'string' },
        policy: { type: 'string' },
        method: { type: 'string' },
        seed: { type: 'string' },
        subject: { type: 'string' },
        'no-measure': { type: 'boolean', default: false },
        again: { type: 'boolean', default: false },
      },
    });
    const client = createBatchClient(output);
    try {
      await client.ask['project.open']({ dir: need(values.project, '--project DIR'), create: false });
      const outcome = await deidentifyAll(
        client,
        {
          policy: values.policy,
          method: values.method,
          seed: values.seed === undefined ? undefined : Number(values.seed),
          measure: !values['no-measure'],
          again: values.again,
          subjects: values.subject?.split(',').map((label) => label.trim()),
        },
        output,
      );
      output.result(outcome);
      return client.interrupted ? 2 : exitCodeOf(outcome.counts);
    } finally {
      await client.close();
    }
  },
};

/** A policy by name, or from a file that is imported into the project first. */
export async function choosePolicy(client: ProjectClient, nameOrFile: string | undefined): Promise<string> {
  const settings = await client.ask['project.settings']({});
  if (!nameOrFile) return settings.policyName;
  const known = await client.ask['deidentify.policies']({});
  const match = known.find((p) => p.name.toLowerCase() === nameOrFile.toLowerCase());
  if (!match && !existsSync(nameOrFile)) {
    throw new UserError(
      'no-such-policy',
      `There is no policy or file named "${nameOrFile}".`,
      `Known policies: ${known.map((p) => p.name).join(', ')}.`,
    );
  }
  const name =
    match?.name ??
    (await client.ask['deidentify.importPolicy']({ text: readFileSync(nameOrFile, 'utf8') })).name;
  await client.ask['project.saveSettings']({ policyName: name });
  return name;
}

export interface DeidentifyChoices {
  readonly policy?: string | undefined;
  readonly method?: string | undefined;
  readonly seed?: number | undefined;
  readonly measure: boolean;
  /** Do finished scans once more. */
  readonly again: boolean;
  /** Labels of the only people whose scans are to be done. */
  readonly subjects?: readonly string[] | undefined;
}

export async function deidentifyAll(client: BatchClient, choices: DeidentifyChoices, output: Output) {
  const policy = await choosePolicy(client, choices.policy);
  const some = choices.again || choices.subjects !== undefined;
  const waiting = async () => (await client.ask['catalog.list']({ limit: 1 })).counts.queued;
  const anything = some ? (await chosenScans(client, choices)).length > 0 : (await waiting()) > 0;
  if (anything) {
    // Work that an earlier, killed process left in the queue is finished first, as part of the same command, and not done again.
    await client.followOpen();
    const seriesIds = some ? await chosenScans(client, choices) : [];
    if (!client.interrupted && (some ? seriesIds.length > 0 : (await waiting()) > 0)) {
      const { batchId } = await client.ask['deidentify.start']({
        seriesIds,
        policy,
        ...(choices.method ? { method: choices.method } : {}),
        ...(choices.seed === undefined ? {} : { seed: choices.seed }),
        measure: choices.measure,
      });
      await client.follow(batchId);
    }
  }
  return printVerdicts(client, output);
}

/** Scans of the chosen people: the waiting ones, with `again` also those that have a verdict. */
async function chosenScans(client: ProjectClient, choices: DeidentifyChoices): Promise<number[]> {
  const seriesIds: number[] = [];
  const missing = new Set(choices.subjects);
  for (let offset = 0; ; offset += 1000) {
    const page = await client.ask['catalog.list']({ sort: 'id', offset, limit: 1000 });
    for (const row of page.rows) {
      if (choices.subjects && !choices.subjects.includes(row.subjectLabel)) continue;
      missing.delete(row.subjectLabel);
      const done = row.state === 'passed' || row.state === 'needs-review' || row.state === 'failed';
      if (row.state === 'queued' || (choices.again && done)) seriesIds.push(row.id);
    }
    if (offset + 1000 >= page.total) break;
  }
  if (missing.size > 0) {
    throw new UserError(
      'no-such-subject',
      `No person of this project is labelled ${[...missing].map((label) => `"${label}"`).join(', ')}.`,
      'Labels look like sub-XXXXXXXX; refacade review lists them.',
    );
  }
  return seriesIds;
}

/** Every scan with its state and reason; excluded ones are counted, not listed. */
export async function printVerdicts(client: ProjectClient, output: Output) {
  const rows: {
    id: number;
    subject: string;
    kind: string;
    description: string;
    state: string;
    reason: string;
    next: string;
  }[] = [];
  let counts = { queued: 0, running: 0, 'needs-review': 0, passed: 0, failed: 0, excluded: 0 };
  for (let offset = 0; ; offset += 1000) {
    const page = await client.ask['catalog.list']({ sort: 'subject', offset, limit: 1000 });
    counts = page.counts;
    for (const r of page.rows) {
      if (r.state === 'excluded') continue;
      rows.push({
        id: r.id,
        subject: r.subjectLabel,
        kind: r.kind,
        description: r.description,
        state: r.state,
        reason: r.stateReason,
        next: r.stateNext,
      });
    }
    if (offset + 1000 >= page.total) break;
  }
  output.text(
    formatTable(
      ['scan', 'subject', 'kind', 'state', 'why'],
      rows.map((r) => [r.id, r.subject, r.kind, r.state, r.reason]),
    ),
  );
  output.text(
    Object.entries(counts)
      .map(([state, n]) => `${state} ${n}`)
      .join(', '),
  );
  return { counts, scans: rows };
}
