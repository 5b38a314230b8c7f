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

async function startInBrowser() {
  rmSync(given, { force: true });
  const child = spawn(process.execPath, [program], { env });
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
