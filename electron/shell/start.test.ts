import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { createFakeElectron, type FakeElectron } from './fake-electron.ts';
import { hostile } from './hostile-urls.ts';

/** The real package downloads its binary when it is loaded, so it never is: each start gets a fresh fake. */
function freshElectron(): FakeElectron {
  vi.resetModules();
  const electron = createFakeElectron();
  vi.doMock('electron', () => ({ ...electron }));
  electron.app.paths.set('userData', mkdtempSync(join(tmpdir(), 'refacade-shell-')));
  return electron;
}

/** Unfinished jobs the fake application reports, and the project folder it knows. */
let unfinished = 0;
let project = '';
let closed = 0;

let opened: { input: unknown; windows: number }[] = [];
let windows = () => 0;

const answers: Record<string, (input: unknown) => unknown> = {
  'jobs.batches': () => [{ finished: unfinished === 0, total: unfinished, done: 0, failed: 0, cancelled: 0 }],
  'project.current': () => ({ dir: project }),
  'project.recent': () => [],
  'project.open': (input) => {
    opened.push({ input, windows: windows() });
    if ((input as { dir: string }).dir === '/broken') throw new Error('That is not a project.');
    return {};
  },
  'share.list': () => [],
};

async function host(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  const answer = answers[pathname.replace('/rpc/', '')];
  try {
    if (answer) return Response.json({ ok: true, value: answer(await request.json()) });
  } catch (error) {
    return Response.json({ ok: false, error: { code: 'failed', message: (error as Error).message } });
  }
  if (pathname === '/receipts/1.html')
    return new Response('<p>receipt</p>', { headers: { 'content-type': 'text/html' } });
  return new Response('none', { status: pathname === '/' ? 200 : 404 });
}

/** The shell as it stands after start, on a fresh fake Electron. */
async function start(prepare: (electron: FakeElectron) => void = () => {}) {
  const electron = freshElectron();
  prepare(electron);
  const { startShell } = await import('./start.ts');
  windows = () => electron.BrowserWindow.all.length;
  const done = startShell(() => ({ host, close: async () => void closed++ }));
  const beforeReady = [...electron.calls];
  electron.becomeReady();
  await done;
  const [window] = electron.BrowserWindow.all;
  return { electron, window: window!, session: electron.session.defaultSession, beforeReady };
}

const settle = () => new Promise((r) => setTimeout(r, 20));
const appFrame = { url: 'app://refacade/index.html', parent: null };

beforeEach(() => {
  unfinished = 0;
  closed = 0;
  opened = [];
  project = mkdtempSync(join(tmpdir(), 'refacade-project-'));
});

describe('before Electron is ready', () => {
  it('registers the scheme, sets the switches and forces the sandbox', async () => {
    const { electron, beforeReady } = await start();
    expect(beforeReady.at(-1)).toBe('whenReady');
    expect(beforeReady).toEqual(
      expect.arrayContaining(['registerSchemes', 'enableSandbox', 'switch host-resolver-rules']),
    );
    expect(electron.app.switches.get('host-resolver-rules')).toBe('MAP * ~NOTFOUND');
    expect(electron.protocol.registerSchemesAsPrivileged).toHaveBeenCalledExactlyOnceWith([
      { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true } },
    ]);
  });

  it('a second instance leaves at once and the first comes to the front', async () => {
    const second = await start((e) => {
      e.app.lock = false;
    });
    expect(second.electron.calls).toEqual(['quit']);
    expect(second.window).toBeUndefined();
    const first = await start();
    first.window.minimized = true;
    first.electron.app.emit('second-instance');
    expect(first.window.minimized).toBe(false);
    expect(first.window.focus).toHaveBeenCalled();
  });
});

