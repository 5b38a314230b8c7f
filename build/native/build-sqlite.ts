/**
 * Builds the SQLite driver for an ABI and keeps it in `build/native/abi-<number>/`.
 *
 *   node dist/build/build-sqlite.js                 for the installed Electron
 *   node dist/build/build-sqlite.js --node          for the Node that runs this
 *   node dist/build/build-sqlite.js --headers DIR   headers already here (a folder with include/node/node.h)
 *
 * Compiling needs a C++ compiler, Python and Electron's headers (about 1 MB, fetched by node-gyp from
 * electronjs.org unless given). Without them this says so and exits with 1; `npm ci` and the tests need none of it.
 * Why two binaries: docs/decisions/0002-two-sqlite-binaries.md
 */
import { checkoutDir, electronFacts } from './checkout.ts';
import { buildSqlite, type SqliteTarget } from './sqlite-binary.ts';

/** `--name VALUE` among the arguments. */
function argument(name: string): string | undefined {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
}

const root = checkoutDir();
const electron = electronFacts(root);
const target: SqliteTarget = process.argv.includes('--node')
  ? { runtime: 'node', version: process.versions.node, abi: process.versions.modules }
  : { runtime: 'electron', version: electron.version, abi: electron.abi };
try {
  console.log(
    `Building better-sqlite3 for ${target.runtime} ${target.version} (ABI ${target.abi}); a minute or two.`,
  );
  console.log(`Stored ${buildSqlite(root, target, argument('--headers'))}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
