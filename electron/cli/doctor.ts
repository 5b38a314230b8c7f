import type { Command } from './command.ts';
import { formatTable } from './output.ts';
import { createProjectClient } from './project-client.ts';

export const doctorCommand: Command = {
  name: 'doctor',
  usage: 'doctor [--json]',
  summary: 'check what the application stands on',
  async run(_args, output) {
    const client = createProjectClient();
    try {
      const findings = await client.ask['project.doctor']({});
      output.text(
        formatTable(
          ['part', 'state', 'detail'],
          findings.map((f) => [f.name, f.ok ? 'ok' : 'PROBLEM', f.detail]),
        ),
      );
      output.result({ findings });
      return findings.every((f) => f.ok) ? 0 : 1;
    } finally {
      await client.close();
    }
  },
};
