import { expect, it } from 'vitest';
import { diag } from '../../shared/geometry/affine.ts';
import { averageBlocks } from './conform.ts';

it('blocks of any size are averaged', () => {
  const shape = [64, 64, 128];
  const data = new Uint8Array(64 * 64 * 128).fill(1, 0, 64 ** 3).fill(3, 64 ** 3);
  const volume = { data, shape, affine: diag(0.01, 0.01, 0.01), slope: 1, inter: 0 };
  const mean = averageBlocks(volume, [64, 64, 64]);
  expect([...mean.data]).toEqual([1, 3]);
  expect(mean.affine[0]).toBeCloseTo(0.64, 10);
  expect(mean.affine[11]).toBeCloseTo(0.01 * 31.5, 10);
});
