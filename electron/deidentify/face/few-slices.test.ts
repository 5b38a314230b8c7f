// A localiser's single slices, placed as if carried from a leading scan; the phantom's own truth is the judge.
import { beforeAll, expect, it } from 'vitest';
import { averageHeadPhantom } from '../../../build/phantom/average-head.ts';
import { headPhantom } from '../../../build/phantom/head.ts';
import { verdictLimits } from '../../../shared/deidentify/records.ts';
import { identity } from '../../../shared/geometry/affine.ts';
import { newNifti } from '../../volume/nifti.ts';
import { quietContext } from '../../worker/task.ts';
import { deidentifyFace } from './deidentify-face.ts';
import type { AverageHead } from './face-frame.ts';

let average: AverageHead;
beforeAll(() => {
  average = averageHeadPhantom();
});

async function edit(axisCodes: 'PIR' | 'LIP' | 'LPS') {
  const fieldOfViewMm: [number, number, number] = [200, 240, 224];
  fieldOfViewMm[{ R: 0, P: 1, S: 2 }[axisCodes[2] as 'R' | 'P' | 'S']] = 6;
  const slice = headPhantom({ seed: 4, axisCodes, fieldOfViewMm, voxelSizeMm: [2, 2, 6] });
  const result = await deidentifyFace(
    newNifti(slice.volume, 4),
    {
      method: 'mask-out',
      params: {},
      seed: 1,
      limits: verdictLimits.parse({}),
      inputSha256: '',
      average,
      placed: {
        brain: slice.brainMask,
        brainMm3: 1_400_000,
        standardToWorld: identity(),
        frame: { averageToWorld: identity(), residualMm: 1, source: 'centroids', problems: [] },
        problems: [],
        assumptions: [],
        steps: [],
        carried: true,
      },
    },
    quietContext,
  );
  let [brain, face, gone] = [0, 0, 0];
  slice.volume.data.forEach((v, n) => {
    if (slice.brainMask[n] && v !== result.image.volume.data[n]) brain++;
    if (!slice.faceMask[n] || v < 60) return;
    face++;
    if (result.image.volume.data[n] === 0) gone++;
  });
  return { result, brain, face, gone };
}

it('empties the face of a sagittal slice, keeps its brain, and asks a person to look', async () => {
  const { result, brain, face, gone } = await edit('PIR');
  expect(brain).toBe(0);
  expect(face).toBeGreaterThan(300);
  expect(gone / face).toBeGreaterThan(0.9);
  expect(result.faceState).toBe('unknown');
  expect(result.verdict.state).toBe('needs-review');
  expect(result.verdict.reason).toMatch(/too few to tell/);
});

it.each(['LIP', 'LPS'] as const)('never takes a %s slice for a brain without a face', async (axisCodes) => {
  const { result, brain } = await edit(axisCodes);
  expect(brain).toBe(0);
  expect(result.faceState).toBe('unknown');
  expect(result.verdict.state).toBe('needs-review');
});
