import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openProjectFolder } from '../project/project-folder.ts';
import { testDicomFile, testSlice } from './dicom/write-test-file.ts';
import { discover } from './discover.ts';
import { testNiftiFile } from './nifti/write-test-file.ts';
import { readSourceFile } from './read-file.ts';

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'refacade-sniff-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const put = (name: string, bytes: Uint8Array | string) => {
  mkdirSync(dirname(join(dir, name)), { recursive: true });
  writeFileSync(join(dir, name), bytes);
  return readSourceFile(dir, name);
};

const good = testDicomFile(testSlice());
const nifti = testNiftiFile({ shape: [8, 8, 8] });
const hugeLength = Buffer.concat([
  testDicomFile(testSlice({ without: ['7FE00010'] })),
  Buffer.from([0xe1, 0x7f, 0x10, 0x00, 0x55, 0x4e, 0, 0, 0xf0, 0xff, 0xff, 0xff, 1, 2, 3, 4]),
]);
const dicomdir = testDicomFile([
  ['00080016', 'UI', '1.2.840.10008.1.3.10'],
  ['00041130', 'CS', 'SET'],
]);

// What hands-on folders hold; the suffix lies in half of them.
describe('readSourceFile tells files by their content', () => {
  it.each<[string, string, Uint8Array | string, string]>([
    ['DICOM without a suffix', 'IM0001', good, 'dicom'],
    ['DICOM called .txt', 'notes.txt', good, 'dicom'],
    ['DICOM without meta group', 'bare', testDicomFile(testSlice(), { noMeta: true }), 'dicom'],
    ['DICOMDIR', 'DICOMDIR', dicomdir, 'dicomdir'],
    ['NIfTI-1', 'a.nii', nifti, 'nifti'],
    [
      'NIfTI-2, big endian',
      'b.nii',
      testNiftiFile({ shape: [8, 8, 8], version: 2, bigEndian: true }),
      'nifti',
    ],
    ['NIfTI gzipped', 'c.nii.gz', gzipSync(nifti), 'nifti'],
    ['NIfTI gzipped under another name', 'c.bak', gzipSync(nifti), 'nifti'],
    ['BIDS sidecar', 'c.json', '{"EchoTime": 0.003}', 'sidecar'],
    ['b-values', 'd.bval', '0 1000 1000\n', 'sidecar'],
    ['JSON of something else', 'package.json', '{"name": "x"}', 'other'],
    ['empty file', 'empty', '', 'other'],
    ['empty .dcm', 'empty.dcm', '', 'unreadable'],
    ['one byte', 'one', 'x', 'other'],
    ['one byte .dcm', 'one.dcm', '\b', 'unreadable'],
    ['text called .dcm', 'text.dcm', 'This is not an image. '.repeat(30), 'unreadable'],
    ['PNG', 'p.png', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), 'other'],
    ['a .nii that is not', 'fake.nii', Buffer.alloc(4000, 1), 'unreadable'],
    ['a .nii.gz that is not', 'fake.nii.gz', gzipSync('hello '.repeat(100)), 'unreadable'],
    ['a tar.gz', 'x.tar.gz', gzipSync(Buffer.alloc(2048)), 'other'],
    ['gzip header and nothing more', 'g.gz', Buffer.from('1f8b0800000000000003', 'hex'), 'other'],
    ['DICOM prefix only', 'prefix', Buffer.concat([Buffer.alloc(128), Buffer.from('DICM')]), 'unreadable'],
    ['DICOM cut in an attribute', 'cut', good.subarray(0, 400), 'unreadable'],
    ['a length of four gigabytes', 'huge', hugeLength, 'unreadable'],
    ['zeros', 'zeros', Buffer.alloc(5000), 'other'],
    ['NIfTI with 99 dimensions', 'dims.nii', patched(nifti, 40, 99), 'unreadable'],
  ])('%s', (_what, name, bytes, kind) => {
    const file = put(name, bytes);
    expect(file.kind).toBe(kind);
    if (kind === 'unreadable') {
      expect(file.problems).toHaveLength(1);
      expect(file.problems[0]).toMatchObject({ code: 'unreadable-file', level: 'error' });
    }
  });

  it('answers for every cut of a good file and for noise, and never throws', () => {
    for (let n = 0; n < good.length; n += 7)
      expect(['dicom', 'unreadable', 'other']).toContain(put('cuts.dcm', good.subarray(0, n)).kind);
    for (let seed = 1; seed < 150; seed++) {
      const noisy = Buffer.from(good);
      for (let k = 0; k < 8; k++)
        noisy[(132 + seed * 131 + k * 977) % noisy.length] = (seed * 57 + k * 13) & 0xff;
      expect(['dicom', 'unreadable']).toContain(put('noise.dcm', noisy).kind);
    }
  });

  it('notices a NIfTI file that ends too early, plain and gzipped', () => {
    const cut = nifti.subarray(0, nifti.length - 100);
    expect(JSON.parse(put('t.nii', cut).header).truncated).toBe(true);
    expect(JSON.parse(put('t.nii.gz', gzipSync(cut)).header).truncated).toBe(true);
    expect(JSON.parse(put('t2.nii.gz', gzipSync(nifti)).header).truncated).toBe(false);
  });
});

function patched(file: Buffer, at: number, value: number): Buffer {
  const copy = Buffer.from(file);
  copy.writeInt16LE(value, at);
  return copy;
}

describe('discover', () => {
  it('follows links once and survives loops', async () => {
    const root = mkdtempSync(join(tmpdir(), 'refacade-walk-'));
    mkdirSync(join(root, 'a/b'), { recursive: true });
    writeFileSync(join(root, 'a/b/f'), 'x');
    symlinkSync(root, join(root, 'a/b/loop'));
    symlinkSync(join(root, 'nowhere'), join(root, 'a/broken'));
    const files: string[] = [];
    const problems: string[] = [];
    for await (const item of discover(root)) {
      if ('file' in item) files.push(item.file.path);
      else problems.push(item.problem.subject);
    }
    expect(files).toEqual(['a/b/f']);
    expect(problems).toEqual(['a/broken']);
    rmSync(root, { recursive: true });
  });

  it('leaves out the folder of a project, and says so once', async () => {
    const root = mkdtempSync(join(tmpdir(), 'refacade-walk-'));
    mkdirSync(join(root, 'scans'));
    writeFileSync(join(root, 'scans/1.dcm'), 'x');
    openProjectFolder(join(root, 'scans/project'), true, new Date(0));
    writeFileSync(join(root, 'scans/project/volumes/1.nii.gz'), 'x');
    const items = [];
    for await (const item of discover(root)) items.push(item);
    expect(items).toEqual([
      { file: { path: 'scans/1.dcm' } },
      {
        problem: expect.objectContaining({
          code: 'project-folder',
          level: 'info',
          subject: join(root, 'scans/project'),
        }),
        unread: 'scans/project',
      },
    ]);
    rmSync(root, { recursive: true });
  });

  it('makes a Problem of a folder that cannot be opened', async () => {
    const items = [];
    for await (const item of discover(join(dir, 'not-there'))) items.push(item);
    expect(items).toMatchObject([{ problem: { code: 'unreadable-folder', level: 'error' } }]);
  });
});
