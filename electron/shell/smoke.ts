import type { BrowserWindow } from 'electron';

/** What `build/smoke-electron.ts` reads from standard output, as one line `REFACADE_SMOKE {…}`. */
export interface SmokeReport {
  readonly page: boolean;
  readonly rpc: boolean;
  readonly events: boolean;
  readonly native: boolean;
  readonly isolated: boolean;
  readonly offline: boolean;
  readonly catalog: boolean;
  readonly abi: string;
  readonly electron: string;
  readonly error: string;
}

/** Runs in the page: what only a real Chromium can say about the door and the fences. */
const inPage = `(async () => {
  const rpc = async (name, input) => {
    const response = await fetch('/rpc/' + name, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(input),
    });
    return response.json();
  };
  const opens = (source) => new Promise((done) => {
    source.onopen = () => done(true);
    source.onerror = () => done(false);
    setTimeout(() => done(false), 5000);
  }).finally(() => source.close());
  const refused = (url) => fetch(url, { mode: 'no-cors' }).then(() => false, () => true);
  return {
    page: location.origin === 'app://refacade' && document.scripts.length > 0,
    rpc: (await rpc('project.current', {})).ok === true,
    events: await opens(new EventSource('/events')),
    native: Object.keys(window.refacade ?? {}).sort().join() === 'pathOf,pickFolder,printReceipt,showInFolder',
    isolated: typeof require === 'undefined' && typeof process === 'undefined',
    offline: (await refused('https://example.com/')) && (await refused('http://127.0.0.1:9/')),
    project: await rpc('project.open', { dir: PROJECT_DIR, create: true }),
  };
})()`;

/** Checks a loaded window and reports; `catalog` proves that the SQLite binary fits this Electron. */
export async function smokeTest(window: BrowserWindow, projectDir: string): Promise<SmokeReport> {
  const base = { abi: process.versions.modules ?? '', electron: process.versions.electron ?? '', error: '' };
  try {
    const seen = (await window.webContents.executeJavaScript(
      inPage.replace('PROJECT_DIR', JSON.stringify(projectDir)),
    )) as Omit<SmokeReport, 'catalog'> & { project: { ok: boolean; error?: { message: string } } };
    const { project, ...rest } = seen;
    return { ...base, ...rest, catalog: project.ok, error: project.error?.message ?? '' };
  } catch (error) {
    const nothing = {
      page: false,
      rpc: false,
      events: false,
      native: false,
      isolated: false,
      offline: false,
      catalog: false,
    };
    return { ...base, ...nothing, error: error instanceof Error ? error.message : String(error) };
  }
}

export function smokePassed(report: SmokeReport): boolean {
  const { abi: _abi, electron: _electron, error: _error, ...checks } = report;
  return Object.values(checks).every((v) => v === true);
}
