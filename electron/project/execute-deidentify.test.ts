import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Policy, policy as policySchema, type Verdict } from '../../shared/deidentify/records.ts';
import { type Db, openDatabase } from '../catalog/database.ts';
import { listDerivatives } from '../catalog/derivatives.ts';
import type { Segmenter } from '../segmentation/segmentation.ts';
import { createInlinePool } from '../worker/pool.ts';
import { runDeidentify } from './execute-deidentify.ts';
import type { ExecutorContext } from './executors.ts';
import { openProjectFolder, type ProjectFolder } from './project-folder.ts';

const LADDER = policySchema.parse({
  name: 'ladder',
  method: 'template',
  ladder: [{ method: 'mask-out' }, { method: 'quickshear', params: { bufferMm: 5 } }],
});

let db: Db;
let root: string;
let folder: ProjectFolder;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'refacade-ladder-'));
  folder = openProjectFolder(join(root, 'project'), true, new Date(0));
  db = openDatabase(':memory:');
  db.prepare("INSERT INTO source_root (id, path, added_at) VALUES (1, ?, '')").run(root);
  writeFileSync(join(root, 'scan.nii.gz'), '');
  db.prepare("INSERT INTO subject (id, source_key, label) VALUES (1, 'key', 'sub-1')").run();
  db.prepare("INSERT INTO study (id, subject_id, study_instance_uid) VALUES (1, 1, '1')").run();
  db.prepare(
    `INSERT INTO series (id, study_id, subject_id, root_id, format, series_key, kind, layout, voxel_size_mm, state,
       imported_at) VALUES (1, 1, 1, 1, 'nifti', 's1', 'T1w', '3d', '[1,1,1]', 'queued', '')`,
  ).run();
  db.prepare(
    "INSERT INTO source_file (id, root_id, path, size, mtime_ms, kind) VALUES (1, 1, 'scan.nii.gz', 1, 1, 'nifti')",
  ).run();
  db.prepare('INSERT INTO instance (series_id, file_id) VALUES (1, 1)').run();
  return () => {
    db.close();
    rmSync(root, { recursive: true, force: true });
  };
});

interface Order {
  readonly method: string;
  readonly params: Record<string, unknown>;
  readonly outDir: string;
  readonly segmentationPath?: string;
  readonly notes: { message: string }[];
}

/** What a method does on the scan: a share of the face changed, or it breaks down. */
type Outcome = number | 'fails' | 'breaks';

function verdictOf(outcome: Exclude<Outcome, 'breaks'>): Verdict {
  const share = outcome === 'fails' ? 0 : outcome;
  const ok = share >= 0.65;
  return {
    state: outcome === 'fails' ? 'failed' : ok ? 'passed' : 'needs-review',
    reason: outcome === 'fails' ? 'no plane' : `${Math.round(100 * share)} % changed`,
    next: '',
    numbers: [{ name: 'faceSurfaceChanged', label: '', value: share, unit: 'share', limit: '', ok }],
    assumptions: [],
    problems: [],
    concern: outcome === 'fails' ? 90 : 80 - 20 * share,
  };
}

/** A pool whose face methods have known outcomes; the orders it got, in turn. */
function stage(outcomes: Record<string, Outcome>, segmenter?: Segmenter) {
  const orders: Order[] = [];
  const tasks = {
    'deidentify.face': async (order: Order) => {
      orders.push(order);
      const outcome = outcomes[order.method]!;
      if (outcome === 'breaks') throw new Error('out of memory');
      for (const name of ['edited.nii.gz', 'edit-mask.nii.gz'])
        writeFileSync(join(order.outDir, name), order.method);
      return {
        editedPath: join(order.outDir, 'edited.nii.gz'),
        maskPath: join(order.outDir, 'edit-mask.nii.gz'),
        brainPath: '',
        faceState: 'intact',
        verdict: verdictOf(outcome),
        steps: [],
        seconds: 1,
      };
    },
    'review.pictures': async ({ outDir }: { outDir: string }) => void mkdirSync(outDir, { recursive: true }),
  };
  const ctx: ExecutorContext = {
    db,
    folder,
    keys: {} as ExecutorContext['keys'],
    pool: createInlinePool(tasks),
    clock: () => new Date(0),
    segmenter,
  };
  const run = (policy: Policy = LADDER, method = policy.method, jobId = 7) =>
    runDeidentify(
      ctx,
      jobId,
      1,
      { policy, method, seed: 1, measure: false },
      { signal: new AbortController().signal, progress() {} },
    );
  return { run, orders };
}

const attempts = () =>
  listDerivatives(db, 1)
    .toReversed()
    .map((d) => [d.method, d.verdict.state, d.current]);
