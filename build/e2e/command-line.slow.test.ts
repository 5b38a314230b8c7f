// The whole job from the command line, as its users start it: the built program in a process of its own.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CohortTruth, writeCohort } from '../phantom/cohort.ts';
import { findIdentifiers } from './find-identifiers.ts';
import { folderDigest, listFiles } from './folder-digest.ts';

const program = resolve('dist/cli/main.js');
const root = mkdtempSync(join(tmpdir(), 'refacade-cli-'));
const source = join(root, 'source');
const env = { ...process.env, REFACADE_USER_DATA: join(root, 'user') };
const minutes = 60_000;
let cohort: CohortTruth;
let digest: string;

interface Outcome {
  code: number;
  // The test reads what it asserts; its shape is the contract's business.
  // biome-ignore lint/suspicious/noExplicitAny: parsed JSON of many commands
  json: any;
  stderr: string;
}

function refacade(...args: string[]): Promise<Outcome> {
  return new Promise((done) => {
    execFile(
      process.execPath,
      [program, ...args, '--json'],
      { env, maxBuffer: 64 << 20 },
      (error, stdout, stderr) => {
        const code = error ? ((error as { code?: number }).code ?? 1) : 0;
        const lines = stdout.trim().split('\n');
        expect(
          lines,
          `one JSON object on standard output; standard error said: ${stderr.slice(-2000)}`,
        ).toHaveLength(1);
        done({ code: Number(code), json: JSON.parse(lines[0]!), stderr });
      },
    );
  });
}

