import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  bidsFileName,
  gzipHeaderIsClean,
  gzipWithoutTrace,
  participantAge,
  participantRow,
} from './file-name.ts';
import { cleanNiftiHeader, NiftiHeaderError } from './nifti-header.ts';

const headsDir = new URL('../../../../shared/data/heads/', import.meta.url);

/** A header whose every byte of geometry is telling, with a name in every free-text field. */
function header(version: 1 | 2, littleEndian: boolean): Uint8Array {
  const bytes = new Uint8Array(version === 1 ? 348 : 540).map((_, i) => (i * 37 + 11) & 0xff);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, bytes.length, littleEndian);
  const text = (at: number, length: number) =>
    bytes.set(new TextEncoder().encode(`${'Quillfeather'.slice(0, length)}\0`.slice(0, length)), at);
  if (version === 1) {
    view.setFloat32(108, 4096, littleEndian);
    for (const [at, length] of [
      [4, 10],
      [14, 12],
      [148, 13],
      [228, 13],
      [328, 12],
    ] as const)
      text(at, length);
    bytes.set([0x6e, 0x2b, 0x31, 0], 344);
  } else {
    view.setBigInt64(168, 4096n, littleEndian);
    for (const at of [240, 320, 508, 525]) text(at, 13);
    bytes.set([0x6e, 0x2b, 0x32, 0, 0x0d, 0x0a, 0x1a, 0x0a], 4);
  }
  return bytes;
}

describe('NIfTI headers', () => {
  it.each([
    [1, true],
    [1, false],
    [2, true],
    [2, false],
  ] as const)('version %i, little endian %s: free text goes, geometry stays bit for bit', (version, le) => {
    const before = header(version, le);
    const extensions = new Uint8Array([1, 0, 0, 0, ...new TextEncoder().encode('Quillfeather')]);
    const { header: after, extensions: none, changes } = cleanNiftiHeader(before, extensions);
    expect(Buffer.from(after).toString('latin1')).not.toContain('Quill');
    expect([...none]).toEqual([0, 0, 0, 0]);
    expect(changes.find((c) => c.tag === 'extensions')!.action).toBe('remove');
    expect(changes.find((c) => c.tag === 'descrip')!.before).toMatch(/^Quillfeather/);
    const free =
      version === 1
        ? [
            [4, 28],
            [32, 6],
            [108, 4],
            [148, 80],
            [228, 24],
            [328, 16],
          ]
        : [
            [168, 8],
            [240, 80],
            [320, 24],
            [508, 16],
            [525, 15],
          ];
    for (let i = 0; i < before.length; i++) {
      if (!free.some(([at, length]) => i >= at! && i < at! + length!))
        expect(after[i], `byte ${i}`).toBe(before[i]);
    }
    const view = new DataView(after.buffer);
    expect(version === 1 ? view.getFloat32(108, le) : Number(view.getBigInt64(168, le))).toBe(
      version === 1 ? 352 : 544,
    );
  });

  it.each([
    ['nothing', 0],
    ['half a header', 100],
    ['zeros', 348],
    ['zeros of the other size', 540],
  ])('refuses %s', (_name, size) => {
    expect(() => cleanNiftiHeader(new Uint8Array(size))).toThrow(NiftiHeaderError);
  });

  it.skipIf(!existsSync(headsDir))(
    'leaves real heads unchanged but for free text (needs ../shared/data/heads)',
    () => {
      const files = readdirSync(headsDir)
        .filter((f) => f.endsWith('.nii.gz'))
        .slice(0, 5);
      for (const file of files) {
        const bytes = gunzipSync(readFileSync(new URL(file, headsDir)));
        const { header: after } = cleanNiftiHeader(bytes.subarray(0, 348), bytes.subarray(348, 352));
        // dim to scl_slope and scl_inter, then qform_code to srow_z.
        expect(Buffer.compare(after.subarray(40, 108), bytes.subarray(40, 108))).toBe(0);
        expect(Buffer.compare(after.subarray(112, 148), bytes.subarray(112, 148))).toBe(0);
        expect(Buffer.compare(after.subarray(252, 328), bytes.subarray(252, 328))).toBe(0);
      }
    },
  );
});

describe('names and gzip', () => {
  it('are built from the pseudonym only', () => {
    expect(
      bidsFileName({
        subject: 'sub-AB12CD34',
        session: 'ses-01',
        suffix: 'T1w',
        run: 2,
        extension: '.nii.gz',
      }),
    ).toBe('sub-AB12CD34_ses-01_run-2_T1w.nii.gz');
    expect(() =>
      bidsFileName({ subject: 'sub-A_B', session: 'ses-01', suffix: 'T1w', extension: '.json' }),
    ).toThrow(RangeError);
    expect(() =>
      bidsFileName({ subject: 'sub-../../etc', session: 'ses-01', suffix: 'T1w', extension: '.json' }),
    ).toThrow(RangeError);
  });

  it.each([
    [88.9, '88'],
    [89, '89+'],
    [104, '89+'],
    [null, 'n/a'],
    [0.5, '0'],
  ])('age %s is written %s', (age, text) => {
    expect(participantAge(age)).toBe(text);
  });

  it('tells age and sex only when the policy retains them', () => {
    expect(participantRow('sub-A', 91, 'f', true)).toBe('sub-A\t89+\tF');
    expect(participantRow('sub-A', 91, 'F', false)).toBe('sub-A\tn/a\tn/a');
  });

  it('gzip carries no name and no time, and is the same every time', () => {
    const bytes = new Uint8Array(1000).fill(5);
    const packed = gzipWithoutTrace(bytes);
    expect(gzipHeaderIsClean(packed)).toBe(true);
    expect([...packed.subarray(3, 10)]).toEqual([0, 0, 0, 0, 0, packed[8], 255]);
    expect(new Uint8Array(gunzipSync(packed))).toEqual(bytes);
    // A file that the gzip command made carries its name: flag FNAME.
    const named = Buffer.from(gzipSync(bytes));
    named[3] = 8;
    expect(gzipHeaderIsClean(named)).toBe(false);
  });
});
