import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { writeDoorPage } from '../loopback/door-page.ts';
import { startLoopback } from '../loopback/server.ts';
import { readRecentProjects } from '../project/recent-projects.ts';
import { createOutput } from './output.ts';
import { createProjectClient, userDataDir } from './project-client.ts';

/**
 * `npm start`: opens the window where Electron's binary is installed, and otherwise says so and opens the
 * same application in the browser.
 */
async function start(): Promise<void> {
  const binary = electronBinary();
  if (binary) {
    const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');
    const child = spawn(binary, [root, ...process.argv.slice(2)], { stdio: 'inherit' });
    child.on('exit', (code) => process.exit(code ?? 0));
    return;
  }
  process.stderr.write(
    'The Electron binary is not installed here; opening the same application in the browser.\n',
  );
  const output = createOutput(false);
  const client = createProjectClient(output);
  const named = process.argv.slice(2).find((a) => !a.startsWith('-'));
  const last = named ?? readRecentProjects(userDataDir()).find((p) => existsSync(p.dir))?.dir;
  if (last) {
    await client.ask['project.open']({ dir: last, create: false }).catch((error: Error) =>
      output.note(error.message),
    );
  }
  const server = await startLoopback(client.app.host);
  output.text(`Refacade is open at ${server.url}\nThe link works once. Stop with Ctrl-C.`);
  const page = writeDoorPage(server.url);
  process.once('exit', page.remove);
  void server.opened.then(page.remove);
  openBrowser(page.file);
  const stop = async () => {
    page.remove();
    await server.close();
    await client.close();
    process.exit(0);
  };
  process.once('SIGINT', () => void stop());
  process.once('SIGTERM', () => void stop());
  // The terminal was closed.
  process.once('SIGHUP', () => void stop());
}

/** Path of Electron's executable, or null where the package is there but its binary is not. */
function electronBinary(): string | null {
  if (process.env.REFACADE_NO_ELECTRON) return null;
  try {
    const dir = dirname(createRequire(import.meta.url).resolve('electron/package.json'));
    const file = join(dir, 'dist', readFileSync(join(dir, 'path.txt'), 'utf8').trim());
    return existsSync(file) ? file : null;
  } catch {
    return null;
  }
}

/** @param file a page on this computer: never a link with a token, arguments are there for all to read */
function openBrowser(file: string): void {
  const [command, ...args] =
    process.platform === 'darwin'
      ? ['open', file]
      : process.platform === 'win32'
        ? ['cmd', '/c', 'start', '', file]
        : ['xdg-open', pathToFileURL(file).href];
  const child = spawn(command!, args, { stdio: 'ignore', detached: true });
  child.on('error', () => {});
  child.unref();
}

await start();