beforeAll(async () => {
  cohort = await writeCohort(source, { subjects: 3, voxelSizeMm: 2.5 });
  digest = folderDigest(source);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('the whole job from the command line', () => {
  const project = join(root, 'project');
  const share = join(root, 'share');
  let run: Outcome;

  it(
    'runs from a folder to a checked share and says with 2 that scans wait for a person',
    async () => {
      run = await refacade('run', source, '--project', project, '--share', share);
      const { counts } = run.json;
      expect(counts.queued + counts.running).toBe(0);
      expect(counts.passed).toBeGreaterThanOrEqual(3);
      const waiting = counts['needs-review'] + counts.failed;
      expect(run.code, run.stderr.slice(-2000)).toBe(waiting > 0 ? 2 : 0);
      expect(run.json.share.ok).toBe(true);
      expect(existsSync(join(share, 'refacade-receipt.html'))).toBe(true);
    },
    10 * minutes,
  );

  it('counts every file and every series once', () => {
    const { report } = run.json.import;
    expect(report.filesSeen).toBe(cohort.files.length);
    expect(
      report.dicomFiles +
        report.niftiFiles +
        report.sidecarFiles +
        report.otherFiles +
        report.unreadableFiles,
    ).toBe(report.filesSeen);
    const counts: Record<string, number> = run.json.counts;
    expect(Object.values(counts).reduce((a, b) => a + b, 0)).toBe(report.series);
    const { receipt } = run.json.share;
    expect(receipt.scans.length + receipt.held.length).toBe(report.series);
  });

  it('leaves the sources as they were', () => {
    expect(folderDigest(source)).toBe(digest);
  });

  it('finds no planted identifier anywhere in the share', () => {
    const planted = cohort.identifiers.map((i) => i.value).filter((value) => value.length >= 4);
    expect(planted.length).toBeGreaterThan(20);
    // The search itself works: it finds them in the source.
    expect(findIdentifiers(source, planted).length).toBeGreaterThan(20);
    expect(findIdentifiers(share, planted)).toEqual([]);
  });

  it('puts scans of both formats into the share', () => {
    const files = listFiles(share);
    // Phantoms' small cerebella send some to a person; what passed is three scans, T1-weighted ones among them.
    expect(files.filter((f) => /_T[12]w\.nii\.gz$/.test(f)).length).toBeGreaterThanOrEqual(3);
    expect(files.filter((f) => f.endsWith('_T1w.nii.gz')).length).toBeGreaterThanOrEqual(2);
    expect(files.some((f) => f.endsWith('.dcm'))).toBe(true);
    expect(files).toContain('dataset_description.json');
  });

  it('measures every T1w scan before and after, with brain volumes close to the truth', () => {
    const { comparison } = run.json;
    expect(comparison.compared).toBeGreaterThanOrEqual(3);
    expect(comparison.failedAfter).toBe(0);
    const tiv = comparison.structures.find((s: { structure: string }) => s.structure === 'TIV');
    const expected = cohort.subjects.reduce((sum, s) => sum + s.truth.TIV, 0) / cohort.subjects.length;
    expect(Math.abs(tiv.meanBefore / expected - 1)).toBeLessThan(0.15);
  });

  it('audits every de-identified scan, and claims no more than it can see', () => {
    const { audit, counts } = run.json;
    expect(audit.state.waiting).toBe(0);
    expect(audit.scans.length).toBe(counts.passed + counts['needs-review'] + counts.failed);
    for (const scan of audit.scans) expect(scan.distance, scan.reason).not.toBeNull();
    expect(audit.report.people).toBeGreaterThanOrEqual(3);
    expect(audit.report.caveats.join(' ')).toContain('variations of the average head');
    const { atRisk } = { atRisk: audit.scans.filter((s: { state: string }) => s.state === 'at-risk') };
    for (const scan of atRisk)
      expect(run.json.share.receipt.scans.map((s: { seriesId: number }) => s.seriesId)).not.toContain(
        scan.seriesId,
      );
  });

  it('adds nothing when the same folder is imported again', async () => {
    const again = (await refacade('import', source, '--project', project)).json;
    expect(again.report.filesNew).toBe(0);
    expect(again.report.filesUnchanged).toBe(again.report.filesSeen);
  });

  it('refuses what it cannot run with 1 and says what to do', async () => {
    const noProject = await refacade('compare', '--project', join(root, 'nowhere'));
    expect(noProject.code).toBe(1);
    expect(noProject.json.error).toMatchObject({ code: 'not-a-project' });
    const noSource = await refacade(
      ...['run', source, join(root, 'nowhere'), '--project', project, '--share', join(root, 'no-share')],
    );
    expect(noSource.code).toBe(1);
    expect(noSource.json.error).toMatchObject({ code: 'no-such-source' });
    expect(existsSync(join(root, 'no-share'))).toBe(false);
    const noMethod = await refacade('deidentify', '--project', project, '--method', 'magic', '--again');
    expect(noMethod.code).toBe(1);
    expect(noMethod.json.error.message).toContain('quickshear');
    const nobody = await refacade('deidentify', '--project', project, '--subject', 'sub-NOBODY', '--again');
    expect(nobody.code).toBe(1);
    expect(nobody.json.error).toMatchObject({ code: 'no-such-subject' });
  });

  it(
    'does one person again, and nobody else',
    async () => {
      // Nothing waits: this lists the verdicts.
      const listed = (await refacade('deidentify', '--project', project)).json.scans;
      const before = doneJobs(project);
      const { subject } = listed[0];
      const scans = listed.filter((s: { subject: string }) => s.subject === subject);
      const again = await refacade(
        ...['deidentify', '--project', project, '--subject', subject],
        ...['--method', 'mask-out', '--again', '--no-measure'],
      );
      expect(again.json.counts.queued + again.json.counts.running).toBe(0);
      expect(doneJobs(project) - before).toBe(scans.length);
      const others = (rows: { subject: string }[]) => rows.filter((s) => s.subject !== subject);
      expect(others(again.json.scans)).toEqual(others(listed));
      expect(others(listed).length).toBeGreaterThan(0);
    },
    5 * minutes,
  );
});

describe('a killed process', () => {
  it(
    'resumes where it was and ends every scan in an explicit state',
    async () => {
      const project = join(root, 'killed');
      await refacade('import', source, '--project', project);
      const child: ChildProcess = spawn(
        process.execPath,
        [program, 'deidentify', '--project', project, '--no-measure'],
        { env },
      );
      await waitFor(() => doneJobs(project) >= 1);
      child.kill('SIGKILL');
      await new Promise((r) => child.once('exit', r));
      const before = doneJobs(project);
      const resumed = await refacade('deidentify', '--project', project, '--no-measure');
      const { counts } = resumed.json;
      expect(counts.queued + counts.running).toBe(0);
      expect(doneJobs(project)).toBeGreaterThan(before);
      // Nothing half written under a final name.
      expect(
        listFiles(join(project, 'derivatives')).filter((f) => f.includes('.partial') || f.includes('.tmp')),
      ).toEqual([]);
      const log = join(root, 'user', 'logs', 'refacade.log');
      const names = cohort.identifiers.filter((i) => i.kind === 'name').map((i) => i.value);
      const text = existsSync(log) ? readFileSync(log, 'utf8') : '';
      expect(names.filter((n) => n.length > 4 && text.includes(n))).toEqual([]);
    },
    10 * minutes,
  );
});

describe('Ctrl-C', () => {
  it(
    'ends an import with 2, and shows no report of the one before',
    async () => {
      const project = join(root, 'interrupted-import');
      const many = join(root, 'many');
      mkdirSync(many);
      for (let n = 0; n < 20_000; n++) writeFileSync(join(many, `${n}.txt`), 'no scan');
      const first = await refacade('import', join(many, '1.txt'), '--project', project);
      expect(first.json.report.filesSeen).toBe(1);
      const child = spawn(process.execPath, [program, 'import', many, '--project', project, '--json'], {
        env,
      });
      let said = '';
      child.stdout!.on('data', (text) => {
        said += text;
      });
      await waitFor(() => jobs(project, 'running', 'import') >= 1);
      child.kill('SIGINT');
      expect(await new Promise((r) => child.once('close', r))).toBe(2);
      expect(JSON.parse(said).report).toBeNull();
    },
    5 * minutes,
  );

  it(
    'ends the whole job in good order: nothing is shared, what was not done waits',
    async () => {
      const project = join(root, 'interrupted');
      const share = join(root, 'interrupted-share');
      const child = spawn(
        process.execPath,
        [program, 'run', source, '--project', project, '--share', share, '--json'],
        { env },
      );
      let said = '';
      child.stdout!.on('data', (text) => {
        said += text;
      });
      await waitFor(() => jobs(project, 'running') >= 1);
      child.kill('SIGINT');
      const code = await new Promise((r) => child.once('close', r));
      expect(code).toBe(2);
      const result = JSON.parse(said);
      expect(result.share).toBeNull();
      expect(existsSync(share)).toBe(false);
      expect(result.deidentify.counts.running).toBe(0);
      expect(result.deidentify.counts.queued).toBeGreaterThan(0);
      expect(jobs(project, 'queued') + jobs(project, 'running')).toBe(0);
    },
    5 * minutes,
  );
});

const doneJobs = (project: string) => jobs(project, 'done');

/** Jobs of a project in a state. */
function jobs(project: string, state: string, kind = 'deidentify'): number {
  const file = join(project, 'catalog.sqlite');
  if (!existsSync(file)) return 0;
  const db = new Database(file, { readonly: true });
  try {
    return db
      .prepare('SELECT count(*) FROM job WHERE kind = ? AND state = ?')
      .pluck()
      .get(kind, state) as number;
  } catch {
    return 0; // the catalog is being made
  } finally {
    db.close();
  }
}

async function waitFor(condition: () => boolean): Promise<void> {
  for (let n = 0; n < 3000; n++) {
    if (condition()) return;
    await new Promise((r) => setTimeout(r, 100));
  }
  throw new Error('waited five minutes in vain');
}
