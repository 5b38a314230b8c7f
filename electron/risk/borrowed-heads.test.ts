import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { diag } from '../../shared/geometry/affine.ts';
import { AverageHeadError } from '../deidentify/face/average-head.ts';
import { installedAverageHead } from '../deidentify/face/installed-average-head.ts';
import { countOnes, largestComponent } from '../deidentify/face/morphology.ts';
import { borrowedHead, picturesOfBorrowedHead } from './borrowed-heads.ts';
import { distanceBetween, measurable } from './face-distance.ts';
import { averageHeadRegion } from './face-region.ts';
import { AUDIT_VIEWS } from './look-conditions.ts';
import { surfaceSpread } from './surface-spread.ts';

const average = await installedAverageHead();
const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe.skipIf(average === null)('borrowed heads (skipped where the average head is missing)', () => {
  it('are the same for the same number, and others for another', async () => {
    const front = async (number: number) =>
      hash((await picturesOfBorrowedHead({ number, seed: 5 }))[0]!.picture.gray);
    const [a, again, b] = [await front(0), await front(0), await front(1)];
    expect(again).toBe(a);
    expect(b).not.toBe(a);
  });

  it('are pictured from every view', async () => {
    const pictures = await picturesOfBorrowedHead({ number: 3, seed: 5 });
    expect(pictures.map((p) => p.view)).toEqual(AUDIT_VIEWS);
    for (const { picture } of pictures) {
      const seen = picture.gray.reduce((n, v) => n + (v > 0 ? 1 : 0), 0) / picture.gray.length;
      expect(seen).toBeGreaterThan(0.15);
      expect(seen).toBeLessThan(0.9);
    }
  });

  it('have faces as far apart as those of people', async () => {
    const spread = await surfaceSpread();
    const heads = [0, 1, 2, 3].map((number) =>
      measurable(borrowedHead(average!, spread, { number, seed: 5 })),
    );
    const region = averageHeadRegion(average!, {
      averageToWorld: diag(0.93, 0.98, 0.91),
      residualMm: 0,
      source: 'centroids',
      problems: [],
    });
    const apart = heads.flatMap((a, n) =>
      heads.slice(n + 1).map((b) => distanceBetween(a, b, region).meanMm),
    );
    // Ten IXI people, rigidly placed by their brains: 45 pairs, 2.3 to 11.6 mm, mean 5.4 mm.
    const middle = apart.reduce((a, b) => a + b) / apart.length;
    expect(middle).toBeGreaterThan(3);
    expect(middle).toBeLessThan(8);
    expect(Math.min(...apart)).toBeGreaterThan(1);
  });

  it('are of the size of people, and one piece', async () => {
    const spread = await surfaceSpread();
    for (const number of [0, 1, 2]) {
      const { field, voxelSizeMm, shape } = borrowedHead(average!, spread, { number, seed: 5 });
      const inside = field.reduce((n, v) => n + (v > 0 ? 1 : 0), 0);
      // Adult heads with some neck hold 3 to 6 litres.
      expect((inside * voxelSizeMm ** 3) / 1e6).toBeGreaterThan(3);
      expect((inside * voxelSizeMm ** 3) / 1e6).toBeLessThan(6.5);
      const mask = Uint8Array.from(field, (v) => (v > 0 ? 1 : 0));
      expect(countOnes(largestComponent(mask, shape)) / inside).toBeGreaterThan(0.999);
    }
  });
});

describe.skipIf(average === null)('spread of the average head’s surface', () => {
  it('lies on the grid of the average head and holds millimetres', async () => {
    const { data, shape } = await surfaceSpread();
    expect(shape).toEqual(average?.surface.shape ?? shape);
    expect(Math.max(...data.subarray(0, 1e5))).toBeLessThan(40);
    expect(data.every((v) => v >= 0)).toBe(true);
  });

  it('says what is wrong with a folder that does not hold it', async () => {
    await expect(surfaceSpread('/nowhere')).rejects.toThrow(AverageHeadError);
  });
});
