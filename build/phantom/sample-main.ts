import { mkdirSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { writeCohort } from './cohort.ts';

const USAGE = 'usage: sample FOLDER [--seed N] [--subjects N] [--voxel-size MM]';

/**
 * Writes a sample cohort of phantom heads into an empty folder, for people who want to try things out.
 *
 * @param args command-line arguments after the program's name
 * @returns exit code: 0 written, 1 not
 */
export async function main(args: readonly string[]): Promise<number> {
  const options: Record<string, number> = {};
  const names = { '--seed': 'seed', '--subjects': 'subjects', '--voxel-size': 'voxelSizeMm' } as const;
  let folder: string | undefined;
  for (let n = 0; n < args.length; n++) {
    const arg = args[n]!;
    if (arg in names) {
      const value = Number(args[++n]);
      if (!(value > 0)) return fail(`expected a number above 0 after ${arg}, got ${args[n] ?? 'nothing'}`);
      options[names[arg as keyof typeof names]] = value;
    } else if (arg.startsWith('-') || folder !== undefined) return fail(`did not expect ${arg}`);
    else folder = resolve(arg);
  }
  if (folder === undefined) return fail('expected a folder to write into');
  mkdirSync(folder, { recursive: true });
  if (readdirSync(folder).length > 0) return fail(`expected an empty folder, ${folder} holds files`);

  const cohort = await writeCohort(folder, options);
  console.log(`${cohort.files.length} files of ${cohort.subjects.length} phantom people in ${folder}`);
  for (const series of cohort.series) {
    const tiv = series.truth ? `, brain cavity ${(series.truth.TIV / 1000).toFixed(0)} ml` : '';
    const odd = series.oddity ? ` (${series.oddity})` : '';
    console.log(`  ${series.path}: ${series.kind}, ${series.files} file(s)${tiv}${odd}`);
  }
  return 0;
}

function fail(message: string): number {
  console.error(`${message}\n${USAGE}`);
  return 1;
}
