import { EventEmitter } from 'node:events';
import { vi } from 'vitest';

/**
 * The package `electron` as the shell's tests see it: records what the shell asked for, in order.
 *
 * It proves what the shell tells Electron, not what Chromium then does; `build/smoke-electron.ts` does that where
 * the binary is installed.
 */
export function createFakeElectron() {
  const calls: string[] = [];
  const handlers = new Map<string, (event: unknown, ...input: unknown[]) => Promise<unknown>>();
  const protocols = new Map<string, (request: Request) => Promise<Response>>();
  let ready = () => {};
  const whenReady = new Promise<void>((done) => {
    ready = done;
  });

  const app = Object.assign(new EventEmitter(), {
    isPackaged: true,
    switches: new Map<string, string>(),
    paths: new Map([['userData', '/nowhere']]),
    lock: true,
    commandLine: {
      hasSwitch: (name: string) => app.switches.has(name),
      getSwitchValue: (name: string) => app.switches.get(name) ?? '',
      appendSwitch: (name: string, value = '') => {
        calls.push(`switch ${name}`);
        app.switches.set(name, value);
      },
    },
    requestSingleInstanceLock: () => app.lock,
    enableSandbox: () => calls.push('enableSandbox'),
    setPath: (name: string, path: string) => app.paths.set(name, path),
    getPath: (name: string) => app.paths.get(name)!,
    getAppPath: () => '/app',
    getVersion: () => '0.0.0',
    whenReady: () => {
      calls.push('whenReady');
      return whenReady;
    },
    quit: vi.fn(() => calls.push('quit')),
    exit: vi.fn((code: number) => calls.push(`exit ${code}`)),
  });

  const session = Object.assign(new EventEmitter(), {
    permissionRequest: undefined as unknown as (
      c: unknown,
      p: string,
      answer: (yes: boolean) => void,
    ) => void,
    permissionCheck: undefined as unknown as () => boolean,
    devicePermission: undefined as unknown as () => boolean,
    spellChecker: true,
    beforeRequest: undefined as unknown as (
      d: { url: string },
      answer: (r: { cancel: boolean }) => void,
    ) => void,
    setPermissionRequestHandler: (f: never) => {
      session.permissionRequest = f;
    },
    setPermissionCheckHandler: (f: never) => {
      session.permissionCheck = f;
    },
    setDevicePermissionHandler: (f: never) => {
      session.devicePermission = f;
    },
    setSpellCheckerEnabled: (yes: boolean) => {
      session.spellChecker = yes;
    },
    webRequest: {
      onBeforeRequest: (f: never) => {
        session.beforeRequest = f;
      },
    },
  });

  class WebContents extends EventEmitter {
    openHandler: (details: { url: string }) => { action: string } = () => ({ action: 'allow' });
    rtc = '';
    script: unknown = undefined;
    setWindowOpenHandler(f: never) {
      this.openHandler = f;
    }
    setWebRTCIPHandlingPolicy(policy: string) {
      this.rtc = policy;
    }
    isLoading() {
      return false;
    }
    async executeJavaScript() {
      return this.script;
    }
    async printToPDF() {
      return Buffer.from('%PDF-1.7 fake');
    }
  }

  class BrowserWindow extends EventEmitter {
    static all: BrowserWindow[] = [];
    static getAllWindows = () => BrowserWindow.all;
    static fromWebContents = (contents: unknown) =>
      BrowserWindow.all.find((w) => w.webContents === contents) ?? null;
    readonly webContents = new WebContents();
    urls: string[] = [];
    destroyed = false;
    shown = false;
    minimized = false;
    constructor(readonly options: Record<string, unknown> & { webPreferences: Record<string, unknown> }) {
      super();
      BrowserWindow.all.push(this);
      app.emit('web-contents-created', {}, this.webContents);
    }
    async loadURL(url: string) {
      this.urls.push(url);
    }
    close() {
      let prevented = false;
      this.emit('close', {
        preventDefault: () => {
          prevented = true;
        },
      });
      if (!prevented) this.destroy();
    }
    destroy() {
      this.destroyed = true;
      BrowserWindow.all = BrowserWindow.all.filter((w) => w !== this);
    }
    isDestroyed = () => this.destroyed;
    isMinimized = () => this.minimized;
    isMaximized = () => false;
    getNormalBounds = () => ({ x: 10, y: 20, width: 1300, height: 800 });
    show = () => {
      this.shown = true;
    };
    restore = () => {
      this.minimized = false;
    };
    maximize = vi.fn();
    focus = vi.fn();
    reload = vi.fn();
    setBackgroundColor = vi.fn();
  }

  return {
    calls,
    handlers,
    protocols,
    becomeReady: () => ready(),
    // What `import … from 'electron'` finds.
    app,
    BrowserWindow,
    session: { defaultSession: session },
    ipcMain: { handle: (channel: string, f: never) => handlers.set(channel, f) },
    protocol: {
      registerSchemesAsPrivileged: vi.fn((_schemes: unknown[]) => calls.push('registerSchemes')),
      handle: (scheme: string, f: never) => protocols.set(scheme, f),
    },
    dialog: {
      showOpenDialog: vi.fn(async (..._: unknown[]) => ({ canceled: false, filePaths: ['/chosen'] })),
      showSaveDialog: vi.fn(async (..._: unknown[]) => ({ canceled: true, filePath: '' })),
      showMessageBox: vi.fn(async (..._: unknown[]) => ({ response: 0 })),
      showErrorBox: vi.fn(),
    },
    shell: { openExternal: vi.fn(async () => {}), showItemInFolder: vi.fn() },
    Menu: { buildFromTemplate: (t: unknown) => t, setApplicationMenu: vi.fn() },
    nativeTheme: Object.assign(new EventEmitter(), { shouldUseDarkColors: true }),
    screen: { getAllDisplays: () => [{ workArea: { x: 0, y: 0, width: 1920, height: 1080 } }] },
    contextBridge: { exposeInMainWorld: vi.fn() },
    ipcRenderer: { invoke: vi.fn(async () => null) },
    webUtils: { getPathForFile: vi.fn(() => '/dropped') },
  };
}

export type FakeElectron = ReturnType<typeof createFakeElectron>;
