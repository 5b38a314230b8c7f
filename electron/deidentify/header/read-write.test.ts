import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeText, encodeText } from './character-set.ts';
import {
  type Dataset,
  emptyDataset,
  getItems,
  getNumbers,
  getString,
  setElement,
  setString,
  sortedElements,
  walk,
} from './dicom-dataset.ts';
import { plantedObject } from './planted-object.ts';
import { NotDicomError, readDicom } from './read-dicom.ts';
import { implementationClassUid, writeDicom } from './write-dicom.ts';

const dicomDir = fileURLToPath(new URL('../../../../shared/data/dicom/', import.meta.url));
const oracle = fileURLToPath(new URL('../../../build/oracle/header_pydicom.py', import.meta.url));
const explicit = '1.2.840.10008.1.2.1';

/** Everything that writing must preserve, one line per attribute. */
function listing(dataset: Dataset): string[] {
  const lines: string[] = [];
  walk(dataset, (e, path) => {
    if (e.tag.endsWith('0000')) return;
    const value =
      e.value.byteLength % 2 ? Buffer.concat([e.value, new Uint8Array([pad(e.vr)])]) : Buffer.from(e.value);
    lines.push(
      `${path} ${e.vr} ${value.toString('base64')} ${e.items?.length ?? ''} ${e.fragments?.map((f) => f.length) ?? ''}`,
    );
  });
  return lines;
}

function pad(vr: string): number {
  return ['OB', 'OW', 'UN', 'UI'].includes(vr) ? 0 : 0x20;
}

/** A bare data set in any of the native encodings, written the plain way, for reading tests. */
function encode(ds: Dataset, isExplicit: boolean, le: boolean): Uint8Array {
  const words: Record<string, number> = {
    US: 2,
    SS: 2,
    OW: 2,
    AT: 2,
    UL: 4,
    SL: 4,
    FL: 4,
    OF: 4,
    FD: 8,
    OD: 8,
  };
  const parts: Buffer[] = [];
  const u16 = (n: number) => {
    const b = Buffer.alloc(2);
    if (le) b.writeUInt16LE(n);
    else b.writeUInt16BE(n);
    return b;
  };
  const u32 = (n: number) => {
    const b = Buffer.alloc(4);
    if (le) b.writeUInt32LE(n);
    else b.writeUInt32BE(n);
    return b;
  };
  const tag = (t: string) =>
    Buffer.concat([u16(Number.parseInt(t.slice(0, 4), 16)), u16(Number.parseInt(t.slice(4), 16))]);
  for (const e of sortedElements(ds)) {
    let value = Buffer.from(e.value);
    if (e.items) {
      const items = e.items.map((i) =>
        Buffer.concat([tag('FFFEE000'), u32(0xffffffff), encode(i, isExplicit, le), tag('FFFEE00D'), u32(0)]),
      );
      value = Buffer.concat([...items, tag('FFFEE0DD'), u32(0)]);
    } else {
      if (value.length % 2) value = Buffer.concat([value, Buffer.from([pad(e.vr)])]);
      const size = words[e.vr] ?? 1;
      if (!le)
        for (let at = 0; at + size <= value.length; at += size) value.subarray(at, at + size).reverse();
    }
    const length = e.items ? 0xffffffff : value.length;
    parts.push(tag(e.tag));
    if (!isExplicit) parts.push(u32(length));
    else if (['OB', 'OW', 'OF', 'OD', 'SQ', 'UN', 'UT', 'UC'].includes(e.vr))
      parts.push(Buffer.from(`${e.vr}\0\0`), u32(length));
    else parts.push(Buffer.from(e.vr), u16(length));
    parts.push(value);
  }
  return new Uint8Array(Buffer.concat(parts));
}

