import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { policy as policySchema } from '../../shared/deidentify/records.ts';
import {
  deletePolicy,
  getPolicy,
  listPolicies,
  PolicyError,
  parsePolicy,
  policyText,
  savePolicy,
} from './policies.ts';
import { policyHandlers } from './policies-handlers.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'refacade-policies-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('policies', () => {
  it('come with four, the default first', () => {
    expect(listPolicies(dir).map((p) => [p.name, p.builtIn])).toEqual([
      ['Share outside', true],
      ['Strict', true],
      ['Longitudinal research', true],
      ['Internal', true],
    ]);
    expect(getPolicy(dir, 'basic').name).toBe('Share outside');
    expect(getPolicy(dir, 'share OUTSIDE').name).toBe('Share outside');
  });

  it.each(['basic', 'strict', 'longitudinal-research', 'internal'])(
    'the file of %s passes the strict reader',
    (file) => {
      const text = readFileSync(new URL(`./policies/${file}.json`, import.meta.url), 'utf8');
      expect(parsePolicy(text)).toEqual(getPolicy(dir, file));
    },
  );

  it('are saved, listed, replaced, exported, imported and deleted', () => {
    const mine = policySchema.parse({
      name: 'Our study: T2 only!',
      overrides: { PatientSex: 'K' },
      shareKinds: ['T2w'],
    });
    savePolicy(dir, mine);
    savePolicy(dir, { ...mine, description: 'second' });
    expect(listPolicies(dir).filter((p) => !p.builtIn)).toEqual([
      { ...mine, description: 'second', builtIn: false },
    ]);
    const text = policyText(getPolicy(dir, mine.name));
    expect(deletePolicy(dir, mine.name)).toBe(true);
    expect(deletePolicy(dir, mine.name)).toBe(false);
    expect(parsePolicy(text)).toEqual({ ...mine, description: 'second' });
  });

  it('protects the built-in ones', () => {
    const p = getPolicy(dir, 'Strict');
    expect(() => savePolicy(dir, p)).toThrow(/built-in/);
    expect(() => savePolicy(dir, { ...p, name: 'BASIC' })).toThrow(/built-in/);
    expect(() => deletePolicy(dir, 'Strict')).toThrow(/built-in/);
  });

  it('keeps policies with the same file name apart', () => {
    savePolicy(dir, policySchema.parse({ name: 'a b' }));
    savePolicy(dir, policySchema.parse({ name: 'a/b' }));
    expect(
      listPolicies(dir)
        .filter((p) => !p.builtIn)
        .map((p) => p.name)
        .sort(),
    ).toEqual(['a b', 'a/b']);
  });

  it('leaves a broken file out of the list and keeps the others', () => {
    mkdirSync(join(dir, 'policies'));
    writeFileSync(join(dir, 'policies', 'broken.json'), '{ "name": ');
    savePolicy(dir, policySchema.parse({ name: 'fine' }));
    expect(listPolicies(dir).map((p) => p.name)).toContain('fine');
  });

  it.each([
    ['{\n  "name": "x",\n  "optoins": {}\n}', 'line 3, optoins: unknown field'],
    [
      '{\n  "name": "x",\n  "options": {\n    "cleanGraphic": true\n  }\n}',
      'line 4, options.cleanGraphic: unknown field',
    ],
    [
      '{\n  "name": "x",\n  "limits": { "minFaceSurfaceChanged": 3 }\n}',
      'line 3, limits.minFaceSurfaceChanged',
    ],
    ['{\n  "name": "x",\n\n  "review": "none"\n}', 'line 4, review'],
    ['{\n  "name": "x",\n  "overrides": { "PatientNaem": "X" }\n}', 'line 3, overrides.PatientNaem'],
    ['{\n  "name": "x",\n  "overrides": { "PatientName": "Q" }\n}', 'line 3, overrides.PatientName'],
    ['{\n  "name": "x",\n  "options": { "retainLongitudinalFullDates": true }\n}', 'cannot both be retained'],
    ['{\n  "name": "x",\n}', 'this is not JSON'],
    ['[]', 'the file'],
    ['', 'not JSON'],
    ['{ "description": "no name" }', 'name'],
  ])('refuses %j and says where', (text, message) => {
    expect(() => parsePolicy(text)).toThrow(PolicyError);
    expect(() => parsePolicy(text)).toThrow(message);
  });

  it('answers through the contract with a code and what to do', () => {
    const handlers = policyHandlers({ projectDir: dir });
    expect(() => handlers['deidentify.importPolicy']({ text: '{' })).toThrow(
      expect.objectContaining({ code: 'policy' }),
    );
    expect(handlers['deidentify.exportPolicy']({ name: 'strict' })).toHaveProperty('text');
    expect(handlers['deidentify.importPolicy']({ text: '{"name":"in"}' })).toHaveProperty('name', 'in');
  });
});
