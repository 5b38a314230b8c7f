import { existsSync } from 'node:fs';
import { UserError } from '../dispatch.ts';
import type { ExitCode } from './output.ts';

/** @throws UserError when the argument is missing */
export function need(value: string | undefined, what: string): string {
  if (!value)
    throw new UserError(
      'bad-arguments',
      `Expected ${what}.`,
      'Run the command with --help to see its usage.',
    );
  return value;
}

/** @throws UserError when there is no such file */
export function needFile(path: string | undefined): string {
  const file = need(path, 'an input file');
  if (!existsSync(file)) {
    throw new UserError(
      'no-such-file',
      `There is no file ${file}.`,
      'Check the path; it is taken from where you are.',
    );
  }
  return file;
}

/** Counts of every state, as an exit code: 2 when anything waits for a person or failed. */
export function exitCodeOf(counts: {
  queued: number;
  running: number;
  'needs-review': number;
  failed: number;
}): ExitCode {
  return counts.queued + counts.running + counts['needs-review'] + counts.failed > 0 ? 2 : 0;
}
