import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MethodInfo } from '../../shared/deidentify/records.ts';
import { makeGenerator } from '../inference/fixtures/make-generator.ts';
import { listModels, packsDir } from '../models/installed-models.ts';
import { methodsCommand, modelLines } from './methods.ts';
import { modelsCommand } from './models.ts';
import type { Output } from './output.ts';

const root = mkdtempSync(join(tmpdir(), 'refacade-models-cli-'));
const shipped = join(root, 'shipped');
const packs = packsDir(root);
const before = { models: process.env.REFACADE_MODELS, user: process.env.REFACADE_USER_DATA };

beforeAll(() => {
  process.env.REFACADE_MODELS = shipped;
  process.env.REFACADE_USER_DATA = root;
  makeGenerator(join(shipped, 'cgan-3d'), 'volume', {
    trainingData: [{ name: 'Forty heads', licence: 'CC BY 4.0', attribution: 'a lab', use: 'training' }],
    scores: { faceFound: { value: 0.97, how: '200 renders' } },
    limitations: ['Adults only'],
  });
  makeGenerator(join(packs, 'lab-face'), 'volume');
});
afterAll(() => {
  for (const [name, value] of [
    ['REFACADE_MODELS', before.models],
    ['REFACADE_USER_DATA', before.user],
  ] as const) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  rmSync(root, { recursive: true, force: true });
});

async function run(command: typeof modelsCommand, ...args: string[]) {
  const lines: string[] = [];
  let result: unknown;
  const output: Output = {
    json: true,
    text: (line) => lines.push(line),
    result: (value) => {
      result = value;
    },
    progress() {},
    note() {},
  };
  const code = await command.run(args, output);
  return { code, text: lines.join('\n'), result };
}

describe('refacade models', () => {
  it('lists what ships and what was added', async () => {
    const { code, text, result } = await run(modelsCommand);
    expect(code).toBe(0);
    expect(text).toMatch(/cgan-3d +1\.0\.0 +face-generation +shipped +ready/);
    expect(text).toMatch(/lab-face +1\.0\.0 +face-generation +pack +ready/);
    expect(result).toMatchObject({ models: [{ id: 'cgan-3d' }, { id: 'lab-face', origin: 'pack' }] });
  });

  it('says which one is damaged and why, and ends with 1', async () => {
    makeGenerator(join(packs, 'bad-face'), 'volume');
    writeFileSync(join(packs, 'bad-face', 'model.onnx'), 'cut');
    const { code, text } = await run(modelsCommand);
    expect(code).toBe(1);
    expect(text).toMatch(/bad-face +1\.0\.0 +face-generation +pack +damaged/);
    expect(text).toMatch(/bad-face: Expected 625 bytes in .*got 3/);
    expect(await run(modelsCommand, 'remove', 'bad-face')).toMatchObject({
      code: 0,
      text: 'Removed bad-face.',
      result: { removed: 'bad-face' },
    });
    expect((await run(modelsCommand)).code).toBe(0);
  });

  it.each<[string[], string, RegExp]>([
    [['add'], 'bad-arguments', /Expected the folder of a pack/],
    [['add', join(shipped, 'nowhere')], 'pack-refused', /Expected a folder with a card/],
    [['add', 'a', 'folder'], 'bad-arguments', /Expected one name, got 2/],
    [['remove'], 'bad-arguments', /Expected the name of a pack/],
    [['remove', 'nobody'], 'no-such-pack', /no pack named "nobody"/],
    [['remove', 'cgan-3d'], 'shipped-model', /got "cgan-3d", which the application ships with/],
    [['install'], 'bad-arguments', /Expected add or remove, got "install"/],
  ])('%j is refused with its reason', async (args, code, message) => {
    const attempt = run(modelsCommand, ...args);
    await expect(attempt).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });
});

describe('refacade methods', () => {
  it('shows the main lines of the card of the model that a method runs on', async () => {
    const models = await listModels({ shipped, packs });
    const method = { id: 'cgan-3d', model: 'cgan-3d' } as MethodInfo;
    expect(modelLines(method, models)).toEqual([
      'Model cgan-3d 1.0.0, 0.0 MB, Apache-2.0: Adds its channels up, for tests. Not for people.',
      'Learned from Forty heads',
      'face found: 0.97 (200 renders)',
      'Limit: Adults only',
      'Packs for it: lab-face 1.0.0',
    ]);
    expect(modelLines({ ...method, id: 'blur', model: null }, models)).toEqual([]);
  });

  it('says why a method cannot be used', async () => {
    const { code, text, result } = await run(methodsCommand);
    expect(code).toBe(0);
    expect(text).toMatch(/template: .*\n {2}Cannot be used here: .* needs the model average-head/);
    expect(text).not.toMatch(/quickshear: .*\n {2}Cannot be used/);
    const methods = (result as { methods: MethodInfo[] }).methods;
    expect(methods.find((m) => m.id === 'quickshear')).toMatchObject({ unavailable: '', model: null });
  });
});
