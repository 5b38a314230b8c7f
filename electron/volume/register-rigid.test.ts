import { expect, it } from 'vitest';
import { headPhantom } from '../../build/phantom/head.ts';
import { type Affine, apply, fromColumns, invert, multiply } from '../../shared/geometry/affine.ts';
import { registerRigid } from './register-rigid.ts';
import { resample } from './resample.ts';

const phantom = headPhantom({ seed: 7 });
const head = phantom.volume;
const { signal } = new AbortController();

/** Farthest distance between two transforms over the corners of a head, mm. */
function difference(a: Affine, b: Affine): number {
  let most = 0;
  for (const x of [-70, 70]) {
    for (const y of [-90, 90]) {
      for (const z of [-80, 80]) {
        const [p, q] = [apply(a, x, y, z), apply(b, x, y, z)];
        most = Math.max(most, Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]));
      }
    }
  }
  return most;
}

const [c, s] = [Math.cos(0.12), Math.sin(0.12)];
const known = fromColumns([c, s, 0], [-s, c, 0], [0, 0, 1], [4, -6, 3]);

it('finds a known motion between two contrasts and thick slices', () => {
  // The moved head lies where `known` takes it; sampled on thick slices, with intensities turned upside down.
  const thick = {
    shape: [80, 100, 30],
    affine: fromColumns([2.6, 0, 0], [0, 2.4, 0], [0, 0, 6], [-104, -130, -90]),
  };
  const moved = resample({ ...head, affine: multiply(known, head.affine) }, thick);
  const most = moved.data.reduce((m, v) => Math.max(m, v), 0);
  const inverted = { ...moved, data: moved.data.map((v) => (v > 0.08 * most ? (most - v) ** 1.3 : v)) };
  const found = registerRigid(head, inverted, { signal });
  expect(difference(found.fixedToMoving, known)).toBeLessThan(1.5);
  expect(found.nmi).toBeGreaterThan(found.nmiBefore);
});

it('leaves a scan alone that already lies right, and knows the way back', () => {
  const same = registerRigid(head, head, { signal });
  expect(same.movedMm).toBeLessThan(0.3);
  const moved = { ...head, affine: multiply(known, head.affine) };
  const there = registerRigid(head, moved, { signal }).fixedToMoving;
  const back = registerRigid(moved, head, { signal }).fixedToMoving;
  expect(difference(there, known)).toBeLessThan(0.6);
  expect(difference(back, invert(known))).toBeLessThan(0.6);
});

it('says so when the scans do not overlap', () => {
  const far = {
    ...head,
    affine: multiply(fromColumns([1, 0, 0], [0, 1, 0], [0, 0, 1], [900, 0, 0]), head.affine),
  };
  expect(() => registerRigid(head, far, { signal })).toThrow(/share 0 %/);
});
