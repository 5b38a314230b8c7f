import { describe, expect, it } from 'vitest';
import { below, foldersAbove, isInside, relativeTo } from './source-paths.ts';

describe.each([
  ['/', '/data/a.nii'],
  ['D:/', 'D:/data/a.nii'],
  ['//nas/dicom/', '//nas/dicom/data/a.nii'],
  ['/mnt/x', '/mnt/x/data/a.nii'],
])('the root %s', (root, file) => {
  it('holds its files and names them without a slash too many', () => {
    expect(isInside(file, root)).toBe(true);
    expect(relativeTo(root, file)).toBe('data/a.nii');
    expect(below(root, 'data/a.nii')).toBe(file);
    expect(relativeTo(root, root)).toBe('');
    expect(below(root, '')).toBe(root);
    expect([...foldersAbove(file)]).toContain(root);
  });
});

it('does not take a neighbour for a part', () => {
  expect(isInside('/d/sub10/a.nii', '/d/sub1')).toBe(false);
  expect(isInside('//nas/dicom2/a', '//nas/dicom')).toBe(false);
  expect(isInside('E:/a', 'D:/')).toBe(false);
});
