import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ByteSearch } from './byte-search.ts';
import { bytePatterns } from './identifier-forms.ts';
import { scanForLeaks, scanText } from './leak-scan.ts';

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'leak-scan-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function put(name: string, content: Uint8Array | string): Promise<void> {
  await mkdir(dirname(join(root, name)), { recursive: true });
  await writeFile(join(root, name), content);
}

const identifiers = [
  { kind: 'patient-name', text: 'Müller-Vogelsang^Annegret' },
  { kind: 'patient-name', text: 'Doe^Jon' },
  { kind: 'patient-name', text: 'Yamada^Tarou=山田^太郎' },
  { kind: 'patient-name', text: '山田' },
  { kind: 'patient-id', text: 'HH-48213' },
  { kind: 'patient-id', text: '734561' },
  { kind: 'birth-date', text: '19640517' },
  { kind: 'study-uid', text: '1.2.826.0.1.3680043.8.498.7771' },
];
const utf16be = (text: string) => Buffer.from(text, 'utf16le').swap16();
const noise = (n: number) => Uint8Array.from({ length: n }, (_, i) => (i * 193 + (i >> 3) * 31) & 255);

/** A single-file NIfTI-1 with `nx` 8-bit voxels; `place` may write into header, extension, voxels or tail. */
function nifti(nx: number, place: (file: Buffer) => void = () => {}, tail = ''): Buffer {
  const file = Buffer.alloc(384 + nx);
  file.writeInt32LE(348, 0);
  for (const [i, d] of [3, nx, 1, 1, 1, 1, 1, 1].entries()) file.writeInt16LE(d, 40 + 2 * i);
  file.writeInt16LE(2, 70);
  file.writeInt16LE(8, 72);
  file.writeFloatLE(384, 108);
  file.write('n+1\0', 344, 'latin1');
  place(file);
  return Buffer.concat([file, Buffer.from(tail)]);
}

/** Explicit VR little endian with one private value and Pixel Data, both given. */
function dicom(value: Buffer, pixels: Buffer, model = ''): Buffer {
  const element = (g: number, e: number, vr: string, data: Buffer) => {
    const even = data.length % 2 ? Buffer.concat([data, Buffer.from(' ')]) : data;
    const head = Buffer.alloc(vr === 'OW' ? 12 : 8);
    head.writeUInt16LE(g, 0);
    head.writeUInt16LE(e, 2);
    head.write(vr, 4, 'latin1');
    if (vr === 'OW') head.writeUInt32LE(even.length, 8);
    else head.writeUInt16LE(even.length, 6);
    return Buffer.concat([head, even]);
  };
  const syntax = element(2, 0x10, 'UI', Buffer.from('1.2.840.10008.1.2.1\0'));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(syntax.length);
  return Buffer.concat([
    Buffer.alloc(128),
    Buffer.from('DICM'),
    element(2, 0, 'UL', length),
    syntax,
    ...(model ? [element(0x0008, 0x1090, 'LO', Buffer.from(model))] : []),
    element(0x0029, 0x1010, 'LO', value),
    element(0x7fe0, 0x10, 'OW', pixels),
  ]);
}

