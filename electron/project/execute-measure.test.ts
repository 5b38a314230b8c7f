import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type HeadPhantom, headPhantom } from '../../build/phantom/head.ts';
import { voxelVolumeMm3 } from '../../shared/geometry/affine.ts';
import { type Db, openDatabase } from '../catalog/database.ts';
import { UserError } from '../dispatch.ts';
import { compare } from '../morphometry/compare.ts';
import { type MeasureResult, maskOf, readComparisonRows } from '../morphometry/comparison-rows.ts';
import { readEngineStates } from '../morphometry/engine-states.ts';
import { readFloors } from '../morphometry/scan-rescan.ts';
import { type MeasureParams, morphometryTasks } from '../morphometry/tasks.ts';
import {
  BRAIN_LABELS,
  type HeadSegmentation,
  makerOf,
  type Segmenter,
} from '../segmentation/segmentation.ts';
import { newNifti, readNifti, writeNifti } from '../volume/nifti.ts';
import { createInlinePool } from '../worker/pool.ts';
import { runMeasure } from './execute-measure.ts';
import type { ExecutorContext } from './executors.ts';
import { openProjectFolder, type ProjectFolder } from './project-folder.ts';
import { readSegmentation } from './source-segmentation.ts';

/** A whole phantom head with known tissue and a face that can be cut off: coarse, because every test measures it. */
const head = headPhantom({ seed: 1, voxelSizeMm: 4 });
const labelsOfHead = labelsFrom(head);
const voxelsOf = new Map(
  BRAIN_LABELS.map((label) => [label, labelsOfHead.filter((l) => l === label).length]),
);
const sources = mkdtempSync(join(tmpdir(), 'refacade-measure-sources-'));
const sourcePath = join(sources, 'head.nii.gz');
const editedPath = join(sources, 'edited.nii.gz');

beforeAll(async () => {
  const cut = head.volume.data.map((value, v) => (head.faceMask[v] === 1 ? 0 : value));
  await writeNifti(sourcePath, newNifti(head.volume));
  await writeNifti(editedPath, newNifti({ ...head.volume, data: cut }));
});
afterAll(() => rmSync(sources, { recursive: true, force: true }));

/** FreeSurfer labels of the phantom: only the big ones; the other brain labels have volumes in the record alone. */
function labelsFrom({ volume, fractions, brainMask }: HeadPhantom): Int16Array {
  const [nx] = volume.shape;
  return Int16Array.from(brainMask, (inside, v) => {
    const left = v % nx! < nx! / 2;
    if (inside === 0 && fractions.CSF[v]! < 128) return volume.data[v]! > 60 ? 258 : 130;
    if (fractions.WM[v]! >= 128) return left ? 2 : 41;
    return fractions.GM[v]! >= 128 ? (left ? 3 : 42) : 24;
  });
}

/** What the network says about a scan, by the name of its file's folder. */
interface Answer {
  readonly failure?: string;
  readonly confidence?: number;
  /** Factor on every volume. */
  readonly scale?: number;
}

let db: Db;
let root: string;
let folder: ProjectFolder;
let segmented: string[];
let asked: MeasureParams[];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'refacade-measure-project-'));
  folder = openProjectFolder(join(root, 'project'), true, new Date(0));
  db = openDatabase(':memory:');
  db.prepare("INSERT INTO source_root (id, path, added_at) VALUES (1, ?, '')").run(sources);
  segmented = [];
  asked = [];
  return () => {
    db.close();
    rmSync(root, { recursive: true, force: true });
  };
});

