import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isSameFolder, openProjectFolder } from './project-folder.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'refacade-folder-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));
const now = new Date(0);

describe('a new project', () => {
  it.each(['IM1.dcm', 'sub-01', 'notes.txt'])('is not made beside %s', (name) => {
    if (name === 'sub-01') mkdirSync(join(root, name));
    else writeFileSync(join(root, name), '');
    expect(() => openProjectFolder(root, true, now)).toThrow(
      expect.objectContaining({
        code: 'folder-not-empty',
        message: expect.stringContaining(`The folder "${root}" holds other files`),
        fix: expect.stringContaining('empty folder'),
      }),
    );
    expect(readdirSync(root)).toEqual([name]);
  });

  it('is made where there is nothing, or only what operating systems leave', () => {
    for (const name of ['.DS_Store', '._x', 'Thumbs.db', 'desktop.ini']) writeFileSync(join(root, name), '');
    for (const name of ['lost+found', '$RECYCLE.BIN', 'System Volume Information', '.Trashes'])
      mkdirSync(join(root, name));
    expect(openProjectFolder(root, true, now).dir).toBe(root);
    const deep = join(root, 'volumes', 'new', 'one');
    expect(openProjectFolder(deep, true, now).name).toBe('one');
  });

  it('that is there already is opened, whatever lies in it', () => {
    const { createdAt } = openProjectFolder(root, true, now);
    writeFileSync(join(root, 'notes.txt'), '');
    expect(openProjectFolder(root, true, new Date(9e9)).createdAt).toBe(createdAt);
  });

  it('is not made where nobody asked for it, nor in place of a file', () => {
    expect(() => openProjectFolder(join(root, 'x'), false, now)).toThrow(/^".*x" is not a Refacade project/);
    expect(existsSync(join(root, 'x'))).toBe(false);
    writeFileSync(join(root, 'file'), '');
    expect(() => openProjectFolder(join(root, 'file'), true, now)).toThrow(
      expect.objectContaining({ code: 'project-not-writable' }),
    );
  });
});

it('two spellings of one folder are told from two folders', () => {
  mkdirSync(join(root, 'a'));
  mkdirSync(join(root, 'b'));
  symlinkSync(join(root, 'a'), join(root, 'link'));
  expect(isSameFolder(join(root, 'link'), join(root, 'b', '..', 'a'))).toBe(true);
  expect(isSameFolder(join(root, 'a'), join(root, 'b'))).toBe(false);
  expect(isSameFolder(join(root, 'none'), join(root, 'none'))).toBe(false);
});
