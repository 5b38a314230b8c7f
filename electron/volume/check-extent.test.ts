import { expect, it } from 'vitest';
import { diag } from '../../shared/geometry/affine.ts';
import { checkExtent, ExtentError } from './check-extent.ts';

const scan = (shape: number[], ...sizes: [number, number, number]) => ({ shape, affine: diag(...sizes) });

it.each([
  ['a head', scan([256, 256, 176], 1, 1, 1)],
  ['a head of a mouse', scan([128, 256, 128], 0.1, 0.1, 0.1)],
  ['a whole body', scan([512, 512, 900], 1, 1, 2)],
  ['one thin slice', scan([512, 512, 1], 0.5, 0.5, 3)],
  ['a time series', scan([64, 64, 30, 200], 3, 3, 4)],
])('%s is let through', (_, volume) => {
  expect(() => checkExtent(volume)).not.toThrow();
});

it.each([
  ['metres that are millimetres', scan([256, 256, 176], 1000, 1000, 1000), '256000 × 256000 × 176000 mm'],
  ['micrometres that are millimetres', scan([256, 256, 176], 1e-3, 1e-3, 1e-3), '0.26 × 0.26 × 0.18 mm'],
  ['one voxel size out of the world', scan([64, 64, 64], 4, 4, 400), '25600 mm'],
  ['voxel sizes that are no number', scan([64, 64, 64], Number.NaN, 4, 4), 'NaN'],
])('%s are refused with what the header says', (_, volume, got) => {
  expect(() => checkExtent(volume)).toThrow(ExtentError);
  expect(() => checkExtent(volume)).toThrow(got);
});
