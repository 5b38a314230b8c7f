import { describe, expect, it } from 'vitest';
import { identity } from '../../../shared/geometry/affine.ts';
import { newNifti, niftiBytes, readNifti } from '../../volume/nifti.ts';
import type { Volume, VoxelArray } from '../../volume/volume.ts';
import { airValue, composite } from './composite.ts';

/** 1000 voxels of which `air` in a hundred hold `dark`, the others tissue between `from` and `to`. */
function scan(
  make: (values: number[]) => VoxelArray,
  { air, dark, from, to }: { air: number; dark: number; from: number; to: number },
  scaling = { slope: 1, inter: 0 },
): Volume {
  const values = Array.from({ length: 1000 }, (_, n) =>
    n % 100 < air ? dark : from + ((n % 97) / 96) * (to - from),
  );
  return { data: make(values), shape: [10, 10, 10], affine: identity(), ...scaling };
}
const int16 = (values: number[]) => Int16Array.from(values);
const uint16 = (values: number[]) => Uint16Array.from(values);
const float32 = (values: number[]) => Float32Array.from(values);

describe('airValue', () => {
  it.each<[string, Volume, number]>([
    ['magnitude MRI', scan(int16, { air: 60, dark: 0, from: 100, to: 900 }), 0],
    ['magnitude MRI that fills its field of view', scan(int16, { air: 2, dark: 0, from: 100, to: 900 }), 0],
    ['MRI with a floor of noise', scan(int16, { air: 45, dark: 12, from: 100, to: 900 }), 0],
    ['MRI that rings a little below 0', scan(float32, { air: 30, dark: -8, from: 0, to: 900 }), 0],
    ['MRI scaled to 0…1', scan(float32, { air: 60, dark: 0, from: 0.1, to: 1 }), 0],
    [
      'MRI stored with an offset',
      scan(uint16, { air: 60, dark: 100, from: 200, to: 900 }, { slope: 2, inter: -200 }),
      100,
    ],
    ['CT, mostly air', scan(int16, { air: 60, dark: -1000, from: -50, to: 1500 }), -1000],
    ['CT, mostly tissue', scan(int16, { air: 40, dark: -1000, from: -50, to: 1500 }), -1000],
    [
      'CT stored without a sign',
      scan(uint16, { air: 40, dark: 24, from: 974, to: 2500 }, { slope: 1, inter: -1024 }),
      24,
    ],
    ['a z-scored scan', scan(float32, { air: 60, dark: -0.62, from: 0.1, to: 3.5 }), -0.62],
    ['a z-scored scan, mostly tissue', scan(float32, { air: 40, dark: -0.9, from: -0.3, to: 2 }), -0.9],
    ['a scan in whole numbers about 0', scan(int16, { air: 60, dark: -30, from: -5, to: 90 }), -30],
    [
      'an inverted scale',
      scan(int16, { air: 40, dark: 1000, from: -1500, to: 50 }, { slope: -1, inter: 0 }),
      1000,
    ],
    ['an inverted MRI', scan(int16, { air: 40, dark: 0, from: -900, to: -100 }, { slope: -1, inter: 0 }), 0],
  ])('%s', (_, volume, expected) => {
    const found = airValue(volume);
    // Percentiles are read from 4096 bins.
    expect(Math.abs(found - expected)).toBeLessThanOrEqual(expected === 0 ? 0 : Math.abs(expected) / 500);
  });
});

describe('composite', () => {
  it.each([
    ['int64', 1024, [13, -9007199254740991, 9007199254740991, -7]],
    ['uint64', 1280, [13, 0, 9007199254740991, 0]],
    ['uint8', 2, [13, 0, 255, 0]],
    ['float64', 64, [12.6, -1e17, 1e17, -7.2]],
  ])('stores %s as its type can hold it, and the file can be written', async (_, datatype, expected) => {
    const data = Array.from({ length: 64 }, (_, n) => n);
    const volume = {
      data: datatype === 2 ? Uint8Array.from(data) : Float64Array.from(data),
      shape: [4, 4, 4],
      affine: identity(),
      slope: 1,
      inter: 0,
    };
    const image = await readNifti(niftiBytes(newNifti(volume, datatype)));
    const mask = new Uint8Array(64).fill(1, 20, 25);
    const values = new Float64Array(64);
    values.set([12.6, -1e17, 1e17, -7.2, Number.NaN], 20);
    const proposal = { mask, values: () => values as never, assumptions: [], problems: [] };
    const { image: edited } = composite(image, new Uint8Array(64), proposal, 0, new Uint8Array(64));
    const back = await readNifti(niftiBytes(edited));
    expect(back.datatype).toBe(datatype);
    expect(Array.from(back.volume.data.subarray(20, 25))).toEqual([...expected, 0]);
    expect(Array.from(back.volume.data.subarray(0, 20))).toEqual(data.slice(0, 20));
  });
});
