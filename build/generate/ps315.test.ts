import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { generatePs315Table, type SourceTable } from './ps315.ts';

const source = new URL('../../../shared/data/reference/ps315_table_e1_1.json', import.meta.url);
const committed = new URL('../../electron/deidentify/header/ps315-table.json', import.meta.url);

describe('committed PS3.15 table', () => {
  it.skipIf(!existsSync(source))('equals its regeneration (needs ../shared/data/reference)', () => {
    const table = JSON.parse(readFileSync(source, 'utf8')) as SourceTable;
    expect(readFileSync(committed, 'utf8')).toBe(generatePs315Table(table));
  });

  it('has every row of the January 2025 edition, each tag once', () => {
    const table = JSON.parse(readFileSync(committed, 'utf8')) as { rows: { tag: string }[] };
    expect(table.rows.length).toBe(621);
    expect(new Set(table.rows.map((r) => r.tag)).size).toBe(621);
  });

  it('refuses a column it does not know', () => {
    const row = { name: 'A', tag: '(0010,0010)', basicProfile: 'Z', stdCompIOD: 'Y', id: '', newOpt: 'K' };
    expect(() => generatePs315Table({ edition: '', source: '', rows: [row] })).toThrow(/newOpt/);
  });
});
