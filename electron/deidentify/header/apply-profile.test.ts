import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Ps315Options, policy } from '../../../shared/deidentify/records.ts';
import { pseudonymsFrom } from '../pseudonyms.ts';
import { applyProfile, type HeaderSubject } from './apply-profile.ts';
import { deidentifyFile } from './deidentify-file.ts';
import {
  type Dataset,
  type Element,
  emptyDataset,
  getItems,
  getString,
  getStrings,
  isTextVr,
  sequenceElement,
  setElement,
  setString,
  textElement,
  walk,
} from './dicom-dataset.ts';
import { dictionaryEntry } from './dictionary.ts';
import { planted, plantedObject } from './planted-object.ts';
import { optionCodes, type Ps315Row, profileExceptions, ps315Rows } from './ps315.ts';
import { readDicom } from './read-dicom.ts';
import { writeDicom } from './write-dicom.ts';

const keys = pseudonymsFrom(new Uint8Array(32).fill(3));
const subject: HeaderSubject = { sourceKey: 'dicom:|PX|', label: keys.subjectLabel('dicom:|PX|') };
const off: Ps315Options = {
  cleanPixelData: false,
  cleanRecognizableVisualFeatures: false,
  cleanGraphics: false,
  cleanStructuredContent: false,
  cleanDescriptors: false,
  retainLongitudinalFullDates: false,
  retainLongitudinalModifiedDates: false,
  retainPatientCharacteristics: false,
  retainDeviceIdentity: false,
  retainUids: false,
  retainSafePrivate: false,
  retainInstitutionIdentity: false,
};

const allRetained = {
  retainPatientCharacteristics: true,
  retainDeviceIdentity: true,
  retainUids: true,
  retainInstitutionIdentity: true,
};

function recipe(options: Partial<Ps315Options> = {}, more: Record<string, unknown> = {}) {
  return policy.parse({ name: 'test', options: { ...off, ...options }, ...more });
}

function apply(ds: Dataset, options: Partial<Ps315Options> = {}, more: Record<string, unknown> = {}) {
  return applyProfile(ds, recipe(options, more), keys, subject);
}

const sample: Record<string, string> = {
  AE: 'SCANNER1',
  AS: '044Y',
  CS: 'CODED',
  DA: '20190623',
  DS: '12.5',
  DT: '20190623101112',
  IS: '7',
  LO: 'Xyzzy label',
  LT: 'Xyzzy text',
  PN: 'Xyzzy^Plugh',
  SH: 'Xyzzy',
  ST: 'Xyzzy text',
  TM: '101112',
  UC: 'Xyzzy',
  UI: '1.2.3.4.5',
  UR: 'http://xyzzy.example',
  UT: 'Xyzzy text',
};

/** One attribute of the row's tag and VR with a telling value. */
function elementFor(row: Ps315Row): Element {
  const tag = row.tag === 'private' ? '00191008' : row.tag.replace(/x/g, '2');
  const vr = row.tag === 'private' ? 'LO' : (dictionaryEntry(tag)?.vr ?? 'LO');
  const plain = vr === 'ox' ? 'OW' : vr === 'xs' ? 'US' : vr;
  if (plain === 'SQ') {
    const item = emptyDataset();
    setString(item, '00080100', 'CODE1');
    setString(item, '00100010', 'Xyzzy^Plugh');
    setString(item, '00081155', '1.2.3.4.5');
    return sequenceElement(tag, [item]);
  }
  if (isTextVr(plain)) return textElement(tag, plain, sample[plain]!);
  return { tag, vr: plain, value: new Uint8Array(8).fill(65) };
}

/** The outcome class of one row under one option, from the table's letters alone. */
function expected(row: Ps315Row, option: keyof Ps315Options | null, element: Element): string[] {
  const code = (option && row.options[option]) || row.basic;
  const basic = row.basic.includes('U*') ? ['same', 'changed'] : row.basic.split('/').flatMap(outcomes);
  if (code === 'K') return ['same'];
  if (code === 'C') {
    // A time of day is kept by the modified-dates option; what cannot be cleaned falls back to the basic action.
    return element.vr === 'TM'
      ? ['same']
      : element.items
        ? ['same', 'changed', ...basic]
        : ['changed', ...basic];
  }
  return basic;

  function outcomes(c: string): string[] {
    if (c === 'X') return ['gone'];
    if (c === 'Z') return ['empty', 'changed'];
    return c === 'D' || c === 'U' ? ['changed'] : [];
  }
}

