import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { UserError } from '../dispatch.ts';
import { sameFile } from '../same-file.ts';
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

/**
 * The folders and files that an import is to read, as they were given.
 *
 * @throws UserError when none was given, or one is not there or cannot be opened
 */
export function needSources(paths: readonly string[]): string[] {
  if (paths.length === 0)
    throw new UserError('bad-arguments', 'Expected at least one source folder or file.');
  const missing = paths.filter((path) => !isReadable(path));
  if (missing.length > 0) {
    throw new UserError(
      'no-such-source',
      `There is no folder or file ${missing.join(', ')} that can be read; nothing was imported.`,
      'Check the path, which is taken from where you are, connect the drive, or leave it out.',
    );
  }
  return [...paths];
}

function isReadable(path: string): boolean {
  try {
    const info = statSync(path);
    if (!info.isDirectory() && !info.isFile()) return false;
    accessSync(path, info.isDirectory() ? constants.R_OK | constants.X_OK : constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Refuses outputs that would overwrite what is read, or each other, under whatever name.
 *
 * @param inputs files that are only read
 * @param outputs what is to be written, by option; an undefined one was not asked for
 * @throws UserError
 */
export function needOtherFiles(
  inputs: readonly string[],
  outputs: Readonly<Record<string, string | undefined>>,
): void {
  const asked = Object.entries(outputs).flatMap(([what, path]) => (path ? [{ what, path }] : []));
  for (const [n, { what, path }] of asked.entries()) {
    const input = inputs.find((file) => sameFile(file, path));
    if (input !== undefined) {
      throw new UserError(
        'same-file',
        `${what} ${path} is the input ${input} itself; writing it would destroy the scan.`,
        'Give the output another name.',
      );
    }
    const other = asked.slice(0, n).find((before) => sameFile(before.path, path));
    if (other) {
      throw new UserError(
        'same-file',
        `${other.what} ${other.path} and ${what} ${path} are one file; one would overwrite the other.`,
        'Give each output its own name.',
      );
    }
  }
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
