import { describe, expect, it } from 'vitest';
import type { ModelSummary } from '../../shared/models/records.ts';
import { listMethods } from './batch-handlers.ts';
import { faceMethods } from './face/methods.ts';
import { needUsableMethod, whyUnavailable } from './method-models.ts';

const method = { id: 'cgan-3d', title: 'A generated face', needsAverage: true, model: 'cgan-3d' };
const model = (id: string, more: Partial<ModelSummary> = {}) =>
  ({ id, method: null, state: 'ready', reason: '', ...more }) as ModelSummary;
const all = [
  model('average-head'),
  model('face-shapes'),
  model('cgan-3d', { method: 'cgan-3d' }),
  model('lab', { method: 'cgan-3d', origin: 'pack' }),
  model('slices', { method: 'pix2pix-2.5d' }),
];
const without = (id: string) => all.filter((m) => m.id !== id);

describe('what a method needs', () => {
  it.each<[string, readonly ModelSummary[], string | undefined, RegExp]>([
    ['everything there', all, undefined, /^$/],
    ['a pack instead of its own', without('cgan-3d'), 'lab', /^$/],
    [
      'no average head',
      without('average-head'),
      undefined,
      /needs the model average-head, which this installation does not have/,
    ],
    ['no shapes', without('face-shapes'), undefined, /needs the model face-shapes/],
    ['no generator', without('cgan-3d'), undefined, /A generated face needs the model cgan-3d/],
    ['a pack that is not there', all, 'nobody', /needs the model nobody/],
    ["another method's generator", all, 'slices', /got slices, which is for pix2pix-2\.5d/],
    ['an atlas for a generator', all, 'face-shapes', /got face-shapes, which is for something else/],
    [
      'a damaged generator',
      [
        ...without('cgan-3d'),
        model('cgan-3d', { method: 'cgan-3d', state: 'damaged', reason: 'It is cut.' }),
      ],
      undefined,
      /needs the model cgan-3d, which is damaged: It is cut\./,
    ],
  ])('with %s', (_name, models, chosen, why) => {
    expect(whyUnavailable(method, models, chosen ?? method.model)).toMatch(why);
    const params: Record<string, string> = chosen ? { model: chosen } : {};
    const start = () => needUsableMethod(method, params, models);
    if (why.test('')) expect(start).not.toThrow();
    else expect(start).toThrow(why);
  });

  it('is nothing for methods without models', () => {
    const plain = { id: 'quickshear', title: 'Quickshear', needsAverage: false };
    expect(whyUnavailable(plain, [])).toBe('');
    expect(() => needUsableMethod(plain, { model: 'ignored' }, [])).not.toThrow();
  });
});

it('methods are listed with their model and why they cannot be used', () => {
  const list = listMethods([]);
  expect(list.map((m) => m.id)).toEqual(faceMethods.map((m) => m.id));
  for (const [n, m] of list.entries()) {
    expect(m.model).toBe(faceMethods[n]!.model ?? null);
    expect(m.unavailable === '').toBe(!faceMethods[n]!.needsAverage);
  }
  expect(list.find((m) => m.id === 'quickshear')).toMatchObject({ model: null, unavailable: '' });
});