const scan = () =>
  db.prepare('SELECT state, state_reason AS reason FROM series WHERE id = 1').get() as {
    state: string;
    reason: string;
  };

describe('the ladder', () => {
  it('stops at the first method that is good enough', async () => {
    const { run, orders } = stage({ template: 0.9 });
    await run();
    expect(orders.map((o) => o.method)).toEqual(['template']);
    expect(attempts()).toEqual([['template', 'passed', true]]);
    expect(scan()).toEqual({ state: 'passed', reason: '90 % changed' });
  });

  it('tries the next while too little changed, keeps every attempt and names the one that counts', async () => {
    const { run, orders } = stage({ template: 0.4, 'mask-out': 0.3, quickshear: 0.8 });
    await run();
    expect(orders.map((o) => [o.method, o.params])).toEqual([
      ['template', {}],
      ['mask-out', {}],
      ['quickshear', { bufferMm: 5 }],
    ]);
    expect(attempts()).toEqual([
      ['template', 'needs-review', false],
      ['mask-out', 'needs-review', false],
      ['quickshear', 'passed', true],
    ]);
    expect(scan()).toEqual({ state: 'passed', reason: '3rd attempt, Quickshear: 80 % changed' });
    expect(listDerivatives(db, 1)[0]!.verdict.assumptions).toEqual([
      '1st attempt, Average face: 40 % changed',
      '2nd attempt, Mask out: 30 % changed',
    ]);
  });

  it('goes on with the best when none is good enough', async () => {
    const { run } = stage({ template: 'fails', 'mask-out': 0.6, quickshear: 0.2 });
    await run();
    expect(attempts()).toEqual([
      ['template', 'failed', false],
      ['mask-out', 'needs-review', true],
      ['quickshear', 'needs-review', false],
    ]);
    expect(scan().state).toBe('needs-review');
    expect(scan().reason).toMatch(/^2nd attempt, Mask out/);
  });

  it('goes on after a method that broke down, and fails only when all did', async () => {
    const { run } = stage({ template: 'breaks', 'mask-out': 0.9 });
    await run();
    expect(attempts()).toEqual([['mask-out', 'passed', true]]);
    const all = stage({ template: 'breaks', 'mask-out': 'breaks', quickshear: 'breaks' });
    await expect(all.run(LADDER, 'template', 8)).rejects.toThrow('out of memory');
    expect(attempts()).toHaveLength(1);
  });

  it('does not repeat finished attempts after a kill', async () => {
    const killed = stage({ template: 0.4, 'mask-out': 'breaks', quickshear: 'breaks' });
    await killed.run();
    // The catalog holds the first attempt; the same job starts again.
    const again = stage({ template: 0.9, 'mask-out': 0.9, quickshear: 0.9 });
    await again.run();
    expect(again.orders.map((o) => o.method)).toEqual(['mask-out']);
    expect(attempts()).toEqual([
      ['template', 'needs-review', false],
      ['mask-out', 'passed', true],
    ]);
    const folders = listDerivatives(db, 1).map((d) => d.folder);
    expect(new Set(folders).size).toBe(2);
    for (const f of folders) expect(existsSync(join(folder.dir, f, 'edited.nii.gz'))).toBe(true);
  });

  it('is one attempt for a policy without a ladder, and for a face that was gone before', async () => {
    const { run } = stage({ quickshear: 0.1 });
    await run(policySchema.parse({ name: 'plain' }));
    expect(attempts()).toEqual([['quickshear', 'needs-review', true]]);
  });
});

describe('the segmentation', () => {
  const segmenter = (segment: Segmenter['segment']): Segmenter => ({ segment, async close() {} });

  it('is made once and handed to every attempt', async () => {
    let made = 0;
    const { run, orders } = stage(
      { template: 0.1, 'mask-out': 0.9 },
      segmenter(async (_, outDir) => {
        made++;
        mkdirSync(outDir, { recursive: true });
        writeFileSync(join(outDir, 'segmentation.json'), '{}');
        return {} as never;
      }),
    );
    await run();
    expect(made).toBe(1);
    const path = join(folder.volumesDir, '1.headseg', 'segmentation.json');
    expect(orders.map((o) => o.segmentationPath)).toEqual([path, path]);
  });

  it('that fails is a note in the verdict’s list, not the end', async () => {
    const { run, orders } = stage(
      { template: 0.9 },
      segmenter(async () => {
        throw new Error('the model is damaged');
      }),
    );
    await run();
    expect(orders[0]!.segmentationPath).toBeUndefined();
    expect(orders[0]!.notes[0]!.message).toContain('the model is damaged');
    expect(scan().state).toBe('passed');
  });
});