describe('the window', () => {
  it('has no abilities beyond the preload', async () => {
    const { window } = await start();
    const { preload, ...preferences } = window.options.webPreferences;
    expect(preload).toMatch(/preload\.cjs$/);
    expect(preferences).toEqual({
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
      devTools: false,
    });
    expect(window.urls).toEqual(['app://refacade/']);
  });

  it('opens in the theme of the system, shown only when painted', async () => {
    const { electron, window } = await start();
    expect(window.options).toMatchObject({ show: false, backgroundColor: '#141517' });
    window.emit('ready-to-show');
    expect(window.shown).toBe(true);
    electron.nativeTheme.shouldUseDarkColors = false;
    electron.nativeTheme.emit('updated');
    expect(window.setBackgroundColor).toHaveBeenCalledWith('#ffffff');
  });

  it('closes without a question when nothing runs, and remembers where it was', async () => {
    const { electron, window } = await start();
    window.close();
    await settle();
    expect(window.destroyed).toBe(true);
    expect(electron.dialog.showMessageBox).not.toHaveBeenCalled();
    const saved = JSON.parse(readFileSync(join(electron.app.getPath('userData'), 'window.json'), 'utf8'));
    expect(saved).toEqual({ x: 10, y: 20, width: 1300, height: 800, maximized: false });
  });

  it('asks once while jobs run, stays when told to, goes when told to', async () => {
    unfinished = 3;
    const { electron, window } = await start();
    window.close();
    window.close();
    await settle();
    expect(electron.dialog.showMessageBox).toHaveBeenCalledTimes(1);
    expect(electron.dialog.showMessageBox.mock.lastCall?.[1]).toMatchObject({
      message: '3 jobs are not finished.',
    });
    expect(window.destroyed).toBe(false);
    electron.dialog.showMessageBox.mockResolvedValueOnce({ response: 1 });
    window.close();
    await settle();
    expect(window.destroyed).toBe(true);
  });

  it('reloads a page that crashed, but not in a loop', async () => {
    const { window } = await start();
    for (let n = 0; n < 3; n++)
      window.webContents.emit('render-process-gone', {}, { reason: 'crashed', exitCode: 5 });
    expect(window.reload).toHaveBeenCalledTimes(1);
  });

  it('has a menu without links, and the inspector only in a checkout', async () => {
    const { electron } = await start();
    const menu = JSON.stringify(electron.Menu.setApplicationMenu.mock.lastCall);
    expect(menu).not.toMatch(/help|toggleDevTools|reload/i);
    const checkout = await start((e) => {
      e.app.isPackaged = false;
    });
    expect(JSON.stringify(checkout.electron.Menu.setApplicationMenu.mock.lastCall)).toContain(
      'toggleDevTools',
    );
    expect(checkout.window.options.webPreferences.devTools).toBe(true);
  });
});

describe('deny by default', () => {
  it('denies every permission and device, and downloads no dictionary', async () => {
    const { session } = await start();
    for (const permission of [
      'media',
      'geolocation',
      'notifications',
      'clipboard-read',
      'openExternal',
      'usb',
      'hid',
    ]) {
      const answer = vi.fn();
      session.permissionRequest({}, permission, answer);
      expect(answer).toHaveBeenCalledExactlyOnceWith(false);
    }
    expect(session.permissionCheck()).toBe(false);
    expect(session.devicePermission()).toBe(false);
    expect(session.spellChecker).toBe(false);
  });

  it.each(hostile)('cancels the request, the navigation and the window for %j', async (url) => {
    const { electron, window, session } = await sharedShell();
    const answer = vi.fn();
    session.beforeRequest({ url }, answer);
    expect(answer).toHaveBeenCalledExactlyOnceWith({ cancel: true });
    for (const name of ['will-navigate', 'will-redirect', 'will-frame-navigate']) {
      const event = { preventDefault: vi.fn(), url };
      window.webContents.emit(name, event);
      expect(event.preventDefault).toHaveBeenCalledOnce();
    }
    expect(window.webContents.openHandler({ url })).toEqual({ action: 'deny' });
    await Promise.resolve();
    expect(electron.dialog.showMessageBox).not.toHaveBeenCalled();
    expect(electron.shell.openExternal).not.toHaveBeenCalled();
  });

  it('lets the page move within itself', async () => {
    const { window, session } = await start();
    const event = { preventDefault: vi.fn(), url: 'app://refacade/receipts/1.html' };
    window.webContents.emit('will-navigate', event);
    expect(event.preventDefault).not.toHaveBeenCalled();
    const answer = vi.fn();
    session.beforeRequest({ url: 'app://refacade/events' }, answer);
    expect(answer).toHaveBeenCalledExactlyOnceWith({ cancel: false });
  });

  it('fences every other page too: no webview, no WebRTC leak', async () => {
    const { electron } = await start();
    const another = new electron.BrowserWindow({ webPreferences: {} });
    const event = { preventDefault: vi.fn() };
    another.webContents.emit('will-attach-webview', event);
    expect(event.preventDefault).toHaveBeenCalledOnce();
    expect(another.webContents.rtc).toBe('disable_non_proxied_udp');
    expect(another.webContents.openHandler({ url: 'app://refacade/' })).toEqual({ action: 'deny' });
  });

  it('opens a valid link outside only after a yes', async () => {
    const { electron, window } = await start();
    const url = 'https://bids.neuroimaging.io/';
    expect(window.webContents.openHandler({ url })).toEqual({ action: 'deny' });
    await settle();
    expect(electron.dialog.showMessageBox).toHaveBeenCalledOnce();
    expect(electron.shell.openExternal).not.toHaveBeenCalled();
    electron.dialog.showMessageBox.mockResolvedValueOnce({ response: 1 });
    window.webContents.openHandler({ url });
    await settle();
    expect(electron.shell.openExternal).toHaveBeenCalledExactlyOnceWith(url);
  });

  it('saves what the page made and downloads nothing else', async () => {
    const { session } = await start();
    const download = (url: string) => {
      const event = { preventDefault: vi.fn() };
      session.emit('will-download', event, { getURL: () => url });
      return event.preventDefault.mock.calls.length === 0;
    };
    expect(download('blob:app://refacade/1234')).toBe(true);
    expect(download('https://example.org/x.exe')).toBe(false);
  });

  it('answers our own host only, and never without a policy', async () => {
    const { electron } = await start();
    const door = electron.protocols.get('app')!;
    expect((await door(new Request('app://evil/'))).status).toBe(404);
    const page = await door(new Request('app://refacade/'));
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    expect((await door(new Request('app://evil/'))).headers.get('content-security-policy')).toContain(
      "object-src 'none'",
    );
  });
});

