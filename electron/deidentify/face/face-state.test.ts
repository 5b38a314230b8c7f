// What counts as a bare brain, on phantoms whose brain is known; real heads are in deidentify-face.test.ts.
import { expect, it } from 'vitest';
import { averageHeadPhantom } from '../../../build/phantom/average-head.ts';
import { headPhantom } from '../../../build/phantom/head.ts';
import { verdictLimits } from '../../../shared/deidentify/records.ts';
import { identity } from '../../../shared/geometry/affine.ts';
import { newNifti } from '../../volume/nifti.ts';
import { quietContext } from '../../worker/task.ts';
import { deidentifyFace } from './deidentify-face.ts';

const average = averageHeadPhantom();
const whole = headPhantom({ seed: 3, voxelSizeMm: 4 });
const bare = headPhantom({ seed: 3, voxelSizeMm: 4, skullStripped: true });

/** @param frames voxels of each frame, on the phantom's grid */
async function edit(...frames: ArrayLike<number>[]) {
  const { volume, brainMask } = whole;
  const data = Int16Array.from(frames.flatMap((values) => Array.from(values)));
  const shape = frames.length > 1 ? [...volume.shape, frames.length] : volume.shape;
  const result = await deidentifyFace(
    newNifti({ ...volume, data, shape }, 4),
    {
      method: 'mask-out',
      params: {},
      seed: 1,
      limits: verdictLimits.parse({}),
      inputSha256: '',
      average,
      placed: {
        brain: brainMask,
        brainMm3: 1_400_000,
        standardToWorld: identity(),
        frame: { averageToWorld: identity(), residualMm: 1, source: 'centroids', problems: [] },
        problems: [],
        assumptions: [],
        steps: [],
        carried: false,
      },
    },
    quietContext,
  );
  return { result, edited: result.changedMask.some((v) => v) };
}

it('a bare brain passes unchanged, in one frame and in several, an empty one among them', async () => {
  const empty = new Int16Array(bare.volume.data.length);
  for (const frames of [[bare.volume.data], [bare.volume.data, bare.volume.data.map((v) => v >> 1), empty]]) {
    const { result, edited } = await edit(...frames);
    expect(result.faceState).toBe('brain-only');
    expect(result.verdict.state).toBe('passed');
    expect(edited).toBe(false);
  }
});

it('a head far dimmer than its brain is edited and held, not taken for a bare brain', async () => {
  const dim = whole.volume.data.map((v, n) => (whole.brainMask[n] ? v : Math.round(v * 0.04)));
  const { result, edited } = await edit(dim);
  const outside = result.verdict.numbers.find((n) => n.name === 'tissueOutsideBrain')!.value!;
  expect(outside).toBeLessThan(0.15);
  expect(result.faceState).toBe('unknown');
  expect(result.verdict.state).toBe('needs-review');
  expect(edited).toBe(true);
});

it('a whole head in a later frame is found, edited and held', async () => {
  const { result, edited } = await edit(bare.volume.data, whole.volume.data);
  expect(result.faceState).toBe('unknown');
  expect(result.verdict.state).toBe('needs-review');
  expect(result.verdict.problems.map((p) => p.message)).toContain(
    'The first frame shows a brain only, but frame 2 may show more of the head.',
  );
  expect(edited).toBe(true);
});