/** A segmenter whose answers are known: by default sure of itself and finding the phantom as it is. */
function segmenterSaying(
  answers: Readonly<Record<'before' | 'after', Answer>>,
  made: Pick<HeadSegmentation, 'volumeRule'> & { readonly sha256?: string } = {},
): Segmenter {
  const { sha256 = 'x', volumeRule } = made;
  return {
    maker: makerOf(sha256, volumeRule),
    async segment(volumePath, outDir) {
      const side = volumePath.startsWith(sources) ? 'before' : 'after';
      segmented.push(side);
      const { failure, confidence = 0.9, scale = 1 } = answers[side];
      if (failure) throw new Error(failure);
      const { volume } = await readNifti(volumePath);
      mkdirSync(outDir, { recursive: true });
      await writeNifti(join(outDir, 'labels.nii.gz'), newNifti({ ...volume, data: labelsOfHead }, 4));
      const voxelMm3 = voxelVolumeMm3(volume.affine);
      const record: HeadSegmentation = {
        model: { id: 'test', version: '1', sha256 },
        ...(volumeRule ? { volumeRule } : {}),
        provider: 'cpu',
        labelsFile: 'labels.nii.gz',
        structures: BRAIN_LABELS.map((label) => {
          const voxels = voxelsOf.get(label)!;
          const volumeMm3 = scale * (voxels > 0 ? voxels * voxelMm3 : 1000 + label);
          return { label, structure: `label ${label}`, volumeMm3, centroidRas: null, confidence };
        }),
        confidence,
        problems: [],
        seconds: 1,
      };
      writeFileSync(join(outDir, 'segmentation.json'), JSON.stringify(record));
      return record;
    },
    async close() {},
  };
}

const sure = { before: {}, after: {} };

/** A tissue engine that costs nothing: what counts here is when it is asked, and with which mask. */
const quickTasks = {
  'morphometry.measure': async (params: MeasureParams, context: never): Promise<MeasureResult> => {
    asked.push(params);
    if (params.engine === 'regional') return morphometryTasks['morphometry.measure'](params, context);
    const network = params.segmentationPath !== undefined;
    return {
      engine: 'tissue-em',
      measurements: [{ engine: 'tissue-em', structure: 'GM', volumeMm3: network ? 700 : 600 }],
      failure: '',
      details: { brainMask: network ? 'network' : 'extraction' },
      seconds: 0,
    };
  },
};

function contextWith(segmenter?: Segmenter, tasks: Record<string, unknown> = quickTasks): ExecutorContext {
  return {
    db,
    folder,
    keys: {} as ExecutorContext['keys'],
    pool: createInlinePool(tasks),
    clock: () => new Date(0),
    segmenter,
  };
}

const progressOf: number[] = [];
const job = () => {
  progressOf.length = 0;
  return {
    signal: new AbortController().signal,
    progress: (fraction: number) => void progressOf.push(fraction),
  };
};

/** A T1-weighted NIfTI scan of a subject; its voxels are the phantom's. */
function addScan(id: number, subject = id): void {
  db.prepare('INSERT OR IGNORE INTO subject (id, source_key, label) VALUES (?, ?, ?)').run(
    subject,
    `key-${subject}`,
    `sub-${subject}`,
  );
  db.prepare('INSERT INTO study (id, subject_id, study_instance_uid) VALUES (?, ?, ?)').run(
    id,
    subject,
    `1.${id}`,
  );
  db.prepare(
    `INSERT INTO series (id, study_id, subject_id, root_id, format, series_key, kind, layout, voxel_size_mm, state,
       imported_at) VALUES (?, ?, ?, 1, 'nifti', ?, 'T1w', '3d', '[4,4,4]', 'passed', '')`,
  ).run(id, id, subject, `s${id}`);
  const { size, mtimeMs } = statSync(sourcePath);
  db.prepare(
    "INSERT OR IGNORE INTO source_file (id, root_id, path, size, mtime_ms, kind) VALUES (1, 1, 'head.nii.gz', ?, ?, 'nifti')",
  ).run(size, mtimeMs);
  db.prepare('INSERT INTO instance (series_id, file_id) VALUES (?, 1)').run(id);
}