/** Only attributes whose VR the dictionary gives back, so that implicit VR can be compared. */
function plainObject(): Dataset {
  const ds = plantedObject();
  for (const tag of [...ds.elements.keys()])
    if (Number.parseInt(tag[3]!, 16) % 2 || tag === '00189999') ds.elements.delete(tag);
  setElement(ds, { tag: '00189087', vr: 'FD', value: new Uint8Array(new Float64Array([1000.5]).buffer) });
  setElement(ds, {
    tag: '00280009',
    vr: 'AT',
    value: new Uint8Array(new Uint16Array([0x0018, 0x1063]).buffer),
  });
  setElement(ds, { tag: '00720078', vr: 'UL', value: new Uint8Array(new Uint32Array([7, 9]).buffer) });
  return ds;
}

describe('reading and writing', () => {
  it.each([
    ['explicit little endian', true, true],
    ['explicit big endian', true, false],
    ['implicit little endian', false, true],
  ])('reads a bare data set in %s to the same tree', (_name, isExplicit, le) => {
    const ds = plainObject();
    const file = readDicom(encode(ds, isExplicit, le));
    expect(listing(file.dataset)).toEqual(listing(ds));
  });

  it('reads a deflated data set', () => {
    const part10 = Buffer.from(writeDicom({ dataset: plainObject(), transferSyntaxUid: explicit }));
    const body = encode(plainObject(), true, true);
    const metaLength = part10.readUInt32LE(140) + 144;
    const head = Buffer.from(
      part10
        .subarray(0, metaLength)
        .toString('latin1')
        .replace('1.2.840.10008.1.2.1\0', '1.2.840.10008.1.2.1.99'),
      'latin1',
    );
    // Two bytes more in the UID: its own length and the group's.
    const at = head.indexOf('1.2.840.10008.1.2.1.99');
    head.writeUInt16LE(22, at - 2);
    const file = readDicom(Buffer.concat([head, deflateRawSync(body)]));
    expect(file.transferSyntaxUid).toBe('1.2.840.10008.1.2.1.99');
    expect(listing(file.dataset)).toEqual(listing(plainObject()));
    expect(readDicom(writeDicom(file)).transferSyntaxUid).toBe(explicit);
  });

  it('writes what it reads, with group 0002 of its own and a blank preamble', () => {
    const ds = plantedObject();
    const bytes = writeDicom({ dataset: ds, transferSyntaxUid: '1.2.840.10008.1.2.2' });
    expect(bytes.subarray(0, 128).every((b) => b === 0)).toBe(true);
    const file = readDicom(bytes);
    expect(listing(file.dataset)).toEqual(listing(ds));
    expect(file.warnings).toEqual([]);
    expect(getString(file.meta, '00020003')).toBe(getString(ds, '00080018'));
    expect(getString(file.meta, '00020002')).toBe(getString(ds, '00080016'));
    expect(getString(file.meta, '00020010')).toBe(explicit);
    expect(getString(file.meta, '00020012')).toBe(implementationClassUid);
    expect(getNumbers(file.meta, '00020000')[0]).toBe(
      bytes.byteLength - 144 - encode(ds, true, true).byteLength + sequenceSurplus(ds),
    );
  });

  it('keeps encapsulated fragments byte for byte, delimiters inside them included', () => {
    const ds = plantedObject();
    const tricky = new Uint8Array([0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0, 7, 7]);
    setElement(ds, {
      tag: '7FE00010',
      vr: 'OB',
      value: new Uint8Array(0),
      fragments: [new Uint8Array(0), tricky, new Uint8Array([1, 2])],
    });
    const file = readDicom(writeDicom({ dataset: ds, transferSyntaxUid: '1.2.840.10008.1.2.4.90' }));
    expect(file.transferSyntaxUid).toBe('1.2.840.10008.1.2.4.90');
    expect(file.dataset.elements.get('7FE00010')!.fragments).toEqual([
      new Uint8Array(0),
      tricky,
      new Uint8Array([1, 2]),
    ]);
  });

  it('takes UN of undefined length as an implicit sequence, and UN of a known attribute by its VR', () => {
    const inner = emptyDataset();
    setString(inner, '00100020', 'HIDDEN');
    const sequence = encode(inner, false, true);
    const item = (tag: number[], body: Uint8Array) =>
      Buffer.concat([
        Buffer.from(tag),
        Buffer.from([0xff, 0xff, 0xff, 0xff]),
        Buffer.from([0xfe, 0xff, 0x00, 0xe0, 0xff, 0xff, 0xff, 0xff]),
        body,
        Buffer.from([0xfe, 0xff, 0x0d, 0xe0, 0, 0, 0, 0, 0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0]),
      ]);
    const bytes = Buffer.concat([
      encode(
        Object.assign(emptyDataset(), {
          elements: new Map([['00080005', { tag: '00080005', vr: 'CS', value: Buffer.from('ISO_IR 100') }]]),
        }),
        true,
        true,
      ),
      item([0x08, 0, 0x15, 0x11, 0x55, 0x4e, 0, 0], sequence),
      Buffer.from([0x10, 0, 0x10, 0, 0x55, 0x4e, 0, 0, 4, 0, 0, 0]),
      Buffer.from('A^B '),
    ]);
    const { dataset } = readDicom(bytes);
    expect(getString(getItems(dataset, '00081115')[0]!, '00100020')).toBe('HIDDEN');
    expect(getString(dataset, '00100010')).toBe('A^B');
  });

  it('writes a value too long for a short VR as UN', () => {
    const ds = emptyDataset();
    setString(ds, '00080060', 'MR');
    setString(ds, '00283010', '1\\'.repeat(40_000), 'DS');
    const back = readDicom(writeDicom({ dataset: ds, transferSyntaxUid: explicit })).dataset;
    expect(back.elements.get('00283010')!.value.byteLength).toBe(80_000);
  });

  it.each([
    ['ISO_IR 100', 'Müller', [0x4d, 0xfc, 0x6c, 0x6c, 0x65, 0x72]],
    ['ISO_IR 192', 'Müller', [0x4d, 0xc3, 0xbc, 0x6c, 0x6c, 0x65, 0x72]],
    ['ISO_IR 144', 'Лю', [0xbb, 0xee]],
    ['\\ISO 2022 IR 87', '山', [0x1b, 0x24, 0x42, 0x3b, 0x33, 0x1b, 0x28, 0x42]],
    ['\\ISO 2022 IR 149', '김', [0x1b, 0x24, 0x29, 0x43, 0xb1, 0xe8]],
    ['ISO_IR 13', 'ﾔﾏﾀﾞ', [0xd4, 0xcf, 0xc0, 0xde]],
    ['GB18030', '王', [0xcd, 0xf5]],
  ])('decodes %s (values from PS3.5 annexes H to K)', (charset, text, bytes) => {
    expect(decodeText(new Uint8Array(bytes), charset)).toBe(text);
  });

  it('encodes what the character set holds and marks what it cannot', () => {
    expect([...encodeText('ü山', 'ISO_IR 100')]).toEqual([0xfc, 0x3f]);
    expect(Buffer.from(encodeText('ü', 'ISO_IR 192')).toString('hex')).toBe('c3bc');
    expect([...encodeText('ü', '')]).toEqual([0x3f]);
  });
});

