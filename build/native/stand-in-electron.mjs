// Stands for the package `electron` when the packaged shell is run in plain Node by packaging.slow.test.ts.
// It loads the page the way a window would: through the registered protocol handler, and prints what came back.
import { EventEmitter } from 'node:events';

const noop = () => {};
let door;

export const app = Object.assign(new EventEmitter(), {
  isPackaged: true,
  commandLine: {
    hasSwitch: () => false,
    getSwitchValue: (name) => (name === 'refacade-data' ? process.env.STAND_IN_DATA : ''),
    appendSwitch: noop,
  },
  requestSingleInstanceLock: () => true,
  enableSandbox: noop,
  setPath: noop,
  getPath: () => process.env.STAND_IN_DATA,
  getAppPath: () => process.cwd(),
  getVersion: () => '0',
  whenReady: async () => {},
  quit: () => app.emit('will-quit', { preventDefault: noop }),
  exit: (code) => process.exit(code),
});
const contents = () =>
  Object.assign(new EventEmitter(), { setWindowOpenHandler: noop, setWebRTCIPHandlingPolicy: noop });

export class BrowserWindow extends EventEmitter {
  static getAllWindows = () => [];
  static fromWebContents = () => null;
  webContents = contents();
  constructor(options) {
    super();
    this.preload = options.webPreferences.preload;
    app.emit('web-contents-created', {}, this.webContents);
  }
  isDestroyed = () => false;
  setBackgroundColor = noop;
  async loadURL(url) {
    const ask = async (name, input) =>
      (
        await door(
          new Request(`app://refacade/rpc/${name}`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify(input),
          }),
        )
      ).json();
    const page = await door(new Request(url));
    const seen = {
      page: page.status,
      policy: page.headers.get('content-security-policy'),
      preload: this.preload,
      opened: await ask('project.open', { dir: `${process.env.STAND_IN_DATA}/project`, create: true }),
      current: await ask('project.current', {}),
      channels: ipcMain.channels,
    };
    console.log(`SEEN ${JSON.stringify(seen)}`);
    app.quit();
  }
}
export const protocol = {
  registerSchemesAsPrivileged: noop,
  handle: (_scheme, handler) => {
    door = handler;
  },
};
export const session = {
  defaultSession: Object.assign(new EventEmitter(), {
    setPermissionRequestHandler: noop,
    setPermissionCheckHandler: noop,
    setDevicePermissionHandler: noop,
    setSpellCheckerEnabled: noop,
    webRequest: { onBeforeRequest: noop },
  }),
};
export const ipcMain = { channels: [], handle: (channel) => ipcMain.channels.push(channel) };
export const dialog = {
  showErrorBox: (title, text) => console.error(`${title}: ${text}`),
};
export const shell = {};
export const utilityProcess = {
  fork: () => {
    throw new Error('The stand-in starts no processes.');
  },
};
export const Menu = { buildFromTemplate: (t) => t, setApplicationMenu: noop };
export const nativeTheme = Object.assign(new EventEmitter(), { shouldUseDarkColors: false });
export const screen = { getAllDisplays: () => [] };
