import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { sameFile } from './same-file.ts';

const dir = mkdtempSync(join(tmpdir(), 'refacade-same-file-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const at = (name: string) => join(dir, name);

mkdirSync(at('d'));
writeFileSync(at('d/head.nii.gz'), 'a head');
writeFileSync(at('d/copy.nii.gz'), 'a head');
linkSync(at('d/head.nii.gz'), at('hard.nii.gz'));
symlinkSync(at('d/head.nii.gz'), at('soft.nii.gz'));
symlinkSync(at('d'), at('linked'));

it.each([
  ['the same name', at('d/head.nii.gz')],
  ['a detour', `${dir}/./d/../d//head.nii.gz`],
  ['a relative path', relative(process.cwd(), at('d/head.nii.gz'))],
  ['a symbolic link', at('soft.nii.gz')],
  ['a linked folder', at('linked/head.nii.gz')],
  ['a hard link', at('hard.nii.gz')],
])('finds a file under %s', (_, other) => {
  expect(sameFile(at('d/head.nii.gz'), other)).toBe(true);
  expect(sameFile(other, at('d/head.nii.gz'))).toBe(true);
});

it('finds one that does not exist yet, through a linked folder', () => {
  expect(sameFile(at('d/new.nii.gz'), at('linked/new.nii.gz'))).toBe(true);
  expect(sameFile(at('no/such/new.nii.gz'), `${dir}/no/./such/new.nii.gz`)).toBe(true);
});

it('tells files apart', () => {
  expect(sameFile(at('d/head.nii.gz'), at('d/copy.nii.gz'))).toBe(false);
  expect(sameFile(at('d/head.nii.gz'), at('d/new.nii.gz'))).toBe(false);
  expect(sameFile(at('d/new.nii.gz'), at('d/newer.nii.gz'))).toBe(false);
  expect(sameFile(at('d/head.nii.gz/x'), at('d/new.nii.gz'))).toBe(false);
});
