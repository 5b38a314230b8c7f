import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { headPhantom } from '../../build/phantom/head.ts';
import { UserError } from '../dispatch.ts';
import { NoSurfaceError } from '../risk/surface.ts';
import { newNifti, writeNifti } from '../volume/nifti.ts';
import type { Output } from './output.ts';
import { renderCommand } from './render.ts';

const dir = mkdtempSync(join(tmpdir(), 'refacade-render-'));
const scan = join(dir, 'scan.nii.gz');
const empty = join(dir, 'empty.nii.gz');
beforeAll(async () => {
  const { volume } = headPhantom({ seed: 2, voxelSizeMm: 4 });
  await writeNifti(scan, newNifti(volume));
  await writeNifti(empty, newNifti({ ...volume, data: new Int16Array(volume.data.length) }));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function render(...args: string[]): Promise<Record<string, unknown>> {
  let told: unknown;
  const output: Output = {
    json: true,
    text() {},
    note() {},
    progress() {},
    result: (value) => (told = value),
  };
  expect(await renderCommand.run(args, output)).toBe(0);
  return told as Record<string, unknown>;
}

/** Width and height as the file's header states them. */
function sizeOf(path: string): [number, number] {
  const bytes = readFileSync(path);
  expect(bytes.subarray(1, 4).toString('latin1')).toBe('PNG');
  return [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
}

describe('refacade render', () => {
  it('writes one view at the asked size, the same bytes twice, others when turned or lit otherwise', async () => {
    const out = join(dir, 'new', 'front.png');
    const options = ['--view', 'front', '--size', '64'];
    const first = await render(scan, out, ...options);
    expect(sizeOf(out)).toEqual([64, 64]);
    expect(first).toMatchObject({ file: out, view: 'front', width: 64, height: 64 });
    expect((await render(scan, out, ...options)).sha256).toBe(first.sha256);
    expect((await render(scan, out, ...options, '--yaw', '12')).sha256).not.toBe(first.sha256);
    expect((await render(scan, out, ...options, '--yaw=-12')).sha256).not.toBe(first.sha256);
    expect((await render(scan, out, ...options, '--lights', 'side')).sha256).not.toBe(first.sha256);
  });

  it('writes a sheet of every view', async () => {
    const out = join(dir, 'all.png');
    await render(scan, out, '--view', 'all', '--size', '32');
    expect(sizeOf(out)).toEqual([128, 64]);
  });

  it.each([
    ['no view', [scan, 'x.png']],
    ['an unknown view', [scan, 'x.png', '--view', 'above']],
    ['an unknown light', [scan, 'x.png', '--view', 'front', '--lights', 'red']],
    ['a size of a half', [scan, 'x.png', '--view', 'front', '--size', '99.5']],
    ['a size that no memory holds', [scan, 'x.png', '--view', 'front', '--size', '1e6']],
    ['no number', [scan, 'x.png', '--view', 'front', '--yaw', 'left']],
    ['another kind of file', [scan, 'x.jpg', '--view', 'front']],
    ['no output', [scan, '--view', 'front']],
    ['no such scan', [join(dir, 'none.nii'), 'x.png', '--view', 'front']],
  ])('says what it expected: %s', async (_, args) => {
    await expect(render(...args)).rejects.toThrow(UserError);
  });

  it('writes nothing for an empty scan', async () => {
    const out = join(dir, 'empty.png');
    await expect(render(empty, out, '--view', 'front')).rejects.toThrow(NoSurfaceError);
    expect(existsSync(out)).toBe(false);
  });
});
