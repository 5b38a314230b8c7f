// `npm start` as its users start it: the built program in a process of its own, with a browser that only notes what it is given.
import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { hasNativeDriver } from './electron-window.ts';

const program = resolve('dist/cli/start.js');
const ready = process.platform === 'linux' && existsSync(program);
const root = mkdtempSync(join(tmpdir(), 'refacade-start-'));
const bin = join(root, 'bin');
const given = join(root, 'given');
mkdirSync(bin);
writeFileSync(
  join(bin, 'xdg-open'),
  `#!/bin/sh\nprintf '%s\\n' "$@" > ${given}.part && mv ${given}.part ${given}\n`,
);
chmodSync(join(bin, 'xdg-open'), 0o755);
const env = {
  ...process.env,
  PATH: `${bin}:${process.env.PATH}`,
  HOME: root,
  REFACADE_USER_DATA: join(root, 'user'),
  REFACADE_NO_ELECTRON: '1',
};
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(root, { recursive: true, force: true });
});

async function startInBrowser(more: NodeJS.ProcessEnv = {}) {
  rmSync(given, { force: true });
  const child = spawn(process.execPath, [program], { env: { ...env, ...more } });
  children.push(child);
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text) => {
      said += text;
    });
  await expect.poll(() => existsSync(given), { timeout: 30_000 }).toBe(true);
  const args = readFileSync(given, 'utf8').trim().split('\n');
  return { child, args, page: fileURLToPath(args[0]!), said: () => said };
}

const ended = (child: ChildProcess) => new Promise((done) => child.once('close', done));

describe.skipIf(!ready)(
  'npm start in a browser (skipped without a build, or where it is not xdg-open)',
  () => {
    it('gives the browser no token that another user of the computer could read, and takes the page away', async () => {
      const { child, args, page, said } = await startInBrowser();
      expect(args.join()).not.toContain('token');
      expect(statSync(page).mode & 0o777).toBe(0o600);
      expect(statSync(dirname(page)).mode & 0o777).toBe(0o700);
      // Where a browser in a sandbox sees it.
      expect(dirname(dirname(page))).toBe(root);
      const link = /url=(http:[^"]+)"/.exec(readFileSync(page, 'utf8'))![1]!;
      expect(said()).toContain(link);
      expect((await fetch(link)).status).toBe(200);
      await expect.poll(() => existsSync(dirname(page))).toBe(false);
      child.kill('SIGTERM');
      expect(await ended(child)).toBe(0);
    });

    it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('leaves no page behind after %s', async (signal) => {
      const { child, page } = await startInBrowser();
      expect(existsSync(page)).toBe(true);
      child.kill(signal);
      expect(await ended(child)).toBe(0);
      expect(existsSync(dirname(page))).toBe(false);
    });
  },
);

/** A folder with a program in the place of Electron's. */
function fakeElectron(script: string, mode = 0o755): string {
  const dir = mkdtempSync(join(root, 'electron-'));
  for (const name of ['electron', named]) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), script, { mode });
  }
  return dir;
}
const pathFile = resolve('node_modules/electron/path.txt');
const named = existsSync(pathFile) ? readFileSync(pathFile, 'utf8').trim() : 'electron';

/** A driver built for it; the stand-in does not load it. */
const native = { REFACADE_SQLITE_BINDING: join(root, 'better_sqlite3.node') };

function startInElectron(dir: string, ...args: string[]) {
  return new Promise<{ code: number | null; said: string }>((done) => {
    const shown = { ...native, REFACADE_NO_ELECTRON: '', ELECTRON_OVERRIDE_DIST_PATH: dir, DISPLAY: ':7' };
    const child = spawn(process.execPath, [program, ...args], { env: { ...env, ...shown } });
    children.push(child);
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text) => {
        said += text;
      });
    child.once('close', (code) => done({ code, said }));
  });
}

describe.skipIf(!ready)('npm start with a binary of Electron (skipped without a build)', () => {
  it.each([
    ['its own code', 'exit 3', 3],
    ['0', 'exit 0', 0],
    ['1 when it crashed', 'kill -SEGV $$', 1],
    ['1 when it was killed', 'kill -KILL $$', 1],
  ])('ends with %s', async (_, script, code) => {
    const end = await startInElectron(fakeElectron(`#!/bin/sh\n${script}\n`));
    expect(end.code).toBe(code);
    if (script.includes('kill')) expect(end.said).toContain('was ended by SIG');
  });

  it('opens the project that was named, or the last one that is still there', async () => {
    const tell = fakeElectron('#!/bin/sh\nprintf "%s\\n" "$@"\n');
    const project = join(root, 'a project, Müller');
    mkdirSync(project);
    const args = async (...given: string[]) =>
      (await startInElectron(tell, ...given)).said.trim().split('\n');
    expect(await args(project, '--smoke')).toEqual([
      resolve('.'),
      `--refacade-project=${project}`,
      '--smoke',
    ]);
    mkdirSync(env.REFACADE_USER_DATA, { recursive: true });
    const recent = [{ dir: join(root, 'gone') }, { dir: project }];
    writeFileSync(join(env.REFACADE_USER_DATA, 'recent-projects.json'), JSON.stringify(recent));
    expect(await args()).toEqual([resolve('.'), `--refacade-project=${project}`]);
    rmSync(join(env.REFACADE_USER_DATA, 'recent-projects.json'));
    expect(await args()).toEqual([resolve('.')]);
  });

  const reasons: [string, string, NodeJS.ProcessEnv, RegExp][] = [
    [
      'without a display',
      fakeElectron('#!/bin/sh\nexit 0\n'),
      { ...native, DISPLAY: '', WAYLAND_DISPLAY: '' },
      /no display/,
    ],
    [
      'where the binary does not run',
      fakeElectron('no program', 0o644),
      { ...native, DISPLAY: ':7' },
      /could not be started/,
    ],
  ];
  // Where a checkout has built the driver for its Electron, the stand-in would start and end.
  if (!hasNativeDriver(resolve('.'), {}))
    reasons.push([
      'without SQLite for it',
      fakeElectron('#!/bin/sh\nexit 0\n'),
      { DISPLAY: ':7' },
      /npm run native/,
    ]);
  it.each(reasons)('goes to the browser %s, and says so', async (_, dir, display, reason) => {
    const { child, said } = await startInBrowser({
      REFACADE_NO_ELECTRON: '',
      ELECTRON_OVERRIDE_DIST_PATH: dir,
      ...display,
    });
    expect(said()).toMatch(reason);
    expect(said()).toContain('in the browser');
    child.kill('SIGTERM');
    expect(await ended(child)).toBe(0);
  });
});
