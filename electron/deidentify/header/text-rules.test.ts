import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanDescriptor } from './clean-text.ts';
import { emptyDataset, setString } from './dicom-dataset.ts';
import { identifierPattern } from './identifier-pattern.ts';
import { identifiersOf } from './identifiers.ts';
import { planted, plantedObject } from './planted-object.ts';
import { shiftDa, shiftDt, shiftIso, withoutDates } from './shift-dates.ts';

describe('dates', () => {
  it.each([
    ['20200301', -1, '20200229'],
    ['19000301', -1, '19000228'],
    ['2019.06.23', -30, '20190524'],
    ['20190623\\20190701', -30, '20190524\\20190601'],
    ['', -5, ''],
    ['00010101', -1, undefined],
    ['20191301', -1, undefined],
    ['20190230', -1, undefined],
    ['yesterday', -1, undefined],
    ['20190601-20190630', -1, undefined],
  ])('DA %s moved by %i is %s', (text, days, moved) => {
    expect(shiftDa(text, days)).toBe(moved);
  });

  it.each([
    ['20190623101112.25+0100', -23, '20190531101112.25+0100'],
    ['201906', -30, '201905'],
    ['2019', -365, '2018'],
    ['2019062310', -23, '2019053110'],
    ['23 June', -1, undefined],
  ])('DT %s moved by %i is %s', (text, days, moved) => {
    expect(shiftDt(text, days)).toBe(moved);
  });

  it('come back when moved back, on any day', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1910-01-01'), max: new Date('2090-01-01'), noInvalidDate: true }),
        fc.integer({ min: -3650, max: -1 }),
        (date, days) => {
          const text = date.toISOString().slice(0, 10).replaceAll('-', '');
          expect(shiftDa(shiftDa(text, days)!, -days)).toBe(text);
          // The platform's own calendar as the oracle.
          const expected = new Date(
            Date.UTC(+text.slice(0, 4), +text.slice(4, 6) - 1, +text.slice(6, 8) + days),
          );
          expect(shiftIso(date.toISOString(), days)!.slice(0, 10)).toBe(expected.toISOString().slice(0, 10));
        },
      ),
    );
  });

  it.each([
    ['seen on 23.06.2019 again', 'seen on again'],
    ['2019-06-23 follow-up', 'follow-up'],
    ['scan_20190623', 'scan_'],
    ['06/23/19 brain', 'brain'],
    ['June 23, 2019', ''],
    ['23. Juni 2019 Kopf', 'Kopf'],
    ['20190623101112', ''],
  ])('inside text: %j becomes %j', (text, left) => {
    expect(withoutDates(text)).toBe(left);
  });

  it.each([
    'syngo MR B17',
    '1.2.840.10008.1',
    'TE 2.98 TR 2300',
    '12345678',
    'A10/B2',
    '3.0T',
    't1_mprage_sag_p2_iso_1.0',
  ])('%j holds no date', (text) => {
    expect(withoutDates(text)).toBeUndefined();
  });
});

