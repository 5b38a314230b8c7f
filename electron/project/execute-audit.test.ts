import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { policy as policySchema, type Verdict } from '../../shared/deidentify/records.ts';
import type { ScanState } from '../../shared/import/records.ts';
import type { RecognitionFigures, ScanDistance } from '../../shared/risk/records.ts';
import { type Db, openDatabase } from '../catalog/database.ts';
import { addDerivative, readDerivative } from '../catalog/derivatives.ts';
import { setScanState } from '../catalog/scan-state.ts';
import { JobQueue } from '../jobs/queue.ts';
import { JobRunner } from '../jobs/runner.ts';
import { saveMeasurements } from '../morphometry/comparison-rows.ts';
import { listAudits, readAudit, readReport } from '../risk/audit-rows.ts';
import type { CohortOrder, CohortResult } from '../risk/cohort-looks.ts';
import type { FaceReader } from '../risk/faces/face-reader.ts';
import { loadCandidates } from '../share/load-scans.ts';
import { createInlinePool } from '../worker/pool.ts';
import { auditJobs, runAudit } from './execute-audit.ts';
import type { ExecutorContext } from './executors.ts';
import { openProjectFolder, type ProjectFolder } from './project-folder.ts';
import { sourceSegmentationDir } from './source-segmentation.ts';

const POLICY = policySchema.parse({ name: 'test' });
const verdict = (state: Verdict['state'], reason = `the face step: ${state}`): Verdict => ({
  state,
  reason,
  next: '',
  numbers: [],
  assumptions: [],
  problems: [],
  concern: 5,
});

let db: Db;
let root: string;
let folder: ProjectFolder;
let now: number;
let runners: JobRunner[];
const clock = () => new Date(now++ * 1000);

beforeEach(() => {
  now = 1000;
  runners = [];
  root = mkdtempSync(join(tmpdir(), 'refacade-audit-'));
  folder = openProjectFolder(join(root, 'project'), true, new Date(0));
  db = openDatabase(':memory:');
  db.prepare("INSERT INTO source_root (id, path, added_at) VALUES (1, ?, '')").run(root);
  return async () => {
    for (const runner of runners) await runner.close();
    db.close();
    rmSync(root, { recursive: true, force: true });
  };
});

/** A person with one T1-weighted scan, and a de-identified version of it by each method. */
function addPerson(
  id: number,
  methods: readonly string[] = ['template'],
  state: ScanState = 'passed',
): number[] {
  writeFileSync(join(root, `scan-${id}.nii.gz`), `original ${id}`);
  const { size, mtimeMs } = statSync(join(root, `scan-${id}.nii.gz`));
  db.prepare('INSERT INTO subject (id, source_key, label) VALUES (?, ?, ?)').run(
    id,
    `key-${id}`,
    `sub-${id}`,
  );
  db.prepare('INSERT INTO study (id, subject_id, study_instance_uid) VALUES (?, ?, ?)').run(id, id, `${id}`);
  db.prepare(
    `INSERT INTO series (id, study_id, subject_id, root_id, format, series_key, kind, layout, face_state, state,
       imported_at) VALUES (?, ?, ?, 1, 'nifti', ?, 'T1w', '3d', 'intact', ?, '')`,
  ).run(id, id, id, `s${id}`, state);
  db.prepare(
    "INSERT INTO source_file (id, root_id, path, size, mtime_ms, kind) VALUES (?, 1, ?, ?, ?, 'nifti')",
  ).run(id, `scan-${id}.nii.gz`, size, mtimeMs);
  db.prepare('INSERT INTO instance (series_id, file_id) VALUES (?, ?)').run(id, id);
  return methods.map((method) => addVersion(id, method));
}

/** Another de-identified version of a scan, its current one from then on. */
function addVersion(seriesId: number, method: string, name = method): number {
  const derivativeFolder = join('derivatives', `series-${seriesId}-${name}`);
  mkdirSync(join(folder.dir, derivativeFolder), { recursive: true });
  writeFileSync(join(folder.dir, derivativeFolder, 'edited.nii.gz'), `edited ${seriesId} ${name}`);
  return addDerivative(db, {
    seriesId,
    method,
    methodParams: {},
    seed: 1,
    policy: POLICY,
    folder: derivativeFolder,
    verdict: verdict('passed'),
    steps: [],
    seconds: 4,
    createdAt: '',
  });
}

