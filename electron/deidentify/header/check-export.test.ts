import { describe, expect, it } from 'vitest';
import { policy } from '../../../shared/deidentify/records.ts';
import { pseudonymsFrom } from '../pseudonyms.ts';
import { applyProfile } from './apply-profile.ts';
import { type CheckKind, checkExport, newConsistency } from './check-export.ts';
import {
  copyDataset,
  type Dataset,
  getItems,
  getNumbers,
  getString,
  getStrings,
  setElement,
  setString,
} from './dicom-dataset.ts';
import { planted, plantedObject } from './planted-object.ts';
import { stampPixelsEdited, updatePixelRange } from './stamps.ts';

const keys = pseudonymsFrom(new Uint8Array(32).fill(3));
const subject = { sourceKey: 'k', label: keys.subjectLabel('k') };
const recipe = policy.parse({ name: 'test', options: { retainPatientCharacteristics: true } });
const before = plantedObject();
const after = applyProfile(before, recipe, keys, subject).dataset;

/** Kinds that fail when the export is spoilt. */
function failing(spoil: (ds: Dataset) => void, options: Parameters<typeof checkExport>[3] = {}): CheckKind[] {
  const copy = copyDataset(after);
  spoil(copy);
  return [
    ...new Set(
      checkExport(before, copy, recipe, options)
        .filter((c) => !c.ok)
        .map((c) => c.kind),
    ),
  ];
}

describe('the ten kinds of check', () => {
  it('find nothing wrong with our own export, and do look', () => {
    const checks = checkExport(before, after, recipe, { pixels: 'untouched' });
    expect(checks.filter((c) => !c.ok)).toEqual([]);
    const kinds = new Set(checks.map((c) => c.kind));
    for (const kind of [
      'tag_retained',
      'text_notnull',
      'text_retained',
      'text_removed',
      'date_shifted',
      'uid_changed',
      'uid_consistent',
      'patid_consistent',
      'pixels_retained',
    ]) {
      expect(kinds).toContain(kind);
    }
  });

  it.each<[CheckKind, string, (ds: Dataset) => void]>([
    ['tag_retained', 'a lost orientation', (ds) => ds.elements.delete('00200037')],
    ['text_notnull', 'an empty method', (ds) => setString(ds, '00120063', '', 'LO')],
    ['text_retained', 'a changed sex', (ds) => setString(ds, '00100040', 'M')],
    ['text_removed', 'a kept accession number', (ds) => setString(ds, '00080050', planted.accession)],
    ['text_removed', 'a kept private block', (ds) => setString(ds, '00191008', 'x', 'LO')],
    ['text_removed', 'a name somewhere else', (ds) => setString(ds, '00184000', `for ${planted.name}`, 'LT')],
    ['date_shifted', 'an unchanged date', (ds) => setString(ds, '00080020', planted.studyDate)],
    ['date_shifted', 'a date moved by other days', (ds) => setString(ds, '00080012', '20190101')],
    ['uid_changed', 'a kept UID', (ds) => setString(ds, '0020000D', planted.studyUid)],
    [
      'uid_consistent',
      'a reference that points nowhere',
      (ds) => setString(getItems(ds, '00081140')[0]!, '00081155', '2.25.1'),
    ],
    ['patid_consistent', 'a kept patient ID', (ds) => setString(ds, '00100020', planted.id)],
  ])('%s fails for %s', (kind, _what, spoil) => {
    expect(failing(spoil)).toContain(kind);
  });

  it('judges pixels by what should have happened to them', () => {
    const change = (ds: Dataset) => setElement(ds, { tag: '7FE00010', vr: 'OW', value: new Uint8Array(8) });
    expect(failing(change, { pixels: 'untouched' })).toEqual(['pixels_retained']);
    expect(failing(() => {}, { pixels: 'edited' })).toEqual(['pixels_hidden']);
    expect(failing(change, { pixels: 'edited' })).toEqual([]);
  });

  it('finds two patients under one pseudonym, and one under two', () => {
    const consistency = newConsistency();
    checkExport(before, after, recipe, { consistency });
    const other = plantedObject();
    setString(other, '00100020', 'OTHER-PERSON-7');
    const merged = applyProfile(other, recipe, keys, subject).dataset;
    expect(
      checkExport(other, merged, recipe, { consistency }).find((c) => c.kind === 'patid_consistent')!.ok,
    ).toBe(false);
    const second = applyProfile(before, recipe, keys, {
      sourceKey: 'k2',
      label: keys.subjectLabel('k2'),
    }).dataset;
    expect(
      checkExport(before, second, recipe, { consistency }).find((c) => c.kind === 'patid_consistent')!.ok,
    ).toBe(false);
  });
});

describe('pixels edited', () => {
  const passed = stampPixelsEdited(
    after,
    { facePassed: true, method: 'quickshear', range: { min: 0, max: 9 } },
    keys,
  );

  it('stamps a derived object with a UID of its own, the same every time', () => {
    expect(getStrings(passed, '00080008')).toEqual(['DERIVED', 'PRIMARY', 'M', 'ND']);
    const uid = getString(passed, '00080018')!;
    expect(uid).not.toBe(getString(after, '00080018'));
    expect(keys.isOwnUid(uid)).toBe(true);
    expect(
      getString(stampPixelsEdited(after, { facePassed: true, method: 'quickshear' }, keys), '00080018'),
    ).toBe(uid);
    expect(getNumbers(passed, '00280106')).toEqual([0]);
    expect(getNumbers(passed, '00280107')).toEqual([9]);
    expect(getString(after, '00080008')).toMatch(/^ORIGINAL/);
  });

  it('claims that no face is recognisable only when the verdict passed', () => {
    expect(getString(passed, '00280302')).toBe('NO');
    expect(getItems(passed, '00120064').map((i) => getString(i, '00080100'))).toContain('113102');
    const open = stampPixelsEdited(passed, { facePassed: false }, keys);
    expect(open.elements.has('00280302')).toBe(false);
    const never = stampPixelsEdited(after, { facePassed: false }, keys);
    expect(getItems(never, '00120064').map((i) => getString(i, '00080100'))).not.toContain('113102');
  });

  it('survives a second pass of the header unchanged', () => {
    const again = applyProfile(passed, recipe, keys, subject).dataset;
    expect(getString(again, '00280302')).toBe('NO');
    expect(getString(again, '00080018')).toBe(getString(passed, '00080018'));
  });

  it('writes signed ranges as signed', () => {
    const ds = copyDataset(after);
    setElement(ds, { tag: '00280106', vr: 'SS', value: new Uint8Array(2) });
    updatePixelRange(ds, -1024, 4);
    expect(getNumbers(ds, '00280106')).toEqual([-1024]);
  });

  it('marks frames of enhanced objects too', () => {
    const ds = copyDataset(after);
    const frame = plantedObject();
    setString(frame, '00089007', 'ORIGINAL\\PRIMARY\\M\\NONE', 'CS');
    setElement(ds, { tag: '52009230', vr: 'SQ', value: new Uint8Array(0), items: [frame] });
    const item = getItems(stampPixelsEdited(ds, { facePassed: true }, keys), '52009230')[0]!;
    expect(getStrings(item, '00089007')).toEqual(['DERIVED', 'PRIMARY', 'M', 'NONE']);
  });
});
