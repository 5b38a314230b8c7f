import { describe, expect, it } from 'vitest';
import { headPhantom } from '../../build/phantom/head.ts';
import { AUDIT_VIEWS, lookSurface, PROBE, picturesOf, withNoise } from './look-conditions.ts';
import { frameOf } from './render.ts';
import { headSurface } from './surface.ts';

const { volume } = headPhantom({ seed: 6, voxelSizeMm: 4 });
const size = 96;

describe('picturesOf', () => {
  it.each(['gallery', 'probe'] as const)(
    'pictures every view in order, the same bytes twice: %s',
    (condition) => {
      const first = picturesOf(volume, condition, { size });
      expect(first.map(({ view }) => view)).toEqual(AUDIT_VIEWS);
      expect(picturesOf(volume, condition, { size })).toEqual(first);
      for (const { picture } of first)
        expect(picture.gray.filter((g) => g > 0).length).toBeGreaterThan(size * size * 0.15);
    },
  );

  it('shows the probe turned, lit from the side and noisier than the gallery', () => {
    const [gallery] = picturesOf(volume, 'gallery', { size, views: ['front'] });
    const [probe] = picturesOf(volume, 'probe', { size, views: ['front'] });
    const light = (gray: Uint8Array, from: number, to: number) => {
      let [n, sum] = [0, 0];
      gray.forEach((value, p) => {
        if (value === 0 || p % size < from || p % size >= to) return;
        n += 1;
        sum += value;
      });
      return sum / n;
    };
    const ratio = (gray: Uint8Array) => light(gray, 0, size / 2) / light(gray, size / 2, size);
    expect(ratio(gallery!.picture.gray)).toBeCloseTo(1, 1);
    expect(ratio(probe!.picture.gray)).toBeGreaterThan(1.25);
  });

  it('pictures an edited scan in its original’s frame: what was not edited stays where it was', () => {
    const original = headSurface(volume);
    const frame = frameOf(original);
    const [nx, ny] = volume.shape as [number, number];
    const data = volume.data.map((value, v) => {
      const y = volume.affine[7]! + 4 * (Math.floor(v / nx) % ny);
      return y > 40 && volume.affine[11]! + 4 * Math.floor(v / (nx * ny)) < 0 ? 0 : value;
    });
    const options = { size, views: ['left'], frame, levels: original } as const;
    const before = picturesOf(volume, 'gallery', options)[0]!.picture.gray;
    const after = picturesOf({ ...volume, data }, 'gallery', options)[0]!.picture.gray;
    // In the left view the face is on the picture's left.
    let changed = 0;
    for (let p = 0; p < before.length; p++) {
      if (before[p] === after[p]) continue;
      expect(p % size).toBeLessThan(size / 2);
      changed += 1;
    }
    expect(changed).toBeGreaterThan(100);
  });

  it('takes the noise from the levels handed in, so that an edit does not change it', () => {
    const levels = headSurface(volume);
    const noisy = lookSurface(volume, 'probe', { levels });
    expect(noisy.tissueValue).toBe(levels.tissueValue);
    expect(noisy.field).not.toEqual(levels.field);
  });
});

describe('withNoise', () => {
  it('adds Gaussian noise of the stated strength to the real values, and the same again', () => {
    const flat = {
      data: new Int16Array(60 ** 3).fill(100),
      shape: [60, 60, 60],
      affine: volume.affine,
      slope: 2,
      inter: 50,
    };
    const sigma = PROBE.noiseOfTissue * 1000;
    const { data, slope, inter } = withNoise(flat, sigma, 5);
    const mean = data.reduce((a, b) => a + b, 0) / data.length;
    const spread = Math.sqrt(data.reduce((a, b) => a + (b - mean) ** 2, 0) / data.length);
    expect([slope, inter]).toEqual([1, 0]);
    expect(Math.abs(mean - 250)).toBeLessThan(0.3);
    expect(spread / sigma).toBeCloseTo(1, 1);
    // Of a Gaussian 4.6 % lie beyond two standard deviations.
    const beyond = data.filter((value) => Math.abs(value - mean) > 2 * sigma).length / data.length;
    expect(Math.abs(beyond - 0.0455)).toBeLessThan(0.004);
    expect(withNoise(flat, sigma, 5).data).toEqual(data);
  });
});
