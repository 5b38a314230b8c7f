import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { app, BrowserWindow, dialog, Menu, protocol, session, shell } from 'electron';
import { announceElectronBinding } from '../catalog/sqlite-binding.ts';
import type { SpawnWorker } from '../inference/worker-contract.ts';
import { createFileLog, type Log } from '../log/logger.ts';
import { createRedactor, type Redactor } from '../log/redact.ts';
import { appScheme } from './app-url.ts';
import { ask, type Host, unfinishedJobs } from './ask.ts';
import { menuTemplate } from './menu.ts';
import { handleNative } from './native.ts';
import { guardedHost, secureContents, secureProcess, secureSession } from './security.ts';
import { smokePassed, smokeTest } from './smoke.ts';
import { spawnUtilityWorker } from './spawn-worker.ts';
import { openWindow } from './window.ts';

/** What the shell needs of the application. */
export interface ShellApp {
  readonly host: Host;
  close(): Promise<void>;
}

export interface ShellAppOptions {
  readonly userDataDir: string;
  readonly log: Log;
  readonly redactor: Redactor;
  readonly spawnWorker: SpawnWorker;
}

/** A worker that does not stop must not keep the application from quitting. */
const closeWithinMs = 10_000;

/**
 * Starts the desktop application: one instance, one window, one door.
 *
 * Switches: `--refacade-data=DIR` keeps settings and logs elsewhere; `--refacade-project=DIR` opens a project; `--smoke` opens no visible window, checks
 * itself, prints one line and exits with 0 or 1.
 *
 * @param createApp makes the application once the shell is ready
 */
export async function startShell(
  createApp: (options: ShellAppOptions) => Promise<ShellApp> | ShellApp,
): Promise<void> {
  const smoke = app.commandLine.hasSwitch('smoke');
  const dataDir = app.commandLine.getSwitchValue('refacade-data');
  if (dataDir) {
    mkdirSync(dataDir, { recursive: true });
    app.setPath('userData', dataDir);
  }
  if (!app.requestSingleInstanceLock()) {
    app.quit();
    return;
  }
  const devtools = !app.isPackaged;
  protocol.registerSchemesAsPrivileged([
    { scheme: appScheme, privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true } },
  ]);
  secureProcess(app);
  app.on('web-contents-created', (_event, contents) =>
    secureContents(contents, (url) => void offerLink(url)),
  );
  app.on('second-instance', () => {
    const [window] = BrowserWindow.getAllWindows();
    if (window?.isMinimized()) window.restore();
    window?.focus();
  });
  await app.whenReady();

  const userDataDir = app.getPath('userData');
  const redactor = createRedactor({ ownFolders: [{ path: app.getAppPath(), label: '<app>' }] });
  const log = createFileLog({ dir: userDataDir, redactor });
  let closeApp = async () => log.close();
  try {
    announceElectronBinding(app.getAppPath());
    secureSession(session.defaultSession, devtools);
    Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(process.platform, devtools)));
    const application = await createApp({ userDataDir, log, redactor, spawnWorker: spawnUtilityWorker });
    closeApp = async () => {
      await withTimeLimit(application.close(), closeWithinMs).catch((error: unknown) =>
        log.error('Closing took too long or failed; unfinished jobs resume at the next start', { error }),
      );
      log.close();
    };
    quitInOrder(() => closeApp());
    protocol.handle(appScheme, guardedHost(application.host));
    handleNative(application.host);
    await openProject(application.host, app.commandLine.getSwitchValue('refacade-project'), log);
    const window = openWindow({
      stateFile: join(userDataDir, 'window.json'),
      devtools,
      show: !smoke,
      unfinishedJobs: smoke ? async () => 0 : () => unfinishedJobs(application.host),
    });
    watch(window, log);
    log.info('started', {
      version: app.getVersion(),
      electron: process.versions.electron,
      abi: process.versions.modules,
    });
    if (smoke) await runSmoke(window, join(userDataDir, 'smoke-project'), closeApp);
  } catch (error) {
    log.error('could not start', { error });
    await closeApp();
    if (smoke) process.stdout.write(`REFACADE_SMOKE ${JSON.stringify({ error: String(error) })}\n`);
    else
      dialog.showErrorBox('Refacade could not start', error instanceof Error ? error.message : String(error));
    app.exit(1);
  }
}

/** One that cannot be opened is said, and the window opens without it. */
async function openProject(host: Host, dir: string, log: Log): Promise<void> {
  if (!dir) return;
  try {
    await ask(host, 'project.open', { dir, create: false });
  } catch (error) {
    log.warn('the project was not opened', { error });
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  }
}

/** Workers and the catalog are closed before the process goes; a second quit does not wait again. */
function quitInOrder(close: () => Promise<void>): void {
  let closing = false;
  app.on('window-all-closed', () => app.quit());
  app.on('will-quit', (event) => {
    event.preventDefault();
    if (closing) return;
    closing = true;
    void close().finally(() => app.exit(0));
  });
}

/** A page that died is shown again once a minute at most; the jobs run in this process and do not notice. */
function watch(window: BrowserWindow, log: Log): void {
  let lastReload = 0;
  window.webContents.on('render-process-gone', (_event, details) => {
    log.error('the page stopped', { reason: details.reason, exitCode: details.exitCode });
    if (details.reason === 'clean-exit' || Date.now() - lastReload < 60_000 || window.isDestroyed()) return;
    lastReload = Date.now();
    window.reload();
  });
  app.on('child-process-gone', (_event, details) => {
    log.warn('a helper process stopped', {
      kind: details.type,
      reason: details.reason,
      exitCode: details.exitCode,
    });
  });
}

/** An external page is opened only when the person has read its address and said so. */
async function offerLink(url: string): Promise<void> {
  const { response } = await dialog.showMessageBox({
    type: 'question',
    message: 'Open this page in your browser?',
    detail: `${url}\n\nRefacade itself stays offline.`,
    buttons: ['Cancel', 'Open in browser'],
    defaultId: 0,
    cancelId: 0,
    noLink: true,
  });
  if (response === 1) await shell.openExternal(url);
}

async function runSmoke(
  window: BrowserWindow,
  projectDir: string,
  close: () => Promise<void>,
): Promise<void> {
  if (window.webContents.isLoading()) {
    await new Promise<void>((loaded) => window.webContents.once('did-stop-loading', () => loaded()));
  }
  const report = await smokeTest(window, projectDir);
  process.stdout.write(`REFACADE_SMOKE ${JSON.stringify(report)}\n`);
  await close();
  app.exit(smokePassed(report) ? 0 : 1);
}

function withTimeLimit<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  return Promise.race([
    work,
    new Promise<T>((_, reject) => {
      setTimeout(() => reject(new Error(`not done within ${milliseconds} ms`)), milliseconds).unref();
    }),
  ]);
}