describe('native questions', () => {
  const all = ['refacade:pick-folder', 'refacade:print-receipt', 'refacade:show-in-folder'];

  it('are exactly these', async () => {
    const { electron } = await start();
    expect([...electron.handlers.keys()].sort()).toEqual(all);
  });

  it.each([
    ['a frame that is gone', null],
    ['another host', { url: 'app://evil/', parent: null }],
    ['a web page', { url: 'https://example.org/', parent: null }],
    ['a file', { url: 'file:///x.html', parent: null }],
    ['a frame inside our page', { url: 'app://refacade/receipts/1.html', parent: appFrame }],
    ['a page that looks like ours', { url: 'app://refacade.evil.example/', parent: null }],
    ['an empty page', { url: 'about:blank', parent: null }],
  ])('are refused to %s', async (_name, senderFrame) => {
    const { electron, window } = await start();
    for (const channel of all) {
      await expect(
        electron.handlers.get(channel)!({ senderFrame, sender: window.webContents }, 1),
      ).rejects.toThrow('Only the application window may ask this.');
    }
    expect(electron.dialog.showOpenDialog).not.toHaveBeenCalled();
    expect(electron.shell.showItemInFolder).not.toHaveBeenCalled();
  });

  it('picks a folder, or null', async () => {
    const { electron, window } = await start();
    const pick = () =>
      electron.handlers.get('refacade:pick-folder')!({ senderFrame: appFrame, sender: window.webContents });
    expect(await pick()).toBe('/chosen');
    electron.dialog.showOpenDialog.mockResolvedValueOnce({ canceled: true, filePaths: [] });
    expect(await pick()).toBeNull();
  });

  it('shows what lies in a known folder and nothing else', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'refacade-outside-'));
    mkdirSync(join(project, 'share', 'sub-01'), { recursive: true });
    writeFileSync(join(outside, 'secret'), '');
    symlinkSync(outside, join(project, 'link'));
    const { electron, window } = await start();
    const show = (path: unknown) =>
      electron.handlers.get('refacade:show-in-folder')!(
        { senderFrame: appFrame, sender: window.webContents },
        path,
      );
    await show(project);
    await show(join(project, 'share', 'sub-01'));
    expect(electron.shell.showItemInFolder).toHaveBeenCalledTimes(2);
    const refused: unknown[] = [
      outside,
      join(project, 'link', 'secret'),
      join(project, '..'),
      `${project}/../${outside.split('/').at(-1)}/secret`,
      `${project}-other`,
      join(project, 'not-there'),
      'share',
      '',
      `${project}\0`,
      42,
      null,
      { toString: () => project },
    ];
    for (const path of refused)
      await expect(show(path)).rejects.toThrow('Only a project folder or a share folder');
    expect(electron.shell.showItemInFolder).toHaveBeenCalledTimes(2);
  });

  it('prints a receipt to the chosen file, from a window without script', async () => {
    const { electron, window } = await start();
    const print = (id: unknown) =>
      electron.handlers.get('refacade:print-receipt')!(
        { senderFrame: appFrame, sender: window.webContents },
        id,
      );
    expect(await print(1)).toBeNull();
    const filePath = join(project, 'receipt.pdf');
    electron.dialog.showSaveDialog.mockResolvedValueOnce({ canceled: false, filePath });
    const made: { options: { webPreferences: object } }[] = [];
    electron.app.on('web-contents-created', () => made.push(electron.BrowserWindow.all.at(-1)!));
    expect(await print(1)).toBe(filePath);
    expect(readFileSync(filePath, 'utf8')).toContain('%PDF');
    expect(electron.BrowserWindow.all).toEqual([window]);
    expect(made[0]?.options.webPreferences).toMatchObject({
      javascript: false,
      sandbox: true,
      contextIsolation: true,
    });
    for (const bad of [2, 0, -1, 1.5, '1', '../1', null])
      await expect(print(bad)).rejects.toThrow(/receipt|number of a share/);
  });

  it('the preload exposes four functions on the same channels', async () => {
    const electron = freshElectron();
    await import('./preload.ts');
    const { channels } = await import('./native.ts');
    const [name, api] = electron.contextBridge.exposeInMainWorld.mock.calls[0] as unknown as [
      string,
      Record<string, (...a: unknown[]) => unknown>,
    ];
    expect(name).toBe('refacade');
    expect(Object.keys(api).sort()).toEqual(['pathOf', 'pickFolder', 'printReceipt', 'showInFolder']);
    await api.pickFolder!();
    await api.showInFolder!('/x');
    await api.printReceipt!(3);
    expect(electron.ipcRenderer.invoke.mock.calls).toEqual([
      [channels.pickFolder],
      [channels.showInFolder, '/x'],
      [channels.printReceipt, 3],
    ]);
    expect(api.pathOf!({})).toBe('/dropped');
  });
});

