// Going from one project to another: what is open stays open until the next one is.
import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { AppEvent } from '../shared/jobs/records.ts';
import { type App, createApp } from './app.ts';
import { CatalogFromFutureError } from './catalog/database.ts';
import { KeysDamagedError, KeysMissingError } from './deidentify/keys.ts';
import type { TaskPool } from './worker/pool.ts';

let root: string;
let app: App;
let events: AppEvent[];
let begun: number;
let aborted: number;

/** Tasks that never end by themselves. */
const endlessPool: TaskPool = {
  run: (_name, _params, options) => {
    begun++;
    return new Promise((_, reject) => {
      options?.signal?.addEventListener('abort', () => {
        aborted++;
        reject(options.signal!.reason);
      });
    });
  },
  close: async () => {},
};

const at = (name: string) => join(root, name);
const openHere = () => app.current()?.folder.dir;
const isLocked = (name: string) => existsSync(join(at(name), 'project.lock'));

/** Opens project `a` and leaves an import running in it. */
async function workInA() {
  const a = await app.openProject(at('a'), true);
  a.startBatch([{ kind: 'import', seriesId: null, label: 'scans', payload: { sources: [at('scans.dcm')] } }]);
  await expect.poll(() => begun).toBe(1);
  events.length = 0;
  return a;
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'refacade-app-open-'));
  writeFileSync(at('scans.dcm'), '');
  [events, begun, aborted] = [[], 0, 0];
  app = createApp({ userDataDir: root, distDir: root, modelsDir: root, pool: endlessPool, concurrency: 1 });
  app.events.listen((event) => events.push(event));
});
afterEach(async () => {
  await app.close();
  rmSync(root, { recursive: true, force: true });
});

it('a project that is in use elsewhere leaves the open one at work', async () => {
  const a = await workInA();
  await app.openProject(at('b'), true);
  await app.openProject(at('a'), false);
  writeFileSync(join(at('b'), 'project.lock'), JSON.stringify({ pid: 1, host: 'another computer' }));
  const again = app.current()!;
  await expect.poll(() => begun).toBe(2);
  const before = aborted;
  expect(again.folder.dir).toBe(a.folder.dir);
  await expect(app.openProject(at('b'), false)).rejects.toMatchObject({ code: 'project-in-use' });
  expect(app.current()).toBe(again);
  expect(again.runner.busy).toBe(true);
  expect(aborted).toBe(before);
  expect(isLocked('a')).toBe(true);
});

it('so does one that a newer version made', async () => {
  const a = await workInA();
  await app.openProject(at('b'), true);
  await app.openProject(at('a'), false);
  const db = new Database(join(at('b'), 'catalog.sqlite'));
  db.pragma('user_version = 9999');
  db.close();
  await expect.poll(() => begun).toBe(2);
  await expect(app.openProject(at('b'), false)).rejects.toThrow(CatalogFromFutureError);
  expect(openHere()).toBe(a.folder.dir);
  expect(app.current()!.db.open).toBe(true);
  expect(app.current()!.runner.busy).toBe(true);
  expect([isLocked('a'), isLocked('b')]).toEqual([true, false]);
});

it('one whose keys are damaged is let go again, catalog and lock', async () => {
  await app.openProject(at('b'), true);
  await app.openProject(at('a'), true);
  writeFileSync(join(at('b'), 'keys', 'secret.json'), 'no key');
  await expect(app.openProject(at('b'), false)).rejects.toThrow(KeysDamagedError);
  expect(openHere()).toBe(at('a'));
  // SQLite takes its write-ahead log away when the last handle is closed.
  expect([isLocked('b'), existsSync(join(at('b'), 'catalog.sqlite-wal'))]).toEqual([false, false]);
});

it('one that has people but no keys is not given new ones', async () => {
  const b = await app.openProject(at('b'), true);
  b.db.exec("INSERT INTO subject (id, source_key, label) VALUES (1, 'k', 'sub-AAAAAAAA')");
  await app.openProject(at('a'), true);
  rmSync(join(at('b'), 'keys'), { recursive: true });
  await expect(app.openProject(at('b'), false)).rejects.toThrow(KeysMissingError);
  const reply = await app.dispatch('project.open', { dir: at('b'), create: false });
  expect(reply).toMatchObject({
    ok: false,
    error: { code: 'keys-missing', fix: expect.stringMatching(/backup/) },
  });
  expect([openHere(), isLocked('b'), existsSync(join(at('b'), 'keys'))]).toEqual([at('a'), false, false]);
});

it('another spelling of the open project is the open project', async () => {
  const a = await workInA();
  symlinkSync(at('a'), at('link'));
  expect(await app.openProject(at('link'), false)).toBe(a);
  expect(await app.openProject(join(root, 'a', '..', 'a', '.'), true)).toBe(a);
  expect([isLocked('a'), a.runner.busy, aborted]).toEqual([true, true, 0]);
});

it('two that are opened at once are opened one after the other', async () => {
  await workInA();
  const [b, c] = await Promise.all([app.openProject(at('b'), true), app.openProject(at('c'), true)]);
  expect(app.current()).toBe(c);
  expect([b.db.open, c.db.open]).toEqual([false, true]);
  expect(['a', 'b', 'c'].map(isLocked)).toEqual([false, false, true]);
});

it('the first event after a switch tells every screen', async () => {
  await workInA();
  let open: string | undefined;
  const stop = app.events.listen((event) => {
    if (event.type === 'changed' && event.areas.includes('project')) open ??= openHere();
  });
  await app.openProject(at('b'), true);
  stop();
  expect(events.find((e) => e.type === 'changed')).toEqual({
    type: 'changed',
    areas: ['project', 'catalog', 'jobs', 'review', 'morphometry', 'risk', 'share'],
  });
  expect(open).toBe(at('b'));
});
