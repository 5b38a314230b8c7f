import { expect, it } from 'vitest';
import { headPhantom } from '../../../build/phantom/head.ts';
import { apply, fromColumns, identity, multiply } from '../../../shared/geometry/affine.ts';
import { resample } from '../../volume/resample.ts';
import { carryToScan } from './carry.ts';

const { signal } = new AbortController();
const t1 = headPhantom({ seed: 4 });

it('carries brain and frame to a T2-weighted scan with thick slices of a head that moved', () => {
  const [c, s] = [Math.cos(0.05), Math.sin(0.05)];
  const motion = fromColumns([1, 0, 0], [0, c, s], [0, -s, c], [2, 3, -4]);
  const t2 = headPhantom({ seed: 4, contrast: 'T2w', voxelSizeMm: [1.5, 1.5, 5] });
  const scan = { ...t2.volume, affine: multiply(motion, t2.volume.affine) };
  const found = { brain: t1.brainMask, averageToWorld: identity() };
  const { place, reason } = carryToScan(t1.volume, found, scan, signal);
  expect(reason).toBe('');
  const [p, q] = [apply(place!.averageToWorld, 0, 90, -40), apply(motion, 0, 90, -40)];
  expect(Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2])).toBeLessThan(1.5);
  // No brain of the scan itself is left unprotected: the phantom's own truth on this very grid.
  let [missed, brain] = [0, 0];
  t2.brainMask.forEach((v, n) => {
    if (!v) return;
    brain++;
    if (!place!.brain[n]) missed++;
  });
  expect(missed / brain).toBeLessThan(0.01);
});

/** One slice through the middle of a head, as a localiser has it. */
function localiserSlice(axisCodes: 'PIR' | 'LIP' | 'LPS', seed: number) {
  const fieldOfViewMm: [number, number, number] = [200, 240, 224];
  const thin = { R: 0, P: 1, S: 2 }[axisCodes[2] as 'R' | 'P' | 'S'];
  fieldOfViewMm[thin] = 6;
  return headPhantom({ seed, contrast: 'T2w', axisCodes, fieldOfViewMm, voxelSizeMm: [2, 2, 6] });
}

it.each(['PIR', 'LIP', 'LPS'] as const)('carries to a single slice of a head that moved, %s', (axisCodes) => {
  const [c, s] = [Math.cos(0.04), Math.sin(0.04)];
  const motion = fromColumns([1, 0, 0], [0, c, s], [0, -s, c], [2, -3, 2]);
  const slice = localiserSlice(axisCodes, 4);
  const scan = { ...slice.volume, affine: multiply(motion, slice.volume.affine) };
  const found = { brain: t1.brainMask, averageToWorld: identity() };
  const { place, reason } = carryToScan(t1.volume, found, scan, signal);
  expect(reason).toBe('');
  const [p, q] = [apply(place!.averageToWorld, 0, 90, -40), apply(motion, 0, 90, -40)];
  expect(Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2])).toBeLessThan(4);
  let [missed, brain] = [0, 0];
  slice.brainMask.forEach((v, n) => {
    if (!v) return;
    brain++;
    if (!place!.brain[n]) missed++;
  });
  expect(brain).toBeGreaterThan(1000);
  expect(missed / brain).toBeLessThan(0.01);
});

it('does not carry to a slice that lies where the primary scan has nothing like it', () => {
  const slice = localiserSlice('PIR', 4).volume;
  const away = fromColumns([1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 60, 80]);
  const scan = { ...slice, affine: multiply(away, slice.affine) };
  const found = { brain: t1.brainMask, averageToWorld: identity() };
  const { place, reason } = carryToScan(t1.volume, found, scan, signal);
  expect(place).toBeNull();
  expect(reason).toMatch(/not trusted|share/);
});

it('lets a scan of something else take its own way, with a reason', () => {
  const other = headPhantom({ seed: 9 }).volume;
  const shifted = {
    ...other,
    affine: multiply(fromColumns([1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 500, 0]), other.affine),
  };
  const apart = carryToScan(t1.volume, { brain: t1.brainMask, averageToWorld: identity() }, shifted, signal);
  expect(apart).toMatchObject({ place: null, reason: expect.stringContaining('share 0 %') });
  const noise = resample(other, other);
  let seed = 1;
  noise.data.forEach((_, n) => {
    seed = (seed * 16807) % 2147483647;
    noise.data[n] = seed % 1000;
  });
  const unlike = carryToScan(t1.volume, { brain: t1.brainMask, averageToWorld: identity() }, noise, signal);
  expect(unlike.place).toBeNull();
  expect(unlike.reason).toMatch(/not trusted|share/);
});
