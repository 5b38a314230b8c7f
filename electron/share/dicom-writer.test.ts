import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Dataset,
  emptyDataset,
  getItems,
  getStrings,
  sequenceElement,
  setElement,
  setString,
} from '../deidentify/header/dicom-dataset.ts';
import { explicitLittleEndian, readDicom } from '../deidentify/header/read-dicom.ts';
import { writeDicom } from '../deidentify/header/write-dicom.ts';
import { readNifti } from '../volume/nifti.ts';
import { quietContext } from '../worker/task.ts';
import { type DicomSeries, writeDicomSeries } from './dicom-writer.ts';
import { inEdit, instance, keys, makeFixture, policy, SIZE, value } from './share-fixture.ts';
import { verifyDicom } from './verify-dicom.ts';

let root = '';
let series: DicomSeries;
beforeEach(async () => {
  const fixture = await makeFixture(mkdtempSync(join(tmpdir(), 'dicom-writer-')));
  fixture.db.close();
  root = fixture.root;
  const [original, edited] = [
    await readNifti(join(fixture.projectDir, 'volumes', '1.nii')),
    await readNifti(join(fixture.projectDir, 'derivatives', '1', 'edited.nii.gz')),
  ];
  series = {
    sources: Array.from({ length: SIZE }, (_, s) => join(fixture.sourceDir, 'dicom', `Quentrell_${s}.dcm`)),
    pair: { original: original.volume, edited: edited.volume },
    recipe: policy,
    keys,
    subject: { sourceKey: 'dicom:1', label: 'sub-AAAAAAAA' },
    facePassed: true,
    method: 'quickshear',
    folder: 'DICOM/sub-A/ses-01/001-T1w',
  };
  mkdirSync(join(root, 'out'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const write = (over: Partial<DicomSeries> = {}) =>
  writeDicomSeries(join(root, 'out'), { ...series, ...over }, quietContext);
const expected = (c: number, r: number, s: number) => (inEdit(c, r, s) ? 3 : value(c, r, s));

async function pixelsOf(path: string): Promise<Uint16Array> {
  const { dataset } = readDicom(new Uint8Array(await readFile(join(root, 'out', path))));
  const { value: bytes } = dataset.elements.get('7FE00010')!;
  return new Uint16Array(bytes.slice().buffer);
}

/** Replaces the sources by others made of the same instances. */
function resource(make: (d: Dataset, s: number) => void, transferSyntaxUid = explicitLittleEndian): string[] {
  return Array.from({ length: SIZE }, (_, s) => {
    const dataset = instance(s);
    make(dataset, s);
    const path = join(root, `other-${s}.dcm`);
    writeFileSync(path, writeDicom({ dataset, transferSyntaxUid }));
    return path;
  });
}

/** The series as one enhanced object; `change` may spoil it. */
function enhanced(change: (d: Dataset) => void = () => {}): string {
  const frames = Array.from({ length: SIZE }, (_, s) => instance(s));
  const d = instance(0);
  setString(d, '00080016', '1.2.840.10008.5.1.4.1.1.4.1');
  setString(d, '00280008', String(SIZE));
  for (const tag of ['00200032', '00200037', '00280030']) d.elements.delete(tag);
  const group = (tag: string, ...from: [string, Dataset][]) => {
    const item = emptyDataset();
    for (const [name, source] of from) setElement(item, source.elements.get(name)!);
    return sequenceElement(tag, [item]);
  };
  const frameType = emptyDataset();
  setString(frameType, '00089007', 'ORIGINAL\\PRIMARY\\M\\NONE', 'CS');
  const shared = emptyDataset();
  setElement(shared, group('00289110', ['00280030', frames[0]!]));
  setElement(shared, group('00209116', ['00200037', frames[0]!]));
  const perFrame = frames.map((f) => {
    const item = emptyDataset();
    setElement(item, group('00209113', ['00200032', f]));
    setElement(item, sequenceElement('00189226', [{ elements: new Map(frameType.elements), charset: '' }]));
    return item;
  });
  setElement(d, sequenceElement('52009229', [shared]));
  setElement(d, sequenceElement('52009230', perFrame));
  const all = Buffer.concat(frames.map((f) => f.elements.get('7FE00010')!.value));
  setElement(d, { tag: '7FE00010', vr: 'OW', value: new Uint8Array(all) });
  const path = join(root, 'enhanced.dcm');
  change(d);
  writeFileSync(path, writeDicom({ dataset: d, transferSyntaxUid: explicitLittleEndian }));
  return path;
}

/**
 * A Siemens mosaic of 2×2 tiles, of which the volume's three slices take three.
 *
 * @param rest value of the pixels of the last tile
 */
async function mosaic(rest: number): Promise<Partial<DicomSeries>> {
  const n = SIZE / 2;
  const at = (c: number, r: number, s: number) => 1 + c + n * (r + n * s);
  const d = instance(0);
  setString(d, '00080008', 'ORIGINAL\\PRIMARY\\M\\MOSAIC');
  setString(d, '00200032', '0\\0\\0');
  setString(d, '00200037', '1\\0\\0\\0\\1\\0');
  setString(d, '00280030', '1\\1');
  setString(d, '00180088', '2', 'DS');
  setString(d, '00190010', 'SIEMENS MR HEADER', 'LO');
  setElement(d, { tag: '0019100A', vr: 'US', value: Uint8Array.of(3, 0) });
  const pixels = new Uint16Array(SIZE * SIZE).fill(rest);
  const data = new Int16Array(n * n * 3);
  for (let s = 0; s < 3; s++) {
    for (let r = 0; r < n; r++) {
      for (let c = 0; c < n; c++) {
        pixels[(s % 2) * n + c + SIZE * ((s >> 1) * n + r)] = at(c, r, s);
        data[c + n * (n - 1 - r + n * s)] = at(c, r, s);
      }
    }
  }
  setElement(d, { tag: '7FE00010', vr: 'OW', value: new Uint8Array(pixels.buffer) });
  const path = join(root, 'mosaic.dcm');
  writeFileSync(path, writeDicom({ dataset: d, transferSyntaxUid: explicitLittleEndian }));
  // The first tile begins half the difference of the sizes further in: 4 mm along x and y of DICOM.
  const affine = Float64Array.of(-1, 0, 0, -4, 0, 1, 0, -4 - (n - 1), 0, 0, 2, 0, 0, 0, 0, 1);
  const original = { data, shape: [n, n, 3], affine, slope: 1, inter: 0 };
  const edited = { ...original, data: data.map((v, i) => (i < 20 ? 0 : v)) };
  return { sources: [path], pair: { original, edited } };
}

describe('writeDicomSeries', () => {
  it('makes native instances of compressed ones, with the voxels of the working volume', async () => {
    // The fragments are never decoded here; dcm2niix did that when it made the volume.
    const sources = resource((d) => {
      setElement(d, {
        tag: '7FE00010',
        vr: 'OB',
        value: new Uint8Array(0),
        fragments: [new Uint8Array(0), Uint8Array.of(1, 2, 3, 4)],
      });
    }, '1.2.840.10008.1.2.5');
    const { files, problems } = await write({ sources });
    expect(problems).toEqual([]);
    expect(files).toHaveLength(SIZE);
    for (const s of [0, 5, 15]) {
      const pixels = await pixelsOf(files[s]!.path);
      for (let r = 0; r < SIZE; r++)
        for (let c = 0; c < SIZE; c++) expect(pixels[c + SIZE * r]).toBe(expected(c, r, s));
    }
  });

  it.each([
    ['explicit', explicitLittleEndian],
    ['implicit', '1.2.840.10008.1.2'],
  ])('edits bare data sets, without preamble and file meta information (%s)', async (_name, syntax) => {
    const sources = resource(() => {}, syntax);
    for (const path of sources) {
      const whole = readFileSync(path);
      // 128 bytes, DICM, then the length of group 0002 in an element of twelve bytes.
      writeFileSync(path, whole.subarray(132 + 12 + whole.readUInt32LE(140)));
    }
    const { files, problems } = await write({ sources });
    expect(problems).toEqual([]);
    const pixels = await pixelsOf(files[5]!.path);
    for (let r = 0; r < SIZE; r++)
      for (let c = 0; c < SIZE; c++) expect(pixels[c + SIZE * r]).toBe(expected(c, r, 5));
  });

  it('edits the frames of an enhanced object and leaves untouched frames original', async () => {
    const path = enhanced();
    const { files, problems } = await write({ sources: [path] });
    expect(problems).toEqual([]);
    const pixels = await pixelsOf(files[0]!.path);
    for (let s = 0; s < SIZE; s++) {
      for (let r = 0; r < SIZE; r++)
        for (let c = 0; c < SIZE; c++) expect(pixels[c + SIZE * (r + SIZE * s)]).toBe(expected(c, r, s));
    }
    const { dataset } = readDicom(new Uint8Array(await readFile(join(root, 'out', files[0]!.path))));
    expect(getStrings(dataset, '00080008')[0]).toBe('MIXED');
    const types = getItems(dataset, '52009230').map(
      (f) => getStrings(getItems(f, '00189226')[0]!, '00089007')[0],
    );
    expect(types).toEqual(
      Array.from({ length: SIZE }, (_, s) => (s >= 3 && s < 12 ? 'DERIVED' : 'ORIGINAL')),
    );
  });

  it('edits a classic instance whose shared functional groups say nothing of its place', async () => {
    for (const perFrame of [false, true]) {
      const sources = resource((d) => {
        setElement(d, sequenceElement('52009229', [emptyDataset()]));
        if (perFrame) setElement(d, sequenceElement('52009230', []));
      });
      const { files, problems } = await write({ sources });
      expect(problems).toEqual([]);
      const pixels = await pixelsOf(files[5]!.path);
      for (let r = 0; r < SIZE; r++)
        for (let c = 0; c < SIZE; c++) expect(pixels[c + SIZE * r]).toBe(expected(c, r, 5));
    }
  });

  const unplaced: [string, (d: Dataset) => void, RegExp][] = [
    [
      'frames without an item',
      (d) => setElement(d, sequenceElement('52009230', getItems(d, '52009230').slice(0, 8))),
      /Expected 16 items .* got 8\./,
    ],
    ['no item for any frame', (d) => void d.elements.delete('52009230'), /Expected 16 items .* got 0\./],
    ['more items than frames', (d) => setString(d, '00280008', '8', 'IS'), /Expected 8 items .* got 16\./],
  ];
  it.each(unplaced)('holds an enhanced object with %s', async (_name, change, message) => {
    const { problems, files } = await write({ sources: [enhanced(change)] });
    expect(files).toEqual([]);
    expect(problems.map((p) => p.code)).toEqual(['dicom-geometry']);
    expect(problems[0]!.message).toMatch(message);
  });

  it('shares a mosaic with an empty last tile and holds one with a picture in it', async () => {
    const empty = await write(await mosaic(0));
    expect(empty.problems).toEqual([]);
    expect(empty.evidence.edited).toBe(20);
    const { problems, files } = await write(await mosaic(7));
    expect(files).toEqual([]);
    expect(problems[0]!.message).toMatch(/64 of 256 pixels lie in no image plane and are not zero/);
  });

  it('places unevenly spaced slices by their pixels', async () => {
    const sources = resource((d, s) => {
      if (s < 8) return;
      const along = [0, -0.2873478856, 0.9578262852]; // the slice normal
      const moved = getStrings(d, '00200032').map((x, a) => Number(x) + 0.9 * along[a]!);
      setString(d, '00200032', moved.map((x) => x.toFixed(8)).join('\\'));
    });
    const { problems, evidence, files } = await write({ sources });
    expect(problems).toEqual([]);
    expect(evidence.placedByPixels).toBe(8);
    expect((await pixelsOf(files[10]!.path))[5 + SIZE * 12]).toBe(3);
  });

  const held: [string, (d: Dataset, s: number) => void, RegExp][] = [
    [
      'a slice between voxels, with other pixels',
      (d, s) => {
        if (s !== 4) return;
        setString(
          d,
          '00200032',
          getStrings(d, '00200032')
            .map((x) => String(Number(x) + 0.4))
            .join('\\'),
        );
      },
      /on a voxel of the edited image/,
    ],
    [
      'a slice outside the volume',
      (d, s) => {
        if (s === 15) setString(d, '00200032', '-12\\-200\\400');
      },
      /on a voxel|inside the edited image|belong together/,
    ],
    [
      'no position',
      (d) => {
        d.elements.delete('00200032');
      },
      /Image Position/,
    ],
    [
      'colour',
      (d) => setElement(d, { tag: '00280002', vr: 'US', value: Uint8Array.of(3, 0) }),
      /one sample a pixel/,
    ],
    [
      'no pixels',
      (d) => {
        d.elements.delete('7FE00010');
      },
      /Pixel Data, got none/,
    ],
    [
      'the same instance twice',
      (d) => setString(d, '00080018', '1.2.826.0.1.3680043.10.543.77.1.1'),
      /same SOP Instance UID/,
    ],
  ];
  it.each(held)('holds the series for %s', async (_name, make, message) => {
    const { problems, files } = await write({ sources: resource(make) });
    expect(files).toEqual([]);
    expect(problems[0]!.message).toMatch(message);
    expect(problems[0]!.fix).toBeTruthy();
  });
});

describe('verifyDicom notices', () => {
  async function tampered(tamper: (d: Dataset) => void): Promise<readonly string[]> {
    const { files } = await write();
    const source = new Uint8Array(await readFile(series.sources[5]!));
    const file = readDicom(new Uint8Array(await readFile(join(root, 'out', files[5]!.path))));
    tamper(file.dataset);
    return verifyDicom(source, writeDicom(file), [], series.pair).faults;
  }
  it('a pixel that is neither the source nor the edit', async () => {
    const faults = await tampered((d) => {
      const bytes = d.elements.get('7FE00010')!.value.slice();
      bytes[8]! ^= 1;
      setElement(d, { tag: '7FE00010', vr: 'OW', value: bytes });
    });
    expect(faults.join(' ')).toMatch(/1 of 256 pixels are neither/);
  });
  it('changes that no rule explains, and geometry that moved', async () => {
    const faults = await tampered((d) => setString(d, '00200032', '0\\0\\0'));
    expect(faults.join(' ')).toMatch(/\(0010,0010\) was changed without a rule/);
    expect(faults.join(' ')).toMatch(/\(0020,0032\) decides where pixels are/);
  });
});
