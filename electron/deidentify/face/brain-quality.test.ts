import { describe, expect, it } from 'vitest';
import { type Affine, fromColumns, type Vec3 } from '../../../shared/geometry/affine.ts';
import { signedDistance } from '../../volume/distance.ts';
import { type BrainQuality, brainProblems, measureBrain } from './brain-quality.ts';
import { erode } from './morphology.ts';
import { averageBrain, fitToBorder } from './prior-fit.ts';
import { voxelise } from './voxelise.ts';

const MM = 2;
const SIZES = [MM, MM, MM] as const;
const shape = [104, 124, 110];
/** ICBM152 mm → voxels of a head somewhat smaller than average. */
const truth: Affine = fromColumns([0.47, 0, 0], [0, 0.46, 0.02], [0, -0.02, 0.48], [52, 70, 50]);

/** The average brain in fluid, bone and scalp, like onion shells. */
function head() {
  const { points, triangles } = averageBrain(4);
  const moved = points.map((_, n) => {
    const [row, v] = [n % 3, n - (n % 3)];
    return (
      truth[4 * row]! * points[v]! +
      truth[4 * row + 1]! * points[v + 1]! +
      truth[4 * row + 2]! * points[v + 2]! +
      truth[4 * row + 3]!
    );
  });
  const brain = voxelise({ points: moved, triangles }, shape);
  const away = signedDistance(brain, shape, SIZES);
  const data = away.map((d) => (d < 0 ? 1 : d < 4 ? 0.3 : d < 9 ? 0.05 : d < 15 ? 1.4 : 0));
  return {
    brain,
    work: { data, shape, affine: truth, slope: 1, inter: 0 },
    outsideHead: away.map((d) => d - 15),
  };
}

const { brain, work, outsideHead } = head();

function qualityOf(mask: Uint8Array): BrainQuality {
  // As extraction does it: the average brain follows the mask, so its size alone gives nothing away.
  const fit = fitToBorder(signedDistance(mask, shape, SIZES), shape, truth, MM, -50);
  return measureBrain({ mask, outsideHead, fit, work, spacingMm: MM, fraction: 0.5 });
}

const codes = (q: BrainQuality) => brainProblems(q, false).map((p) => p.code);

describe('a brain found too small', () => {
  it('raises nothing when the outline is right', () => {
    expect(codes(qualityOf(brain))).toEqual([]);
  });

  it.each([4, 5, 6])('is doubted when %i layers of 2 mm are missing, as signal goes on outside', (layers) => {
    expect(codes(qualityOf(erode(brain, shape, layers)))).toContain('brain-too-small');
  });

  it('is doubted when it stops at a false border deep in the head', () => {
    const small = erode(brain, shape, 6);
    const q = qualityOf(small);
    // A dark layer outside the outline, as wide sulci make it: only the depth below the skin is left as a sign.
    expect(codes({ ...q, goesOn: 0 })).toContain('brain-too-small');
  });
});

describe('the average brain fitted to a border', () => {
  it('comes back to a known place from 8 mm and 8 % away', () => {
    const start = truth.slice();
    for (const n of [0, 5, 10]) start[n]! *= 1.08;
    ([4, -3, 2] as Vec3).forEach((shift, n) => {
      start[4 * n + 3]! += shift / MM;
    });
    const fit = fitToBorder(signedDistance(brain, shape, SIZES), shape, start, MM, -50);
    expect(fit.residualMm).toBeLessThan(1.2);
    for (const [x, y, z] of [
      [0, -18, 8],
      [60, -18, 8],
      [0, 65, 0],
      [0, -95, 10],
      [0, -18, 75],
    ] as Vec3[]) {
      for (const row of [0, 1, 2]) {
        const at = (a: Affine) =>
          a[4 * row]! * x + a[4 * row + 1]! * y + a[4 * row + 2]! * z + a[4 * row + 3]!;
        expect(Math.abs(at(fit.affine) - at(truth)) * MM).toBeLessThan(2);
      }
    }
  });
});
