// Oracle: scipy and torch on one oblique, anisotropic, scaled scan (build/oracle/segmentation.py).
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { diag } from '../../shared/geometry/affine.ts';
import type { OpenNetwork } from '../inference/device.ts';
import { loadModelCard } from '../inference/model-card.ts';
import { openOnnxNetwork } from '../inference/onnx-network.ts';
import { readNifti } from '../volume/nifti.ts';
import type { Volume } from '../volume/volume.ts';
import { evenIntensities } from './even-intensities.ts';
import { labelGrid } from './label-grid.ts';
import { networkInput, SegmentationInputError } from './network-input.ts';
import { ProbabilityMap } from './probability-map.ts';
import { type RunBlocks, segmentVolume } from './segment-volume.ts';
import oracle from './segmentation.fixture.json' with { type: 'json' };
import { softVolumes } from './soft-volumes.ts';

const model = loadModelCard(resolve('electron/inference/fixtures/tiny'));
const { card } = model;
let scan: Volume;
let open: OpenNetwork;
const whole: RunBlocks = async (image, shape, take) => {
  const probabilities = await open.network(image, shape);
  take({ probabilities, shape, origin: [0, 0, 0], from: [0, 0, 0], to: shape });
};

beforeAll(async () => {
  scan = (await readNifti(gunzipSync(Buffer.from(oracle.scan, 'base64')))).volume;
  open = await openOnnxNetwork(readFileSync(join(model.dir, card.file)), card, 'cpu', 1);
});

describe('the way into the network', () => {
  it('conforms, scales, pads and transposes as scipy does, within 1e-4', () => {
    const input = networkInput(scan, card.input);
    expect(input.grid.shape).toEqual(oracle.grid.shape);
    input.grid.affine.forEach((v, n) => {
      expect(v).toBeCloseTo(oracle.grid.affine[n]!, 4);
    });
    expect(input.shape).toEqual(oracle.padded);
    const off = oracle.tensorAt.map((at, n) => Math.abs(input.image[at]! - oracle.tensor[n]!));
    // float32 interpolation against float64; a voxel on the very edge of the field of view may fall to either side.
    expect(off.filter((d) => d > 1e-4).length).toBeLessThanOrEqual(2);
    const sum = input.image.reduce((a, b) => a + b, 0);
    expect(Math.abs(sum / oracle.tensorSum - 1)).toBeLessThan(1e-4);
  });

  const flat = (shape: number[], fill: (n: number) => number, size = 2): Volume => ({
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, n) => fill(n)),
    shape,
    affine: diag(size, size, size),
    slope: 1,
    inter: 0,
  });
  it.each([
    ['all voxels alike', flat([20, 20, 20], () => 7), /light and dark.*all 7/],
    ['nothing but NaN', flat([20, 20, 20], () => Number.NaN), /light and dark.*all 0/],
    ['a single slice', flat([64, 64, 1], (n) => n), /at least 32 mm.*64×64×1/],
    ['a tiny box', flat([8, 8, 8], (n) => n), /at least 32 mm.*16×16×16 mm/],
    [
      'voxel sizes in the wrong unit',
      flat([20, 20, 20], (n) => n, 2000),
      /a scan of a head.*correct the header/,
    ],
  ])('refuses %s by name', (_name, volume, message) => {
    const attempt = () => networkInput(volume, card.input);
    expect(attempt).toThrow(SegmentationInputError);
    expect(attempt).toThrow(message);
  });

  it('takes values that are no numbers as 0, and counts them', () => {
    const volume = flat([20, 20, 20], (n) => (n % 4 === 0 ? Number.POSITIVE_INFINITY : n % 17));
    const input = networkInput(volume, card.input);
    expect(input.notFinite).toBeCloseTo(0.25, 6);
    expect(input.image.every(Number.isFinite)).toBe(true);
  });
});

