import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { findModels, loadModelCard } from '../../electron/inference/model-card.ts';
import { modelTable, withTable } from './model-table.ts';

const root = mkdtempSync(join(tmpdir(), 'refacade-table-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('the table of models/README.md', () => {
  it('is what the cards say now', () => {
    const page = readFileSync('models/README.md', 'utf8');
    expect(page, 'run build/generate/model-table.ts').toBe(withTable(page, modelTable('models')));
    for (const dir of findModels('models')) expect(page).toContain(loadModelCard(dir).card.sha256);
  });

  it('has a row per card, and a plain one for none', () => {
    expect(modelTable(root).split('\n')).toHaveLength(3);
    cpSync('electron/inference/fixtures/tiny', join(root, 'tiny'), { recursive: true });
    mkdirSync(join(root, 'training'));
    const [, , only, ...more] = modelTable(root).split('\n');
    expect(only).toMatch(/^\| tiny 1\.0\.0 \| .*2 mm RAS.*5 labels.*`[0-9a-f]{64}` \| not measured \|$/);
    expect(more).toEqual([]);
  });

  it('is refused by a page without a place for it', () => {
    expect(() => withTable('# Models', 'x')).toThrow(/Expected the marks/);
  });
});
