// Tiny networks whose answer can be worked out by hand (fixtures/make-tiny-generators.py), in the inference runtime.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { Shape3 } from '../segmentation/network.ts';
import { chooseProvider, type OpenNetwork } from './device.ts';
import { makeGenerator, type TinyNetwork } from './fixtures/make-generator.ts';
import { type Generator, generatorTest, openGenerator, testChannels } from './generator.ts';
import { loadGenerator } from './generator-card.ts';

const root = mkdtempSync(join(tmpdir(), 'refacade-generator-'));
const box: Shape3 = [5, 6, 8];
let opened: OpenNetwork<Generator>[] = [];
afterEach(async () => {
  await Promise.all(opened.map((o) => o.close()));
  opened = [];
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function open(
  network: TinyNetwork,
  change: Parameters<typeof makeGenerator>[2] = {},
  spoil?: Parameters<typeof makeGenerator>[3],
) {
  const dir = join(root, `g${Math.random().toString(36).slice(2)}`);
  makeGenerator(dir, network, { space: { ...onBox }, ...change }, spoil);
  const { card, weights } = loadGenerator(dir);
  const generator = await openGenerator(readFileSync(weights), card, 'cpu', 1);
  opened.push(generator);
  return { card, generator: generator.network };
}

const onBox = {
  averageHead: '1.1.0',
  low: [5, 34, 0] as [number, number, number],
  shape: [5, 6, 8] as [number, number, number],
  spacingMm: 2,
};

/** What the networks of make-tiny-generators.py give, from their formula, in the application's order of voxels. */
function byHand(channels: Float32Array, [nx, ny, nz]: Shape3, layout: 'volume' | 'slices'): Float32Array {
  const c = (channel: number, x: number, y: number, z: number) => {
    const at = layout === 'slices' ? Math.min(nx - 1, Math.max(0, x)) : x;
    if (at < 0 || at >= nx || y < 0 || y >= ny || z < 0 || z >= nz) return 0;
    return channels[channel * nx * ny * nz + at + nx * (y + ny * z)]!;
  };
  const out = new Float32Array(nx * ny * nz);
  for (let n = 0; n < out.length; n++) {
    const [x, y, z] = [n % nx, Math.floor(n / nx) % ny, Math.floor(n / nx / ny)];
    const before = layout === 'slices' ? c(3, x - 1, y, z) / 8 : 0;
    out[n] = c(0, x + 1, y, z) / 2 + c(1, x, y + 1, z) / 4 - c(2, x, y, z - 1) + 2 * c(3, x, y, z) + before;
  }
  return out;
}

/** Every value another one, so that no two places can be mistaken for each other. */
function distinct(shape: Shape3): Float32Array {
  const n = 4 * shape[0] * shape[1] * shape[2];
  return Float32Array.from({ length: n }, (_, at) => Math.sin(at * 12.9898) * 0.9 + at / n);
}

describe('a generator in the runtime', () => {
  it.each<[TinyNetwork, 'volume' | 'slices', Shape3]>([
    ['volume', 'volume', box],
    ['volume-fixed', 'volume', box],
    ['slices', 'slices', box],
    // Nine slices are one batch of eight and one more; six with four at a time leave two rows of the last batch unused.
    ['slices', 'slices', [9, 6, 8]],
    ['slices-fixed', 'slices', [6, 6, 8]],
  ])('%s: every voxel as its formula has it (%s, box %j)', async (network, layout, shape) => {
    const { generator } = await open(network, {
      space: { ...onBox, shape: [...shape] as [number, number, number] },
    });
    const channels = distinct(shape);
    const found = await generator.make(channels, shape);
    const expected = byHand(channels, shape, layout);
    expect(found).toHaveLength(expected.length);
    const off = found.reduce((worst, v, n) => Math.max(worst, Math.abs(v - expected[n]!)), 0);
    expect(off).toBeLessThan(1e-5);
  });

  it('tells how far it is before each part, and stops when told to', async () => {
    const shape: Shape3 = [20, 6, 8];
    const { generator } = await open('slices', { space: { ...onBox, shape: [20, 6, 8] } });
    const parts: number[] = [];
    await generator.make(distinct(shape), shape, (f) => {
      parts.push(f);
    });
    expect(parts).toEqual([0, 0.4, 0.8]);
    const stopped = generator.make(distinct(shape), shape, (f) => {
      if (f > 0) throw new Error('enough');
    });
    await expect(stopped).rejects.toThrow('enough');
  });

  it.each<[string, TinyNetwork, Parameters<typeof makeGenerator>[2], RegExp]>([
    [
      'another input',
      'volume',
      { input: { name: 'image' } },
      /from "image" to "tissue".*got one from "channels"/,
    ],
    ['another output', 'volume', { output: { name: 'face', kind: 'tissue' } }, /to "face".*to "tissue"/],
    ['another layout', 'volume', { input: { layout: 'slices' } }, /takes slices×12×6×8.*takes 1×4×x×y×z/],
    [
      'another box',
      'volume-fixed',
      { space: { ...onBox, shape: [6, 6, 8] } },
      /takes 1×4×6×6×8 as its card says, got one that takes 1×4×5×6×8/,
    ],
  ])('with %s than its card says is refused', async (_name, network, change, message) => {
    await expect(open(network, change)).rejects.toThrow(message);
    await expect(open(network, change)).rejects.toMatchObject({ name: 'ModelCardError' });
  });

  it('is refused when it takes weights from other files', async () => {
    await expect(open('volume-elsewhere')).rejects.toThrow(
      /weights are all in its file, got one that reads other/,
    );
  });

  it('refuses channels that do not fill its box', async () => {
    const { generator } = await open('volume');
    await expect(generator.make(new Float32Array(4 * 239), box)).rejects.toThrow(
      /Expected 4 channels of 5×6×8 voxels, got 956 values/,
    );
  });
});

describe('the self-test of a generator', () => {
  it.each<TinyNetwork>(['volume', 'volume-fixed', 'slices', 'slices-fixed'])(
    'passes for %s',
    async (network) => {
      const { card } = await open(network);
      const weights = readFileSync(`electron/models/fixtures/generators/${network}.onnx`);
      const chosen = await chooseProvider({
        open: (provider) => openGenerator(weights, card, provider, 1),
        known: ['cpu'],
        test: generatorTest(card),
      });
      opened.push(chosen.open);
      expect(chosen.provider).toBe('cpu');
    },
  );

  it('refuses a network that gives no numbers', async () => {
    const { card } = await open('volume', {}, withNotANumber);
    const weights = withNotANumber(readFileSync('electron/models/fixtures/generators/volume.onnx'));
    const attempt = chooseProvider({
      open: (provider) => openGenerator(weights, card, provider, 1),
      known: ['cpu'],
      test: generatorTest(card),
    });
    await expect(attempt).rejects.toThrow(/Expected numbers from the generator's self-test, got NaN/);
  });

  it('passes over a provider whose faces are others than the CPU makes', async () => {
    const { card, generator } = await open('volume');
    const other = (off: number): OpenNetwork<Generator> => ({
      network: {
        fixed: generator.fixed,
        make: async (channels, shape) => (await generator.make(channels, shape)).map((v) => v + off),
      },
      close: async () => {},
    });
    const chosen = await chooseProvider({
      open: async (provider) => other(provider === 'webgpu' ? 0.03 : 0),
      known: ['cpu', 'webgpu'],
      test: generatorTest(card),
    });
    expect(chosen.provider).toBe('cpu');
    expect(chosen.reports[0]).toMatchObject({ provider: 'webgpu', state: 'wrong' });
  });

  it('asks something with a face, without one and with noise', () => {
    const n = 16 ** 3;
    const channels = testChannels([16, 16, 16]);
    const part = (c: number) => channels.subarray(c * n, (c + 1) * n);
    const removed = part(1).reduce((sum, v) => sum + v, 0) / n;
    expect(removed).toBeGreaterThan(0.1);
    expect(removed).toBeLessThan(0.5);
    expect(part(0).some((v) => v > 0.9)).toBe(true);
    expect(part(0).every((v, at) => part(1)[at] === 0 || v === 0)).toBe(true);
    expect(new Set(part(3)).size).toBeGreaterThan(n / 2);
  });
});

/** The tap of weight 2 becomes not a number. */
function withNotANumber(weights: Buffer): Buffer {
  const out = Buffer.from(weights);
  const at = out.indexOf(Buffer.from(Float32Array.of(2).buffer));
  out.writeFloatLE(Number.NaN, at);
  return out;
}