function outcomeOf(before: Element, after: Element | undefined): string {
  if (!after) return 'gone';
  if (before.items) {
    if (after.items!.length === 0) return 'empty';
    return getString(after.items![0]!, '00080100') === 'CODE1' ? 'same' : 'changed';
  }
  if (after.value.byteLength === 0) return 'empty';
  return Buffer.compare(before.value, after.value) === 0 ? 'same' : 'changed';
}

describe('every row of table E.1-1', () => {
  const optionNames: (keyof Ps315Options | null)[] = [null, ...(Object.keys(off) as (keyof Ps315Options)[])];
  it.each(optionNames)('is treated as its letters say under %s', (option) => {
    for (const row of ps315Rows) {
      const element = elementFor(row);
      if (element.tag.startsWith('0002')) continue; // group 0002 is written anew, tested below
      const ds = emptyDataset();
      setString(ds, '00080016', '1.2.840.10008.5.1.4.1.1.4');
      setElement(ds, element);
      const { dataset, changes } = apply(ds, option ? { [option]: true } : {});
      const outcome = outcomeOf(element, dataset.elements.get(element.tag));
      expect(expected(row, option, element), `${row.tag} ${row.name} ${JSON.stringify(row)}`).toContain(
        outcome,
      );
      expect(
        changes.filter((c) => c.tag === `(${element.tag.slice(0, 4)},${element.tag.slice(4)})`),
      ).toHaveLength(1);
    }
  });

  it('offers dates to be kept or moved, never both: moved wins', () => {
    const both = apply(plantedObject(), {
      retainLongitudinalFullDates: true,
      retainLongitudinalModifiedDates: true,
    });
    expect(getString(both.dataset, '00080020')).not.toBe(planted.studyDate);
    expect(getString(both.dataset, '00280303')).toBe('MODIFIED');
  });
});

describe('combined codes follow the object', () => {
  it.each([
    // SOP class, tag, VR, expected outcome
    ['1.2.840.10008.5.1.4.1.1.4', '00081010', 'SH', 'gone'], // MR: Station Name is Type 3
    ['1.2.840.10008.5.1.4.1.1.4', '00080023', 'DA', 'empty'], // Content Date is Type 2C
    ['1.2.840.10008.5.1.4.1.1.4.1', '00080023', 'DA', 'changed'], // Enhanced MR: Type 1
    ['1.2.840.10008.5.1.4.1.1.4.1', '00181000', 'LO', 'changed'], // Enhanced General Equipment: Type 1
    ['1.2.840.10008.5.1.4.1.1.128', '00080021', 'DA', 'changed'], // PET: Series Date is Type 1
    ['1.2.840.10008.5.1.4.1.1.128', '00080022', 'DA', 'empty'], // PET: Acquisition Date is Type 2
    ['1.2.3.4', '30080054', 'DA', 'changed'], // unknown object: the code that keeps it valid
  ])('%s %s → %4$s', (sopClass, tag, vr, outcome) => {
    const ds = emptyDataset();
    setString(ds, '00080016', sopClass);
    const element = textElement(tag, vr, sample[vr]!);
    setElement(ds, element);
    expect(outcomeOf(element, apply(ds).dataset.elements.get(tag))).toBe(outcome);
  });
});

