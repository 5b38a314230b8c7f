import { describe, expect, it } from 'vitest';
import { verdict, verdictLimits } from '../../shared/deidentify/records.ts';
import { judge, type VerdictInput } from './verdict.ts';

const good: VerdictInput = {
  methodTitle: 'Quickshear',
  methodKind: 'deface',
  brainMm3: 1_450_000,
  brainProblems: [],
  brainVoxelsChanged: 0,
  outsideVoxelsChanged: 0,
  refusedInBrain: 12,
  faceSurfaceChanged: 0.8,
  faceSurfaceReplaced: null,
  facePoints: 2500,
  removedMm3: 1_000_000,
  seam: null,
  faceStateBefore: 'intact',
  evidence: { cutEdge: 0.01 },
  assumptions: ['upright'],
  methodProblems: [],
};
const warning = {
  code: 'brain-on-skin',
  level: 'warning',
  subject: 'brain',
  message: 'on the skin',
} as const;

describe('judge', () => {
  // Each row breaks one thing in a good scan; none may pass silently.
  it.each<[string, Partial<VerdictInput>, string, RegExp]>([
    ['a good scan', {}, 'passed', /80 %/],
    ['one brain voxel changed', { brainVoxelsChanged: 1 }, 'failed', /1 brain voxels/],
    ['one voxel outside the edit changed', { outsideVoxelsChanged: 1 }, 'failed', /outside the edit/],
    ['method found no plane', { methodProblems: [{ ...warning, level: 'error' }] }, 'failed', /on the skin/],
    ['brain too small', { brainMm3: 200_000 }, 'needs-review', /brain extraction probably failed/],
    ['brain too large', { brainMm3: 3_000_000 }, 'needs-review', /brain extraction probably failed/],
    ['brain in doubt', { brainProblems: [warning] }, 'needs-review', /on the skin/],
    ['brain volume not a number', { brainMm3: Number.NaN }, 'needs-review', /brain extraction/],
    ['face hardly changed', { faceSurfaceChanged: 0.1 }, 'needs-review', /Only 10 %/],
    ['face share not a number', { faceSurfaceChanged: Number.NaN }, 'needs-review', /Only/],
    [
      'a replaced face that is near the old one in half of its surface',
      { methodKind: 'reface', faceSurfaceChanged: 0.45, faceSurfaceReplaced: 0.9 },
      'passed',
      /90 % .* replaced, 45 %/,
    ],
    [
      'a replaced face that keeps the old one in most of its surface',
      { methodKind: 'reface', faceSurfaceChanged: 0.45, faceSurfaceReplaced: 0.6 },
      'needs-review',
      /Only 60 % .* replaced/,
    ],
    [
      'a replaced face that coincides with the old one nearly everywhere',
      { methodKind: 'reface', faceSurfaceChanged: 0.1, faceSurfaceReplaced: 1 },
      'needs-review',
      /Only 10 % .* changed/,
    ],
    [
      'a replaced face whose border shows',
      { methodKind: 'reface', faceSurfaceReplaced: 0.9, seam: 3 },
      'needs-review',
      /3.0 times/,
    ],
    ['a cut face whose border shows, as it must', { seam: 4 }, 'passed', /80 %/],
    ['no face surface seen', { facePoints: 3 }, 'needs-review', /too few/],
    ['already defaced', { faceStateBefore: 'removed' }, 'needs-review', /already been removed/],
    ['cannot tell', { faceStateBefore: 'unknown' }, 'needs-review', /could not be told/],
    [
      'brain only',
      { faceStateBefore: 'brain-only', faceSurfaceChanged: 0, facePoints: 0 },
      'passed',
      /no face/,
    ],
    [
      'brain only with a warning from before',
      { faceStateBefore: 'brain-only', brainProblems: [warning], faceSurfaceChanged: 0, facePoints: 0 },
      'needs-review',
      /on the skin/,
    ],
    [
      'brain only with an error from before',
      { faceStateBefore: 'brain-only', brainProblems: [{ ...warning, level: 'error' }], facePoints: 0 },
      'needs-review',
      /on the skin/,
    ],
    [
      'brain only but tiny',
      { faceStateBefore: 'brain-only', brainMm3: 100 },
      'needs-review',
      /brain extraction/,
    ],
    [
      'brain only yet changed',
      { faceStateBefore: 'brain-only', brainVoxelsChanged: 5 },
      'failed',
      /brain voxels/,
    ],
  ])('%s', (_, change, state, reason) => {
    const result = judge({ ...good, ...change }, verdictLimits.parse({}));
    expect(result.state).toBe(state);
    expect(result.reason).toMatch(reason);
    expect(verdict.parse(result)).toEqual(result);
    if (state !== 'passed') expect(result.next).not.toBe('');
  });

  it('ranks a failed scan above a doubtful one above a passed one', () => {
    const concern = (change: Partial<VerdictInput>) =>
      judge({ ...good, ...change }, verdictLimits.parse({})).concern;
    expect(concern({ brainVoxelsChanged: 1 })).toBeGreaterThan(concern({ faceSurfaceChanged: 0.1 }));
    expect(concern({ faceSurfaceChanged: 0.1 })).toBeGreaterThan(concern({}));
  });
});
