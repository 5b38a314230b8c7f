import type { Pseudonyms } from '../pseudonyms.ts';
import {
  copyDataset,
  type Dataset,
  type Element,
  emptyDataset,
  getItems,
  getString,
  getStrings,
  isTextVr,
  removeElement,
  sequenceElement,
  setElement,
  setString,
  walk,
} from './dicom-dataset.ts';
import { dateMode, type HeaderRecipe, optionCodes, profileExceptions } from './ps315.ts';

/** First words of our value in De-identification Method: how our own work is recognised. */
export const methodMark = 'Refacade';

/** Codes that the header work of this recipe has earned; the pixel options are stamped by those who did them. */
export function headerCodes(recipe: HeaderRecipe): { code: string; meaning: string }[] {
  const mode = dateMode(recipe.options);
  const on = (Object.keys(recipe.options) as (keyof typeof recipe.options)[]).filter((option) => {
    if (option === 'cleanPixelData' || option === 'cleanRecognizableVisualFeatures') return false;
    if (option === 'retainLongitudinalFullDates') return mode === 'full';
    if (option === 'retainLongitudinalModifiedDates') return mode === 'modified';
    return recipe.options[option];
  });
  return [optionCodes.basic, ...on.map((option) => optionCodes[option])].sort((a, b) =>
    a.code < b.code ? -1 : 1,
  );
}

/** Our value of De-identification Method: 64 ASCII characters at most. Says so when overrides loosen the profile. */
export function methodText(recipe: HeaderRecipe): string {
  const name = recipe.name.replace(/[^\x20-\x5b\x5d-\x7e]/g, '').trim();
  const but = profileExceptions(recipe).length > 0 ? ' with exceptions' : '';
  return `${methodMark}: PS3.15 Basic Profile${but}, policy ${name}`.slice(0, 64).trim();
}

/** Whether this project has already de-identified this object: our pseudonym and our mark are in it. */
export function isOwnWork(dataset: Dataset, label: string): boolean {
  return (
    getString(dataset, '00100020') === label &&
    getString(dataset, '00120062') === 'YES' &&
    getStrings(dataset, '00120063').some((v) => v.startsWith(`${methodMark}:`))
  );
}

/** Adds codes to De-identification Method Code Sequence; items that are there stay, none is doubled. */
export function addMethodCodes(dataset: Dataset, codes: readonly { code: string; meaning: string }[]): void {
  const prior = getItems(dataset, '00120064');
  const known = new Set(prior.map((item) => `${getString(item, '00080102')} ${getString(item, '00080100')}`));
  const added = codes
    .filter(({ code }) => !known.has(`DCM ${code}`))
    .map(({ code, meaning }) => {
      const item = emptyDataset(dataset.charset);
      setString(item, '00080100', code);
      setString(item, '00080102', 'DCM');
      setString(item, '00080104', meaning);
      return item;
    });
  setElement(dataset, sequenceElement('00120064', [...prior, ...added]));
}

/** Appends a value to De-identification Method; what stood there stays. */
export function appendMethod(dataset: Dataset, text: string): void {
  const values = getStrings(dataset, '00120063');
  if (!values.includes(text)) values.push(text);
  setString(dataset, '00120063', values.join('\\'), 'LO');
}

/** What the face work on an object's pixels has shown. */
export interface PixelEdit {
  /**
   * That nobody is recognisable may be written into the object: the verdict passed or a person accepted the scan in
   * review, and the audit does not hold it at risk. Never for a scan that leaves by override, nor for one that the
   * audit recognised, whoever accepted it. Not audited does not count against it.
   */
  readonly facePassed: boolean;
  /** Name of the face method, for De-identification Method. */
  readonly method?: string;
  /** Stored value range of this instance after the edit. */
  readonly range?: { readonly min: number; readonly max: number };
}

/** SOP Instance UID of an object after its pixels were edited. */
export function editedUid(uid: string, method: string | undefined, pseudonyms: Pseudonyms): string {
  return pseudonyms.derivedUid(uid, `pixels edited ${method ?? ''}`);
}

/**
 * Marks an object whose pixels were edited; call after `applyProfile`, once for each instance.
 *
 * New SOP Instance UID (keyed, so the same again for the same edit), Image Type and Frame Type value 1
 * DERIVED, icon removed, pixel range updated, Recognizable Visual Features NO and code 113102 only with
 * `facePassed`. Burned In Annotation is not touched: nobody looked for burned-in text.
 *
 * @returns a new data set; the given one is unchanged
 */
export function stampPixelsEdited(dataset: Dataset, edit: PixelEdit, pseudonyms: Pseudonyms): Dataset {
  const out = copyDataset(dataset);
  const sop = getString(out, '00080018');
  if (sop) setString(out, '00080018', editedUid(sop, edit.method, pseudonyms));
  markDerived(out, '00080008');
  walk(out, (element, _path, owner) => {
    if (element.tag === '00089007') markDerived(owner, '00089007');
  });
  removeElement(out, '00880200');
  if (edit.range) updatePixelRange(out, edit.range.min, edit.range.max);
  if (edit.facePassed) {
    setString(out, '00280302', 'NO');
    addMethodCodes(out, [optionCodes.cleanRecognizableVisualFeatures]);
  } else removeElement(out, '00280302');
  if (edit.method) appendMethod(out, `${methodMark}: face method ${edit.method}`.slice(0, 64));
  return out;
}

function markDerived(dataset: Dataset, tag: string): void {
  const element = dataset.elements.get(tag);
  const values = getStrings(dataset, tag);
  if (!element && tag !== '00080008') return;
  const rest = values.length > 1 ? values.slice(1) : ['SECONDARY'];
  setString(dataset, tag, ['DERIVED', ...rest].join('\\'), 'CS');
}

/**
 * Smallest and Largest Image Pixel Value set to the edited range where they are present; the values over
 * the whole series and the window stay true only for the original, so the former are removed.
 */
export function updatePixelRange(dataset: Dataset, min: number, max: number): void {
  for (const [tag, number] of [
    ['00280106', min],
    ['00280107', max],
  ] as const) {
    const old = dataset.elements.get(tag);
    if (old && !isTextVr(old.vr)) setElement(dataset, sixteenBits(tag, old.vr, number));
  }
  removeElement(dataset, '00280108');
  removeElement(dataset, '00280109');
}

function sixteenBits(tag: string, vr: string, n: number): Element {
  const value = new Uint8Array(2);
  const view = new DataView(value.buffer);
  if (vr === 'SS') view.setInt16(0, n, true);
  else view.setUint16(0, n, true);
  return { tag, vr, value };
}