describe('scanForLeaks finds a planted identifier', () => {
  const text = Buffer.from('Doe^Jon');
  const planted: [string, string, Uint8Array | string, string, 'name' | 'content'][] = [
    ['plain text', 'a.txt', 'x Müller-Vogelsang^Annegret y', 'patient-name', 'content'],
    ['upper case', 'a.txt', 'x MÜLLER-VOGELSANG ANNEGRET', 'patient-name', 'content'],
    ['without marks', 'a.txt', 'annegret_muller-vogelsang', 'patient-name', 'content'],
    ['spelled out', 'a.txt', 'Annegret Mueller-Vogelsang', 'patient-name', 'content'],
    ['Latin-1', 'a.bin', Buffer.from('xxMüller-Vogelsang^Annegretxx', 'latin1'), 'patient-name', 'content'],
    ['UTF-16 little endian', 'a.bin', Buffer.from('--Doe^Jon--', 'utf16le'), 'patient-name', 'content'],
    ['UTF-16 big endian', 'a.bin', utf16be('--DOE^JON--'), 'patient-name', 'content'],
    [
      'UTF-16 on an odd byte',
      'a.bin',
      Buffer.concat([Buffer.from('z'), Buffer.from(' HH-48213 ', 'utf16le')]),
      'patient-id',
      'content',
    ],
    ['parts turned round', 'a.json', '{"who":"Jon Doe"}', 'patient-name', 'content'],
    ['Japanese in UTF-8', 'a.txt', '山田', 'patient-name', 'content'],
    [
      'Japanese in Shift-JIS',
      'a.bin',
      Buffer.from([0x20, 0x8e, 0x52, 0x93, 0x63, 0x20]),
      'patient-name',
      'content',
    ],
    ['Japanese in ISO 2022', 'a.bin', Buffer.from('\x1b$B;3ED\x1b(B', 'latin1'), 'patient-name', 'content'],
    ['JSON escapes', 'a.json', '"M\\u00fcller-Vogelsang^Annegret"', 'patient-name', 'content'],
    ['percent escapes', 'a.txt', 'M%C3%BCller-Vogelsang%5EAnnegret', 'patient-name', 'content'],
    [
      'base64',
      'a.json',
      `{"b":"${Buffer.from('..Doe^Jon..').toString('base64')}"}`,
      'patient-name',
      'content',
    ],
    ['hexadecimal', 'a.txt', Buffer.from('HH-48213').toString('hex'), 'patient-id', 'content'],
    ['a date written another way', 'a.tsv', 'sub-1\t17.05.1964\n', 'birth-date', 'content'],
    ['a date with a time', 'a.txt', '19640517120000.00', 'birth-date', 'content'],
    ['a number with leading zeros', 'a.txt', 'MRN00734561', 'patient-id', 'content'],
    ['a UID inside a longer one', 'a.txt', '1.2.826.0.1.3680043.8.498.7771.4.2', 'study-uid', 'content'],
    ['gzip content', 'a.nii.gz', gzipSync('...HH-48213...'), 'patient-id', 'content'],
    [
      'gzip name',
      'a.gz',
      Buffer.concat([
        Buffer.from([31, 139, 8, 8, 0, 0, 0, 0, 0, 3]),
        Buffer.from('HH-48213.nii\0'),
        gzipSync('x').subarray(10),
      ]),
      'patient-id',
      'content',
    ],
    ['file name', 'sub/scan_hh-48213.txt', 'x', 'patient-id', 'name'],
    ['folder name', 'Doe_Jon/a.txt', 'x', 'patient-name', 'name'],
    ['decomposed file name', 'Mu\u0308ller-Vogelsang^Annegret.txt', 'x', 'patient-name', 'name'],
    [
      'NIfTI description',
      'a.nii',
      nifti(5000, (f) => void f.write('Jon Doe', 148)),
      'patient-name',
      'content',
    ],
    [
      'NIfTI extension',
      'a.nii.gz',
      gzipSync(nifti(5000, (f) => void f.write('Jon Doe', 352))),
      'patient-name',
      'content',
    ],
    ['NIfTI tail', 'a.nii.gz', gzipSync(nifti(5000, () => {}, 'id HH-48213')), 'patient-id', 'content'],
    ['DICOM value of odd length', 'a.dcm', dicom(text, Buffer.from(noise(600))), 'patient-name', 'content'],
    [
      'DICOM short id touching the next tag',
      'a.dcm',
      dicom(Buffer.from('734561'), Buffer.from(noise(600))),
      'patient-id',
      'content',
    ],
  ];
  it.each(planted)('%s', async (_name, file, content, kind, where) => {
    await put(file, content);
    const { leaks } = await scanForLeaks(root, identifiers);
    expect(leaks).toContainEqual(expect.objectContaining({ identifierKind: kind, where }));
    expect(scanText(identifiers, JSON.stringify(leaks))).toEqual([]);
  });

  it('across the border of two chunks', async () => {
    const search = new ByteSearch(bytePatterns(identifiers));
    const whole = Buffer.from(`${'.'.repeat(700)}HH-48213${'.'.repeat(700)}734561 ${'-'.repeat(300)}`);
    for (let cut = 690; cut < 720; cut++) {
      const kinds: string[] = [];
      const stream = search.stream((p) => void kinds.push(p.identifierKind));
      for (const piece of [whole.subarray(0, cut), whole.subarray(cut, cut + 3), whole.subarray(cut + 3)])
        stream.push(piece);
      stream.end();
      expect(new Set(kinds)).toEqual(new Set(['patient-id']));
    }
  });

  it('agrees with a plain search on random bytes', () => {
    const wanted = ['abca', 'bcab', 'cabb', 'aabba', 'bbbb'].map((text) => ({
      kind: text,
      text: `${text}${text}`,
    }));
    const search = new ByteSearch(bytePatterns(wanted));
    let state = 7;
    const random = Buffer.from(
      Array.from({ length: 200_000 }, () => {
        state = (Math.imul(state, 1103515245) + 12345) >>> 0;
        return 97 + ((state >>> 16) % 3);
      }),
    );
    const found = new Set<string>();
    search.search(random, (p) => found.add(p.identifierKind));
    const expected = wanted.filter((w) => random.includes(w.text)).map((w) => w.kind);
    expect([...found].sort()).toEqual(expected.sort());
    expect(expected.length).toBeGreaterThan(0);
  });
});