describe('the way out of the network', () => {
  it('volumes, centroids, labels and confidence as torch and scipy have them', async () => {
    const input = networkInput(scan, card.input);
    const map = new ProbabilityMap(input.grid, card.labels.length);
    await whole(input.image, input.shape, (block) => map.add(block));
    // Air, head, fluid, cortex, white matter: all but the first two are brain, the fluid is scattered.
    const found = softVolumes(map, Uint8Array.of(0, 0, 1, 1, 1), Uint8Array.of(0, 0, 1, 0, 0));
    oracle.volumesMm3.forEach((mm3, c) => {
      expect(Math.abs(found[c]!.volumeMm3 / mm3 - 1), `volume of channel ${c}`).toBeLessThan(1e-3);
      found[c]!.centroidRas!.forEach((v, n) => {
        expect(Math.abs(v - oracle.centroids[c]![n]!), `centroid of channel ${c}`).toBeLessThan(0.01);
      });
    });
    const native = labelGrid(map, { shape: scan.shape, affine: scan.affine });
    const expected = gunzipSync(Buffer.from(oracle.labels, 'base64'));
    let different = 0;
    for (let n = 0; n < expected.length; n++) if (native.channel[n] !== expected[n]) different++;
    expect(different / expected.length).toBeLessThan(5e-4);
    for (let c = 1; c < 5; c++) {
      expect(native.confidence[c]! / native.counts[c]!).toBeCloseTo(oracle.confidence[c]!, 2);
    }
  });

  it('gives labels on the scan’s own grid and says what is odd about a head of one ball', async () => {
    const found = await segmentVolume(scan, card, whole, 'ball.nii.gz');
    expect(found.labels.shape).toEqual(scan.shape);
    expect(found.labels.affine).toEqual(scan.affine);
    expect(new Set(found.labels.data)).toEqual(new Set([130, 258, 24, 3, 2]));
    const codes = found.problems.map((p) => p.code);
    expect(codes).toContain('brain-volume-implausible');
    expect(found.problems.every((p) => p.level === 'warning' && p.subject === 'ball.nii.gz')).toBe(true);
    expect(found.confidence).toBeGreaterThan(0.5);
    expect(found.confidence).toBeLessThanOrEqual(1);
  });

  it('segments the first frame of a series of frames, whatever the later ones hold', async () => {
    const one = scan.data as Int16Array;
    const data = new Int16Array(one.length * 3);
    data.set(one);
    data.fill(4000, one.length);
    const film = { ...scan, data, shape: [...scan.shape, 3] };
    const [single, first] = [
      await segmentVolume(scan, card, whole, 'a'),
      await segmentVolume(film, card, whole, 'a'),
    ];
    expect(first.labels.shape).toEqual(scan.shape);
    expect(first.labels.data).toEqual(single.labels.data);
    expect(first.structures).toEqual(single.structures);
  });
});

describe('a second look at evened-out intensities', () => {
  /** A network that sees a whole brain in an even image and half of one in a shaded one; how often it was asked. */
  function stage(answers: { readonly plain: number; readonly evened: number }) {
    let asked = 0;
    const run: RunBlocks = async (_image, shape, take) => {
      const share = asked++ === 0 ? answers.plain : answers.evened;
      const size = shape[0] * shape[1] * shape[2];
      const probabilities = new Float32Array(5 * size);
      // Air, head, fluid, cortex, white matter: the left half of the box is brain, in three slabs, with this certainty.
      for (let n = 0; n < size; n++) {
        const slab = Math.floor((6 * n) / size);
        if (slab < 3) probabilities[(2 + slab) * size + n] = share;
        probabilities[n] = slab < 3 ? 1 - share : 1;
      }
      take({ probabilities, shape, origin: [0, 0, 0], from: [0, 0, 0], to: shape });
    };
    return { run, asked: () => asked };
  }
  const large: Volume = {
    data: Float32Array.from({ length: 64 ** 3 }, (_, n) => n % 97),
    shape: [64, 64, 64],
    affine: diag(2, 2, 2),
    slope: 1,
    inter: 0,
  };
  const look = async (answers: { plain: number; evened: number }) => {
    const { run, asked } = stage(answers);
    const found = await segmentVolume(
      large,
      { ...card, populationLimits: { brain: { low: 0, high: 1e9 } } },
      run,
      'scan',
    );
    return {
      codes: found.problems.map((p) => [p.code, p.level]),
      certainty: found.confidence,
      asked: asked(),
    };
  };

  it('is taken when it sees less amiss, which it says', async () => {
    const { codes, certainty, asked } = await look({ plain: 0.6, evened: 0.9 });
    expect(asked).toBe(2);
    expect(certainty).toBeCloseTo(0.9, 3);
    expect(codes).toContainEqual(['intensities-evened', 'info']);
    expect(codes).not.toContainEqual(['segmentation-unsure', 'warning']);
  });

  it('is dropped when it sees as much amiss or more', async () => {
    const worse = await look({ plain: 0.6, evened: 0.55 });
    expect([worse.asked, worse.certainty]).toEqual([2, expect.closeTo(0.6, 3)]);
    expect(worse.codes.map(([code]) => code)).not.toContain('intensities-evened');
  });

  it('is not made where nothing speaks for shading', async () => {
    const { codes, asked } = await look({ plain: 0.9, evened: 0.99 });
    expect(asked).toBe(1);
    expect(codes.every(([code]) => code !== 'segmentation-unsure')).toBe(true);
  });
});

describe('evening out', () => {
  it('flattens a slow shading and leaves what is outside the field of view', () => {
    const shape = [80, 80, 80];
    const data = new Float32Array(512_000).map((_, n) => {
      const [i, j, k] = [n % 80, Math.floor(n / 80) % 80, Math.floor(n / 6400)];
      const r = Math.hypot(i - 40, j - 40, k - 40);
      if (i === 0) return Number.NaN;
      return r < 36 ? 200 * Math.exp(-(((36 - r) / 30) ** 2)) : 0; // a head of 14 cm, dark in the middle
    });
    const at = (v: Float32Array, i: number) => v[i + 80 * (40 + 80 * 40)]!;
    const { data: out } = evenIntensities({ data, shape, affine: diag(2, 2, 2), slope: 1, inter: 0 }, 2);
    expect(at(data, 74) / at(data, 40)).toBeGreaterThan(4);
    expect(at(out, 74) / at(out, 40)).toBeLessThan(2.2);
    expect(at(out, 0)).toBeNaN();
    expect(at(out, 1)).toBeCloseTo(0, 6);
  });
});
