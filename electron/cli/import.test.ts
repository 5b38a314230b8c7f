import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { ImportReport } from '../../shared/import/records.ts';
import type { Problem } from '../../shared/problem.ts';
import { importCommand, importExitCode, importInto } from './import.ts';
import type { Output } from './output.ts';
import type { BatchClient } from './project-client.ts';
import { runCommand } from './run.ts';

const dir = mkdtempSync(join(tmpdir(), 'refacade-import-command-'));
const here = join(dir, 'scan.nii');
const gone = join(dir, 'gone');
writeFileSync(here, 'a scan');
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const report = { filesSeen: 7, seconds: 1 } as ImportReport;
const problem = (code: string, subject: string): Problem => ({
  ...{ code, level: 'error', subject },
  message: 'It cannot be reached.',
  fix: 'Connect the drive.',
});

/** A project whose catalog holds a report, and an import that ends as told. */
async function importOnce(
  sources: string[],
  end: { failed?: number; cancelled?: number; interrupted?: boolean; problems?: Problem[] },
) {
  const asked: string[] = [];
  const notes: string[] = [];
  const answers: Record<string, (input: never) => unknown> = {
    'import.start': () => ({ batchId: 'b' }),
    'jobs.list': () => [
      { state: end.failed ? 'failed' : 'done', error: end.failed ? 'The disk is full.' : '' },
    ],
    'import.report': () => report,
    'import.quarantine': () => [],
    'catalog.problems': ({ search }: { search: string }) => ({
      rows: (end.problems ?? []).filter((p) => p.code === search),
    }),
    'catalog.list': () => ({ total: 0, rows: [] }),
  };
  const ask = new Proxy(
    {},
    {
      get: (_, name: string) => async (input: never) => {
        asked.push(name);
        return answers[name]!(input);
      },
    },
  );
  const client = {
    ask,
    interrupted: end.interrupted ?? false,
    follow: async () => ({ failed: end.failed ?? 0, cancelled: end.cancelled ?? 0 }),
  } as unknown as BatchClient;
  const output: Output = {
    ...{ json: true, text() {}, progress() {}, result() {} },
    note: (line) => void notes.push(line),
  };
  const outcome = await importInto(client, sources, output, 'T1w');
  return { outcome, code: importExitCode(outcome, client.interrupted), notes: notes.join('\n'), asked };
}

describe('a source that is not there', () => {
  const quiet: Output = { json: true, text() {}, note() {}, progress() {}, result() {} };

  it.each([
    ['import', importCommand, []],
    ['run', runCommand, ['--share', join(dir, 'share')]],
  ] as const)('stops %s before a project is made', async (_, command, more) => {
    const project = join(dir, 'project');
    for (const sources of [[gone], [here, gone], [join(here, 'x')]]) {
      await expect(command.run([...sources, '--project', project, ...more], quiet)).rejects.toMatchObject({
        code: 'no-such-source',
        message: expect.stringContaining(sources.at(-1)!),
        fix: expect.stringContaining('path'),
      });
    }
    expect(existsSync(project)).toBe(false);
  });

  it('is named, with 1, when it goes away during the import', async () => {
    for (const code of ['source-not-found', 'unreadable-folder']) {
      const {
        outcome,
        code: exit,
        notes,
      } = await importOnce([here, gone], { problems: [problem(code, gone)] });
      expect(exit).toBe(1);
      expect(outcome).toMatchObject({ report, missing: [gone] });
      expect(notes).toContain(`${gone}. It cannot be reached. Connect the drive.`);
    }
  });

  it('is not one of its folders that cannot be opened', async () => {
    const { code } = await importOnce([dir], {
      problems: [problem('unreadable-folder', join(dir, 'locked'))],
    });
    expect(code).toBe(0);
  });
});

describe('the end of an import', () => {
  it('is 0 with its report when all was read', async () => {
    expect(await importOnce([here], {})).toMatchObject({ code: 0, outcome: { report, missing: [] } });
  });

  it('has no report of another import after Ctrl-C, and is 2', async () => {
    const { outcome, code, notes, asked } = await importOnce([here], { cancelled: 1, interrupted: true });
    expect(outcome.report).toBeNull();
    expect(code).toBe(2);
    expect(notes).toContain('cancelled');
    // `--kind` is a further step.
    expect(asked).not.toContain('catalog.list');
  });

  it('is 2 when Ctrl-C came too late to stop the reading, but before the next step', async () => {
    expect(await importOnce([here], { interrupted: true })).toMatchObject({ code: 2, outcome: { report } });
  });

  it('has no report of another import when it failed, and is 1', async () => {
    const { outcome, code, notes } = await importOnce([here], { failed: 1 });
    expect(outcome).toMatchObject({ report: null, error: 'The disk is full.' });
    expect(code).toBe(1);
    expect(notes).toContain('The disk is full.');
  });
});