async function addDerivative(id: number, seriesId: number): Promise<void> {
  const relative = join('derivatives', `d${id}`);
  mkdirSync(join(folder.dir, relative), { recursive: true });
  await writeNifti(join(folder.dir, relative, 'edited.nii.gz'), await readNifti(editedPath));
  db.prepare('UPDATE derivative SET current = 0 WHERE series_id = ?').run(seriesId);
  db.prepare(
    `INSERT INTO derivative (id, series_id, method, method_params, seed, policy_name, policy, folder, verdict, state,
       steps, seconds, created_at, current) VALUES (?, ?, 'quickshear', '{}', 0, '', '{}', ?, '{}', 'passed', '[]', 0, '', 1)`,
  ).run(id, seriesId, relative);
}

const rowsOf = (engine: 'tissue-em' | 'regional') => readComparisonRows(db, engine, 'quickshear');
const masks = () =>
  rowsOf('tissue-em').map((r) => [r.before && maskOf(r.before), r.after && maskOf(r.after)]);
const askedFor = (engine: string) => asked.filter((p) => p.engine === engine).length;

describe('runMeasure on a phantom head, both engines for real', () => {
  it('measures tissue and regions of both scans in the network’s brain', async () => {
    addScan(1);
    await addDerivative(11, 1);
    const ctx = contextWith(segmenterSaying({ before: {}, after: { scale: 0.98 } }), morphometryTasks);
    expect(await runMeasure(ctx, 1, job())).toEqual({ measured: 4 });

    const regional = compare('regional', 'quickshear', rowsOf('regional'));
    expect(regional).toMatchObject({ compared: 1, failedBefore: 0, failedAfter: 0 });
    expect(regional.structures).toHaveLength(27);
    for (const s of regional.structures) {
      expect(s.meanPercentChange, s.structure).toBeCloseTo(-2, 9);
    }
    const mm3 = (label: number) => voxelsOf.get(label)! * 64;
    const hippocampus = regional.structures.find((s) => s.structure === 'left hippocampus')!;
    expect(hippocampus.meanBefore).toBe(1017);
    const wm = regional.structures.find((s) => s.structure === 'WM')!;
    expect(wm.meanBefore).toBeCloseTo(mm3(2) + mm3(41) + 1007 + 1046 + 1016, 6);
    expect(wm.dice).toBe(1);

    const tissue = compare('tissue-em', 'quickshear', rowsOf('tissue-em'));
    expect(masks()).toEqual([['network', 'network']]);
    // The mask is the same and the cut lies outside it: nothing of the brain can have changed.
    expect(tissue.structures.map((s) => [s.structure, s.meanPercentChange])).toEqual([
      ['GM', 0],
      ['WM', 0],
      ['CSF', 0],
      ['TIV', 0],
    ]);
    const inside = 64 * [...voxelsOf.values()].reduce((sum, n) => sum + n, 0);
    expect(tissue.structures.find((s) => s.structure === 'TIV')!.meanBefore).toBeCloseTo(inside, 0);
    expect(progressOf.at(-1)).toBeCloseTo(1, 9);
    expect([...progressOf].sort((a, b) => a - b)).toEqual(progressOf);
  });
});

