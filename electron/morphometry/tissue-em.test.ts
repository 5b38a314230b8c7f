import { describe, expect, it } from 'vitest';
import { pearson } from '../../shared/statistics/pearson.ts';
import type { Volume } from '../volume/volume.ts';
import { type BrainPhantom, brainPhantom } from './brain-phantom.ts';
import { segmentTissue, type TissueSegmentation } from './tissue-em.ts';

const structures = ['GM', 'WM', 'CSF', 'TIV'] as const;

/** Largest error of the four volumes in percent of the truth. */
function worstPercent(phantom: BrainPhantom, found: TissueSegmentation): number {
  return Math.max(
    ...structures.map((s) => Math.abs((100 * (found.volumes[s] - phantom.volumes[s])) / phantom.volumes[s])),
  );
}

describe('volumes of phantoms', () => {
  // The oracle is the phantom's own arithmetic: fractions are known before noise and bias are added.
  it.each([
    { noise: 0.03, bias: 0 },
    { noise: 0.03, bias: 0.4 },
    { noise: 0.05, bias: 0.2 },
    { noise: 0.09, bias: 0.4 },
  ])('are within 3 % at noise $noise and bias $bias', (options) => {
    const phantom = brainPhantom(options);
    const found = segmentTissue(phantom.volume, phantom.brain);
    expect(found.failure).toBe('');
    expect(worstPercent(phantom, found)).toBeLessThan(3);
  });

  it('are within 4 % with thick slices', () => {
    const phantom = brainPhantom({ voxelSizeMm: [1.5, 1.5, 3.5], scale: 0.85, noise: 0.04, bias: 0.2 });
    const found = segmentTissue(phantom.volume, phantom.brain);
    expect(worstPercent(phantom, found)).toBeLessThan(4);
  });

  it('follow a true loss of cortex, scan for scan', () => {
    const measured = [8, 9.5, 11, 12.5].map((cortexMm, i) => {
      const phantom = brainPhantom({ scale: 0.8, cortexMm, noise: 0.05, bias: 0.3, seed: 10 + i });
      return [phantom.volumes.GM, segmentTissue(phantom.volume, phantom.brain).volumes.GM] as const;
    });
    for (const [truth, found] of measured) expect(Math.abs(found / truth - 1)).toBeLessThan(0.04);
    for (let i = 1; i < measured.length; i++) expect(measured[i]![1]).toBeGreaterThan(measured[i - 1]![1]);
  });
});

describe('partial volumes, labels and bias', () => {
  const phantom = brainPhantom({ noise: 0.03, bias: 0.4 });
  const found = segmentTissue(phantom.volume, phantom.brain);

  it('sum to one inside the brain and are nothing outside', () => {
    for (let v = 0; v < phantom.brain.length; v++) {
      const sum = found.gm[v]! + found.wm[v]! + found.csf[v]!;
      if (Math.abs(sum - phantom.brain[v]!) > 1e-5)
        expect.fail(`voxel ${v}: ${sum}, brain ${phantom.brain[v]}`);
      if ((found.labels[v] !== 0) !== (phantom.brain[v] === 1))
        expect.fail(`label ${found.labels[v]} at ${v}`);
    }
  });

  it('grade mixed voxels instead of calling them pure', () => {
    const truth: number[] = [];
    const got: number[] = [];
    for (let v = 0; v < phantom.brain.length; v++) {
      // Voxels that truly mix GM and WM and nothing else.
      if (phantom.gm[v]! > 0.1 && phantom.wm[v]! > 0.1 && phantom.csf[v] === 0) {
        truth.push(phantom.wm[v]!);
        got.push(found.wm[v]!);
      }
    }
    expect(truth.length).toBeGreaterThan(1000);
    expect(pearson(truth, got)!).toBeGreaterThan(0.85);
    const error = truth.reduce((s, t, i) => s + Math.abs(t - got[i]!), 0) / truth.length;
    expect(error).toBeLessThan(0.15);
  });

  it('recover the bias field within 3 % in nine voxels of ten, up to one constant', () => {
    const ratios: number[] = [];
    for (let v = 0; v < phantom.brain.length; v++) {
      if (phantom.brain[v] === 1) ratios.push(Math.log(found.bias[v]! / phantom.bias[v]!));
    }
    const centre = ratios.reduce((s, r) => s + r, 0) / ratios.length;
    const errors = ratios.map((r) => Math.abs(r - centre)).sort((a, b) => a - b);
    expect(errors[Math.floor(errors.length * 0.9)]!).toBeLessThan(0.03);
  });

  it('do not depend on intensity scale, storage or axis order', () => {
    // Stored as int16 with slope and intercept, axes permuted and one flipped: (i, j, k) → (k, i, −j).
    const { data, shape } = phantom.volume;
    const [nx, ny, nz] = [shape[0]!, shape[1]!, shape[2]!];
    const stored = new Int16Array(data.length);
    const brain = new Uint8Array(data.length);
    for (let k = 0, v = 0; k < nz; k++) {
      for (let j = 0; j < ny; j++) {
        for (let i = 0; i < nx; i++, v++) {
          const moved = k + nz * (i + nx * (ny - 1 - j));
          stored[moved] = Math.round((data[v]! * 3 - 100) / 0.5);
          brain[moved] = phantom.brain[v]!;
        }
      }
    }
    const affine = Float64Array.from([0, 2, 0, 9, 0, 0, -2, 5, 2, 0, 0, -7, 0, 0, 0, 1]);
    const volume: Volume = { data: stored, shape: [nz, nx, ny], affine, slope: 0.5, inter: 100 };
    const again = segmentTissue(volume, brain);
    for (const s of structures) expect(again.volumes[s] / found.volumes[s]).toBeCloseTo(1, 2);
  });

  it('are the same for the same scan', () => {
    expect(segmentTissue(phantom.volume, phantom.brain).volumes).toEqual(found.volumes);
  });
});

