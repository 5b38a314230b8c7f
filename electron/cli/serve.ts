import { parseArgs } from 'node:util';
import { startLoopback } from '../loopback/server.ts';
import type { Command } from './command.ts';
import { createProjectClient } from './project-client.ts';

export const serveCommand: Command = {
  name: 'serve',
  usage: 'serve [--project DIR] [--port N] [--json]',
  summary: 'open the screens in a browser on this computer (127.0.0.1 only)',
  async run(args, output) {
    const { values } = parseArgs({
      args,
      options: { project: { type: 'string' }, port: { type: 'string' } },
    });
    const client = createProjectClient();
    if (values.project) await client.ask['project.open']({ dir: values.project, create: true });
    const server = await startLoopback(client.app.host, values.port ? Number(values.port) : 0);
    output.text(`Refacade is open at ${server.url}\nThe link works once. Stop with Ctrl-C.`);
    output.result({ url: server.url, port: server.port });
    await new Promise<void>((resolve) => {
      process.once('SIGINT', resolve);
      process.once('SIGTERM', resolve);
    });
    await server.close();
    await client.close();
    return 0;
  },
};
