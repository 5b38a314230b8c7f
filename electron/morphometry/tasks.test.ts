import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { newNifti, readNifti, writeNifti } from '../volume/nifti.ts';
import { quietContext } from '../worker/task.ts';
import { morphometryTasks, NotMeasuredError, volumesOfFile } from './tasks.ts';

const measure = morphometryTasks['morphometry.measure'];
const dir = mkdtempSync(join(tmpdir(), 'refacade-measure-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('morphometry.measure', () => {
  it('turns what it cannot read or measure into a failure, so that a batch goes on', async () => {
    const broken = join(dir, 'broken.nii');
    writeFileSync(broken, 'not a NIfTI file');
    const empty = join(dir, 'empty.nii.gz');
    const affine = Float64Array.from([4, 0, 0, 0, 0, 4, 0, 0, 0, 0, 4, 0, 0, 0, 0, 1]);
    await writeNifti(
      empty,
      newNifti({ data: new Int16Array(48 ** 3), shape: [48, 48, 48], affine, slope: 1, inter: 0 }),
    );
    for (const volumePath of [broken, join(dir, 'missing.nii'), empty]) {
      const result = await measure({ volumePath, engine: 'tissue-em' }, quietContext);
      expect(result.failure, volumePath).not.toBe('');
      expect(result.measurements).toEqual([]);
    }
    expect((await measure({ volumePath: broken, engine: 'regional' }, quietContext)).failure).toMatch(
      /regional/,
    );
  });

  it('says in words that the regional engine needs the model, and refuses a file that is no segmentation', async () => {
    const params = { volumePath: join(dir, 'missing.nii'), engine: 'regional' } as const;
    expect((await measure(params, quietContext)).failure).toMatch(/no segmentation model in this build/);
    const broken = join(dir, 'segmentation.json');
    writeFileSync(broken, '{"structures": 1}');
    const result = await measure({ ...params, segmentationPath: broken }, quietContext);
    expect(result.failure).not.toBe('');
    expect(result.measurements).toEqual([]);
  });

  it('throws where one file is asked for', async () => {
    await expect(volumesOfFile(join(dir, 'missing.nii'), 'tissue-em')).rejects.toThrow(NotMeasuredError);
  });
});

const heads = fileURLToPath(new URL('../../../shared/data/heads/', import.meta.url));

describe.skipIf(!existsSync(heads))('morphometry.measure on a real head (needs shared/data)', () => {
  const volumePath = join(heads, 'ixi2mm_IXI131-HH-1527.nii.gz');

  it('measures the same scan twice alike, with Dice 1 and labels on its grid', async () => {
    const labelsOut = join(dir, 'labels.nii.gz');
    const first = await measure({ volumePath, engine: 'tissue-em', labelsOut }, quietContext);
    expect(first.failure).toBe('');
    const again = await measure({ volumePath, engine: 'tissue-em', compareLabels: labelsOut }, quietContext);
    expect(again.measurements).toEqual(first.measurements);
    expect(again.dice).toEqual({ CSF: 1, GM: 1, WM: 1, TIV: 1 });
    const [scan, labels] = [await readNifti(volumePath), await readNifti(labelsOut)];
    expect(labels.volume.shape).toEqual(scan.volume.shape);
    expect([...labels.volume.affine]).toEqual([...scan.volume.affine]);
    // An adult's intracranial volume; DLMUSE has 1613 ml for this head.
    const tiv = first.measurements.find((m) => m.structure === 'TIV')!.volumeMm3;
    expect(tiv).toBeGreaterThan(1_300_000);
    expect(tiv).toBeLessThan(1_900_000);
  });
});