describe('nested, private, unknown', () => {
  const { dataset, changes } = apply(plantedObject());

  it('treats items like the data set itself and lists them by path', () => {
    const referenced = getItems(dataset, '00081115');
    expect(getString(referenced[0]!, '0020000E')).toBe(keys.replaceUid(planted.seriesUid));
    expect(getString(getItems(referenced[1]!, '0008114A')[0]!, '00081155')).toBe(
      keys.replaceUid(planted.sopUid),
    );
    expect(getString(getItems(referenced[1]!, '0008114A')[0]!, '00081150')).toBe('1.2.840.10008.5.1.4.1.1.4');
    expect(referenced[0]!.elements.has('00080080')).toBe(false);
    const paths = changes.map((c) => c.tag);
    expect(paths).toContain('(0008,1115)[1].(0008,114A)[0].(0008,1155)');
  });

  it('removes private blocks, overlays, curves, icons, unknown attributes, and says so', () => {
    for (const tag of [
      '00190010',
      '0019100C',
      '00191008',
      '00290010',
      '00291010',
      '00110101',
      '60000010',
      '60003000',
      '60004000',
      '50000022',
      '00880200',
      '00189999',
    ]) {
      expect(dataset.elements.has(tag), tag).toBe(false);
    }
    const rule = (tag: string) => changes.find((c) => c.tag === tag)!.rule;
    expect(rule('(0018,9999)')).toBe('unknown attribute');
    expect(rule('(0029,1010)')).toMatch(/private/);
  });

  it('keeps safe private numbers with the creator of their block under 113111, and nothing else private', () => {
    const kept = apply(plantedObject(), { retainSafePrivate: true }).dataset;
    expect(getString(kept, '0019100C')).toBe('1000');
    expect(getString(kept, '00190010')).toBe('SIEMENS MR HEADER');
    expect([...kept.elements.keys()].filter((t) => Number.parseInt(t[3]!, 16) % 2)).toEqual([
      '00190010',
      '0019100C',
    ]);
  });

  it('does not trust a safe number under another creator, nor text in its place', () => {
    const ds = emptyDataset();
    setString(ds, '00190010', 'SOMEBODY ELSE', 'LO');
    setString(ds, '0019100C', '1000', 'IS');
    setString(ds, '00190011', 'SIEMENS MR HEADER', 'LO');
    setString(ds, '0019110C', planted.name, 'LO');
    expect(
      [...apply(ds, { retainSafePrivate: true }).dataset.elements.keys()].filter((t) => t.startsWith('0019')),
    ).toEqual([]);
  });

  it('keeps unknown attributes when the policy says so, but not one that names the subject', () => {
    const ds = plantedObject();
    setString(ds, '00189998', 'harmless', 'LO');
    const kept = apply(ds, {}, { unknownAttributes: 'keep' }).dataset;
    expect(getString(kept, '00189998')).toBe('harmless');
    expect(kept.elements.has('00189999')).toBe(false);
  });

  it('removes kept text that contains an identifier and takes dates out of kept text', () => {
    expect(dataset.elements.has('00181250')).toBe(false);
    expect(getString(dataset, '00181020')).toBe('syngo MR E11');
    expect(getString(dataset, '00180024')).toBe('tfl3d1_16ns');
  });

  it('finds identifiers that only the catalog knows', () => {
    const ds = emptyDataset();
    setString(ds, '00181250', 'coil tested on Vandersloot');
    const known = { ...subject, identifiers: [{ kind: 'patient-name' as const, text: 'Vandersloot' }] };
    expect(applyProfile(ds, recipe(), keys, known).dataset.elements.has('00181250')).toBe(false);
    expect(apply(ds).dataset.elements.has('00181250')).toBe(true);
  });

  it('cleans descriptors to imaging words, also inside kept sequences', () => {
    const cleaned = apply(plantedObject(), { cleanDescriptors: true }).dataset;
    expect(getString(cleaned, '0008103E')).toBe('t1_mprage_sag 1mm');
    expect(getString(cleaned, '00081030')).toBe('MR Head');
    const request = getItems(cleaned, '00400275')[0]!;
    expect(getString(request, '00400007')).toBe('Brain for');
    expect(request.elements.has('00400009')).toBe(false);
  });

  it('groups ages over 89 when characteristics are retained', () => {
    const { dataset: kept } = apply(plantedObject(), { retainPatientCharacteristics: true });
    expect(getString(kept, '00101010')).toBe('089Y');
    expect(getString(kept, '00100040')).toBe('F');
  });

  it('cleans a structured report down to codes and numbers', () => {
    const ds = emptyDataset();
    setString(ds, '00080016', '1.2.840.10008.5.1.4.1.1.88.22');
    const node = (type: string, tag: string, value: string) => {
      const item = emptyDataset();
      setString(item, '0040A040', type);
      setString(item, tag, value);
      return item;
    };
    setElement(
      ds,
      sequenceElement('0040A730', [
        node('TEXT', '0040A160', 'Mr Quillfeather complained'),
        node('PNAME', '0040A123', planted.name),
        node('NUM', '0040A30A', '7'),
      ]),
    );
    const content = getItems(apply(ds, { cleanStructuredContent: true }).dataset, '0040A730');
    expect(content.map((i) => getString(i, '0040A040'))).toEqual(['TEXT', 'PNAME', 'NUM']);
    expect(getString(content[0]!, '0040A160')).toBe('REMOVED');
    expect(getString(content[1]!, '0040A123')).toBe('REMOVED^');
    expect(getString(content[2]!, '0040A30A')).toBe('7');
    expect(getItems(apply(ds).dataset, '0040A730')).toHaveLength(1);
  });
});

