import { realpathSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { isAbsolute, relative, resolve } from 'node:path';
import { BrowserWindow, dialog, type IpcMainInvokeEvent, ipcMain, shell } from 'electron';
import { appUrl, isAppUrl } from './app-url.ts';
import { type Host, knownFolders } from './ask.ts';

/** What the page asks for over IPC. Everything else goes through the door. */
export const channels = {
  pickFolder: 'refacade:pick-folder',
  showInFolder: 'refacade:show-in-folder',
  printReceipt: 'refacade:print-receipt',
} as const;

export class RefusedSenderError extends Error {
  override name = 'RefusedSenderError';
}

export class UnknownFolderError extends Error {
  override name = 'UnknownFolderError';
}

export class ReceiptMissingError extends Error {
  override name = 'ReceiptMissingError';
}

/** Answers the page's three native questions, each only for the top frame of our own origin. */
export function handleNative(host: Host): void {
  answer(channels.pickFolder, async (event) => {
    const result = await dialog.showOpenDialog(windowOf(event), {
      title: 'Choose a folder',
      properties: ['openDirectory', 'createDirectory', 'dontAddToRecent'],
    });
    return result.canceled ? null : (result.filePaths[0] ?? null);
  });

  answer(channels.showInFolder, async (_event, path) => {
    const wanted = typeof path === 'string' ? insideKnownFolder(path, await knownFolders(host)) : undefined;
    if (!wanted) {
      throw new UnknownFolderError(
        'Only a project folder or a share folder can be shown; this path lies in neither. Open the project it belongs to first.',
      );
    }
    shell.showItemInFolder(wanted);
  });

  answer(channels.printReceipt, async (event, shareId) => {
    if (typeof shareId !== 'number' || !Number.isSafeInteger(shareId) || shareId < 1) {
      throw new ReceiptMissingError('Expected the number of a share.');
    }
    const url = `${appUrl}receipts/${shareId}.html`;
    const found = await host(new Request(url));
    await found.body?.cancel();
    if (!found.ok) throw new ReceiptMissingError(`Share ${shareId} has no receipt yet.`);
    const target = await dialog.showSaveDialog(windowOf(event), {
      title: 'Save the receipt',
      defaultPath: `receipt-${shareId}.pdf`,
      filters: [{ name: 'PDF', extensions: ['pdf'] }],
      properties: ['createDirectory', 'showOverwriteConfirmation', 'dontAddToRecent'],
    });
    if (target.canceled || !target.filePath) return null;
    await writeWhole(target.filePath, await printPage(url));
    return target.filePath;
  });
}

/** @throws RefusedSenderError unless the top frame of one of our own pages is asking */
export function checkSender(event: Pick<IpcMainInvokeEvent, 'senderFrame'>): void {
  const frame = event.senderFrame;
  // A frame that navigated away while the question travelled is null.
  if (frame === null || frame === undefined || frame.parent !== null || !isAppUrl(frame.url)) {
    throw new RefusedSenderError('Only the application window may ask this.');
  }
}

function answer(
  channel: string,
  handler: (event: IpcMainInvokeEvent, input: unknown) => Promise<unknown>,
): void {
  ipcMain.handle(channel, async (event, input: unknown) => {
    checkSender(event);
    return handler(event, input);
  });
}

function windowOf(event: IpcMainInvokeEvent): BrowserWindow {
  const window = BrowserWindow.fromWebContents(event.sender);
  if (!window) throw new RefusedSenderError('The window that asked is gone.');
  return window;
}

/**
 * The real path when it lies in (or is) one of the folders, links resolved on both sides.
 *
 * @returns undefined when it lies elsewhere, does not exist or is not absolute
 */
export function insideKnownFolder(path: string, folders: readonly string[]): string | undefined {
  if (!isAbsolute(path) || path.includes('\0')) return undefined;
  const wanted = realPath(path);
  if (!wanted) return undefined;
  for (const folder of folders) {
    const home = isAbsolute(folder) ? realPath(folder) : undefined;
    if (!home) continue;
    const way = relative(home, wanted);
    if (way === '' || (!/^\.\.([\\/]|$)/.test(way) && !isAbsolute(way))) return wanted;
  }
  return undefined;
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(resolve(path));
  } catch {
    return undefined;
  }
}

/** A page as PDF, from a hidden window that runs no script and has no abilities. */
async function printPage(url: string): Promise<Uint8Array> {
  const window = new BrowserWindow({
    show: false,
    webPreferences: {
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      javascript: false,
      webviewTag: false,
    },
  });
  try {
    await window.loadURL(url);
    return await window.webContents.printToPDF({
      pageSize: 'A4',
      printBackground: true,
      preferCSSPageSize: true,
    });
  } finally {
    window.destroy();
  }
}

async function writeWhole(path: string, data: Uint8Array): Promise<void> {
  const temporary = `${path}.${process.pid}.part`;
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
