import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describeError } from '../describe-error.ts';
import { writeDoorPage } from '../loopback/door-page.ts';
import { startLoopback } from '../loopback/server.ts';
import { readRecentProjects } from '../project/recent-projects.ts';
import {
  ElectronStartError,
  electronBinary,
  hasDisplay,
  hasNativeDriver,
  runElectron,
} from './electron-window.ts';
import { createOutput } from './output.ts';
import { createProjectClient, userDataDir } from './project-client.ts';

/**
 * `npm start [-- PROJECT]`: opens the project in Electron's window where its binary is installed, and otherwise says
 * why not and opens the same application in the browser.
 */
async function start(): Promise<void> {
  const args = process.argv.slice(2);
  const project = chosenProject(args);
  const reason = await openWindow(args, project);
  process.stderr.write(`${reason}\nOpening the same application in the browser.\n`);
  const output = createOutput(false);
  const client = createProjectClient();
  if (project) {
    await client.ask['project.open']({ dir: project, create: false }).catch((error: Error) =>
      output.note(error.message),
    );
  }
  const server = await startLoopback(client.app.host);
  output.text(`Refacade is open at ${server.url}\nThe link works once. Stop with Ctrl-C.`);
  const stop = async () => {
    await server.close();
    await client.close();
    process.exit(0);
  };
  process.once('SIGINT', () => void stop());
  process.once('SIGTERM', () => void stop());
  // The terminal was closed.
  process.once('SIGHUP', () => void stop());
  try {
    const page = writeDoorPage(server.url);
    process.once('exit', page.remove);
    void server.opened.then(page.remove);
    openBrowser(page.file);
  } catch (error) {
    output.note(`The browser was not opened: ${describeError(error)}`);
  }
}

/** Ends with Electron, or returns why there is no window. */
async function openWindow(args: readonly string[], project: string | undefined): Promise<string> {
  const binary = electronBinary();
  if (!binary) return 'The Electron binary is not installed here.';
  if (!hasDisplay()) return 'There is no display here: neither DISPLAY nor WAYLAND_DISPLAY is set.';
  const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');
  if (!hasNativeDriver(root)) return 'SQLite is not built for Electron here: `npm run native` does that.';
  const switches = args.filter((a) => a.startsWith('-'));
  const open = project ? [`--refacade-project=${project}`] : [];
  try {
    return process.exit(await runElectron(binary, [root, ...open, ...switches]));
  } catch (error) {
    if (error instanceof ElectronStartError) return error.message;
    throw error;
  }
}

/** The project that was named, or the one that was open last. */
function chosenProject(args: readonly string[]): string | undefined {
  const named = args.find((a) => !a.startsWith('-'));
  if (named !== undefined) return resolve(named);
  return readRecentProjects(userDataDir()).find((p) => existsSync(p.dir))?.dir;
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
