import { describe, expect, it } from 'vitest';
import { smoothAxes } from '../../volume/gaussian.ts';
import type { Volume } from '../../volume/volume.ts';
import type { EditPlan } from './edit-plan.ts';
import { matchDetail } from './match-detail.ts';
import { normalRandom } from './noise.ts';

const SHAPE = [40, 40, 40];
const VOXELS = 64_000;

function texture(seed: number, sigma: number): Float32Array {
  const normal = normalRandom(seed);
  return smoothAxes(Float32Array.from({ length: VOXELS }, normal), SHAPE, [sigma, sigma, sigma]);
}

/** Tissue everywhere; the edit holds the upper half, where made tissue varies `softness` voxels wide. */
function softFace(softness: number, ownSeed = 1) {
  const own = texture(ownSeed, 0.6);
  const data = own.map((v) => 500 + 80 * v);
  const mask = Uint8Array.from({ length: VOXELS }, (_, n) => (n >= VOXELS / 2 ? 1 : 0));
  const made = texture(2, softness).map((v, n) => (mask[n] ? 480 + 160 * v : 0));
  const volume = {
    data,
    shape: SHAPE,
    affine: new Float64Array(16),
    slope: 1,
    inter: 0,
  } as unknown as Volume;
  const deep = new Float32Array(VOXELS).fill(-20);
  const plan = {
    mask,
    weight: new Float32Array(VOXELS).fill(1),
    voids: null,
    head: { distance: deep, work: { shape: SHAPE } },
    toWork: Float64Array.from([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]),
  } as unknown as EditPlan;
  return { volume, plan, made, deep, own };
}

/** Differences between a voxel and its six neighbours, well inside the edit. */
function details(values: ArrayLike<number>): number[] {
  const out: number[] = [];
  for (let k = 24; k < 36; k++)
    for (let j = 6; j < 34; j++)
      for (let i = 6; i < 34; i++) {
        const n = i + 40 * (j + 40 * k);
        const around = [1, 40, 1600].reduce((sum, s) => sum + values[n - s]! + values[n + s]!, 0);
        out.push(values[n]! - around / 6);
      }
  return out;
}
const strength = (values: ArrayLike<number>) => Math.hypot(...details(values));
function correlation(a: number[], b: number[]): number {
  const dot = (x: number[], y: number[]) => x.reduce((sum, v, n) => sum + v * y[n]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

describe('matchDetail', () => {
  it('brings soft tissue to the strength of detail that the scan had', () => {
    const { volume, plan, made, deep } = softFace(0.8);
    const ratio = () => strength(made) / strength(volume.data);
    expect(ratio()).toBeLessThan(0.8);
    matchDetail(volume, plan, deep, made);
    expect(ratio()).toBeGreaterThan(0.93);
    expect(ratio()).toBeLessThan(1.05);
  });

  it('takes no pattern from what is removed', () => {
    const [one, other] = [softFace(0.8, 1), softFace(0.8, 7)];
    for (const { volume, plan, made, deep } of [one, other]) matchDetail(volume, plan, deep, made);
    expect(correlation(details(one.made), details(other.made))).toBeGreaterThan(0.995);
    expect(Math.abs(correlation(details(one.made), details(one.own)))).toBeLessThan(0.03);
  });

  it('leaves the border of the edit, the skin, voids and what lies outside alone', () => {
    const { volume, plan, made, deep } = softFace(0.8);
    const before = made.slice();
    matchDetail(volume, { ...plan, weight: new Float32Array(VOXELS) }, deep, made);
    matchDetail(
      volume,
      plan,
      deep.map(() => -2),
      made,
    );
    matchDetail(volume, { ...plan, voids: new Uint8Array(VOXELS).fill(1) }, deep, made);
    expect(made).toEqual(before);
    matchDetail(volume, plan, deep, made);
    made.forEach((v, n) => {
      if (!plan.mask[n]) expect(v).toBe(0);
    });
    expect(made).not.toEqual(before);
  });

  it('has one slice to look at where the scan has one, and keeps to finite numbers', () => {
    const { volume, plan, made, deep } = softFace(0.8);
    const flat = {
      ...volume,
      data: (volume.data as Float32Array).slice(0, 1600),
      shape: [40, 40, 1],
    } as Volume;
    flat.data[820] = Number.NaN;
    const top = { ...plan, mask: new Uint8Array(1600).fill(1) };
    const slice = made.slice(VOXELS / 2, VOXELS / 2 + 1600);
    matchDetail(flat, top, deep, slice);
    expect(slice.every(Number.isFinite)).toBe(true);
  });
});
