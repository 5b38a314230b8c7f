import { describe, expect, it } from 'vitest';
import { checkoutDir, electronFacts } from './checkout.ts';
import { explainGypFailure, gypArguments, type SqliteTarget } from './sqlite-binary.ts';

const electron: SqliteTarget = { runtime: 'electron', version: '45.4.1', abi: '150' };

describe('gypArguments', () => {
  it("asks for Electron's headers, not Node's", () => {
    expect(gypArguments(electron, undefined)).toEqual([
      'rebuild',
      '--release',
      '--target=45.4.1',
      `--arch=${process.arch}`,
      '--dist-url=https://electronjs.org/headers',
    ]);
  });
  it('fetches nothing when headers are given', () => {
    expect(gypArguments(electron, '/headers')).toContain('--nodedir=/headers');
    expect(gypArguments(electron, '/headers').join()).not.toContain('dist-url');
  });
});

describe('explainGypFailure', () => {
  it.each([
    [
      'gyp ERR! stack FetchError: getaddrinfo ENOTFOUND electronjs.org',
      /headers of electron 45\.4\.1.*--headers DIR/s,
    ],
    ['gyp ERR! stack Error: 403 response downloading https://electronjs.org/headers', /could not be fetched/],
    ['gyp ERR! find Python Could not find any Python', /compiler and Python/],
    ['gyp ERR! stack Error: not found: make', /compiler and Python/],
    ['src/better_sqlite3.cpp:1: error: no', /node-gyp failed:\n.*error: no/s],
  ])('%s', (output, said) => {
    expect(explainGypFailure(electron, output)).toMatch(said);
  });
});

describe('electronFacts', () => {
  it('reads version and ABI without loading the package, and claims no program that is not there', () => {
    const facts = electronFacts(checkoutDir());
    expect(facts.version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(facts.abi).toMatch(/^\d+$/);
    if (facts.binary !== undefined) expect(facts.binary).toMatch(/electron/i);
  });
});