describe('policy overrides', () => {
  it.each([
    ['X', '00080070', undefined],
    ['Z', '00080070', ''],
    ['D', '00080070', 'REMOVED'],
    ['K', '00080080', planted.institution],
    ['U', '00200052', keys.replaceUid('1.2.826.0.1.3680043.9.7.1.4')],
    ['C', '0008103E', 't1_mprage_sag 1mm'],
  ])('%s beats the table', (code, tag, value) => {
    const { dataset, changes } = apply(plantedObject(), { retainUids: true }, { overrides: { [tag]: code } });
    expect(getString(dataset, tag)).toBe(value);
    const tagText = `(${tag.slice(0, 4)},${tag.slice(4)})`;
    expect(changes.find((c) => c.tag === tagText)!.rule).toMatch(/^policy override/);
  });

  it('takes keywords for tags', () => {
    expect(
      apply(plantedObject(), {}, { overrides: { Manufacturer: 'X' } }).dataset.elements.has('00080070'),
    ).toBe(false);
  });
});

describe('stamps', () => {
  it('says who did what, keeps what was said before, and doubles nothing', () => {
    const ds = plantedObject();
    setString(ds, '00120063', 'Other tool 1');
    const prior = emptyDataset();
    setString(prior, '00080100', '113100');
    setString(prior, '00080102', 'DCM');
    setString(prior, '00080104', 'Basic Application Confidentiality Profile');
    setElement(ds, sequenceElement('00120064', [prior]));
    const { dataset } = apply(ds, {
      retainLongitudinalModifiedDates: true,
      cleanDescriptors: true,
      cleanPixelData: true,
      cleanRecognizableVisualFeatures: true,
    });
    expect(getString(dataset, '00120062')).toBe('YES');
    expect(getStrings(dataset, '00120063')).toEqual([
      'Other tool 1',
      'Refacade: PS3.15 Basic Profile, policy test',
    ]);
    // Pixel options are stamped by those who worked on pixels, never by the header.
    expect(getItems(dataset, '00120064').map((i) => getString(i, '00080100'))).toEqual([
      '113100',
      '113105',
      '113107',
    ]);
    expect(getString(dataset, '00100020')).toBe(subject.label);
    expect(getString(dataset, '00100010')).toBe(`${subject.label}^`);
  });

  it.each([
    ['no option', {}],
    ['dates moved', { retainLongitudinalModifiedDates: true, cleanDescriptors: true }],
    ['full dates', { retainLongitudinalFullDates: true, retainUids: true }],
    ['everything retained', { ...allRetained, retainLongitudinalFullDates: true }],
  ] as const)('names an override as an exception where it changes what happens: %s', (_name, options) => {
    const ds = plantedObject();
    setString(ds, '00101010', '045Y');
    const usual = apply(ds, options).changes;
    let seen = 0;
    for (const { tag, action, rule } of usual) {
      // An item's attribute is no override of its own; a stamp is written whatever a recipe says; what a text
      // says about the subject is not known beforehand; a sequence may stay and lose what its items hold.
      if (tag.includes('[') || action === 'stamp' || ds.elements.get(tag.replace(/[(),]/g, ''))?.items)
        continue;
      if (/identifier of the subject|date inside text/.test(rule)) continue;
      const found = profileExceptions(recipe(options, { overrides: { [tag]: 'K' } })).map((e) => e.tag);
      // Cleaning may find nothing to take away in this text; an override keeps every other text too.
      const loosened =
        action !== 'keep' || rule === 'option 113105' || tag === '(0010,1010)' || tag === '(0028,0302)';
      expect([tag, found]).toEqual([tag, loosened ? [tag] : []]);
      seen++;
    }
    expect(seen).toBeGreaterThan(40);
    const { dataset } = apply(ds, options, { overrides: { AccessionNumber: 'K' } });
    expect(getStrings(dataset, '00120063')).toEqual([
      'Refacade: PS3.15 Basic Profile with exceptions, policy test',
    ]);
  });

  it.each([
    [{}, 'REMOVED'],
    [{ retainLongitudinalModifiedDates: true }, 'MODIFIED'],
    [{ retainLongitudinalFullDates: true }, 'UNMODIFIED'],
  ])('states what happened to dates: %o', (options, text) => {
    expect(getString(apply(plantedObject(), options).dataset, '00280303')).toBe(text);
  });

  it('uses every code of context group 7050 once', () => {
    const codes = Object.values(optionCodes).map((c) => c.code);
    expect([...codes].sort()).toEqual(Array.from({ length: 13 }, (_, i) => String(113100 + i)));
  });

  it('drops a received "no recognizable features", which is no evidence', () => {
    expect(apply(plantedObject()).dataset.elements.has('00280302')).toBe(false);
  });
});

