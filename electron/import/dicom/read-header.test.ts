import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import oracle from '../oracle-dicom.json' with { type: 'json' };
import { readDicomHeader } from './read-header.ts';
import { testDicomFile, testSlice } from './write-test-file.ts';

const data = fileURLToPath(new URL('../../../../shared/data/dicom/', import.meta.url));
const syntaxes = {
  implicit: '1.2.840.10008.1.2',
  explicit: '1.2.840.10008.1.2.1',
  big: '1.2.840.10008.1.2.2',
  deflated: '1.2.840.10008.1.2.1.99',
};

const header = (file: Uint8Array, quick = true) =>
  readDicomHeader((length) => file.subarray(0, length), file.length, quick);

describe('readDicomHeader', () => {
  const slice = testSlice({
    extra: [
      ['00080005', 'CS', 'ISO_IR 100'],
      [
        '00081115',
        'SQ',
        [
          [
            ['0020000E', 'UI', '9.9.9'],
            ['00081199', 'SQ', [[['00081155', 'UI', '8.8']]]],
          ],
        ],
      ],
      ['00280301', 'CS', 'NO'],
      ['00120062', 'CS', 'YES'],
    ],
  });
  const plain = header(testDicomFile(slice));

  it('reads what was written', () => {
    expect(plain).toMatchObject({
      patientId: 'P1',
      patientName: 'Doe^Jane',
      seriesInstanceUid: '2.25.100.1',
      rows: 16,
      columns: 16,
      position: [-100, -100, 2],
      orientation: [1, 0, 0, 0, 1, 0],
      pixelSpacing: [12.5, 12.5],
      echoTimeMs: 2.98,
      imageType: ['ORIGINAL', 'PRIMARY', 'M', 'ND'],
      identityRemoved: 'YES',
      hasPixels: true,
    });
  });

  it.each(Object.entries(syntaxes))('reads the same from %s', (_name, transferSyntaxUid) => {
    for (const quick of [true, false]) {
      expect(header(testDicomFile(slice, { transferSyntaxUid }), quick)).toEqual({
        ...plain,
        transferSyntaxUid,
      });
    }
  });

  it.each([
    ['without a preamble', { bare: true }],
    ['without a meta group', { noMeta: true }],
    ['without a meta group, implicit', { noMeta: true, transferSyntaxUid: syntaxes.implicit }],
    ['without a meta group, big endian', { noMeta: true, transferSyntaxUid: syntaxes.big }],
  ])('reads files %s', (_name, options) => {
    expect(header(testDicomFile(slice, options))).toMatchObject({
      sopInstanceUid: plain.sopInstanceUid,
      rows: 16,
      position: [-100, -100, 2],
    });
  });

  it('reads on when the attributes are longer than the first piece', () => {
    const long = testSlice({ extra: [['00091001', 'UN', new Uint8Array(300_000)]] });
    const file = testDicomFile(long);
    const asked: number[] = [];
    const h = readDicomHeader((length) => {
      asked.push(length);
      return file.subarray(0, length);
    }, file.length);
    expect(h.rows).toBe(16);
    expect(asked.length).toBeGreaterThan(1);
  });

  it('says when the pixels are cut off', () => {
    const file = testDicomFile(slice);
    expect(header(file.subarray(0, file.length - 10)).truncatedPixels).toBe(true);
    expect(plain.truncatedPixels).toBeUndefined();
  });

  it('reads frames of an enhanced object', () => {
    const frame = (z: number): Parameters<typeof testDicomFile>[0] => [
      ['00209113', 'SQ', [[['00200032', 'DS', `0\\0\\${z}`]]]],
      ['00189117', 'SQ', [[['00189087', 'FD', z > 2 ? 1000 : 0]]]],
    ];
    const h = header(
      testDicomFile(
        testSlice({
          without: ['00200032', '00200037', '00280030'],
          extra: [
            ['00280008', 'IS', '3'],
            [
              '52009229',
              'SQ',
              [
                [
                  ['00209116', 'SQ', [[['00200037', 'DS', '1\\0\\0\\0\\1\\0']]]],
                  ['00289110', 'SQ', [[['00280030', 'DS', '1\\2']]]],
                ],
              ],
            ],
            ['52009230', 'SQ', [[...frame(1)], [...frame(2)], [...frame(3)]]],
          ],
        }),
      ),
    );
    expect(h).toMatchObject({
      frames: 3,
      framePositions: [0, 0, 1, 0, 0, 2, 0, 0, 3],
      pixelSpacing: [1, 2],
      frameBValues: [0, 0, 1000],
    });
  });
});

describe.skipIf(!existsSync(data))('every DICOM file of ../shared/data/dicom (needs the shared data)', () => {
  const all = (folder: string): string[] =>
    readdirSync(join(data, folder), { withFileTypes: true }).flatMap((e) =>
      e.isDirectory() ? all(join(folder, e.name)) : [join(folder, e.name)],
    );
  const expected = oracle.files as Record<
    string,
    {
      kind: string;
      modality?: string;
      rows?: number;
      columns?: number;
      series?: string;
      sop?: string;
      tr?: number | null;
      position?: number[] | null;
    }
  >;

  it('has the values that pydicom reads (build/oracle/import-dicom.py)', () => {
    let compared = 0;
    for (const path of all('')) {
      const want = expected[path];
      if (want?.kind !== 'dicom') continue;
      const h = header(readFileSync(join(data, path)));
      expect(
        {
          modality: h.modality,
          rows: h.rows ?? 0,
          columns: h.columns ?? 0,
          series: h.seriesInstanceUid.slice(-12),
          sop: h.sopInstanceUid.slice(-12),
        },
        path,
      ).toEqual({
        modality: want.modality,
        rows: want.rows,
        columns: want.columns,
        series: want.series,
        sop: want.sop,
      });
      // Enhanced objects keep these per frame; pydicom's top level has none.
      if (want.tr != null) expect(h.repetitionTimeMs, path).toBeCloseTo(want.tr, 6);
      if (want.position) expect(h.position, path).toEqual(want.position);
      compared++;
    }
    expect(compared).toBe(Object.values(expected).filter((f) => f.kind === 'dicom').length);
  });

  it('gives the same record by the quick scan and by the full parser', () => {
    for (const path of all('')) {
      if (expected[path]?.kind !== 'dicom' || path.endsWith('nested_priv_SQ.dcm')) continue; // the full parser refuses that one
      const file = readFileSync(join(data, path));
      expect(header(file, true), path).toEqual(header(file, false));
    }
  });
});
