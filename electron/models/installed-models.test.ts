import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { modelSummary } from '../../shared/models/records.ts';
import { listModels } from './installed-models.ts';

const root = mkdtempSync(join(tmpdir(), 'refacade-installed-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const none = join(root, 'none');

describe('models of an installation', () => {
  it('are those that ship, as their cards describe them', async () => {
    const list = await listModels({ shipped: 'models', packs: none });
    for (const model of list) {
      expect(() => modelSummary.parse(model)).not.toThrow();
      expect(model, model.reason).toMatchObject({ state: 'ready', origin: 'shipped' });
      expect(model.description).not.toBe('');
      expect(model.licence).not.toBe('');
      expect(model.trainingData.length).toBeGreaterThan(0);
      expect(model.bytes).toBeGreaterThan(100_000);
    }
    const ids = list.map((m) => m.id);
    expect(ids).toEqual(expect.arrayContaining(['average-head', 'headseg']));
    expect(ids).not.toContain('training');
    const scores = list.find((m) => m.id === 'headseg')!.scores;
    const card = JSON.parse(readFileSync('models/headseg/card.json', 'utf8'));
    expect(scores).toContainEqual({
      name: 'ixi: brain Dice',
      value: String(card.scores.ixi.brainDice),
      how: '',
    });
    expect(scores.every((s) => s.value.length < 200)).toBe(true);
  });

  it('with a damaged atlas say which file, and the rest is as before', async () => {
    const shipped = join(root, 'shipped');
    cpSync('models/average-head', join(shipped, 'average-head'), { recursive: true });
    cpSync('electron/inference/fixtures/tiny', join(shipped, 'tiny'), { recursive: true });
    const file = join(shipped, 'average-head', 'regions.nii.gz');
    const list = async () =>
      (await listModels({ shipped, packs: none })).map((m) => [m.id, m.state, m.reason]);
    expect(await list()).toEqual([
      ['average-head', 'ready', ''],
      ['tiny', 'ready', ''],
    ]);
    const bytes = readFileSync(file);
    bytes[bytes.length - 20]! ^= 1;
    writeFileSync(file, bytes);
    expect(await list()).toEqual([
      ['average-head', 'damaged', expect.stringMatching(/Expected SHA-256 .*regions\.nii\.gz, got/)],
      ['tiny', 'ready', ''],
    ]);
    rmSync(file);
    expect((await list())[0]![2]).toMatch(/Expected regions\.nii\.gz in .*average-head.*Bring the file back/);
    writeFileSync(join(shipped, 'tiny', 'card.json'), '{}');
    expect((await list())[1]).toEqual([
      'tiny',
      'damaged',
      expect.stringMatching(/Expected a card of a model/),
    ]);
  });

  it('are none where there is no folder', async () => {
    expect(await listModels({ shipped: none, packs: none })).toEqual([]);
  });
});
