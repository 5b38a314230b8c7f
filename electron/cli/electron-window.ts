import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describeError } from '../describe-error.ts';

/** Electron is there and could not be started: a binary of another platform, or without the right to run. */
export class ElectronStartError extends Error {
  override name = 'ElectronStartError';
}

/**
 * Path of Electron's executable, or null where the package is there but its binary is not.
 *
 * `ELECTRON_OVERRIDE_DIST_PATH` is Electron's own name for a folder with another build of it; `REFACADE_NO_ELECTRON`
 * says that none is wanted.
 */
export function electronBinary(env: NodeJS.ProcessEnv = process.env): string | null {
  if (env.REFACADE_NO_ELECTRON) return null;
  try {
    const dir = dirname(createRequire(import.meta.url).resolve('electron/package.json'));
    const named = join(dir, 'path.txt');
    const program = existsSync(named) ? readFileSync(named, 'utf8').trim() : 'electron';
    const file = join(env.ELECTRON_OVERRIDE_DIST_PATH || join(dir, 'dist'), program);
    return existsSync(file) ? file : null;
  } catch {
    return null;
  }
}

/** Can a window be shown at all? Only Linux can tell, and has machines without. */
export function hasDisplay(
  platform: NodeJS.Platform = process.platform,
  env: NodeJS.ProcessEnv = process.env,
): boolean {
  return platform !== 'linux' || Boolean(env.DISPLAY || env.WAYLAND_DISPLAY);
}

/** Is the SQLite driver built for an Electron? `npm ci` builds it for Node only. */
export function hasNativeDriver(checkout: string, env: NodeJS.ProcessEnv = process.env): boolean {
  if (env.REFACADE_SQLITE_BINDING) return true;
  const dir = join(checkout, 'build', 'native');
  return existsSync(dir) && readdirSync(dir).some((abi) => existsSync(join(dir, abi, 'better_sqlite3.node')));
}

/**
 * Runs Electron until it ends.
 *
 * @returns its exit code, 1 when it was ended by a signal
 * @throws ElectronStartError
 */
export function runElectron(binary: string, args: readonly string[]): Promise<number> {
  return new Promise((done, fail) => {
    const child = spawn(binary, args, { stdio: 'inherit' });
    child.on('error', (cause) =>
      fail(new ElectronStartError(`Electron could not be started: ${describeError(cause)}`, { cause })),
    );
    child.on('exit', (code, signal) => {
      if (signal) process.stderr.write(`Electron was ended by ${signal}.\n`);
      done(code ?? 1);
    });
  });
}
