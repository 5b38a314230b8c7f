import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { findModels, loadModelCard, ModelCardError, modelsDir } from './model-card.ts';

const root = mkdtempSync(join(tmpdir(), 'refacade-card-'));
const tiny = resolve('electron/inference/fixtures/tiny');
const dir = join(root, 'models', 'tiny');
afterAll(() => rmSync(root, { recursive: true, force: true }));
beforeEach(() => {
  rmSync(dir, { recursive: true, force: true });
  cpSync(tiny, dir, { recursive: true });
});

describe('a model folder', () => {
  it('is accepted when card and weights belong together', () => {
    const { card, weights } = loadModelCard(dir);
    expect(card).toMatchObject({ id: 'tiny', task: 'head-segmentation' });
    expect(weights).toBe(join(dir, 'model.onnx'));
  });

  const weights = join(dir, 'model.onnx');
  const edit = (change: (card: Record<string, unknown>) => void) => () => {
    const card = JSON.parse(readFileSync(join(dir, 'card.json'), 'utf8'));
    change(card);
    writeFileSync(join(dir, 'card.json'), JSON.stringify(card));
  };
  it.each<[string, () => void, RegExp]>([
    ['one flipped bit', () => flipBit(weights), /Expected SHA-256 [0-9a-f]{64}.*got [0-9a-f]{64}.*damaged/],
    [
      'cut weights',
      () => writeFileSync(weights, readFileSync(weights).subarray(0, 1000)),
      /Expected \d+ bytes.*got 1000.*cut short/,
    ],
    ['other weights', () => copyFileSync('package-lock.json', weights), /Expected \d+ bytes.*another file/],
    ['no weights', () => rmSync(weights), /no such file/],
    ['no card', () => rmSync(join(dir, 'card.json')), /Expected a model card/],
    ['a cut card', () => writeFileSync(join(dir, 'card.json'), '{"id": "ti'), /Expected a model card/],
    [
      'a card of another kind',
      edit((c) => {
        c.task = 'face-synthesis';
      }),
      /whose task is wrong/,
    ],
    [
      'a card that points outside its folder',
      edit((c) => {
        c.file = '../../secret.onnx';
      }),
      /whose file is wrong/,
    ],
    [
      "another model's card",
      edit((c) => {
        c.id = 'other';
      }),
      /card of model "tiny".*got one of "other"/,
    ],
    [
      'a label twice',
      edit((c) => {
        (c.labels as { label: number }[])[1]!.label = 130;
      }),
      /each label once/,
    ],
  ])('is refused with %s', (_name, spoil, message) => {
    spoil();
    expect(() => loadModelCard(dir)).toThrow(ModelCardError);
    expect(() => loadModelCard(dir)).toThrow(message);
  });
});

describe('finding models', () => {
  it('takes folders of networks, not atlases, training programs or nothing', () => {
    mkdirSync(join(root, 'models', 'training'), { recursive: true });
    mkdirSync(join(root, 'models', 'average-head'), { recursive: true });
    writeFileSync(join(root, 'models', 'average-head', 'card.json'), '{ "file": "mean.nii.gz" }');
    writeFileSync(join(root, 'models', 'README.md'), '');
    expect(findModels(join(root, 'models'))).toEqual([dir]);
    expect(findModels(join(root, 'nowhere'))).toEqual([]);
  });

  it('still finds a model whose weights are gone, so that somebody hears of it', () => {
    rmSync(join(dir, 'model.onnx'));
    expect(findModels(join(root, 'models'))).toEqual([dir]);
  });

  it('looks beside the build folder, and beside the archive of a package', () => {
    expect(modelsDir(join('/checkout', 'dist'))).toBe(process.env.REFACADE_MODELS ?? '/checkout/models');
    if (process.env.REFACADE_MODELS) return;
    expect(modelsDir('/opt/Refacade/resources/app.asar/dist')).toBe('/opt/Refacade/resources/models');
  });
});

function flipBit(file: string): void {
  const bytes = readFileSync(file);
  bytes[bytes.length >> 1]! ^= 4;
  writeFileSync(file, bytes);
}
