import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Output } from './output.ts';
import { createBatchClient, userDataDir } from './project-client.ts';

afterEach(() => vi.unstubAllEnvs());

// Electron names its folder after `productName` of package.json in a checkout, the packager after its own setting.
it('the command line and the window keep their projects and packs in one folder', () => {
  vi.stubEnv('REFACADE_USER_DATA', '');
  const { productName } = JSON.parse(readFileSync('package.json', 'utf8'));
  const packager = createRequire(import.meta.url)('../../electron-builder.config.cjs');
  expect(productName).toBe(basename(userDataDir()));
  expect(packager.productName).toBe(productName);
});

describe('Ctrl-C', () => {
  /** What a client does, with a folder of a thousand files to import; the listeners it leaves behind. */
  async function withClient(
    work: (client: ReturnType<typeof createBatchClient>, source: string) => Promise<void>,
  ) {
    const root = mkdtempSync(join(tmpdir(), 'refacade-client-'));
    vi.stubEnv('REFACADE_USER_DATA', join(root, 'user'));
    const source = join(root, 'source');
    mkdirSync(source);
    for (let n = 0; n < 1000; n++) writeFileSync(join(source, `${n}.txt`), 'no scan');
    const notes: string[] = [];
    const output = { progress() {}, note: (line: string) => void notes.push(line) } as unknown as Output;
    const before = process.listenerCount('SIGINT');
    const client = createBatchClient(output);
    try {
      await client.ask['project.open']({ dir: join(root, 'project'), create: true });
      await work(client, source);
    } finally {
      await client.close();
      rmSync(root, { recursive: true, force: true });
    }
    return { notes, left: process.listenerCount('SIGINT') - before };
  }

  it('between the start of a batch and its name cancels that batch', async () => {
    const { notes, left } = await withClient(async (client, source) => {
      const started = client.ask['import.start']({ sources: [source] });
      process.emit('SIGINT');
      expect(await client.follow((await started).batchId)).toMatchObject({ cancelled: 1, finished: true });
      expect(client.interrupted).toBe(true);
    });
    expect(notes).toEqual(['Cancelling; what is finished stays.']);
    expect(left).toBe(0);
  });

  it('while a batch is followed cancels it, and a second one is left to the system', async () => {
    const { left } = await withClient(async (client, source) => {
      const { batchId } = await client.ask['import.start']({ sources: [source] });
      const followed = client.follow(batchId);
      const listening = process.listenerCount('SIGINT');
      process.emit('SIGINT');
      expect(process.listenerCount('SIGINT')).toBe(listening - 1);
      expect(await followed).toMatchObject({ cancelled: 1, finished: true });
    });
    expect(left).toBe(0);
  });

  it('is not pressed: a batch runs to its end', async () => {
    const { notes, left } = await withClient(async (client, source) => {
      const { batchId } = await client.ask['import.start']({ sources: [source] });
      expect(await client.follow(batchId)).toMatchObject({ done: 1, cancelled: 0 });
      expect(client.interrupted).toBe(false);
    });
    expect(notes).toEqual([]);
    expect(left).toBe(0);
  });
});
