import { describe, expect, it } from 'vitest';
import type { EditPlan } from './edit-plan.ts';
import { borderSkin, joinBorder } from './meet-border.ts';

/** A flat skin at height `own`, edited where x ≥ 30, on a 2 mm grid of 60 × 40 × 40. */
function flatPlan(own: number): EditPlan {
  const shape = [60, 40, 40];
  const at = (n: number) => ({ x: n % 60, z: Math.floor(n / 2400) });
  const voxels = 60 * 40 * 40;
  return {
    weight: Float32Array.from({ length: voxels }, (_, n) => Math.max(0, Math.min(1, (at(n).x - 29) / 7))),
    workMask: Uint8Array.from({ length: voxels }, (_, n) => (at(n).x >= 30 ? 1 : 0)),
    bits: new Uint8Array(voxels).fill(1),
    head: {
      work: { shape },
      distance: Float32Array.from({ length: voxels }, (_, n) => 2 * (at(n).z - 20) - own),
    },
  } as unknown as EditPlan;
}

const voxel = (x: number) => x + 60 * (20 + 40 * 20);

describe('joinBorder', () => {
  it('moves a new skin to the own one at the border and leaves it alone far from it', () => {
    const plan = flatPlan(5);
    const lower = plan.head.distance.map((d) => d + 5);
    const join = joinBorder(plan, borderSkin(plan), (n) => plan.head.distance[n]! - lower[n]!);
    expect(join(voxel(30))).toBeCloseTo(-5, 1);
    expect(Math.abs(join(voxel(59)))).toBeLessThan(0.5);
  });

  it('asks the skin of a region that stays, though it belongs to a region', () => {
    const plan = flatPlan(0);
    expect(plan.bits.every((b) => b === 1)).toBe(true);
    expect(borderSkin(plan).length).toBeGreaterThan(1000);
    expect([...borderSkin(plan)].every((n) => n % 60 < 30)).toBe(true);
  });

  it('takes skins farther apart than 24 mm for no skin to meet', () => {
    const plan = flatPlan(0);
    const far = plan.head.distance.map((d) => d + 30);
    const join = joinBorder(plan, borderSkin(plan), (n) => plan.head.distance[n]! - far[n]!);
    expect(plan.head.distance.every((_, n) => join(n) === 0)).toBe(true);
  });
});
