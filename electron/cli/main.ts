#!/usr/bin/env node
import { UserError } from '../dispatch.ts';
import { auditCommand } from './audit.ts';
import type { Command } from './command.ts';
import { compareCommand } from './compare.ts';
import { defaceCommand } from './deface.ts';
import { deidentifyCommand } from './deidentify.ts';
import { doctorCommand } from './doctor.ts';
import { importCommand } from './import.ts';
import { methodsCommand } from './methods.ts';
import { modelsCommand } from './models.ts';
import { createOutput, type ExitCode } from './output.ts';
import { recogniseCommand } from './recognise.ts';
import { renderCommand } from './render.ts';
import { reviewCommand } from './review.ts';
import { runCommand } from './run.ts';
import { segmentCommand } from './segment.ts';
import { serveCommand } from './serve.ts';
import { shareCommand } from './share.ts';
import { volumesCommand } from './volumes.ts';

const commands: readonly Command[] = [
  runCommand,
  importCommand,
  deidentifyCommand,
  compareCommand,
  auditCommand,
  reviewCommand,
  shareCommand,
  serveCommand,
  methodsCommand,
  modelsCommand,
  doctorCommand,
  defaceCommand,
  volumesCommand,
  segmentCommand,
  recogniseCommand,
  renderCommand,
];

const help = `Refacade de-identifies head scans, headers and faces, on this computer only.

Usage: refacade <command> [options]

${commands.map((c) => `  ${c.name.padEnd(11)} ${c.summary}`).join('\n')}

Every command takes --json (one JSON object on standard output; progress goes to standard error) and --help.
Exit codes: 0 everything passed; 2 finished, some scans need review or failed; 1 could not run.`;

async function main(argv: string[]): Promise<ExitCode> {
  const [name, ...rest] = argv;
  const json = rest.includes('--json');
  const output = createOutput(json);
  if (!name || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(`${help}\n`);
    return name ? 0 : 1;
  }
  const command = commands.find((c) => c.name === name);
  if (!command) {
    process.stderr.write(
      `There is no command "${name}". Known: ${commands.map((c) => c.name).join(', ')}.\n`,
    );
    return 1;
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(`${command.summary}\n\nUsage: refacade ${command.usage}\n`);
    return 0;
  }
  try {
    return await command.run(
      rest.filter((a) => a !== '--json'),
      output,
    );
  } catch (error) {
    return reportError(error, command, json);
  }
}

function reportError(error: unknown, command: Command, json: boolean): ExitCode {
  const badArguments = (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS') ?? false;
  const code = error instanceof UserError ? error.code : badArguments ? 'bad-arguments' : 'failed';
  const message = error instanceof Error ? error.message : String(error);
  const fix =
    error instanceof UserError ? error.fix : badArguments ? `Usage: refacade ${command.usage}` : undefined;
  if (json)
    process.stdout.write(`${JSON.stringify({ error: { code, message, ...(fix ? { fix } : {}) } })}\n`);
  process.stderr.write(`${message}\n${fix ? `${fix}\n` : ''}`);
  if (process.env.REFACADE_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return 1;
}

const code = await main(process.argv.slice(2));
// Idle worker threads must not keep a finished command alive.
process.exitCode = code;
process.stdout.write('', () => process.exit(code));
