import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Problem } from '../../shared/problem.ts';
import type { HeadSegmentation, Segmenter } from '../segmentation/segmentation.ts';
import type { Output } from './output.ts';
import { createSegmentCommand } from './segment.ts';

const dir = mkdtempSync(join(tmpdir(), 'refacade-segment-command-'));
const scan = join(dir, 'scan.nii.gz');
beforeAll(() => writeFileSync(scan, 'a fake segmenter does not read it'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function finding(level: Problem['level']): Problem {
  return { code: 'sides-differ', level, subject: 'scan', message: 'The two sides differ.' };
}

function segmenter(problems: Problem[]): Segmenter {
  return {
    async segment(_path, outDir) {
      mkdirSync(outDir, { recursive: true });
      writeFileSync(join(outDir, 'labels.nii.gz'), 'labels');
      return { structures: [], problems } as unknown as HeadSegmentation;
    },
    async close() {},
  };
}

const quiet: Output = { json: true, text() {}, note() {}, progress() {}, result() {} };

it.each<[string, Problem[], number]>([
  ['without a finding', [], 0],
  ['with remarks only', [finding('info'), finding('info')], 0],
  ['with a warning among remarks', [finding('info'), finding('warning')], 2],
])('%s ends with the right code, and the labels are there', async (_, problems, code) => {
  const labels = join(dir, 'labels.nii.gz');
  rmSync(labels, { force: true });
  const command = createSegmentCommand(() => segmenter(problems));
  expect(await command.run([scan, labels], quiet)).toBe(code);
  expect(existsSync(labels)).toBe(true);
});
