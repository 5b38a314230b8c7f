// Each face generator that ships, in this runtime, against what PyTorch gave when it was exported
// (models/<id>/parity.json):
//
//   { "shape": [x, y, z], "seed": s, "at": [voxel indices, x fastest], "expected": [tissue there] }
//
// Value n of the input (channel by channel, each x fastest) is ((n + 1 + s) · 2654435761 mod 2³²) / 2³².
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Shape3 } from '../segmentation/network.ts';
import { openGenerator } from './generator.ts';
import { boxVoxels, loadGenerator, otherSpace } from './generator-card.ts';
import { taskOf } from './model-card.ts';

const shipped = readdirSync('models')
  .map((name) => join('models', name))
  .filter((dir) => taskOf(dir) === 'face-generation');

if (shipped.length === 0)
  it.skip('no face generator is in models/ yet: nothing to compare with PyTorch', () => {});

describe.each(shipped)('the generator in %s', (dir) => {
  const fixture = join(dir, 'parity.json');

  it.skipIf(!existsSync(fixture))(
    `makes what it made in PyTorch, within 0.02 (needs ${fixture})`,
    async () => {
      const { card, weights } = loadGenerator(dir);
      const parity = JSON.parse(readFileSync(fixture, 'utf8')) as {
        shape: number[];
        seed: number;
        at: number[];
        expected: number[];
      };
      const shape = parity.shape as unknown as Shape3;
      const { network, close } = await openGenerator(readFileSync(weights), card, 'cpu', 1);
      const found = await network.make(seededChannels(card.input.channels.length, shape, parity.seed), shape);
      await close();
      const off = parity.at.map((at, n) => Math.abs(found[at]! - parity.expected[n]!));
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

function seededChannels(count: number, shape: Shape3, seed: number): Float32Array {
  return Float32Array.from(
    { length: count * boxVoxels(shape) },
    (_, n) => (Math.imul(n + 1 + seed, 2654435761) >>> 0) / 2 ** 32,
  );
}
