import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { policy as policySchema } from '../../shared/deidentify/records.ts';
import { type BatchContext, latestPreview } from './batch-handlers.ts';

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
