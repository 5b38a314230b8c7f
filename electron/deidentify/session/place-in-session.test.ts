import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { headPhantom } from '../../../build/phantom/head.ts';
import { verdictLimits } from '../../../shared/deidentify/records.ts';
import { fromColumns, multiply } from '../../../shared/geometry/affine.ts';
import { newNifti, writeNifti } from '../../volume/nifti.ts';
import { quietContext } from '../../worker/task.ts';
import { deidentifyFace } from '../face/deidentify-face.ts';

const t1 = headPhantom({ seed: 4 }).volume;
const volumePath = join(mkdtempSync(join(tmpdir(), 'refacade-session-')), 't1.nii.gz');
const work = { method: 'quickshear', params: {}, seed: 1, limits: verdictLimits.parse({}), inputSha256: '' };

it('edits a T2-weighted thick-slice scan by what was found on the T1-weighted one', async () => {
  await writeNifti(volumePath, newNifti(t1, 4));
  const [c, s] = [Math.cos(0.05), Math.sin(0.05)];
  const motion = fromColumns([1, 0, 0], [0, c, s], [0, -s, c], [2, 3, -4]);
  const t2 = headPhantom({ seed: 4, contrast: 'T2w', voxelSizeMm: [1.5, 1.5, 4] });
  const scan = newNifti({ ...t2.volume, affine: multiply(motion, t2.volume.affine) }, 4);
  const note = {
    code: 'segmentation-failed',
    level: 'warning',
    subject: 'brain',
    message: 'Out of memory.',
  } as const;
  const primary = { volumePath, notes: [note] };
  const result = await deidentifyFace(scan, { ...work, primary }, quietContext);
  expect(result.verdict.problems).toContainEqual(note);
  expect(result.verdict.state).toBe('needs-review');
  expect(result.steps.map((step) => step.name)).toContain('session-carry');
  expect(result.verdict.assumptions.join(' ')).toContain('carried from the session');
  // Against the phantom's own truth, not against the mask that was carried.
  let cut = 0;
  t2.brainMask.forEach((v, n) => {
    if (v && result.image.volume.data[n] !== scan.volume.data[n]) cut++;
  });
  expect(cut).toBe(0);
  const changed = result.verdict.numbers.find((n) => n.name === 'faceSurfaceChanged');
  expect(changed?.value).toBeGreaterThan(0.5);
}, 180_000);

it('takes its own way when the primary scan is of something else, and says so', async () => {
  const far = multiply(fromColumns([1, 0, 0], [0, 1, 0], [0, 0, 1], [700, 0, 0]), t1.affine);
  const result = await deidentifyFace(
    newNifti({ ...t1, affine: far }, 4),
    { ...work, primary: { volumePath } },
    quietContext,
  );
  expect(result.steps.map((step) => step.name)).not.toContain('session-carry');
  expect(result.verdict.problems.map((p) => p.code)).toContain('session-own-way');
}, 180_000);