describe('refusals', () => {
  const phantom = brainPhantom({ noise: 0.03 });

  it.each<[string, Parameters<typeof brainPhantom>[0], RegExp]>([
    // Intensities of CSF, GM, WM as other contrasts show them.
    ['T2-weighted', { intensities: [900, 550, 350], scale: 0.85 }, /brain|class/],
    ['proton density', { intensities: [820, 900, 700], noise: 0.02, scale: 0.85 }, /brain|class/],
    ['FLAIR', { intensities: [150, 800, 620], scale: 0.85 }, /brain|class/],
    ['a toy brain of 60 ml', { scale: 0.35 }, /expected 300 ml/],
    ['a giant of 5 litres', { scale: 1.6, voxelSizeMm: [4, 4, 4] }, /to 2500 ml/],
  ])('%s is refused with a reason', (_, options, reason) => {
    const other = brainPhantom(options);
    const found = segmentTissue(other.volume, other.brain);
    expect(found.failure).toMatch(reason);
    expect(found.problems).toHaveLength(1);
    expect(found.volumes).toEqual({ GM: 0, WM: 0, CSF: 0, TIV: 0 });
  });

  it('an empty mask, a constant scan, NaN and an empty image are refused', () => {
    const n = phantom.brain.length;
    const withData = (data: Float32Array): Volume => ({ ...phantom.volume, data });
    expect(segmentTissue(phantom.volume, new Uint8Array(n)).failure).toMatch(/empty/);
    expect(segmentTissue(withData(new Float32Array(n).fill(7)), phantom.brain).failure).toMatch(/value 7/);
    expect(segmentTissue(withData(new Float32Array(n).fill(Number.NaN)), phantom.brain).failure).toMatch(
      /not numbers/,
    );
    const dark = Float32Array.from(phantom.volume.data, (_, i) => (i % 3 === 0 ? 1 : 0));
    expect(segmentTissue(withData(dark), phantom.brain).failure).toMatch(/zero or below/);
  });

  it('pure noise is refused', () => {
    const noise = brainPhantom({ intensities: [500, 500, 500], noise: 0.2, scale: 0.8 });
    expect(segmentTissue(noise.volume, noise.brain).failure).not.toBe('');
  });

  it('a mask of another grid is an error of the program, and cancelling stops', () => {
    expect(() => segmentTissue(phantom.volume, new Uint8Array(5))).toThrow(RangeError);
    expect(() => segmentTissue(phantom.volume, phantom.brain, { signal: AbortSignal.abort() })).toThrow(
      /abort/i,
    );
  });
});
