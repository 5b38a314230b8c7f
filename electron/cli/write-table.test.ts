import {
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { beforeEach, describe, expect, it } from 'vitest';
import { writeTable } from './write-table.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'refacade-table-'));
  return () => rmSync(dir, { recursive: true, force: true });
});
const at = (name: string) => join(dir, name);

describe('writeTable', () => {
  it('writes, and replaces an earlier table or an empty file', () => {
    for (const text of ['a\tb\n1\t2\n', 'a\tb\n3\t4\n']) {
      writeTable(at('x.tsv'), text);
      expect(readFileSync(at('x.tsv'), 'utf8')).toBe(text);
    }
    writeFileSync(at('empty.tsv'), '');
    writeTable(at('empty.tsv'), 'a\tb\n');
    expect(readdirSync(dir).sort()).toEqual(['empty.tsv', 'x.tsv']);
  });

  it('overwrites no scan, no catalog and no other text', () => {
    writeFileSync(at('head.nii.gz'), gzipSync('a\tscan'));
    new Database(at('catalog.sqlite')).exec('CREATE TABLE a (b)').close();
    writeFileSync(at('notes.txt'), 'notes without cells');
    for (const name of ['head.nii.gz', 'catalog.sqlite', 'notes.txt']) {
      const before = readFileSync(at(name));
      expect(() => writeTable(at(name), 'a\tb\n')).toThrow(/is no table; it was not overwritten/);
      expect(readFileSync(at(name))).toEqual(before);
    }
    expect(readdirSync(dir)).toHaveLength(3);
  });

  it('writes through no link, even to another table', () => {
    writeFileSync(at('source.tsv'), 'p\tq\n');
    symlinkSync(at('source.tsv'), at('soft.tsv'));
    linkSync(at('source.tsv'), at('hard.tsv'));
    for (const name of ['soft.tsv', 'hard.tsv']) writeTable(at(name), 'a\tb\n');
    expect(readFileSync(at('source.tsv'), 'utf8')).toBe('p\tq\n');
  });

  it('says what is wrong with a place that cannot be written', () => {
    expect(() => writeTable(at('no/x.tsv'), 'a\tb\n')).toThrow(/ENOENT/);
    expect(() => writeTable(dir, 'a\tb\n')).toThrow(/EISDIR/);
  });
});