describe('group 0002', () => {
  it('loses everything that names a system and takes the new instance UID', () => {
    const bytes = writeDicom({ dataset: plantedObject(), transferSyntaxUid: '1.2.840.10008.1.2.1' });
    const file = readDicom(bytes);
    setString(file.meta, '00020016', 'QUILLFEATHERS_PC', 'AE');
    setString(file.meta, '00020013', 'SYNGO', 'SH');
    const after = deidentifyFile(file, recipe(), keys, subject);
    const back = readDicom(writeDicom(after.file));
    expect(getString(back.meta, '00020003')).toBe(getString(back.dataset, '00080018'));
    expect(back.meta.elements.has('00020016')).toBe(false);
    expect(after.changes.find((c) => c.tag === '(0002,0016)')!.action).toBe('remove');
    expect(after.changes.find((c) => c.tag === '(0002,0003)')!.action).toBe('replace-uid');
  });
});

describe('properties', () => {
  const anyOptions = fc.record(
    Object.fromEntries(Object.keys(off).map((o) => [o, fc.boolean()])),
  ) as fc.Arbitrary<Ps315Options>;

  it('twice equals once, under any options', () => {
    fc.assert(
      fc.property(anyOptions, (options) => {
        const once = apply(plantedObject(), options).dataset;
        const twice = apply(once, options).dataset;
        const write = (dataset: Dataset) =>
          Buffer.from(writeDicom({ dataset, transferSyntaxUid: '1.2.840.10008.1.2.1' }));
        expect(write(twice).equals(write(once))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('leaves no planted identifier in any byte, in any character set, unless an option retains it', () => {
    fc.assert(
      fc.property(anyOptions, fc.constantFrom('ISO_IR 100', 'ISO_IR 192', ''), (options, charset) => {
        const { dataset } = apply(plantedObject(charset), {
          ...options,
          retainUids: false,
          retainInstitutionIdentity: false,
          retainDeviceIdentity: false,
        });
        const bytes = Buffer.from(writeDicom({ dataset, transferSyntaxUid: '1.2.840.10008.1.2.1' }))
          .toString('latin1')
          .toLowerCase();
        for (const text of [
          'quillfeather',
          'zenobia',
          planted.id,
          planted.birth,
          planted.accession,
          'ostrowidzki',
          'eulalia',
          'larkspur',
          '555019',
          planted.serial,
          planted.studyUid,
          planted.seriesUid,
          planted.sopUid,
        ]) {
          expect(bytes, text).not.toContain(text.toLowerCase());
        }
        if (!options.retainLongitudinalFullDates || options.retainLongitudinalModifiedDates)
          expect(bytes).not.toContain(planted.studyDate);
      }),
      { numRuns: 60 },
    );
  });

  it('lists every attribute that came in, once', () => {
    const ds = plantedObject();
    const { changes } = apply(ds);
    const listed = changes.map((c) => c.tag);
    expect(new Set(listed).size).toBe(listed.length);
    for (const e of ds.elements.values())
      expect(listed).toContain(`(${e.tag.slice(0, 4)},${e.tag.slice(4)})`);
    for (const c of changes) expect(c.before.length <= 120 && c.after.length <= 120).toBe(true);
  });

  it('does not change its input', () => {
    const ds = plantedObject();
    const before = writeDicom({ dataset: ds, transferSyntaxUid: '1.2.840.10008.1.2.1' });
    apply(ds, { cleanDescriptors: true });
    expect(
      Buffer.compare(writeDicom({ dataset: ds, transferSyntaxUid: '1.2.840.10008.1.2.1' }), before),
    ).toBe(0);
  });

  it('keeps intervals between dates of one subject, and the time of day', () => {
    const ds = plantedObject();
    setString(ds, '00080021', '20190701');
    const { dataset } = apply(ds, { retainLongitudinalModifiedDates: true });
    const day = (tag: string) => {
      const text = getString(dataset, tag)!;
      return Date.UTC(+text.slice(0, 4), +text.slice(4, 6) - 1, +text.slice(6, 8)) / 86_400_000;
    };
    expect(day('00080021') - day('00080020')).toBe(8);
    expect(getString(dataset, '0008002A')!.slice(8)).toBe('101112.250000+0100');
    expect(getString(dataset, '00080030')).toBe('101112');
  });
});

describe('kept pixels', () => {
  it('are the same bytes', () => {
    const { dataset } = apply(plantedObject());
    expect(dataset.elements.get('7FE00010')!.value).toEqual(plantedObject().elements.get('7FE00010')!.value);
    let icons = 0;
    walk(dataset, (e, path) => {
      if (e.tag === '7FE00010' && path.includes('[')) icons++;
    });
    expect(icons).toBe(0);
  });
});
