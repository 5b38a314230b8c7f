import { describe, expect, it } from 'vitest';
import { renderSurface } from '../../electron/risk/render.ts';
import { voxelVolumeMm3 } from '../../shared/geometry/affine.ts';
import { axisCodes } from '../../shared/geometry/orientation.ts';
import { type HeadPhantom, headPhantom } from './head.ts';

/** Mean signal of the voxels that are one tissue through and through. */
function pureMean({ volume, fractions }: HeadPhantom, tissue: 'CSF' | 'GM' | 'WM'): number {
  let [n, sum] = [0, 0];
  for (let v = 0; v < volume.data.length; v++)
    if (fractions[tissue][v] === 255) {
      n += 1;
      sum += volume.data[v]!;
    }
  expect(n).toBeGreaterThan(1000);
  return sum / n;
}

describe('headPhantom', () => {
  const head = headPhantom({ seed: 11 });

  it('states volumes that its own voxels add up to', () => {
    const { truth, fractions, volume } = head;
    const voxel = voxelVolumeMm3(volume.affine);
    expect(voxel).toBeCloseTo(8, 6);
    for (const tissue of ['GM', 'WM', 'CSF'] as const) {
      let sum = 0;
      for (const share of fractions[tissue]) sum += share / 255;
      expect(truth[tissue]).toBeCloseTo(sum * voxel, 3);
    }
    expect(truth.TIV).toBeCloseTo(truth.GM + truth.WM + truth.CSF, 6);
    // Whole voxels, counted by what most of each is, add up to nearly the same.
    let whole = 0;
    for (let v = 0; v < fractions.GM.length; v++)
      if (fractions.GM[v]! + fractions.WM[v]! + fractions.CSF[v]! > 127) whole += 1;
    expect(Math.abs(whole * voxel - truth.TIV) / truth.TIV).toBeLessThan(0.01);
  });

  it.each([1, 2, 3])('has an adult brain: seed %i', (seed) => {
    const { truth } = headPhantom({ seed, voxelSizeMm: 4 });
    expect(truth.TIV).toBeGreaterThan(1.15e6);
    expect(truth.TIV).toBeLessThan(1.9e6);
    expect(truth.GM / truth.TIV).toBeGreaterThan(0.38);
    expect(truth.WM / truth.TIV).toBeGreaterThan(0.25);
    expect(truth.CSF / truth.TIV).toBeGreaterThan(0.1);
  });

  it.each([
    ['T1w', ['CSF', 'GM', 'WM']],
    ['T2w', ['WM', 'GM', 'CSF']],
    ['FLAIR', ['CSF', 'WM', 'GM']],
  ] as const)('orders tissues in %s as scanners do: %j, dark to bright', (contrast, order) => {
    const phantom = contrast === 'T1w' ? head : headPhantom({ seed: 11, contrast });
    const means = order.map((tissue) => pureMean(phantom, tissue));
    expect(means[1]! - means[0]!).toBeGreaterThan(80);
    expect(means[2]! - means[1]!).toBeGreaterThan(80);
  });

  it('is the same person on any grid, and the same voxels from the same options', () => {
    const options = { seed: 11, voxelSizeMm: [2, 2, 4], axisCodes: 'LPS' } as const;
    const turned = headPhantom({ ...options, obliqueDegrees: [10, -6, 15], offsetRas: [5, 30, -12] });
    for (const tissue of ['GM', 'WM', 'CSF', 'TIV'] as const)
      expect(Math.abs(turned.truth[tissue] / head.truth[tissue] - 1)).toBeLessThan(0.03);
    const bytes = (seed: number) => Buffer.from(headPhantom({ seed, voxelSizeMm: 6 }).volume.data.buffer);
    expect(bytes(11).equals(bytes(11))).toBe(true);
    expect(bytes(12).equals(bytes(11))).toBe(false);
    expect(axisCodes(headPhantom({ seed: 1, voxelSizeMm: 8, axisCodes: 'PIR' }).volume.affine)).toBe('PIR');
  });

  it('keeps face and brain apart, the face in front', () => {
    const { brainMask, faceMask, volume } = head;
    const [nx, ny] = volume.shape as [number, number, number];
    let [brain, face, brainY, faceY, shared] = [0, 0, 0, 0, 0];
    for (let v = 0; v < brainMask.length; v++) {
      shared += brainMask[v]! * faceMask[v]!;
      const j = Math.floor(v / nx) % ny;
      brain += brainMask[v]!;
      face += faceMask[v]!;
      brainY += brainMask[v]! * j;
      faceY += faceMask[v]! * j;
    }
    expect(shared).toBe(0);
    expect(brain * 8).toBeGreaterThan(0.85 * head.truth.TIV);
    expect(brain * 8).toBeLessThan(head.truth.TIV);
    expect(face * 8).toBeGreaterThan(2e5);
    expect((faceY / face - brainY / brain) * 2).toBeGreaterThan(50);
  });

  it('leaves nothing but brain when skull-stripped', () => {
    const { volume, brainMask } = headPhantom({ seed: 11, voxelSizeMm: 4, skullStripped: true });
    expect(volume.data.every((value, v) => value === 0 || brainMask[v] === 1)).toBe(true);
    expect(volume.data.some((value) => value > 300)).toBe(true);
  });

  it('gives every seed another face', () => {
    const pictures = [1, 2, 3].map(
      (seed) =>
        renderSurface(headPhantom({ seed, voxelSizeMm: 4, noise: 0 }).volume, { view: 'front', size: 64 })
          .gray,
    );
    for (const [a, b] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const) {
      const difference = pictures[a]!.reduce((sum, value, p) => sum + Math.abs(value - pictures[b]![p]!), 0);
      expect(difference / 64 ** 2).toBeGreaterThan(3);
    }
  });
});
