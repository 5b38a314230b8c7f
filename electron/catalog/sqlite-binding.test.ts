import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chooseSqliteBinding, type RunningOn, SqliteBindingMissingError } from './sqlite-binding.ts';

const packaged = join('/app/resources', 'native', 'abi-150', 'better_sqlite3.node');
const checkedOut = join('/src', 'build', 'native', 'abi-150', 'better_sqlite3.node');

function choose(on: Partial<RunningOn>, ...files: string[]): string | undefined {
  return chooseSqliteBinding({
    named: undefined,
    electron: undefined,
    abi: '115',
    resourcesPath: undefined,
    checkout: undefined,
    exists: (file) => files.includes(file),
    ...on,
  });
}
const electron = { electron: '45.4.1', abi: '150', resourcesPath: '/app/resources', checkout: '/src' };

describe('chooseSqliteBinding', () => {
  it("takes the driver's own build in Node", () => {
    expect(choose({})).toBeUndefined();
  });

  it('obeys the environment before all else', () => {
    expect(choose({ ...electron, named: '/elsewhere.node' }, packaged)).toBe('/elsewhere.node');
  });

  it("takes the packaged binary of Electron's ABI, before a checkout's", () => {
    expect(choose(electron, packaged, checkedOut)).toBe(packaged);
  });

  it("takes the checkout's when Electron is started from one", () => {
    expect(choose(electron, checkedOut)).toBe(checkedOut);
  });

  it('never takes a binary of another ABI', () => {
    expect(() => choose({ ...electron, abi: '151' }, packaged, checkedOut)).toThrow(
      SqliteBindingMissingError,
    );
  });

  it('says what to do when Electron has none', () => {
    expect(() => choose(electron)).toThrow(/ABI 150.*build-sqlite/s);
  });

  it('never falls back to the Node build inside Electron', () => {
    expect(() => choose({ ...electron, resourcesPath: undefined, checkout: undefined })).toThrow(
      SqliteBindingMissingError,
    );
  });
});