describe('scanForLeaks stays quiet', () => {
  const clean: [string, string, Uint8Array | string][] = [
    [
      'inside a longer word',
      'a.txt',
      'the quick brown doejon fox: 17345612 items'.replace('doejon', 'doedoe'),
    ],
    ['inside a decimal number', 'a.json', '{"x": 0.734561, "y": 5734561}'],
    ['inside a UID', 'a.txt', '2.25.1196405171234567345612'],
    ['inside a checksum', 'a.txt', `${'a'.repeat(20)}734561${'b'.repeat(38)}`],
    ['voxels of a NIfTI file', 'a.nii', nifti(5000, (f) => void f.write('Doe^Jon HH-48213', 1000))],
    [
      'pixels of a DICOM file',
      'a.dcm',
      dicom(Buffer.from('clean'), Buffer.from(`${'x'.repeat(100)}Doe^Jon`)),
    ],
    ['noise', 'a.bin', noise(300_000)],
  ];
  it.each(clean)('%s', async (_name, file, content) => {
    await put(file, content);
    expect((await scanForLeaks(root, identifiers)).leaks).toEqual([]);
  });

  it('takes numbers of the manifest and of numeric attributes for what they are', async () => {
    await put('manifest.json', JSON.stringify({ size: 734561, seeds: [734561, 1] }));
    expect((await scanForLeaks(root, identifiers)).leaks).toEqual([]);
    await put('manifest.json', JSON.stringify({ note: '734561' }));
    expect((await scanForLeaks(root, identifiers)).leaks).toHaveLength(1);
  });

  it("looks for a date only in its own subject's files", async () => {
    const own = [{ kind: 'date', text: '20110304', subject: 'sub-A' }];
    await put('sub-B/a.json', '{"d":"2011-03-04"}');
    expect((await scanForLeaks(root, own)).leaks).toEqual([]);
    await put('sub-A/a.json', '{"d":"2011-03-04"}');
    expect((await scanForLeaks(root, own)).leaks).toEqual([
      { file: 'sub-A/a.json', identifierKind: 'date', where: 'content' },
    ]);
  });

  describe('about what a scanner is called', () => {
    const people = [
      { kind: 'patient-name', text: 'Marquez^Vida' },
      { kind: 'patient-name', text: 'Vida' },
      { kind: 'station', text: 'ACHIEVA' },
      { kind: 'serial', text: 'SN-88123' },
    ];
    const pixels = Buffer.from(noise(600));
    const kindsIn = async (name: string, content: Buffer | string) => {
      await put(name, content);
      return (await scanForLeaks(root, people)).leaks.map((l) => l.identifierKind);
    };
    const sidecar = (fields: object) => JSON.stringify({ Modality: 'MR', ...fields }, null, 2);

    it.each(['MAGNETOM Vida', 'Achieva', 'Achieva dStream'])('in the model %s', async (model) => {
      expect(await kindsIn('a.dcm', dicom(Buffer.from('clean'), pixels, model))).toEqual([]);
      expect(await kindsIn('a.json', sidecar({ ManufacturersModelName: model }))).toEqual([]);
      expect(await kindsIn('a.json', sidecar({ SoftwareVersions: ['R5', model] }))).toEqual([]);
    });

    it('but finds the same word anywhere else', async () => {
      expect(await kindsIn('a.dcm', dicom(Buffer.from('for Vida'), pixels, 'MAGNETOM Vida'))).toEqual([
        'patient-name',
      ]);
      expect(await kindsIn('a.dcm', dicom(Buffer.from('at ACHIEVA'), pixels, 'Achieva'))).toEqual([
        'station',
      ]);
      await rm(join(root, 'a.dcm'));
      const both = sidecar({ ManufacturersModelName: 'Vida', ProtocolName: 't1 Vida' });
      expect(await kindsIn('a.json', both)).toEqual(['patient-name']);
      await rm(join(root, 'a.json'));
      expect(await kindsIn('Vida_1.dcm', dicom(Buffer.from('clean'), pixels, 'Vida'))).toEqual([
        'patient-name',
      ]);
    });

    it('and whole names, parts of words and numbers even there', async () => {
      for (const [model, kind] of [
        ['Vida Marquez', 'patient-name'],
        ['Achieva2', 'station'],
        ['Achieva SN-88123', 'serial'],
      ] as const) {
        expect(await kindsIn('a.dcm', dicom(Buffer.from('clean'), pixels, model))).toEqual([kind]);
        await rm(join(root, 'a.dcm'));
        expect(await kindsIn('a.json', sidecar({ Manufacturer: model }))).toEqual([kind]);
        await rm(join(root, 'a.json'));
      }
    });
  });

  it('passes over what cannot mean a person, and counts it', async () => {
    await put('README', 'a head scan of the brain, 12');
    const result = await scanForLeaks(root, [
      { kind: 'patient-name', text: 'Head' },
      { kind: 'patient-id', text: '12' },
    ]);
    expect(result.leaks).toEqual([]);
    expect(result.notSearched).toBe(2);
  });
});
