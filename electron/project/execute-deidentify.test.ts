import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Policy, policy as policySchema, type Verdict } from '../../shared/deidentify/records.ts';
import { type Db, openDatabase } from '../catalog/database.ts';
import { listDerivatives } from '../catalog/derivatives.ts';
import type { PrimaryScan } from '../deidentify/session/place-in-session.ts';
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
    "INSERT INTO source_file (id, root_id, path, size, mtime_ms, kind) VALUES (1, 1, 'scan.nii.gz', 0, ?, 'nifti')",
  ).run(statSync(join(root, 'scan.nii.gz')).mtimeMs);
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
  readonly placeDir: string;
}

interface PlaceOrder {
  readonly outDir: string;
  readonly segmentationPath?: string;
  readonly notes: { code: string; level: string; message: string }[];
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

/** A place as the task keeps it, as far as anybody but the face task looks. */
function keepPlace(dir: string): void {
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'place.json'), '{}');
}

/**
 * A pool whose face methods have known outcomes; the orders it got, in turn.
 *
 * @param carries why the primary scan's place cannot be carried, '' where it can; an error is thrown
 */
function stage(outcomes: Record<string, Outcome>, segmenter?: Segmenter, carries: string | Error = '') {
  const orders: Order[] = [];
  const placed: PlaceOrder[] = [];
  const carried: { primary: PrimaryScan }[] = [];
  const tasks = {
    'deidentify.carry': async (order: { primary: { volumePath: string }; outDir: string }) => {
      carried.push(order);
      if (carries instanceof Error) throw carries;
      if (carries === '') keepPlace(order.outDir);
      return { reason: carries };
    },
    'deidentify.place': async (order: PlaceOrder) => {
      placed.push(order);
      keepPlace(order.outDir);
      return {};
    },
    'deidentify.face': async (order: Order) => {
      orders.push(order);
      expect(existsSync(join(order.placeDir, 'place.json'))).toBe(true);
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
  const run = (policy: Policy = LADDER, method = policy.method, jobId = 7, seriesId = 1) =>
    runDeidentify(
      ctx,
      jobId,
      seriesId,
      { policy, method, seed: 1, measure: false },
      { signal: new AbortController().signal, progress() {} },
    );
  return { run, orders, placed, carried };
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

describe('the place of brain and face', () => {
  const made: string[] = [];
  beforeEach(() => void made.splice(0));
  const segmenter = (fails = ''): Segmenter => ({
    async segment(volumePath, outDir) {
      if (fails) throw new Error(fails);
      made.push(volumePath);
      mkdirSync(outDir, { recursive: true });
      writeFileSync(join(outDir, 'segmentation.json'), '{}');
      return {} as never;
    },
    async close() {},
  });

  /** Another scan of the same session. */
  function addScan(id: number, kind: string, layout: string): void {
    writeFileSync(join(root, `scan-${id}.nii.gz`), '');
    db.prepare(
      `INSERT INTO series (id, study_id, subject_id, root_id, format, series_key, kind, layout, voxel_size_mm, state,
         imported_at) VALUES (?, 1, 1, 1, 'nifti', ?, ?, ?, '[1,1,5]', 'queued', '')`,
    ).run(id, `s${id}`, kind, layout);
    db.prepare(
      "INSERT INTO source_file (id, root_id, path, size, mtime_ms, kind) VALUES (?, 1, ?, 0, ?, 'nifti')",
    ).run(id, `scan-${id}.nii.gz`, statSync(join(root, `scan-${id}.nii.gz`)).mtimeMs);
    db.prepare('INSERT INTO instance (series_id, file_id) VALUES (?, ?)').run(id, id);
  }

  it('is found once for all attempts, with the segmentation made once, and is gone afterwards', async () => {
    const { run, orders, placed } = stage({ template: 0.1, 'mask-out': 0.9 }, segmenter());
    await run();
    expect(made).toEqual([join(root, 'scan.nii.gz')]);
    expect(placed.map((o) => [o.segmentationPath, o.notes])).toEqual([
      [join(folder.volumesDir, '1.headseg', 'segmentation.json'), []],
    ]);
    expect(new Set(orders.map((o) => o.placeDir)).size).toBe(1);
    expect(existsSync(orders[0]!.placeDir)).toBe(false);
  });

  it('is not looked for when every attempt was finished before a kill', async () => {
    await stage({ template: 0.9 }).run();
    const again = stage({ template: 0.9 });
    await again.run();
    expect([again.placed, again.orders]).toEqual([[], []]);
  });

  it('says why there is no segmentation, and goes on', async () => {
    const { run, placed } = stage({ template: 0.9 }, segmenter('the model is damaged'));
    await run();
    expect(placed[0]!.segmentationPath).toBeUndefined();
    expect(placed[0]!.notes[0]!.message).toContain('the model is damaged');
    expect(placed[0]!.notes[0]!.level).toBe('warning');
    expect(scan().state).toBe('passed');
  });

  it('is carried once from the leading scan, and only that one is segmented', async () => {
    addScan(2, 'T2w', 'thick-slice');
    const { run, placed, carried } = stage({ template: 0.1, 'mask-out': 0.9 }, segmenter());
    await run(LADDER, 'template', 8, 2);
    expect(carried.map((o) => o.primary.volumePath)).toEqual([join(root, 'scan.nii.gz')]);
    expect(made).toEqual([join(root, 'scan.nii.gz')]);
    expect(placed).toEqual([]);
  });

  it('is carried with the reason why the leading scan has no segmentation', async () => {
    addScan(2, 'T2w', 'thick-slice');
    const { run, carried } = stage({ template: 0.9 }, segmenter('the model is damaged'));
    await run(LADDER, 'template', 8, 2);
    expect(carried[0]!.primary.notes!.map((n) => [n.code, n.level])).toEqual([
      ['segmentation-failed', 'warning'],
    ]);
  });

  it('is found in the scan itself where it cannot be carried, which a reformat has reviewed', async () => {
    addScan(2, 'T2w', 'thick-slice');
    addScan(3, 'derived', 'thick-slice');
    const { run, placed } = stage({ template: 0.9 }, segmenter(), 'They share 3 % of the head.');
    await run(LADDER, 'template', 8, 2);
    await run(LADDER, 'template', 9, 3);
    expect(made).toEqual(['scan.nii.gz', 'scan-2.nii.gz', 'scan-3.nii.gz'].map((name) => join(root, name)));
    expect(placed.map((o) => o.notes.map((n) => [n.code, n.level]))).toEqual([
      [['session-own-way', 'info']],
      [['session-own-way', 'warning']],
    ]);
    expect(placed[0]!.notes[0]!.message).toContain('They share 3 %');
  });

  it('is found in the scan itself where the leading scan is gone or is no image, with that reason', async () => {
    addScan(2, 'T2w', '3d');
    const broken = stage({ template: 0.9 }, segmenter(), new Error('scan.nii.gz: it is cut short.'));
    await broken.run(LADDER, 'template', 8, 2);
    rmSync(join(root, 'scan.nii.gz'));
    const absent = stage({ template: 0.9 }, segmenter());
    await absent.run(LADDER, 'template', 9, 2);
    expect(absent.carried).toEqual([]);
    const notes = [...broken.placed, ...absent.placed].map((o) => o.notes);
    expect(notes.map((of) => of.map((n) => [n.code, n.level]))).toEqual([
      [['session-own-way', 'info']],
      [['session-own-way', 'info']],
    ]);
    expect(notes[0]![0]!.message).toMatch(
      /could be carried from the leading scan .*: scan\.nii\.gz: it is cut short/,
    );
    expect(notes[1]![0]!.message).toMatch(
      /leading scan .* could not be read: 1 of 1 source files .* no longer/,
    );
    addScan(3, 'localizer', '2d');
    await expect(absent.run(LADDER, 'template', 10, 3)).rejects.toThrow(
      /few slices .* leading scan .* could not be read: 1 of 1 source files/,
    );
  });

  it('is not looked for in a few slices by themselves: they are refused, in words', async () => {
    addScan(2, 'localizer', '2d');
    const { run, orders } = stage({ template: 0.9 }, segmenter(), 'They share 3 % of the head.');
    await expect(run(LADDER, 'template', 8, 2)).rejects.toThrow(/few slices .* They share 3 %/);
    db.prepare("UPDATE series SET kind = 'T2w' WHERE id = 1").run();
    await expect(run(LADDER, 'template', 9, 2)).rejects.toThrow(/no T1-weighted 3-D scan to lead it/);
    expect(orders).toEqual([]);
  });

  it('is not looked for in slices of several orientations, of which one would be edited', async () => {
    addScan(2, 'localizer', '2d');
    db.prepare(
      "INSERT INTO problem (series_id, code, level, subject, message) VALUES (2, 'several-volumes', 'warning', '', '')",
    ).run();
    const { run, orders } = stage({ template: 0.9 }, segmenter());
    await expect(run(LADDER, 'template', 8, 2)).rejects.toThrow(/several orientations/);
    expect(orders).toEqual([]);
  });
});
