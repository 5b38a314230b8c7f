import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { FACE_SPACE } from '../deidentify/face/generate-face.ts';
import { createSegmenter } from './create-segmenter.ts';
import { makeGenerator } from './fixtures/make-generator.ts';
import { channelValues, generatorName, loadGenerator, otherSpace } from './generator-card.ts';
import { findModels, loadModelCard, taskOf } from './model-card.ts';

const root = mkdtempSync(join(tmpdir(), 'refacade-generator-card-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('the card of a generator', () => {
  const dir = join(root, 'pix2pix-2.5d');
  const written = makeGenerator(dir, 'slices', { method: 'pix2pix-2.5d' });

  it('is accepted with its weights, and names them in provenance', () => {
    const { card, weights } = loadGenerator(dir);
    expect(card).toEqual(written);
    expect(weights).toBe(join(dir, 'model.onnx'));
    expect(channelValues(card)).toBe(4 * 96 * 96 * 112);
    expect(generatorName(card)).toBe(`pix2pix-2.5d 1.0.0 sha256:${card.sha256}`);
    expect(otherSpace(card)).toBe('');
  });

  it('is no card of a segmentation network, and the other way round', () => {
    expect(taskOf(dir)).toBe('face-generation');
    expect(() => loadModelCard(dir)).toThrow(/card of a head-segmentation model.*whose task is wrong/);
    expect(() => loadGenerator('electron/inference/fixtures/tiny')).toThrow(
      /card of a face generator.*whose task is wrong/,
    );
  });

  it('does not make its network the one that segments', () => {
    expect(findModels(root)).toEqual([dir]);
    expect(findModels(root, 'head-segmentation')).toEqual([]);
    expect(createSegmenter({ modelsDir: root, distDir: root })).toBeUndefined();
  });
});

describe('the box', () => {
  it('lies in the average head that ships', () => {
    const card = JSON.parse(readFileSync('models/average-head/card.json', 'utf8')) as {
      version: string;
      spacingMm: number;
      shape: number[];
    };
    expect([FACE_SPACE.averageHead, FACE_SPACE.spacingMm]).toEqual([card.version, card.spacingMm]);
    FACE_SPACE.low.forEach((low, axis) => {
      expect(low + FACE_SPACE.shape[axis]!).toBeLessThanOrEqual(card.shape[axis]!);
    });
  });

  const training = 'models/training/reface/space.py';
  it.skipIf(!existsSync(training))(`is the one that generators are trained on (needs ${training})`, () => {
    const text = readFileSync(training, 'utf8');
    const tuple = (name: string) =>
      new RegExp(`^${name} = \\((.*?)\\)`, 'm').exec(text)?.[1]?.split(',').map(Number);
    expect([tuple('LOW'), tuple('SHAPE')]).toEqual([[...FACE_SPACE.low], [...FACE_SPACE.shape]]);
  });
});