describe('runMeasure', () => {
  it('falls back to extraction on both sides when the edited scan cannot be segmented', async () => {
    addScan(1);
    await addDerivative(11, 1);
    const ctx = contextWith(segmenterSaying({ before: {}, after: { failure: 'The head is cut off.' } }));
    await runMeasure(ctx, 1, job());
    expect(masks()).toEqual([['extraction', 'extraction']]);
    expect(compare('tissue-em', 'quickshear', rowsOf('tissue-em')).compared).toBe(1);
    expect(compare('regional', 'quickshear', rowsOf('regional'))).toMatchObject({
      scans: 1,
      compared: 0,
      failedBefore: 0,
      failedAfter: 1,
    });
    const [, state] = readEngineStates(db, 'quickshear', true);
    expect(state!.failures).toEqual([
      { seriesId: 1, subjectLabel: 'sub-1', side: 'after', reason: 'The head is cut off.' },
    ]);
  });

  it('runs the tissue engine alone without a model, and the regional one once there is a model', async () => {
    addScan(1);
    await addDerivative(11, 1);
    expect(await runMeasure(contextWith(), 1, job())).toEqual({ measured: 2 });
    expect(rowsOf('regional')).toEqual([
      { seriesId: 1, subjectId: 1, subjectLabel: 'sub-1', before: null, after: null },
    ]);
    expect(masks()).toEqual([['extraction', 'extraction']]);
    expect(await runMeasure(contextWith(), 1, job())).toEqual({ measured: 0 });

    expect(await runMeasure(contextWith(segmenterSaying(sure)), 1, job())).toEqual({ measured: 2 });
    expect(compare('regional', 'quickshear', rowsOf('regional')).compared).toBe(1);
    // What was measured by extraction on both sides stays.
    expect(masks()).toEqual([['extraction', 'extraction']]);
    expect(askedFor('tissue-em')).toBe(2);
  });

  it('does nothing twice, and segments each scan once', async () => {
    addScan(1);
    await addDerivative(11, 1);
    const ctx = contextWith(segmenterSaying(sure));
    expect(await runMeasure(ctx, 1, job())).toEqual({ measured: 4 });
    expect(await runMeasure(ctx, 1, job())).toEqual({ measured: 0 });
    expect(segmented).toEqual(['before', 'after']);
    expect(asked).toHaveLength(4);
  });

  it('goes on after what was interrupted', async () => {
    addScan(1);
    await addDerivative(11, 1);
    const stop = new AbortController();
    const stopping = {
      'morphometry.measure': async (params: MeasureParams, context: never) => {
        if (asked.length === 1) {
          stop.abort();
          stop.signal.throwIfAborted();
        }
        return quickTasks['morphometry.measure'](params, context);
      },
    };
    const ctx = contextWith(segmenterSaying(sure), stopping);
    await expect(runMeasure(ctx, 1, { ...job(), signal: stop.signal })).rejects.toThrow();
    expect(await runMeasure(contextWith(segmenterSaying(sure)), 1, job())).toEqual({ measured: 3 });
    expect(segmented).toEqual(['before', 'after']);
    expect(masks()).toEqual([['network', 'network']]);
  });

  it('measures the original again when a later edit can only be measured by extraction, and back', async () => {
    addScan(1);
    await addDerivative(11, 1);
    await runMeasure(contextWith(segmenterSaying(sure)), 1, job());
    await addDerivative(12, 1);
    await runMeasure(contextWith(segmenterSaying({ before: {}, after: { confidence: 0.3 } })), 1, job());
    expect(masks()).toEqual([['extraction', 'extraction']]);
    const regional = compare('regional', 'quickshear', rowsOf('regional'));
    expect([regional.compared, regional.failedAfter]).toEqual([0, 1]);
    expect(rowsOf('regional')[0]!.after!.failure).toMatch(/unsure of itself: mean probability 0.30/);
    await addDerivative(13, 1);
    await runMeasure(contextWith(segmenterSaying(sure)), 1, job());
    expect(masks()).toEqual([['network', 'network']]);
    expect(compare('regional', 'quickshear', rowsOf('regional')).compared).toBe(1);
  });

  it('never compares an original with an edited scan measured in another kind of mask', async () => {
    addScan(1);
    await addDerivative(11, 1);
    await runMeasure(contextWith(segmenterSaying(sure)), 1, job());
    db.prepare(
      `UPDATE measurement SET details = '{"brainMask":"extraction"}' WHERE derivative_id IS NULL AND engine = 'tissue-em'`,
    ).run();
    expect(compare('tissue-em', 'quickshear', rowsOf('tissue-em')).compared).toBe(0);
    await runMeasure(contextWith(segmenterSaying(sure)), 1, job());
    expect(masks()).toEqual([['network', 'network']]);
  });

  it.each([
    ['another rule of volumes', { volumeRule: 'near-structure' as const }, { regional: 4, tissue: 3 }],
    ['another network', { sha256: 'y' }, { regional: 4, tissue: 4 }],
  ])('measures the original again when %s comes with a later edit', async (_, made, expected) => {
    const tasks = {
      'morphometry.measure': async (params: MeasureParams, context: never): Promise<MeasureResult> => {
        const result = await quickTasks['morphometry.measure'](params, context);
        if (params.engine === 'regional') return result;
        const { model } = readSegmentation(params.segmentationPath!);
        return { ...result, details: { ...result.details, model } };
      },
    };
    addScan(1);
    await addDerivative(11, 1);
    await runMeasure(contextWith(segmenterSaying(sure), tasks), 1, job());
    // Nothing is measured again for its own sake: the pair there is can be compared.
    const later = contextWith(
      segmenterSaying({ before: { scale: 1.1 }, after: { scale: 1.1 } }, made),
      tasks,
    );
    expect(await runMeasure(later, 1, job())).toEqual({ measured: 0 });

    await addDerivative(12, 1);
    await runMeasure(later, 1, job());
    expect(segmented).toEqual(['before', 'after', 'before', 'after']);
    const regional = compare('regional', 'quickshear', rowsOf('regional'));
    expect(regional.compared).toBe(1);
    expect(regional.structures.map((s) => s.meanPercentChange)).toEqual(Array(27).fill(0));
    expect([askedFor('regional'), askedFor('tissue-em')]).toEqual([expected.regional, expected.tissue]);
    // The first edit's own numbers are of the older making, and are not held against the new original.
    db.prepare('UPDATE derivative SET current = (id = 11)').run();
    expect(compare('regional', 'quickshear', rowsOf('regional')).compared).toBe(0);
  });

  it('counts a failed segmentation of the original, and tries it again with the next edit', async () => {
    addScan(1);
    await addDerivative(11, 1);
    const failing = segmenterSaying({ before: { failure: 'Out of memory.' }, after: {} });
    await runMeasure(contextWith(failing), 1, job());
    expect(rowsOf('regional')[0]!.before!.failure).toBe('Out of memory.');
    expect(await runMeasure(contextWith(failing), 1, job())).toEqual({ measured: 0 });
    await addDerivative(12, 1);
    await runMeasure(contextWith(segmenterSaying(sure)), 1, job());
    expect(compare('regional', 'quickshear', rowsOf('regional'))).toMatchObject({
      compared: 1,
      failedBefore: 0,
    });
  });

  it('counts a crash of the tissue engine as its failure, once', async () => {
    addScan(1);
    await addDerivative(11, 1);
    const crashing = {
      'morphometry.measure': async (params: MeasureParams, context: never) => {
        if (params.engine === 'tissue-em') {
          asked.push(params);
          throw new Error('worker ended');
        }
        return quickTasks['morphometry.measure'](params, context);
      },
    };
    const ctx = contextWith(segmenterSaying(sure), crashing);
    await runMeasure(ctx, 1, job());
    expect(compare('tissue-em', 'quickshear', rowsOf('tissue-em'))).toMatchObject({
      failedBefore: 1,
      failedAfter: 1,
    });
    expect(await runMeasure(ctx, 1, job())).toEqual({ measured: 0 });
  });

  it('takes the scan–rescan floor from the originals of one subject', async () => {
    // Subject 1 was scanned three times, subject 4 once.
    for (const [id, subject] of [
      [1, 1],
      [2, 1],
      [3, 1],
      [4, 4],
    ] as const) {
      addScan(id, subject);
      await addDerivative(10 + id, id);
      const scale = { 1: 1, 2: 1.02, 3: 1.03, 4: 2 }[id];
      await runMeasure(contextWith(segmenterSaying({ before: { scale }, after: {} })), id, job());
    }
    db.prepare("UPDATE study SET study_date = '20200101'").run();
    const floors = readFloors(db, 'regional');
    // Successive pairs: 1 and 1.02 differ by 0.02/1.01, 1.02 and 1.03 by 0.01/1.025.
    const expected = (100 * (0.02 / 1.01 + 0.01 / 1.025)) / 2;
    expect(floors.get('left thalamus')!.percent).toBeCloseTo(expected, 9);
    expect(floors.get('left thalamus')!.pairs).toBe(2);
    expect(floors.get('TIV')!.percent).toBeCloseTo(expected, 9);
    expect(readFloors(db, 'tissue-em').get('GM')).toEqual({ percent: 0, pairs: 2 });

    // Sessions without a date may lie years apart.
    db.prepare("UPDATE study SET study_date = '' WHERE id IN (2, 3)").run();
    expect(readFloors(db, 'regional').size).toBe(0);
    // Four years apart is no repeat; nor is another protocol or a series that was set aside.
    db.prepare("UPDATE study SET study_date = '20200101' WHERE id IN (1, 2)").run();
    db.prepare("UPDATE study SET study_date = '20240101' WHERE id = 3").run();
    expect(readFloors(db, 'regional').get('TIV')!.pairs).toBe(1);
    db.prepare("UPDATE series SET voxel_size_mm = '[4,4,6]' WHERE id = 2").run();
    expect(readFloors(db, 'regional').size).toBe(0);
    db.prepare("UPDATE series SET voxel_size_mm = '[4,4,4]', quarantine = 'duplicate' WHERE id = 2").run();
    expect(readFloors(db, 'regional').size).toBe(0);
  });

  it('compares labels with those of this very original only, never with a map left from an earlier measurement', async () => {
    addScan(1);
    await addDerivative(11, 1);
    const labels = join(folder.volumesDir, '1.tissue-em.labels.nii.gz');
    let failing = true;
    const seen: boolean[] = [];
    const tasks = {
      'morphometry.measure': async (params: MeasureParams, context: never): Promise<MeasureResult> => {
        const result = await quickTasks['morphometry.measure'](params, context);
        if (params.engine === 'regional') return result;
        seen.push(existsSync(params.labelsOut!));
        if (params.labelsOut === labels && failing)
          return { ...result, measurements: [], failure: 'no brain' };
        writeFileSync(params.labelsOut!, 'labels');
        return result;
      },
    };
    const comparedWith = () => asked.filter((p) => p.engine === 'tissue-em').map((p) => p.compareLabels);
    writeFileSync(labels, 'of an earlier measurement');
    await runMeasure(contextWith(undefined, tasks), 1, job());
    expect(comparedWith()).toEqual([undefined, undefined]);
    expect([seen, existsSync(labels)]).toEqual([[false, false], false]);

    // Measured again by the network's mask, the original succeeds, and both edits are compared with it.
    failing = false;
    asked.length = 0;
    await addDerivative(12, 1);
    await runMeasure(contextWith(segmenterSaying(sure), tasks), 1, job());
    expect(comparedWith()).toEqual([undefined, labels]);
    await addDerivative(13, 1);
    await runMeasure(contextWith(segmenterSaying(sure), tasks), 1, job());
    expect(comparedWith()).toEqual([undefined, labels, labels]);
  });

  it('does not hold an edit of a replaced original against what was measured before', async () => {
    addScan(1);
    await addDerivative(11, 1);
    await runMeasure(contextWith(segmenterSaying(sure)), 1, job());
    await addDerivative(12, 1);
    const { atime, mtime } = statSync(sourcePath);
    utimesSync(sourcePath, atime, new Date(mtime.getTime() + 60_000));
    try {
      await expect(runMeasure(contextWith(segmenterSaying(sure)), 1, job())).rejects.toMatchObject({
        code: 'source-changed',
      });
    } finally {
      utimesSync(sourcePath, atime, mtime);
    }
    expect(compare('tissue-em', 'quickshear', rowsOf('tissue-em')).compared).toBe(0);
  });

  it('says so when there is nothing to compare with', async () => {
    addScan(1);
    await expect(runMeasure(contextWith(), 1, job())).rejects.toThrow(UserError);
  });
});
