/**
 * Makes the installers of this platform in `dist/packages/`.
 *
 *   node dist/build/pack.js [--dir] [anything electron-builder takes]
 *
 * Builds the bundles, the SQLite binary for Electron's ABI if it is not there yet, then runs electron-builder,
 * which fetches its own tools (NSIS, AppImage runtime, …) on first use: a build machine has network, the
 * application has none.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { checkoutDir, electronFacts, isProgram } from './native/checkout.ts';
import { buildSqlite } from './native/sqlite-binary.ts';

/** What keeps this machine from packaging; empty when nothing does. */
export function missingForPacking(root: string): string[] {
  const missing: string[] = [];
  const electron = electronFacts(root);
  if (!electron.binary) {
    missing.push(
      `The Electron ${electron.version} binary is not installed (the npm package holds only a downloader). ` +
        'With network run `npx install-electron`, or unpack the official archive and set ELECTRON_OVERRIDE_DIST_PATH.',
    );
  }
  for (const file of [
    'shell/main.js',
    'shell/preload.cjs',
    'worker/main.js',
    'renderer/index.html',
    'THIRD-PARTY.txt',
  ]) {
    if (!existsSync(join(root, 'dist', file))) missing.push(`dist/${file} is not there after the build.`);
  }
  return missing;
}

function main(): number {
  const root = checkoutDir();
  const node = (...args: string[]) =>
    spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' }).status ?? 1;
  if (!electronFacts(root).binary) {
    console.error(`Nothing was packaged. ${missingForPacking(root)[0]}`);
    return 1;
  }
  if (node(join(root, 'build', 'bundle.mjs')) !== 0) return 1;
  const missing = missingForPacking(root);
  if (missing.length > 0) {
    console.error(`Nothing was packaged.\n${missing.join('\n')}`);
    return 1;
  }
  const { version, abi } = electronFacts(root);
  if (!existsSync(join(root, 'build', 'native', `abi-${abi}`, 'better_sqlite3.node'))) {
    console.log(`Building SQLite for Electron ${version} (ABI ${abi}).`);
    buildSqlite(root, { runtime: 'electron', version, abi });
  }
  const dist = process.env.ELECTRON_OVERRIDE_DIST_PATH ?? join(root, 'node_modules', 'electron', 'dist');
  return node(
    join(root, 'node_modules', 'electron-builder', 'cli.js'),
    '--config',
    'electron-builder.config.cjs',
    `-c.electronDist=${dist}`,
    '--publish',
    'never',
    ...process.argv.slice(2),
  );
}

if (isProgram(import.meta.url)) {
  try {
    process.exitCode = main();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
