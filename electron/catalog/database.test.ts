import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { policy } from '../../shared/deidentify/records.ts';
import { CatalogReads } from './catalog.ts';
import { CatalogFromFutureError, migrations, openDatabase } from './database.ts';
import { addDerivative, listDerivatives } from './derivatives.ts';
import { emptyCatalog } from './empty-catalog.ts';

const file = () => join(mkdtempSync(join(tmpdir(), 'refacade-db-')), 'catalog.sqlite');

describe('migrations', () => {
  it('ascend in tens and bring an empty file to the newest schema', () => {
    expect(migrations.every((m, i) => m.version === (i + 1) * 10)).toBe(true);
    const db = openDatabase(file());
    expect(db.pragma('user_version', { simple: true })).toBe(migrations.at(-1)!.version);
    db.close();
  });

  it('each apply to a database of the one before, keeping rows and a copy', () => {
    const path = file();
    for (let n = 1; n <= migrations.length; n++) {
      const db = openDatabase(path, migrations.slice(0, n));
      expect(db.pragma('user_version', { simple: true })).toBe(migrations[n - 1]!.version);
      db.prepare('INSERT INTO setting (key, value) VALUES (?, ?)').run(`after-${n}`, 'kept');
      db.close();
    }
    const db = openDatabase(path);
    expect(db.prepare('SELECT count(*) FROM setting').pluck().get()).toBe(migrations.length);
    db.close();
    expect(existsSync(`${path}.before-${migrations.at(-1)!.version}`)).toBe(true);
  });

  it('refuse a database of a newer version by name and leave it as it was', () => {
    const path = file();
    const db = openDatabase(path);
    db.pragma('user_version = 9990');
    db.close();
    expect(() => openDatabase(path)).toThrow(CatalogFromFutureError);
    expect(() => openDatabase(path)).toThrow(/9990/);
  });

  it('are undone whole when one statement fails', () => {
    const path = file();
    const broken = [
      ...migrations,
      { version: 9000, name: 'broken', sql: 'CREATE TABLE half (a); SELECT no_such_function();' },
    ];
    expect(() => openDatabase(path, broken)).toThrow(/no_such_function/);
    const db = openDatabase(path);
    expect(db.prepare("SELECT count(*) FROM sqlite_master WHERE name = 'half'").pluck().get()).toBe(0);
    db.close();
  });

  it('must be given in order', () => {
    expect(() => openDatabase(':memory:', [migrations[1]!, migrations[0]!])).toThrow(/ascend/);
  });
});

describe('catalog reads', () => {
  it('count every series in exactly one state and search literally', () => {
    const db = emptyCatalog();
    db.addSeries({ state: 'queued', description: '100% T1_w' });
    db.addSeries({ state: 'passed', description: '100x T1zw' });
    db.addSeries({ state: 'excluded', description: 'loc' });
    const reads = new CatalogReads(db.db);
    const all = reads.list({
      search: '',
      states: [],
      quarantine: '',
      sort: 'id',
      descending: false,
      offset: 0,
      limit: 10,
    });
    expect(all.total).toBe(3);
    expect(Object.values(all.counts).reduce((a, b) => a + b)).toBe(3);
    const found = reads.list({
      search: '100% t1_',
      states: [],
      quarantine: '',
      sort: 'id',
      descending: false,
      offset: 0,
      limit: 10,
    });
    expect(found.rows.map((r) => r.description)).toEqual(['100% T1_w']);
    const passed = reads.list({
      search: '',
      states: ['passed'],
      quarantine: '',
      sort: 'state',
      descending: true,
      offset: 0,
      limit: 10,
    });
    expect(passed.total).toBe(1);
    expect(passed.counts.queued).toBe(1);
  });

  it('keep every attempt and one current derivative', () => {
    const db = emptyCatalog();
    const seriesId = db.addSeries({ state: 'queued', description: 'T1' });
    const attempt = (method: string) =>
      addDerivative(db.db, {
        seriesId,
        method,
        methodParams: {},
        seed: 1,
        policy: policy.parse({ name: 'test' }),
        folder: 'derivatives/x',
        verdict: {
          state: 'passed',
          reason: '',
          next: '',
          numbers: [],
          assumptions: [],
          problems: [],
          concern: 0,
        },
        steps: [],
        seconds: 1,
        createdAt: '2026-01-01T00:00:00Z',
      });
    attempt('quickshear');
    const second = attempt('blur');
    const list = listDerivatives(db.db, seriesId);
    expect(list.map((d) => [d.method, d.current])).toEqual([
      ['blur', true],
      ['quickshear', false],
    ]);
    expect(new CatalogReads(db.db).series(seriesId)?.derivativeId).toBe(second);
  });
});
