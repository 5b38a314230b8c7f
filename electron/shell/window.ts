import { fileURLToPath } from 'node:url';
import { BrowserWindow, type BrowserWindowConstructorOptions, dialog, nativeTheme, screen } from 'electron';
import { appUrl } from './app-url.ts';
import {
  readWindowState,
  restoreWindow,
  saveWindowState,
  smallest,
  type WindowState,
} from './window-bounds.ts';

export interface WindowOptions {
  /** Where size and place are remembered. */
  readonly stateFile: string;
  readonly devtools: boolean;
  readonly show: boolean;
  /** Jobs that closing would interrupt. */
  readonly unfinishedJobs: () => Promise<number>;
}

/** The first paint has the page's own background, so that opening does not flash in a dark reading room. */
const background = () => (nativeTheme.shouldUseDarkColors ? '#141517' : '#ffffff');

/** The options of every window that shows our pages: no abilities beyond the preload's four functions. */
export function windowOptions(state: WindowState, devtools: boolean): BrowserWindowConstructorOptions {
  const { maximized: _, ...bounds } = state;
  return {
    ...bounds,
    minWidth: smallest.width,
    minHeight: smallest.height,
    title: 'Refacade',
    show: false,
    backgroundColor: background(),
    autoHideMenuBar: true,
    webPreferences: {
      preload: fileURLToPath(new URL('./preload.cjs', import.meta.url)),
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      safeDialogs: true,
      spellcheck: false,
      devTools: devtools,
    },
  };
}

/** Opens the window, remembers where it was, and asks once before work is interrupted. */
export function openWindow(options: WindowOptions): BrowserWindow {
  const screens = screen.getAllDisplays().map((d) => d.workArea);
  const state = restoreWindow(readWindowState(options.stateFile), screens);
  const window = new BrowserWindow(windowOptions(state, options.devtools));
  if (state.maximized && options.show) window.maximize();
  if (options.show) window.once('ready-to-show', () => window.show());
  nativeTheme.on('updated', () => {
    if (!window.isDestroyed()) window.setBackgroundColor(background());
  });
  askBeforeClosing(window, options);
  void window.loadURL(appUrl);
  return window;
}

function askBeforeClosing(window: BrowserWindow, options: WindowOptions): void {
  let agreed = false;
  let asking = false;
  window.on('close', (event) => {
    saveWindowState(options.stateFile, { ...window.getNormalBounds(), maximized: window.isMaximized() });
    if (agreed) return;
    event.preventDefault();
    if (asking) return;
    asking = true;
    void mayClose(window, options.unfinishedJobs)
      .catch(() => true)
      .then((yes) => {
        asking = false;
        agreed = yes;
        if (yes && !window.isDestroyed()) window.close();
      });
  });
}

async function mayClose(window: BrowserWindow, unfinishedJobs: () => Promise<number>): Promise<boolean> {
  const jobs = await unfinishedJobs();
  if (jobs === 0) return true;
  const { response } = await dialog.showMessageBox(window, {
    type: 'question',
    message: `${jobs} ${jobs === 1 ? 'job is' : 'jobs are'} not finished.`,
    detail: 'What is done is kept. The rest continues when this project is opened again.',
    buttons: ['Keep working', 'Close now'],
    defaultId: 0,
    cancelId: 0,
    noLink: true,
  });
  return response === 1;
}
