// Every command that reads one scan and writes a file: no spelling of the scan's name may be an output.
import { linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { defaceFile } from '../deidentify/face/deface-file.ts';
import type { HeadSegmentation, Segmenter } from '../segmentation/segmentation.ts';
import { newNifti, writeNifti } from '../volume/nifti.ts';
import { quietContext } from '../worker/task.ts';
import { auditCommand } from './audit.ts';
import type { Command } from './command.ts';
import { defaceCommand } from './deface.ts';
import type { Output } from './output.ts';
import { renderCommand } from './render.ts';
import { createSegmentCommand } from './segment.ts';

const root = mkdtempSync(join(tmpdir(), 'refacade-overwrite-'));
const dir = join(root, 'd');
const scan = join(dir, 'head.nii.gz');
const quiet: Output = { json: true, text() {}, note() {}, progress() {}, result() {} };
const affine = Float64Array.of(1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1);
afterAll(() => rmSync(root, { recursive: true, force: true }));

let content: Buffer;
beforeEach(async () => {
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir);
  await writeNifti(
    scan,
    newNifti({ data: new Int16Array(512), shape: [8, 8, 8], affine, slope: 1, inter: 0 }),
  );
  content = readFileSync(scan);
  for (const name of ['soft.nii.gz', 'soft.png', 'soft.tsv']) symlinkSync(scan, join(dir, name));
  for (const name of ['hard.nii.gz', 'hard.png', 'hard.tsv']) linkSync(scan, join(dir, name));
  symlinkSync(dir, join(dir, 'linked'));
});

const segmenter: Segmenter = {
  async segment(_path, outDir) {
    writeFileSync(join(outDir, 'labels.nii.gz'), 'labels');
    return { structures: [], problems: [] } as unknown as HeadSegmentation;
  },
  async close() {},
};
const segment = createSegmentCommand(() => segmenter);
const mask = ['--method', 'mask-out', '--no-network'];
const out = join(dir, 'out.nii.gz');

const names = [
  scan,
  `${root}/./d/head.nii.gz`,
  relative(process.cwd(), scan),
  join(dir, 'linked/head.nii.gz'),
];
const links = ['soft', 'hard'];
const cases: [string, Command, string[]][] = [
  ...[...names, ...links.map((l) => join(dir, `${l}.nii.gz`))].flatMap(
    (name): [string, Command, string[]][] => [
      ['segment', segment, [scan, name]],
      ['segment --volumes', segment, [scan, out, '--volumes', name]],
      ['deface', defaceCommand, [scan, name, ...mask]],
      ['deface --edit-mask', defaceCommand, [scan, out, ...mask, '--edit-mask', name]],
    ],
  ),
  ...links.map((l): [string, Command, string[]] => [
    'render',
    renderCommand,
    [scan, join(dir, `${l}.png`), '--view', 'front'],
  ]),
  ['segment, both outputs', segment, [scan, out, '--volumes', `${root}/./d/out.nii.gz`]],
  ['deface, both outputs', defaceCommand, [scan, out, ...mask, '--edit-mask', `${root}/./d/out.nii.gz`]],
  [
    'audit, both outputs',
    auditCommand,
    ['--project', root, '--tsv', out, '--scans-tsv', `${root}/./d/out.nii.gz`],
  ],
];

describe('an output that is the input, or another output', () => {
  it.each(cases)('%s refuses it and leaves the scan alone (%#)', async (_, command, args) => {
    await expect(command.run(args, quiet)).rejects.toMatchObject({ code: 'same-file' });
    expect(readFileSync(scan).equals(content)).toBe(true);
  });

  it('is refused by the face step itself too', async () => {
    const work = { input: scan, output: out, method: 'mask-out', params: {}, seed: 1 };
    const refused = { name: 'DefaceOutputError' };
    await expect(
      defaceFile({ ...work, output: join(dir, 'hard.nii.gz') }, quietContext),
    ).rejects.toMatchObject(refused);
    await expect(
      defaceFile({ ...work, editMask: join(dir, 'soft.nii.gz') }, quietContext),
    ).rejects.toMatchObject(refused);
    await expect(defaceFile({ ...work, editMask: out }, quietContext)).rejects.toMatchObject(refused);
    expect(readFileSync(scan).equals(content)).toBe(true);
  });

  it('does not stop a copy beside the scan', async () => {
    expect(await segment.run([scan, out, '--volumes', join(dir, 'v.tsv')], quiet)).toBe(0);
    expect(readFileSync(out, 'utf8')).toBe('labels');
    expect(readFileSync(scan).equals(content)).toBe(true);
  });
});
