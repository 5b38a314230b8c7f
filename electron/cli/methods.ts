import { listMethods } from '../deidentify/batch-handlers.ts';
import type { Command } from './command.ts';
import { formatTable } from './output.ts';

export const methodsCommand: Command = {
  name: 'methods',
  usage: 'methods [--json]',
  summary: 'list the face methods that this build has',
  async run(_args, output) {
    const methods = listMethods();
    output.text(
      formatTable(
        ['method', 'kind', 'what it does'],
        methods.map((m) => [m.id, m.kind, m.summary]),
      ),
    );
    for (const m of methods) if (m.caution) output.text(`\n${m.id}: ${m.caution}`);
    output.result({ methods });
    return 0;
  },
};