const DISTANCE: ScanDistance = {
  edited: { meanMm: 2, p95Mm: 5, shareOver2mm: 0.4, points: 1000 },
  average: { meanMm: 2.2, p95Mm: 5, shareOver2mm: 0.4, points: 1000 },
  regionFrom: 'average-head',
};

const READER: FaceReader = {
  version: 'known 1',
  read: async (pictures) =>
    pictures.map(() => [{ network: 'human' as const, found: true, score: 1, descriptor: [1, 0] }]),
  describe: async () => ({ detail: '' }),
  close: async () => {},
};

interface Stage {
  /** Derivatives that the network accepts as their own originals. */
  readonly accepted?: readonly number[];
  readonly sees?: CohortResult['sees'];
  readonly reader?: FaceReader | undefined;
  readonly distance?: (order: { editedPath: string }) => ScanDistance;
}

/** A queue with the audit's executor over tasks of known outcome; what was asked of the pool, in turn. */
function stage(options: Stage = {}) {
  const asked: string[] = [];
  const tasks = {
    'risk.pictures': async ({ volumePath, condition }: { volumePath: string; condition: string }) => {
      asked.push(`${condition} ${volumePath.slice(root.length + 1)}`);
      return { pictures: [{ view: 'front', picture: {} }], setting: { frame: {}, levels: {} } };
    },
    'risk.distance': async (order: { editedPath: string }) => {
      asked.push('distance');
      return { ...(options.distance ?? (() => DISTANCE))(order), seconds: 1, problems: [] };
    },
    'risk.borrowed': async () => ({ pictures: [{ view: 'front', picture: {} }] }),
    'risk.cohort': async (order: CohortOrder): Promise<CohortResult> => ({
      galleryPeople: order.originals.length,
      upperBound: [] as RecognitionFigures[],
      sees: options.sees ?? ['human'],
      blind: (options.sees ?? ['human']).length === 0 ? 'too few people' : '',
      methods: [],
      scans: order.attempts.map(({ derivativeId }) => {
        const accepted = options.accepted?.includes(derivativeId) ?? false;
        return {
          derivativeId,
          recognition: [
            {
              network: 'human' as const,
              views: 5,
              viewsWithFace: 5,
              similarity: accepted ? 0.9 : 0.3,
              threshold: 0.6,
              accepted,
              rank: accepted ? 1 : 7,
              people: 12,
              originalSimilarity: 0.95,
              originalRank: 1,
            },
          ],
        };
      }),
    }),
  };
  const ctx: ExecutorContext = {
    db,
    folder,
    keys: {} as ExecutorContext['keys'],
    pool: createInlinePool(tasks),
    clock,
    faceReader: 'reader' in options ? options.reader : READER,
  };
  const queue = new JobQueue(db, clock);
  const refuse = async () => {};
  const runner = new JobRunner({
    queue,
    executors: {
      import: refuse,
      deidentify: refuse,
      measure: refuse,
      share: refuse,
      audit: (job, context) => runAudit(ctx, job, context),
    },
    concurrency: 2,
    emit: () => {},
    clock,
    onEnd: () => {},
  });
  runners.push(runner);
  const audit = async (attempts: 'current' | 'all' = 'current', policy = POLICY) => {
    asked.length = 0;
    const batch = `batch-${now}`;
    queue.enqueue(batch, auditJobs(db, attempts, policy));
    runner.wake();
    return runner.wait(batch);
  };
  return { audit, asked, queue, runner };
}

const scan = (id: number) =>
  db.prepare('SELECT state, state_reason AS reason FROM series WHERE id = ?').get(id) as {
    state: string;
    reason: string;
  };
const accept = (derivativeId: number) =>
  db
    .prepare(
      "INSERT INTO review (derivative_id, decision, note, reviewer, at, settings) VALUES (?, 'accept', '', 'A', ?, '{}')",
    )
    .run(derivativeId, clock().toISOString());

