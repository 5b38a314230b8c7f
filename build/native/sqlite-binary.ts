import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SqliteTarget {
  readonly runtime: 'electron' | 'node';
  readonly version: string;
  readonly abi: string;
}

export class SqliteBuildError extends Error {
  override name = 'SqliteBuildError';
}

/** The arguments of node-gyp for a target. */
export function gypArguments(target: SqliteTarget, headers: string | undefined): string[] {
  return [
    'rebuild',
    '--release',
    `--target=${target.version}`,
    `--arch=${process.arch}`,
    ...(headers ? [`--nodedir=${headers}`] : []),
    ...(target.runtime === 'electron' && !headers ? ['--dist-url=https://electronjs.org/headers'] : []),
  ];
}

/** What went wrong, in words that say what to do; the end of node-gyp's own output otherwise. */
export function explainGypFailure(target: SqliteTarget, output: string): string {
  const end = output.trim().split('\n').slice(-12).join('\n');
  if (
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ECONNRESET|getaddrinfo|40[34] response downloading|response (status )?40[34]|certificate/i.test(
      output,
    )
  ) {
    return (
      `The headers of ${target.runtime} ${target.version} could not be fetched: no way to electronjs.org from here. ` +
      'On a machine with network run this once, or give an unpacked headers archive with --headers DIR.\n' +
      end
    );
  }
  if (/not found: (make|g\+\+|cc)|find Python|find VS|xcode/i.test(output)) {
    return `A C++ compiler and Python are needed to build SQLite; node-gyp did not find them.\n${end}`;
  }
  return `node-gyp failed:\n${end}`;
}

/**
 * Compiles in a temporary copy, so the binary that `npm ci` made for Node stays as it is.
 *
 * @returns the stored file
 * @throws SqliteBuildError when headers or compiler are missing, or the build fails
 */
export function buildSqlite(root: string, target: SqliteTarget, headers?: string): string {
  const source = join(root, 'node_modules', 'better-sqlite3');
  const gyp = join(root, 'node_modules', 'node-gyp', 'bin', 'node-gyp.js');
  const work = mkdtempSync(join(tmpdir(), 'refacade-sqlite-'));
  try {
    for (const part of ['binding.gyp', 'deps', 'src', 'package.json']) {
      cpSync(join(source, part), join(work, part), { recursive: true });
    }
    const env = { ...process.env };
    // A headers folder set for Node itself must not be used for Electron.
    for (const name of Object.keys(env))
      if (/^npm_config_(nodedir|runtime|target|disturl)$/i.test(name)) delete env[name];
    const run = spawnSync(process.execPath, [gyp, ...gypArguments(target, headers)], {
      cwd: work,
      env: { ...env, npm_config_devdir: join(work, 'headers') },
      encoding: 'utf8',
      maxBuffer: 64 << 20,
    });
    const made = join(work, 'build', 'Release', 'better_sqlite3.node');
    if (run.status !== 0 || !existsSync(made)) {
      throw new SqliteBuildError(explainGypFailure(target, `${run.stdout}\n${run.stderr}`));
    }
    return keep(root, target, made);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Stores a binary under its ABI, with what it was made for. */
export function keep(root: string, target: SqliteTarget, made: string): string {
  const dir = join(root, 'build', 'native', `abi-${target.abi}`);
  mkdirSync(dir, { recursive: true });
  const file = join(dir, 'better_sqlite3.node');
  cpSync(made, `${file}.part`);
  renameSync(`${file}.part`, file);
  const { version } = JSON.parse(
    readFileSync(join(root, 'node_modules', 'better-sqlite3', 'package.json'), 'utf8'),
  );
  const built = {
    driver: `better-sqlite3 ${version}`,
    for: `${target.runtime} ${target.version}`,
    target: `${process.platform}-${process.arch}`,
    sha256: createHash('sha256').update(readFileSync(file)).digest('hex'),
  };
  writeFileSync(join(dir, 'built.json'), `${JSON.stringify(built, null, 2)}\n`);
  return file;
}
