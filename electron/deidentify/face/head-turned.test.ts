import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type Affine, fromColumns, multiply } from '../../../shared/geometry/affine.ts';
import { signedDistance } from '../../volume/distance.ts';
import { readNifti } from '../../volume/nifti.ts';
import { quietContext } from '../../worker/task.ts';
import { extractBrain } from './brain-extract.ts';
import { headTurned } from './head-turned.ts';
import { averageBrain, fitAverageBrain, fitToBorder } from './prior-fit.ts';
import { voxelise } from './voxelise.ts';

const turns = {
  upright: fromColumns([1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]),
  'back to front': fromColumns([-1, 0, 0], [0, -1, 0], [0, 0, 1], [0, 0, 0]),
  'mirrored front to back': fromColumns([1, 0, 0], [0, -1, 0], [0, 0, 1], [0, 0, 0]),
  'on its back': fromColumns([1, 0, 0], [0, 0, 1], [0, -1, 0], [0, 0, 0]),
  'on its face': fromColumns([1, 0, 0], [0, 0, -1], [0, 1, 0], [0, 0, 0]),
  'looking left': fromColumns([0, 1, 0], [-1, 0, 0], [0, 0, 1], [0, 0, 0]),
  'looking right': fromColumns([0, -1, 0], [1, 0, 0], [0, 0, 1], [0, 0, 0]),
};

describe('an average brain', () => {
  const shape = [110, 110, 110];
  const sizes = [2, 2, 2] as const;
  const middle: Affine = fromColumns([0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5], [55, 55, 55]);
  const centred = fromColumns([1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 18, -8]);

  it.each([
    ['upright', []],
    ['back to front', [/by 180°/]],
    ['mirrored front to back', [/by 180°/]],
    ['on its back', [/by 90° backwards/]],
    ['on its face', [/by 90° forwards/]],
    ['looking left', [/by 90° to its left/]],
    ['looking right', [/by 90° to its right/]],
  ] as const)('%s', (how, messages) => {
    const truth = multiply(middle, multiply(turns[how], centred));
    const { points, triangles } = averageBrain(4);
    const moved = points.map((_, n) => {
      const [row, v] = [n % 3, n - (n % 3)];
      return [0, 1, 2].reduce((sum, c) => sum + truth[4 * row + c]! * points[v + c]!, truth[4 * row + 3]!);
    });
    const brain = voxelise({ points: moved, triangles }, shape);
    const upright = multiply(middle, centred);
    const fit = fitToBorder(signedDistance(brain, shape, sizes), shape, upright, 2, -50);
    const surface = { points: moved, triangles };
    const rough = { surface, fit: fitAverageBrain(surface, upright, 2) };
    const found = headTurned({ mask: brain, fit, rough, shape, spacingMm: 2 });
    expect(found.map((p) => [p.code, p.level])).toEqual(messages.map(() => ['head-turned', 'warning']));
    messages.forEach((message, n) => {
      expect(found[n]!.message).toMatch(message);
    });
  });
});

const head = fileURLToPath(
  new URL('../../../../shared/data/heads/ixi2mm_IXI443-HH-2215.nii.gz', import.meta.url),
);

describe.skipIf(!existsSync(head))('a real head (skipped where the shared data folder is missing)', () => {
  // Nothing else speaks against the outlines of this head when it lies wrongly, but for the one that looks sideways.
  it.each([
    ['upright', []],
    ['back to front', ['head-turned']],
    ['mirrored front to back', ['head-turned']],
    ['on its face', ['head-turned']],
    ['looking left', ['brain-asymmetric', 'head-turned']],
  ] as const)('%s is told from its header', async (how, codes) => {
    const { volume } = await readNifti(head);
    const { problems } = await extractBrain(
      { ...volume, affine: multiply(turns[how], volume.affine) },
      quietContext,
    );
    expect(problems.map((p) => p.code)).toEqual(codes);
  });
});
