import { describe, expect, it } from 'vitest';
import { diag } from '../../../shared/geometry/affine.ts';
import { newNifti, niftiBytes, readNifti } from '../../volume/nifti.ts';
import { frameOf } from '../../volume/volume.ts';
import { quietContext } from '../../worker/task.ts';
import { deidentifyFace } from './deidentify-face.ts';
import { placeHead } from './head-place.ts';

const limits = { minFaceSurfaceChanged: 0.65, minBrainMm3: 7e5, maxBrainMm3: 2.2e6 } as never;

describe.each([
  ['metres', 1, /got one of 256000 × 256000 × 256000 mm/],
  ['micrometres', 3, /got one of 0\.26 × 0\.26 × 0\.26 mm/],
])('a scan in millimetres whose header says %s', (_, unit, reason) => {
  const read = () => {
    const data = Int16Array.from({ length: 64 ** 3 }, (__, n) =>
      Math.hypot((n % 64) - 32, ((n >> 6) % 64) - 32, (n >> 12) - 32) < 25 ? 1000 : 0,
    );
    const image = newNifti({ data, shape: [64, 64, 64], affine: diag(4, 4, 4), slope: 1, inter: 0 });
    image.header[123] = unit;
    return readNifti(niftiBytes(image));
  };

  it('is refused as that', async () => {
    const image = await read();
    const expected = { name: 'ExtentError', message: expect.stringMatching(reason), fix: expect.any(String) };
    await expect(placeHead(frameOf(image.volume), {}, quietContext)).rejects.toMatchObject(expected);
    const work = { method: 'quickshear', params: {}, seed: 1, limits, inputSha256: '' };
    await expect(deidentifyFace(image, work, quietContext)).rejects.toMatchObject(expected);
  });
});
