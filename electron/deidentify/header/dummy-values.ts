import type { Pseudonyms } from '../pseudonyms.ts';
import {
  type Dataset,
  type Element,
  elementText,
  emptyDataset,
  sequenceElement,
  setString,
  textElement,
} from './dicom-dataset.ts';

/** Placeholder for free text: says what happened, holds in every text VR (upper case for CS and AE). */
export const dummyText = 'REMOVED';

const textByVr: Readonly<Record<string, string>> = {
  AE: dummyText,
  AS: '000D',
  CS: dummyText,
  DA: '19000101',
  DS: '0',
  DT: '19000101000000',
  IS: '0',
  LO: dummyText,
  LT: dummyText,
  PN: `${dummyText}^`,
  SH: dummyText,
  ST: dummyText,
  TM: '000000',
  UC: dummyText,
  UR: 'urn:removed',
  UT: dummyText,
};
const bytesByVr: Readonly<Record<string, number>> = {
  AT: 4,
  FD: 8,
  FL: 4,
  SL: 4,
  SS: 2,
  UL: 4,
  US: 2,
  OB: 2,
  OW: 2,
  OF: 4,
  OD: 8,
  OL: 4,
  OV: 8,
  SV: 8,
  UV: 8,
  UN: 2,
};

/**
 * Action D: a value of the same VR that means nothing and is the same for everybody.
 *
 * Sequences come out with one item that is valid where the table asks for D: a report without content, a
 * code that says "removed".
 */
export function dummyElement(element: Element, pseudonyms: Pseudonyms): Element {
  const { tag, vr } = element;
  if (element.items || vr === 'SQ') return sequenceElement(tag, [dummyItem(tag)]);
  if (vr === 'UI') {
    const uid = elementText(element, '');
    const made = pseudonyms.isOwnUid(uid) ? uid : pseudonyms.derivedUid(uid, `dummy ${tag}`);
    return textElement(tag, vr, made);
  }
  const text = textByVr[vr];
  if (text !== undefined) return textElement(tag, vr, text);
  return { tag, vr, value: new Uint8Array(bytesByVr[vr] ?? 2) };
}

function codeItem(): Dataset {
  const item = emptyDataset();
  setString(item, '00080100', 'REMOVED');
  setString(item, '00080102', '99REFACADE');
  setString(item, '00080104', 'Removed');
  return item;
}

function dummyItem(tag: string): Dataset {
  if (tag === '0040A730') {
    // Content Sequence: one text node, so that the report stays a report.
    const item = emptyDataset();
    setString(item, '0040A010', 'CONTAINS');
    setString(item, '0040A040', 'TEXT');
    item.elements.set('0040A043', sequenceElement('0040A043', [codeItem()]));
    setString(item, '0040A160', dummyText);
    return item;
  }
  if (tag === '00700001') {
    const item = emptyDataset();
    setString(item, '00700002', dummyText);
    return item;
  }
  if (tag === '0040A073') {
    const item = emptyDataset();
    setString(item, '0040A027', dummyText);
    setString(item, '0040A030', textByVr.DT!);
    setString(item, '0040A075', textByVr.PN!);
    item.elements.set('0040A088', sequenceElement('0040A088', []));
    return item;
  }
  return codeItem();
}
