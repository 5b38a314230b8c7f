import type { ExitCode, Output } from './output.ts';

/** One verb of the command line. */
export interface Command {
  readonly name: string;
  readonly usage: string;
  readonly summary: string;
  run(args: string[], output: Output): Promise<ExitCode>;
}