describe('start and end', () => {
  it('closes the application before the process goes, once', async () => {
    const { electron } = await start();
    electron.app.emit('window-all-closed');
    expect(electron.app.quit).toHaveBeenCalledOnce();
    const event = { preventDefault: vi.fn() };
    electron.app.emit('will-quit', event);
    electron.app.emit('will-quit', event);
    await settle();
    expect(event.preventDefault).toHaveBeenCalledTimes(2);
    expect(closed).toBe(1);
    expect(electron.app.exit).toHaveBeenCalledExactlyOnceWith(0);
  });

  it('says why it could not start, and exits with 1', async () => {
    const electron = freshElectron();
    const { startShell } = await import('./start.ts');
    electron.becomeReady();
    await startShell(() => {
      throw new Error('the worker bundle is missing');
    });
    expect(electron.dialog.showErrorBox).toHaveBeenCalledWith(
      'Refacade could not start',
      'the worker bundle is missing',
    );
    expect(electron.app.exit).toHaveBeenCalledWith(1);
  });

  it('a smoke run shows nothing, reports one line and exits by its result', async () => {
    const lines: string[] = [];
    const write = vi
      .spyOn(process.stdout, 'write')
      .mockImplementation((text) => lines.push(String(text)) > 0);
    const shell = await start((e) => {
      e.app.switches.set('smoke', '');
    });
    write.mockRestore();
    expect(shell.window.shown).toBe(false);
    // The fake page answers nothing, so the run must fail rather than pass silently.
    expect(lines.join('')).toMatch(/^REFACADE_SMOKE \{.*"page":false/);
    expect(shell.electron.app.exit).toHaveBeenCalledWith(1);
  });

  it('opens the project of --refacade-project before the page asks for it, and none without', async () => {
    await start((e) => {
      e.app.switches.set('refacade-project', '/data/Müller, Anna');
    });
    expect(opened).toEqual([{ input: { dir: '/data/Müller, Anna', create: false }, windows: 0 }]);
    await start();
    expect(opened).toHaveLength(1);
  });

  it('opens without a project that cannot be opened, and says why', async () => {
    const said = vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
    const { electron, window } = await start((e) => {
      e.app.switches.set('refacade-project', '/broken');
    });
    expect(said.mock.calls.join()).toContain('That is not a project.');
    said.mockRestore();
    expect(window.urls).toEqual(['app://refacade/']);
    expect(electron.app.exit).not.toHaveBeenCalled();
  });

  it('keeps its data where --refacade-data says', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'refacade-data-'));
    const { electron } = await start((e) => {
      e.app.switches.set('refacade-data', dir);
    });
    expect(electron.app.getPath('userData')).toBe(dir);
    expect(readFileSync(join(dir, 'logs', 'refacade.log'), 'utf8')).toContain('"message":"started"');
  });
});

let shared: ReturnType<typeof start> | undefined;
/** One shell for the whole table of URLs; none of them may change it. */
function sharedShell() {
  shared ??= start();
  return shared;
}