describe('an audit', () => {
  it('looks at each scan once, judges each, and ends with a report', async () => {
    const ids = [addPerson(1), addPerson(2), addPerson(3)].flat();
    const { audit, asked } = stage();
    expect(await audit()).toMatchObject({ total: 4, done: 4, failed: 0, finished: true });
    expect(asked.filter((a) => a.startsWith('gallery'))).toHaveLength(3);
    expect(asked.filter((a) => a.startsWith('probe'))).toHaveLength(6);
    expect(ids.map((id) => readAudit(db, id)!.state)).toEqual(['safe', 'safe', 'safe']);
    const report = readReport(db)!;
    expect(report).toMatchObject({ people: 3, galleryPeople: 3, borrowed: 9, problems: [] });
    expect(report.methods).toMatchObject([
      { method: 'template', scans: 3, states: { safe: 3 }, secondsPerScan: 4, distance: { n: 3, closer: 3 } },
    ]);
    expect(scan(1).state).toBe('passed');
  });

  it('does not let a recognised scan pass, and shows it its verdict', async () => {
    const [id] = addPerson(1);
    addPerson(2);
    await stage({ accepted: [id!] }).audit();
    expect(readAudit(db, id!)!.state).toBe('at-risk');
    expect(scan(1)).toMatchObject({ state: 'needs-review', reason: expect.stringContaining('own original') });
    expect(scan(2).state).toBe('passed');
    const stored = readDerivative(db, id!)!.verdict;
    expect(stored.state).toBe('needs-review');
    expect(stored.numbers.find((n) => n.name === 'audit-similarity-human')).toMatchObject({
      value: 0.9,
      ok: false,
    });
  });

  it('lets a scan pass again that only the audit before had held', async () => {
    const [id] = addPerson(1);
    await stage({ accepted: [id!] }).audit();
    expect(scan(1).state).toBe('needs-review');
    await stage().audit();
    expect(scan(1)).toEqual({ state: 'passed', reason: 'the face step: passed' });
    expect(readDerivative(db, id!)!.verdict.state).toBe('passed');
  });

  it('keeps a scan at risk that a later audit cannot look at', async () => {
    const [id] = addPerson(1);
    addPerson(2);
    await stage({ accepted: [id!] }).audit();
    const first = readAudit(db, id!)!;
    rmSync(join(root, 'scan-1.nii.gz'));
    const again = stage();
    const batch = await again.audit();
    expect(again.queue.result(batch.batchId)).toEqual({ audited: 2, atRisk: 1 });
    const { problems, ...kept } = readAudit(db, id!)!;
    const { problems: _, ...before } = first;
    expect(kept).toEqual(before);
    const codes = ['audit-no-pictures', 'audit-no-distance', 'audit-finding-stands'];
    expect(problems.map((p) => p.code)).toEqual(codes);
    expect(scan(1)).toMatchObject({ state: 'needs-review', reason: first.reason });
    expect(readDerivative(db, id!)!.verdict.state).toBe('needs-review');
    expect(readReport(db)!.methods).toMatchObject([{ states: { 'at-risk': 1, 'cannot-tell': 0 } }]);
    expect(readReport(db)!.problems.map((p) => p.code)).toEqual(codes);
  });

  it('keeps a scan at risk in a build without the face networks, until they look again', async () => {
    const [id] = addPerson(1);
    await stage({ accepted: [id!] }).audit();
    for (const blind of [1, 2]) {
      await stage({ reader: undefined, sees: [] }).audit();
      expect([blind, readAudit(db, id!)!.state, scan(1).state]).toEqual([blind, 'at-risk', 'needs-review']);
      expect(readAudit(db, id!)!.problems.map((p) => p.code)).toEqual(['audit-finding-stands']);
    }
    await stage().audit();
    expect(readAudit(db, id!)).toMatchObject({ state: 'safe', problems: [] });
    expect(scan(1).state).toBe('passed');
  });

  it('does not ask again somebody who accepted the scan knowing what the audit found', async () => {
    const [id] = addPerson(1);
    await stage({ accepted: [id!] }).audit();
    accept(id!);
    setScanState(db, 1, 'passed', 'Accepted in review by A.');
    await stage({ accepted: [id!] }).audit();
    expect(scan(1)).toEqual({ state: 'passed', reason: 'Accepted in review by A.' });
  });

  it('asks again when the scan was accepted before the audit knew', async () => {
    const [id] = addPerson(1);
    accept(id!);
    await stage({ accepted: [id!] }).audit();
    expect(scan(1).state).toBe('needs-review');
  });

  it('takes what it has seen from the cache, and looks again at what changed', async () => {
    addPerson(1, ['template', 'blur']);
    const first = stage();
    await first.audit('all');
    expect(first.asked).toHaveLength(6);
    await first.audit('all');
    expect(first.asked).toEqual([]);
    writeFileSync(join(folder.dir, 'derivatives', 'series-1-blur', 'edited.nii.gz'), 'another edit');
    await first.audit('all');
    expect(first.asked).toEqual(['probe project/derivatives/series-1-blur/edited.nii.gz', 'distance']);
  });

  it('measures the distance again when another network has segmented the scan', async () => {
    addPerson(1);
    const dir = sourceSegmentationDir(folder, 1);
    mkdirSync(dir, { recursive: true });
    const segmentedBy = (sha256: string) =>
      writeFileSync(
        join(dir, 'segmentation.json'),
        JSON.stringify({
          model: { id: 'm', version: '1', sha256 },
          provider: 'cpu',
          labelsFile: 'labels.nii.gz',
          structures: [],
          confidence: 0.9,
          problems: [],
          seconds: 1,
        }),
      );
    const { audit, asked } = stage();
    segmentedBy('x');
    await audit();
    await audit();
    expect(asked).toEqual([]);
    segmentedBy('y');
    await audit();
    expect(asked).toEqual(['distance']);
  });

  it('looks at the newest version of every method, or at the current ones only', async () => {
    const [template, blur] = addPerson(1, ['template', 'blur']);
    await stage().audit('current');
    expect([readAudit(db, template!), readAudit(db, blur!)?.state]).toEqual([null, 'safe']);
    await stage().audit('all');
    expect(readReport(db)!.methods.map((m) => m.method)).toEqual(['template', 'blur']);
  });

  it('counts a scan once under a method whose newest version is not the current one', async () => {
    const [kept] = addPerson(1, ['quickshear']);
    addPerson(2, ['quickshear']);
    addVersion(1, 'template');
    const newest = addVersion(1, 'quickshear', 'second quickshear');
    db.prepare('UPDATE derivative SET current = (id = ?) WHERE series_id = 1').run(kept);
    const measured = (derivativeId: number | null, volumeMm3: number) =>
      saveMeasurements(db, 1, derivativeId, 'regional', {
        engine: 'regional',
        measurements: [{ engine: 'regional', structure: 'GM', volumeMm3 }],
        failure: '',
        details: {},
        seconds: 1,
      });
    measured(null, 100);
    measured(kept!, 110);

    await stage({ accepted: [newest] }).audit('all');

    const report = readReport(db)!.methods.find((m) => m.method === 'quickshear')!;
    expect(report).toMatchObject({ scans: 2, states: { safe: 2, 'at-risk': 0 }, distance: { n: 2 } });
    expect(report.distance!.pairs.map((p) => p.seriesId)).toEqual([1, 2]);
    expect(report.morphometry.find((m) => m.engine === 'regional')).toMatchObject({
      meanAbsPercent: { n: 1, value: expect.closeTo(10) },
      over5Percent: 1,
    });
    const listed = listAudits(db, { method: 'quickshear', states: [], offset: 0, limit: 10 });
    expect(listed.rows.map((r) => [r.seriesId, r.derivativeId])).toContainEqual([1, kept]);
    expect(listed.total).toBe(2);
  });

  it('does not judge a version that was made after it had begun', async () => {
    const [first] = addPerson(1);
    const [other] = addPerson(2);
    const { runner, queue } = stage();
    queue.enqueue('batch', auditJobs(db, 'current', POLICY));
    const again = addVersion(1, 'template', 'template again');
    addPerson(3);
    runner.wake();
    expect(await runner.wait('batch')).toMatchObject({ done: 3, failed: 0 });

    expect([readAudit(db, first!), readAudit(db, again)]).toEqual([null, null]);
    expect(readAudit(db, other!)!.state).toBe('safe');
    const report = readReport(db)!;
    expect(report.methods).toMatchObject([{ scans: 1, states: { safe: 1, 'cannot-tell': 0 } }]);
    expect(report.people).toBe(2);
    expect(report.problems).toMatchObject(
      ['sub-1 T1w', 'sub-3 T1w'].map((subject) => ({
        code: 'audit-made-later',
        subject,
        message: expect.stringContaining('made after the audit had begun'),
        fix: expect.stringContaining('again'),
      })),
    );
    expect(queue.result('batch')).toEqual({ audited: 1, atRisk: 0 });
    const audited = loadCandidates(db).map((c) => c.derivative!.audit !== null);
    expect(audited).toEqual([false, true, false]);
  });

  it('does not judge what nobody looked at, though the job that looked at the scan failed', async () => {
    const [first] = addPerson(1);
    const { runner, queue } = stage();
    queue.enqueue('batch', auditJobs(db, 'all', POLICY));
    const [look] = queue.list({ batchId: 'batch', states: [], limit: 10 }).filter((j) => j.seriesId === 1);
    db.prepare("UPDATE job SET state = 'failed', error = 'no memory' WHERE id = ?").run(look!.id);
    const later = addVersion(1, 'blur');
    runner.wake();
    await runner.wait('batch');
    expect(readAudit(db, later)).toBeNull();
    expect(readAudit(db, first!)).toMatchObject({
      state: 'cannot-tell',
      reason: expect.stringContaining('no memory'),
    });
  });

  it('judges again after a look that failed is repeated', async () => {
    const [id] = addPerson(1);
    const { runner, queue } = stage();
    queue.enqueue('batch', auditJobs(db, 'current', POLICY));
    db.prepare("UPDATE job SET state = 'failed', error = 'no memory' WHERE series_id = 1").run();
    runner.wake();
    await runner.wait('batch');
    expect(readAudit(db, id!)!.state).toBe('cannot-tell');
    queue.retryFailed('batch');
    runner.wake();
    expect(await runner.wait('batch')).toMatchObject({ done: 2, failed: 0 });
    expect(readAudit(db, id!)!.state).toBe('safe');
    expect(readReport(db)!.methods).toMatchObject([{ states: { safe: 1, 'cannot-tell': 0 } }]);
  });

  it('an earlier audit is not retried once a later one has judged', async () => {
    const [id] = addPerson(1);
    const { runner, queue, audit } = stage();
    queue.enqueue('first', auditJobs(db, 'current', POLICY));
    queue.cancelQueued('first');
    await audit();
    const report = readReport(db)!;
    expect(queue.retryFailed('first')).toEqual([]);
    runner.wake();
    await runner.wait('first');
    expect(readAudit(db, id!)!.state).toBe('safe');
    expect(readReport(db)).toEqual(report);
  });

  it('leaves the findings of a later audit alone when both wait', async () => {
    const [id] = addPerson(1);
    const { runner, queue } = stage();
    queue.enqueue('first', auditJobs(db, 'current', POLICY));
    queue.cancelQueued('first');
    queue.retryFailed('first');
    queue.enqueue('second', auditJobs(db, 'current', POLICY));
    runner.wake();
    await runner.wait('first');
    await runner.wait('second');
    expect(readAudit(db, id!)!.state).toBe('safe');
    const compared = queue.list({ batchId: 'first', states: ['failed'], limit: 10 });
    expect(compared.map((j) => j.error)).toEqual([expect.stringContaining('A later audit has judged')]);
  });

  it('goes on after a scan that cannot be read, and says so', async () => {
    const [id] = addPerson(1);
    const [other] = addPerson(2);
    rmSync(join(root, 'scan-1.nii.gz'));
    expect(await stage().audit()).toMatchObject({ done: 3, failed: 0 });
    expect(readAudit(db, id!)).toMatchObject({
      state: 'cannot-tell',
      reason: expect.stringContaining('source files'),
    });
    expect(readAudit(db, other!)!.state).toBe('safe');
    expect(readReport(db)!.problems.map((p) => p.code)).toEqual(['audit-no-pictures', 'audit-no-distance']);
  });

  it('measures distances where the build has no face networks, and claims nothing about recognition', async () => {
    const [near] = addPerson(1);
    const [far] = addPerson(2);
    const distance = ({ editedPath }: { editedPath: string }) =>
      editedPath.includes('series-1-')
        ? { ...DISTANCE, edited: { ...DISTANCE.edited, meanMm: 0.2 } }
        : DISTANCE;
    await stage({ reader: undefined, sees: [], distance }).audit();
    expect(readAudit(db, near!)!.state).toBe('at-risk');
    expect(readAudit(db, far!)).toMatchObject({
      state: 'cannot-tell',
      reason: expect.stringContaining('face networks are not in this build'),
    });
    expect(scan(2).state).toBe('passed');
    expect(readReport(db)!.problems).toEqual([]);
  });

  it('holds what it cannot tell where the policy asks for it', async () => {
    addPerson(1);
    const policy = policySchema.parse({ name: 'test', audit: { cannotTell: 'review' } });
    await stage({ sees: [] }).audit('current', policy);
    expect(scan(1)).toMatchObject({
      state: 'needs-review',
      reason: expect.stringContaining('too few people'),
    });
  });

  it('leaves excluded scans out', async () => {
    addPerson(1, ['template'], 'excluded');
    expect(auditJobs(db, 'all', POLICY)).toEqual([]);
  });

  it('keeps its pictures of nobody: descriptors lie under keys that name nothing', async () => {
    addPerson(1);
    await stage().audit();
    for (const name of readdirSync(join(folder.dir, 'risk'))) expect(name).toMatch(/^[0-9a-f]{40}\.json$/);
  });
});
