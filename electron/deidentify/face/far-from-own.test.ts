import { describe, expect, it } from 'vitest';
import type { EditPlan } from './edit-plan.ts';
import { REGION } from './face-frame.ts';
import { farFromOwn, nearOwn } from './far-from-own.ts';

const SHAPE = [4, 60, 4] as const;

/** Flat skins across y, in mm: the person's at 60, the average's 4 mm farther out; the edit from y = 20 on. */
function flatPlan(): EditPlan {
  const voxels = SHAPE[0] * SHAPE[1] * SHAPE[2];
  const plane = (mm: number) => Float32Array.from({ length: voxels }, (_, n) => y(n) - mm);
  const inside = (n: number) => y(n) >= 20;
  return {
    averageSkin: plane(64),
    head: { work: { shape: [...SHAPE] }, distance: plane(60) },
    weight: Float32Array.from({ length: voxels }, (_, n) => (inside(n) ? 1 : 0)),
    bits: Uint8Array.from({ length: voxels }, (_, n) => (inside(n) ? REGION.face : 0)),
  } as unknown as EditPlan;
}

const y = (n: number) => 2 * (((n / SHAPE[0]) | 0) % SHAPE[1]);
const at = (mm: number) => (n: number) => y(n) - mm;

describe('farFromOwn', () => {
  it('takes the first face that is farther than the average one by a tenth', () => {
    const face = farFromOwn(flatPlan(), 9, undefined, (draw) => at(60 + 2 * draw));
    expect(face).toMatchObject({ draws: 4, fromOwnMm: 6, averageFromOwnMm: 4, farEnough: true });
    expect(face.distance[SHAPE[0] * 33]).toBe(0);
  });

  it('takes the farthest when none is, and says so', () => {
    const skins = [61, 58, 60];
    const face = farFromOwn(flatPlan(), 3, undefined, (draw) => at(skins[draw]!));
    expect(face).toMatchObject({ draws: 2, fromOwnMm: 2, farEnough: false });
    expect(nearOwn(face).message).toContain('2.0 mm, average 4.0 mm');
  });

  it('takes the one that another scan of the session got, far or near', () => {
    const face = farFromOwn(flatPlan(), 9, 2, (draw) => at(60 + 2 * draw));
    expect(face).toMatchObject({ draws: 2, fromOwnMm: 2, farEnough: false });
  });

  it('leaves the skin outside the edit where it was', () => {
    const plan = flatPlan();
    const { distance } = farFromOwn(plan, 1, undefined, () => at(90));
    for (let n = 0; n < distance.length; n++)
      if (plan.weight[n] === 0) expect(distance[n]).toBe(plan.head.distance[n]);
  });
});
