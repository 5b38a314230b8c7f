// Each face generator that ships, in this runtime, against what PyTorch gave when it was exported
// (models/<id>/parity.json, by models/training/reface/export_onnx.py): small random channels as the network takes them, and
// some of the tissue that it gave for them, both last axis fastest.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Shape3 } from '../segmentation/network.ts';
import { openGenerator } from './generator.ts';
import { loadGenerator, otherSpace } from './generator-card.ts';
import { modelsDir, taskOf } from './model-card.ts';

const folder = modelsDir('dist');
const shipped = readdirSync(folder)
  .map((name) => join(folder, name))
  .filter((dir) => taskOf(dir) === 'face-generation');

if (shipped.length === 0)
  it.skip('no face generator is in models/ yet: nothing to compare with PyTorch', () => {});

describe.each(shipped)('the generator in %s', (dir) => {
  const fixture = join(dir, 'parity.json');

  it.skipIf(!existsSync(fixture))(
    `makes what it made in PyTorch, within 0.02 (needs ${fixture})`,
    async () => {
      const { card, weights } = loadGenerator(dir);
      const parity = JSON.parse(readFileSync(fixture, 'utf8')) as Parity;
      const { channels, shape, placeOf } = inTheBox(parity, card.input.layout);
      const { network, close } = await openGenerator(readFileSync(weights), card, 'cpu', 1);
      const found = await network.make(channels, shape);
      await close();
      const off = parity.at.map((at, n) => Math.abs(found[placeOf(at)]! - parity.expected[n]!));
      // The file may hold the weights in half precision; PyTorch had them in single precision.
      expect(Math.max(...off)).toBeLessThan(0.02);
      expect(off.reduce((a, b) => a + b) / off.length).toBeLessThan(2e-3);
      // A constant would agree with itself however the axes lie.
      expect(parity.at.length).toBeGreaterThanOrEqual(50);
      expect(Math.max(...parity.expected) - Math.min(...parity.expected)).toBeGreaterThan(0.1);
    },
  );

  it('is small, is for this box, and says what it was trained on', () => {
    const { card, weights } = loadGenerator(dir);
    expect(statSync(weights).size).toBeLessThanOrEqual(16 * 2 ** 20);
    expect(otherSpace(card)).toBe('');
    expect(card.trainingData.length).toBeGreaterThan(0);
    expect(card.history.length).toBeGreaterThan(0);
    expect(card.limitations.length).toBeGreaterThan(0);
  });
});

interface Parity {
  /** Volumes: [1, C, x, y, z]; slices: [1, 3·C, y, z]. */
  readonly shape: readonly number[];
  readonly input: readonly number[];
  /** Indices into the network's answer. */
  readonly at: readonly number[];
  readonly expected: readonly number[];
}

/** The network's own input as the application would hand it in: a box of three slices for one slice with its neighbours. */
function inTheBox({ shape, input }: Parity, layout: 'volume' | 'slices') {
  const slices = layout === 'slices';
  const [nx, ny, nz] = slices ? [3, shape[2]!, shape[3]!] : [shape[2]!, shape[3]!, shape[4]!];
  const box: Shape3 = [nx, ny, nz];
  const place = (x: number, y: number, z: number) => x + nx * (y + ny * z);
  const channels = new Float32Array(input.length);
  for (let n = 0; n < input.length; n++) {
    const [z, y, x] = [n % nz, Math.floor(n / nz) % ny, Math.floor(n / nz / ny) % nx];
    // For slices the order is c0(x−1), c0(x), c0(x+1), c1(x−1), …: the same as channel by channel, slice by slice.
    channels[Math.floor(n / (nx * ny * nz)) * nx * ny * nz + place(x, y, z)] = input[n]!;
  }
  const placeOf = (at: number) => {
    const x = slices ? 1 : Math.floor(at / nz / ny);
    return place(x, Math.floor(at / nz) % ny, at % nz);
  };
  return { channels, shape: box, placeOf };
}
