import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout this program belongs to, whether it runs from `dist/build/` or from its source. */
export function checkoutDir(): string {
  for (let dir = dirname(fileURLToPath(import.meta.url)); dir !== dirname(dir); dir = dirname(dir)) {
    const manifest = join(dir, 'package.json');
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).name === 'refacade') return dir;
  }
  throw new Error(
    'Expected to run from a Refacade checkout; found no package.json named refacade above this file.',
  );
}

/** Whether this module is the program that was started, also when it was named through a link. */
export function isProgram(moduleUrl: string): boolean {
  const started = process.argv[1];
  return (
    started !== undefined &&
    existsSync(started) &&
    realpathSync(started) === realpathSync(fileURLToPath(moduleUrl))
  );
}

export interface ElectronFacts {
  readonly version: string;
  /** `process.versions.modules` of that Electron. */
  readonly abi: string;
  /** The program, or undefined: the npm package alone does not hold it. */
  readonly binary: string | undefined;
}

/**
 * What is installed of Electron, without loading the package: loading it would start a download.
 *
 * @param root the checkout
 */
export function electronFacts(root: string): ElectronFacts {
  const dir = join(root, 'node_modules', 'electron');
  const { version } = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as { version: string };
  const abi = readFileSync(join(dir, 'abi_version'), 'utf8').trim();
  const pathFile = join(dir, 'path.txt');
  const folder = process.env.ELECTRON_OVERRIDE_DIST_PATH ?? join(dir, 'dist');
  const program = existsSync(pathFile)
    ? join(folder, readFileSync(pathFile, 'utf8').trim())
    : join(folder, 'electron');
  return { version, abi, binary: existsSync(program) ? program : undefined };
}