describe('descriptors', () => {
  it.each([
    ['MPRAGE_T1_Smith 1mm', 'MPRAGE_T1_1mm'],
    ['t1_mprage_sag_p2_iso', 't1_mprage_sag_p2_iso'],
    ['BORJAN GAGOSKI^Normal Volunteer Protocol', 'Protocol'],
    ['Axial T2 FLAIR for Mrs. Jones, DOB 01 02 1931', 'Axial T2 FLAIR for'],
    ['12 34 56 78', ''],
    ['4711-0815', ''],
    ['Jürgen Müller', ''],
    ['山田 T1', 'T1'],
    ['DEMENTIA P0173 MPRAGE X12 B1234', 'DEMENTIA MPRAGE'],
    ['Study 12 12345678s head 4711mm', 'Study 12 head'],
    ['TR00123 TI0815 TE4711 TR2300 TI900 TE30', 'TR2300 TI900 TE30'],
    ['B1200 head', 'head'],
    ['dwi B1234 b0950 b7', 'dwi'],
    ['ep2d_diff_b0_b50_b1000', 'ep2d_diff_b0_b50_b1000'],
    ['DWI b=1000 p2 b0', 'DWI b=1000 p2 b0'],
    ['caipi p2.5 x2 1.5mm 64dir 32ch 3T 120sl', 'caipi p2.5 x2 1.5mm 64dir 32ch 3T 120sl'],
    ['b0 map', 'b0 map'],
    ['', ''],
  ])('%j becomes %j', (text, cleaned) => {
    expect(cleanDescriptor(text, new Set())).toBe(cleaned);
  });

  it('drops an imaging word that is this subject’s name', () => {
    expect(cleanDescriptor('T1 head axial', new Set(['head']))).toBe('T1 axial');
    expect(cleanDescriptor('head dwi b700', new Set(['dwi']))).toBe('head');
  });

  it('cleaned twice is cleaned once, and never longer', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom(
            'dwi',
            'b700',
            'P0173',
            't1',
            'Smith',
            '12',
            '34',
            '_',
            '-',
            ' ',
            'mprage',
            '1.5mm',
            '19991231',
            'ax',
            '7',
          ),
          { maxLength: 12 },
        ),
        (parts) => {
          const text = parts.join(' ');
          const once = cleanDescriptor(text, new Set());
          expect(cleanDescriptor(once, new Set())).toBe(once);
          expect(once).not.toMatch(/Smith|1999|P0173/);
          expect(once.length).toBeLessThanOrEqual(text.length);
        },
      ),
    );
  });
});

describe('identifiers', () => {
  const found = identifiersOf(plantedObject());
  const texts = found.map((i) => i.text);

  it.each([
    'Quillfeather',
    'Zenobia',
    'Zenobia Quillfeather',
    'Quillfeather^Zenobia^Maud',
    planted.id,
    '17.04.1931',
    '1931-04-17',
    '19310417',
    planted.accession,
    planted.institution,
    'Ostrowidzki',
    planted.phone,
    planted.serial,
    planted.studyUid,
    planted.sopUid,
    '17 Larkspur Crescent',
    planted.studyDate,
  ])('%s is one', (text) => {
    expect(texts).toContain(text);
  });

  it('leaves out what would find the whole world', () => {
    const ds = emptyDataset();
    setString(ds, '00100010', 'Anonymous^Patient');
    setString(ds, '00100020', '12');
    setString(ds, '00080090', 'Li^A');
    setString(ds, '00080016', '1.2.840.10008.5.1.4.1.1.4');
    setString(ds, '00080080', 'Hospital');
    expect(identifiersOf(ds).map((i) => i.text)).toEqual(['Li^A', 'A Li', 'Li A', 'Li, A', 'Li_A', 'A_Li']);
  });

  it('come from catalog rows too', () => {
    const fromRow = identifiersOf({
      patientId: planted.id,
      patientName: planted.name,
      birthDate: planted.birth,
      accessionNumbers: [planted.accession],
    });
    expect(fromRow.map((i) => i.kind)).toContain('birth-date');
    expect(fromRow.map((i) => i.text)).toEqual(
      expect.arrayContaining(['Quillfeather', planted.id, planted.accession]),
    );
  });

  it('are found in any case, short ones as whole words, with any character in them', () => {
    const { pattern } = identifierPattern(
      [
        { kind: 'patient-id', text: 'A+B(1)/[x]-9' },
        { kind: 'patient-name', text: 'Ann' },
      ],
      'sub-X',
      false,
    );
    expect(pattern!.test('id a+b(1)/[X]-9.')).toBe(true);
    expect(pattern!.test('ANN was here')).toBe(true);
    expect(pattern!.test('annual scan')).toBe(false);
    expect(pattern!.test('coil7A+B(1)/[x]-9mm')).toBe(true); // long ones inside other words too
  });
});
