import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { policy as policySchema } from '../../shared/deidentify/records.ts';
import { type BatchContext, latestPreview, previewFace, previewPicturesDir } from './batch-handlers.ts';
import { personSeed } from './person-seed.ts';

const previewDir = mkdtempSync(join(tmpdir(), 'refacade-preview-'));
afterAll(() => rmSync(previewDir, { recursive: true, force: true }));

it('ends the older preview and what runs for it when a newer one starts, or when nobody waits any more', async () => {
  const ended: unknown[] = [];
  const started: number[] = [];
  const preview = latestPreview({
    db: { prepare: () => ({ pluck: () => ({ get: () => '3d' }) }) } as unknown as BatchContext['db'],
    previewDir,
    policy: () => policySchema.parse({ name: 'p' }),
    ensureVolume: async () => 'scan.nii.gz',
    // As a segmentation does: it runs until it is told to stop.
    placeScan: (seriesId, _volume, _dir, signal) => {
      started.push(seriesId);
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          ended.push(seriesId);
          reject(signal.reason);
        });
      });
    },
    leadingScan: () => null,
  } as Partial<BatchContext> as BatchContext);

  const asking = new AbortController();
  const first = preview({ seriesId: 1, policy: 'p' });
  await expect.poll(() => started).toEqual([1]);
  const second = preview({ seriesId: 2, policy: 'p' }, asking.signal);
  await expect(first).rejects.toThrow('ended by a newer one');
  await expect.poll(() => started).toEqual([1, 2]);
  expect(ended).toEqual([1]);
  asking.abort();
  await expect(second).rejects.toThrow();
  expect(ended).toEqual([1, 2]);
});

describe('previewFace', () => {
  const asked: { method: string; seed: number; threeQuarter?: boolean }[] = [];
  const placed: number[] = [];
  let leading: number | null = null;
  const context = (layout: string) =>
    ({
      db: { prepare: (sql: string) => ({ pluck: () => ({ get: () => (/layout/.test(sql) ? layout : 3) }) }) },
      previewDir,
      policy: () => policySchema.parse({ name: 'p', method: 'blur', methodParams: { smoothMm: 15 } }),
      ensureVolume: async () => 'scan.nii.gz',
      placeScan: async (series: number, _volume: string, dir: string) => {
        placed.push(series);
        mkdirSync(dir, { recursive: true });
        writeFileSync(join(dir, 'place.json'), '{}');
      },
      leadingScan: () => leading,
      pool: {
        run: async (task: string, params: { outDir: string; method: string; seed: number }) => {
          asked.push(params);
          mkdirSync(params.outDir, { recursive: true });
          const file = join(params.outDir, task === 'review.pictures' ? 'after-front.png' : 'edited.nii.gz');
          writeFileSync(file, params.method ?? 'picture');
          return { editedPath: file, maskPath: file, verdict: { assumptions: ['a'] }, seconds: 2.5 };
        },
      },
    }) as unknown as BatchContext;
  const preview = (input: { method?: string; seed?: number }, layout = '3d') =>
    previewFace(context(layout), { seriesId: 7, policy: 'p', ...input }, new AbortController().signal);
  const folderOf = (url: string) => previewPicturesDir(previewDir, url.split('/')[2] ?? '');

  it('hands method and seed through, and says what ran', async () => {
    asked.length = 0;
    expect(await preview({ method: 'template', seed: 42 })).toMatchObject({
      method: 'template',
      seed: 42,
      methodSeconds: 2.5,
      verdict: { assumptions: ['a'] },
    });
    const seed = personSeed(context('3d').db, 7, 42);
    expect(asked).toMatchObject([{ method: 'template', seed }, { threeQuarter: true }]);
    expect(await preview({})).toMatchObject({ method: 'blur', seed: 1 });
  });

  it('tells where a scan of a few slices gets another method', async () => {
    const { method, verdict } = await preview({ method: 'template' }, '2d');
    expect(method).toBe('mask-out');
    expect(verdict.assumptions[0]).toContain('cannot be edited with');
  });

  it('keeps the pictures of earlier methods and seeds, and nothing else of them', async () => {
    const urls: string[] = [];
    for (const seed of [1, 1, 2]) urls.push((await preview({ seed })).pictures[0]?.url ?? '');
    expect(new Set(urls).size).toBe(3);
    for (const url of urls) {
      const folder = folderOf(url);
      expect(existsSync(join(folder ?? '', 'after-front.png'))).toBe(true);
      expect(readdirSync(join(folder ?? '', '..'))).toEqual(['pictures']);
    }
  });

  it('removes the oldest of many, and what an earlier version left', async () => {
    const parent = join(previewDir, 'series-7');
    writeFileSync(join(parent, 'edited.nii.gz'), '');
    const first = (await preview({})).pictures[0]?.url ?? '';
    let last = '';
    for (let n = 0; n < 30; n++) last = (await preview({})).pictures[0]?.url ?? '';
    expect(readdirSync(parent).filter((entry) => !entry.startsWith('place-'))).toHaveLength(24);
    expect(existsSync(join(parent, 'edited.nii.gz'))).toBe(false);
    expect(existsSync(folderOf(first) ?? '')).toBe(false);
    expect(existsSync(folderOf(last) ?? '')).toBe(true);
  });

  it('finds the head once for all methods, and again when another scan leads the session', async () => {
    leading = 5;
    placed.length = 0;
    for (const method of ['blur', 'template', 'quickshear']) await preview({ method });
    expect(placed).toEqual([7]);
    leading = 6;
    await preview({});
    expect(placed).toEqual([7, 7]);
    expect(
      readdirSync(join(previewDir, 'series-7')).filter((entry) => entry.startsWith('place-')),
    ).toHaveLength(1);
  });

  it('leaves nothing of a preview that was ended', async () => {
    const ended = new AbortController();
    const waiting = previewFace(
      { ...context('3d'), placeScan: () => Promise.reject(new Error('ended')) },
      { seriesId: 8, policy: 'p' },
      ended.signal,
    );
    await expect(waiting).rejects.toThrow('ended');
    expect(readdirSync(join(previewDir, 'series-8'))).toEqual([]);
  });

  it.each(['preview-7', 'preview-7-..', 'preview-7-1-2/..', 'preview-7-x', '7'])(
    'knows no folder for %s',
    (owner) => {
      expect(previewPicturesDir(previewDir, owner)).toBeNull();
    },
  );
});