/** Our writer gives sequences explicit lengths where `encode` writes delimiters: 8 bytes more per item and sequence. */
function sequenceSurplus(ds: Dataset): number {
  let n = 0;
  walk(ds, (e) => {
    if (e.items) n += 8 + 8 * e.items.length;
  });
  return n;
}

describe('hostile input', () => {
  it.each([
    ['nothing', new Uint8Array(0)],
    ['text', new TextEncoder().encode('This is a letter to Dr Smith, not an image at all.')],
    ['zeros', new Uint8Array(4096)],
    ['a gzip file', new Uint8Array([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3])],
    ['a preamble alone', Buffer.concat([Buffer.alloc(128), Buffer.from('DICM')])],
  ])('refuses %s by name', (_name, bytes) => {
    expect(() => readDicom(bytes)).toThrow(NotDicomError);
  });

  it('stops at absurd nesting instead of exhausting the stack', () => {
    const open = Buffer.from([
      0x08, 0, 0x15, 0x11, 0x53, 0x51, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xfe, 0xff, 0, 0xe0, 0xff, 0xff, 0xff,
      0xff,
    ]);
    expect(() => readDicom(Buffer.concat(Array.from({ length: 50_000 }, () => open)))).toThrow(/nested/);
  });

  it('believes no length: a value of 4 GB in a small file is cut off with a warning', () => {
    const bytes = Buffer.from([
      0x08, 0, 0x05, 0, 0x43, 0x53, 2, 0, 0x41, 0x20, 0xe0, 0x7f, 0x10, 0, 0x4f, 0x57, 0, 0, 0xf0, 0xff, 0xff,
      0xff, 1, 2,
    ]);
    const file = readDicom(bytes);
    expect(file.warnings.join()).toMatch(/declares 4294967280 bytes; 2 are there/);
  });

  it('survives any truncation and any changed byte: a tree or NotDicomError, and what is read can be written', () => {
    const whole = writeDicom({ dataset: plantedObject(), transferSyntaxUid: explicit });
    fc.assert(
      fc.property(fc.nat(whole.length), fc.nat(whole.length - 1), fc.nat(255), (length, at, byte) => {
        const bytes = whole.slice(0, length);
        if (at < length) bytes[at] = byte;
        try {
          readDicom(writeDicom(readDicom(bytes)));
        } catch (error) {
          expect(error).toBeInstanceOf(NotDicomError);
        }
      }),
      { numRuns: 600 },
    );
  });
});

