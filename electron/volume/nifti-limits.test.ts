// Files larger than this process can hold, without making one: a file with a hole, and a lower limit for unpacking.
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, it, vi } from 'vitest';
import { NiftiError, readNifti } from './nifti.ts';

vi.mock('node:zlib', async (original) => {
  const zlib = await original<typeof import('node:zlib')>();
  const gunzip = (bytes: Uint8Array, done: (error: Error | null, out: Buffer) => void) =>
    zlib.gunzip(bytes, { maxOutputLength: 1000 }, done);
  return { ...zlib, gunzip };
});

const root = mkdtempSync(join(tmpdir(), 'refacade-nifti-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

it('a file beyond 2 GiB is refused by its size, with what to do', async () => {
  const path = join(root, 'series.nii');
  writeFileSync(path, '');
  truncateSync(path, 2.25 * 2 ** 30);
  await expect(readNifti(path)).rejects.toThrow(NiftiError);
  await expect(readNifti(path)).rejects.toThrow(
    /^series\.nii: Expected a file of at most 2 GiB, got one of 2\.25 GiB\. Save the volume/,
  );
});

it('a file that is too large when unpacked is told apart from a damaged one', async () => {
  const packed = gzipSync(new Uint8Array(5000));
  await expect(readNifti(packed)).rejects.toThrow(NiftiError);
  await expect(readNifti(packed)).rejects.toThrow(
    /at most \d+ GiB when unpacked, got more\. Save the volume/,
  );
  await expect(readNifti(packed.subarray(0, 15))).rejects.toThrow(/damaged or cut short/);
});
