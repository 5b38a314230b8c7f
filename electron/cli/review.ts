import { userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import { UserError } from '../dispatch.ts';
import { exitCodeOf, need } from './arguments.ts';
import type { Command } from './command.ts';
import { formatTable } from './output.ts';
import { createProjectClient } from './project-client.ts';

export const reviewCommand: Command = {
  name: 'review',
  usage:
    'review --project DIR [--accept ID | --redo ID | --reject ID] [--note TEXT] [--reviewer NAME] [--all] [--json]',
  summary: 'list scans that wait for a person, or record a decision on one',
  async run(args, output) {
    const { values } = parseArgs({
      args,
      options: {
        project: { type: 'string' },
        accept: { type: 'string' },
        redo: { type: 'string' },
        reject: { type: 'string' },
        note: { type: 'string' },
        reviewer: { type: 'string' },
        all: { type: 'boolean', default: false },
      },
    });
    const client = createProjectClient();
    try {
      await client.ask['project.open']({ dir: need(values.project, '--project DIR'), create: false });
      for (const decision of ['accept', 'redo', 'reject'] as const) {
        const id = values[decision];
        if (id === undefined) continue;
        const row = await client.ask['catalog.series']({ id: Number(id) });
        if (row.row.derivativeId === null) {
          throw new UserError(
            'not-deidentified',
            `Scan ${id} has no de-identified version to decide on.`,
            'De-identify it first.',
          );
        }
        const settings = await client.ask['project.settings']({});
        const reviewer = values.reviewer || settings.reviewer || userInfo().username;
        await client.ask['review.decide']({
          derivativeId: row.row.derivativeId,
          decision,
          note: values.note ?? '',
          reviewer,
        });
      }
      const queue = await client.ask['review.queue']({ filter: values.all ? 'all' : 'pending' });
      output.text(
        queue.length === 0
          ? 'Nothing waits for review.'
          : formatTable(
              ['scan', 'subject', 'kind', 'state', 'concern', 'why'],
              queue.map((q) => [q.seriesId, q.subjectLabel, q.kind, q.state, q.concern.toFixed(2), q.reason]),
            ),
      );
      const { counts } = await client.ask['catalog.list']({ limit: 1 });
      output.result({ queue, counts });
      return exitCodeOf(counts);
    } finally {
      await client.close();
    }
  },
};
