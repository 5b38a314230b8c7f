import { expect, it } from 'vitest';
import { smoothAxes } from '../../volume/gaussian.ts';
import { smoothWide } from './smooth-wide.ts';

it.each([3, 6, 9.5])('is the Gaussian it stands for, sigma %d voxels', (sigma) => {
  const shape = [41, 38, 45];
  const values = new Float32Array(41 * 38 * 45);
  for (let n = 0; n < values.length; n++) values[n] = n % 7 === 0 ? 1 : 0;
  for (let n = 20_000; n < 40_000; n++) values[n]! += 3;
  const exact = smoothAxes(values, shape, [sigma, sigma, sigma]);
  const wide = smoothWide(values, shape, sigma);
  let worst = 0;
  exact.forEach((v, n) => {
    worst = Math.max(worst, Math.abs(v - wide[n]!));
  });
  // The step in it is 3 high.
  expect(worst).toBeLessThan(0.12);
});
