import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeGenerator } from '../../electron/inference/fixtures/make-generator.ts';
import { findModels } from '../../electron/inference/model-card.ts';
import { modelTable, withTable } from './model-table.ts';

const root = mkdtempSync(join(tmpdir(), 'refacade-table-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('the table of models/README.md', () => {
  it('is what the cards say now', () => {
    const page = readFileSync('models/README.md', 'utf8');
    expect(page, 'run build/generate/model-table.ts').toBe(withTable(page, modelTable('models')));
    for (const dir of findModels('models')) {
      const { sha256 } = JSON.parse(readFileSync(join(dir, 'card.json'), 'utf8')) as { sha256: string };
      expect(page).toContain(sha256);
    }
  });

  it('has a row per card, and a plain one for none', () => {
    expect(modelTable(root).split('\n')).toHaveLength(3);
    cpSync('electron/inference/fixtures/tiny', join(root, 'tiny'), { recursive: true });
    mkdirSync(join(root, 'training'));
    const [, , only, ...more] = modelTable(root).split('\n');
    expect(only).toMatch(/^\| tiny 1\.0\.0 \| .*2 mm RAS.*5 labels.*`[0-9a-f]{64}` \| not measured \|$/);
    expect(more).toEqual([]);
    const card = makeGenerator(join(root, 'pix2pix-2.5d'), 'slices', { method: 'pix2pix-2.5d' });
    expect(modelTable(root).split('\n')[2]).toBe(
      `| pix2pix-2.5d 1.0.0 | makes a new face (method pix2pix-2.5d) | image, removed, shape, noise on 96×96×112 voxels of 2 mm in average head 1.1.0, sagittal slice by slice with its neighbours | tissue, 1 = brighter half of the brain | Apache-2.0 | 0.0 MB | \`${card.sha256}\` | not measured |`,
    );
  });

  it('is not written for a card of an unknown kind', () => {
    const odd = join(root, 'odd');
    mkdirSync(join(odd, 'thing'), { recursive: true });
    writeFileSync(join(odd, 'thing', 'card.json'), '{ "task": "mind-reading" }');
    expect(() => modelTable(odd)).toThrow(/got one for "mind-reading"/);
  });

  it('is refused by a page without a place for it', () => {
    expect(() => withTable('# Models', 'x')).toThrow(/Expected the marks/);
  });
});