describe.skipIf(!existsSync(dicomDir))('real files (needs ../shared/data/dicom)', () => {
  const files = existsSync(dicomDir)
    ? readdirSync(dicomDir, { recursive: true })
        .map((f) => join(dicomDir, String(f)))
        .filter((f) => statSync(f).isFile())
    : [];

  it('reads, writes and reads again the same tree, for every file', () => {
    const unreadable: string[] = [];
    for (const file of files) {
      let first: ReturnType<typeof readDicom>;
      try {
        first = readDicom(readFileSync(file));
      } catch (error) {
        expect(error).toBeInstanceOf(NotDicomError);
        unreadable.push(file.split('/').at(-1)!);
        continue;
      }
      expect(listing(readDicom(writeDicom(first)).dataset), file).toEqual(listing(first.dataset));
    }
    // A text, a gzip file, and a file whose first byte is not DICOM; two folders have a README.
    expect(unreadable.sort()).toEqual(['README.txt', 'README.txt', 'no_meta.dcm', 'zipMR.gz']);
  });

  const hasPydicom = spawnSync('/usr/bin/python3', ['-c', 'import pydicom, numpy']).status === 0;
  it.skipIf(!hasPydicom)(
    'pydicom finds the same attributes and pixels in what we write (needs python3-pydicom)',
    () => {
      const dir = mkdtempSync(join(tmpdir(), 'refacade-pydicom-'));
      try {
        mkdirSync(dir, { recursive: true });
        const pairs: [string, string][] = [];
        for (const [i, file] of files.entries()) {
          // One in eight of the long plain series; everything else.
          if (/adi_brain_T1|CTHead/.test(file) && i % 8) continue;
          try {
            const written = join(dir, `${i}.dcm`);
            writeFileSync(written, writeDicom(readDicom(readFileSync(file))));
            pairs.push([file, written]);
          } catch (error) {
            expect(error).toBeInstanceOf(NotDicomError);
          }
        }
        writeFileSync(join(dir, 'pairs.json'), JSON.stringify(pairs));
        const report = JSON.parse(
          execFileSync('/usr/bin/python3', [oracle, join(dir, 'pairs.json')], {
            encoding: 'utf8',
            maxBuffer: 2 ** 26,
          }),
        );
        expect(report.differences).toEqual([]);
        expect(report.unreadable).toEqual([]);
        expect(report.checked).toBeGreaterThan(100);
      } finally {
        rmSync(dir, { recursive: true, force: true });
      }
    },
  );
});
