// The network that ships, in this runtime, against what PyTorch gave when it was exported (models/headseg/parity.json).
import { existsSync, readFileSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Shape3 } from '../segmentation/network.ts';
import { BRAIN_LABELS } from '../segmentation/segmentation.ts';
import { loadModelCard } from './model-card.ts';
import { openOnnxNetwork } from './onnx-network.ts';

const dir = 'models/headseg';
const fixture = `${dir}/parity.json`;

describe.skipIf(!existsSync(fixture))(`the head-segmentation network (needs ${fixture})`, () => {
  it('gives in the inference runtime what it gave in PyTorch, within 0.02', async () => {
    const { card, weights } = loadModelCard(dir);
    const parity = JSON.parse(readFileSync(fixture, 'utf8')) as {
      shape: number[];
      image: number[];
      at: number[];
      expected: number[];
    };
    const { network, close } = await openOnnxNetwork(readFileSync(weights), card, 'cpu', 1);
    const found = await network(Float32Array.from(parity.image), parity.shape as unknown as Shape3);
    await close();
    const off = parity.at.map((at, n) => Math.abs(found[at]! - parity.expected[n]!));
    // The file holds the weights in half precision; PyTorch had them in single precision.
    expect(Math.max(...off)).toBeLessThan(0.02);
    expect(off.reduce((a, b) => a + b) / off.length).toBeLessThan(1e-3);
    expect(parity.expected.some((p) => p > 0.01 && p < 0.99)).toBe(true);
  });

  it('is small, knows every label of the brain, and says what it was trained on', () => {
    const { card, weights } = loadModelCard(dir);
    expect(statSync(weights).size).toBeLessThanOrEqual(16 * 2 ** 20);
    expect(card.labels.map((l) => l.label)).toEqual(expect.arrayContaining([...BRAIN_LABELS]));
    expect(card.labels[0]).toEqual({ label: 130, structure: 'air' });
    expect(card.trainingData.length).toBeGreaterThan(0);
    expect(card.history.length).toBeGreaterThan(0);
    const names = card.labels.map((l) => l.structure);
    for (const name of Object.keys(card.populationLimits ?? {})) expect(names).toContain(name);
  });
});
