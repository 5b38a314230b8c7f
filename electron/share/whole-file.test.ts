import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { requireSpace } from './share-folder.ts';
import { explainWriteFailure, ShareWriteError, writeWholeFile } from './whole-file.ts';

describe('writeWholeFile', () => {
  it('leaves nothing behind but the whole file', async () => {
    const root = mkdtempSync(join(tmpdir(), 'whole-'));
    const record = await writeWholeFile(root, 'a/b.txt', 'hello');
    expect(record).toEqual({
      path: 'a/b.txt',
      size: 5,
      sha256: '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824', // sha256sum
    });
    expect(readdirSync(join(root, 'a'))).toEqual(['b.txt']);
    expect(readFileSync(join(root, 'a', 'b.txt'), 'utf8')).toBe('hello');
    rmSync(root, { recursive: true });
  });

  it('leaves no half-written file when writing fails', async () => {
    const root = mkdtempSync(join(tmpdir(), 'whole-'));
    writeFileSync(join(root, 'a'), 'a file where a folder should be');
    await expect(writeWholeFile(root, 'a/b.txt', 'hello')).rejects.toThrow(/file, not a folder|EEXIST/);
    expect(readdirSync(root)).toEqual(['a']);
    rmSync(root, { recursive: true });
  });
});

describe('explainWriteFailure', () => {
  const cases = [
    ['ENOSPC', /full.*start the share again to the same folder/],
    ['EACCES', /may not be written to.*write permission/],
    ['EROFS', /read-only/],
    ['EDQUOT', /quota/],
    ['EIO', /reported an error/],
    ['ENAMETOOLONG', /shorter path/],
  ] as const;
  it.each(cases)('%s says what to do', (code, message) => {
    const error = explainWriteFailure(Object.assign(new Error(code), { code }), '/x');
    expect(error).toBeInstanceOf(ShareWriteError);
    expect(error.message).toMatch(message);
    expect(error.cause).toBeInstanceOf(Error);
  });

  it('passes other errors on', () => {
    const error = new RangeError('other');
    expect(explainWriteFailure(error, '/x')).toBe(error);
  });
});

describe('requireSpace', () => {
  it('stops before a write that cannot fit', async () => {
    await expect(requireSpace(tmpdir(), 1e18)).rejects.toThrow(/needs about .* GB and .* GB are free/);
    await expect(requireSpace(tmpdir(), 1)).resolves.toBeUndefined();
  });
});
