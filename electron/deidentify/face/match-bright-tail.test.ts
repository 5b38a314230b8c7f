import { describe, expect, it } from 'vitest';
import type { Volume } from '../../volume/volume.ts';
import type { EditPlan } from './edit-plan.ts';
import { matchBrightTail } from './match-bright-tail.ts';
import { normalRandom } from './noise.ts';

const SHAPE = [40, 40, 40];
const VOXELS = 64_000;

/** A scan whose fat makes its brightest end; the edit holds the upper half, where new tissue is `gain` times as bright. */
function brighterFace(gain: number, slope = 1) {
  const normal = normalRandom(5);
  const data = Float32Array.from(
    { length: VOXELS },
    (_, n) => Math.sign(slope) * Math.abs((n % 20 === 0 ? 900 : n % 3 === 0 ? 0 : 400) + 40 * normal()),
  );
  const volume = { data, shape: SHAPE, affine: new Float64Array(16), slope, inter: 0 } as unknown as Volume;
  const mask = Uint8Array.from({ length: VOXELS }, (_, n) => (n >= VOXELS / 2 ? 1 : 0));
  const plan = {
    mask,
    weight: new Float32Array(VOXELS).fill(1),
    head: { work: { shape: SHAPE } },
    toWork: Float64Array.from([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]),
  } as unknown as EditPlan;
  const made = data.map((v, n) => (mask[n] ? gain * v : 0));
  return { volume, plan, made };
}

function bright(values: Float32Array): number {
  return values.slice().sort()[Math.floor(0.995 * (values.length - 1))]!;
}

const pasted = (volume: Volume, plan: EditPlan, made: Float32Array) =>
  Float32Array.from(volume.data, (v, n) => Math.abs(plan.mask[n] ? made[n]! : v));

describe('matchBrightTail', () => {
  it.each([
    ['brighter', 1.12, 1],
    ['darker', 0.9, 1],
    ['brighter, stored upside down', 1.12, -1],
  ])('brings the bright end of a scan back where new tissue is %s', (_, gain, slope) => {
    const { volume, plan, made } = brighterFace(gain, slope);
    const was = bright(Float32Array.from(volume.data, Math.abs));
    expect(Math.abs(bright(pasted(volume, plan, made)) / was - 1)).toBeGreaterThan(0.015);
    matchBrightTail(volume, plan, made);
    expect(Math.abs(bright(pasted(volume, plan, made)) / was - 1)).toBeLessThan(0.003);
  });

  it('leaves ordinary tissue, the border of the edit and what lies outside it alone', () => {
    const { volume, plan, made } = brighterFace(1.12);
    const before = made.slice();
    matchBrightTail(volume, { ...plan, weight: new Float32Array(VOXELS) }, made);
    expect(made).toEqual(before);
    matchBrightTail(volume, plan, made);
    made.forEach((v, n) => {
      if (!plan.mask[n] || before[n]! < 550) expect(v).toBe(before[n]);
    });
  });

  it('changes no value by more than a quarter', () => {
    const { volume, plan, made } = brighterFace(2);
    const before = made.slice();
    matchBrightTail(volume, plan, made);
    made.forEach((v, n) => {
      if (before[n]! > 0) expect(Math.abs(v / before[n]! - 1)).toBeLessThanOrEqual(0.2501);
    });
  });
});
