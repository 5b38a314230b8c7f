/**
 * Independent checks of a de-identified object against its source: the ten kinds that the MIDI-B benchmark
 * scores (tag_retained … pixels_retained). Written against the standard's table, not against
 * `apply-profile`, so that a mistake there shows here.
 */
import {
  type Dataset,
  type Element,
  elementText,
  getString,
  isPrivateTag,
  isTextVr,
  walk,
} from './dicom-dataset.ts';
import { identifierPattern } from './identifier-pattern.ts';
import { classUidTags, identifiersOf } from './identifiers.ts';
import { dateMode, decide, type HeaderRecipe, overridesByTag, ps315Row } from './ps315.ts';

export type CheckKind =
  | 'tag_retained'
  | 'text_notnull'
  | 'text_retained'
  | 'text_removed'
  | 'date_shifted'
  | 'uid_changed'
  | 'uid_consistent'
  | 'patid_consistent'
  | 'pixels_hidden'
  | 'pixels_retained';

export interface ExportCheck {
  readonly kind: CheckKind;
  /** Path of the attribute, `(0008,1115)[0].(0020,000E)`. */
  readonly tag: string;
  readonly ok: boolean;
}

/** What must hold over all files of one export: each source UID and patient maps to one, and never two to one. */
export interface ExportConsistency {
  readonly uids: Map<string, string>;
  readonly patients: Map<string, string>;
  readonly shifts: Map<string, number>;
}

export function newConsistency(): ExportConsistency {
  return { uids: new Map(), patients: new Map(), shifts: new Map() };
}

export interface CheckOptions {
  /** Carried from file to file of one export. */
  readonly consistency?: ExportConsistency;
  /** `edited`: pixels must differ from the source; `untouched`: they must be the same bytes. */
  readonly pixels?: 'edited' | 'untouched';
}

/** Attributes without which an image cannot be read or placed. */
const needed =
  '00080016 00080018 00080060 0020000D 0020000E 00200032 00200037 00280002 00280004 00280010 00280011 00280030 00280100 00280101 00280102 00280103 7FE00010'.split(
    ' ',
  );
/** Attributes that objects must state with a value after de-identification. */
const neverEmpty = [
  '00080016',
  '00080018',
  '00100010',
  '00100020',
  '00120062',
  '00120063',
  '0020000D',
  '0020000E',
];

/**
 * Checks one object against its source.
 *
 * @param before the source as read
 * @param after the exported object as read back
 */
export function checkExport(
  before: Dataset,
  after: Dataset,
  recipe: HeaderRecipe,
  options: CheckOptions = {},
): ExportCheck[] {
  const checks: ExportCheck[] = [];
  const add = (kind: CheckKind, tag: string, ok: boolean): void => void checks.push({ kind, tag, ok });
  const consistency = options.consistency ?? newConsistency();
  const overrides = overridesByTag(recipe);
  const mode = dateMode(recipe.options);
  const left = new Map<string, { element: Element; dataset: Dataset }>();
  walk(after, (element, path, dataset) => left.set(path, { element, dataset }));

  for (const tag of needed)
    if (before.elements.has(tag) && !overrides.has(tag)) add('tag_retained', tag, after.elements.has(tag));
  for (const tag of neverEmpty) {
    if (before.elements.has(tag) || tag.startsWith('0012'))
      add('text_notnull', tag, (getString(after, tag) ?? '') !== '');
  }

  // Items of a sequence that was emptied or replaced as a whole have no counterpart.
  const replaced: string[] = [];
  const insideReplaced = (path: string): boolean => replaced.some((p) => path.startsWith(p));

  walk(before, (element, path, dataset) => {
    const { tag, vr } = element;
    if (insideReplaced(path)) return;
    if (element.items) {
      const code = overrides.get(tag) ?? (ps315Row(tag) ? decide(ps315Row(tag)!, recipe.options).code : 'K');
      if (/[XZD]/.test(code) && !code.includes('U')) replaced.push(`${path}[`);
    }
    if (overrides.has(tag) || element.items || element.fragments || tag.endsWith('0000')) return;
    const text = isTextVr(vr) ? elementText(element, dataset.charset) : '';
    const now = left.get(path);
    const textNow = now ? elementText(now.element, now.dataset.charset) : '';
    if (isPrivateTag(tag)) {
      if (!recipe.options.retainSafePrivate) add('text_removed', path, now === undefined);
      return;
    }
    const row = ps315Row(tag);
    const code = row ? decide(row, recipe.options).code : undefined;
    if (vr === 'DA' && text !== '' && code === 'C' && mode === 'modified' && now && !path.includes('[')) {
      const days = daysBetween(text, textNow);
      // Objects without a patient identity are separate subjects, each with its own shift.
      const key = getString(before, '00100020') ?? '';
      const known = key === '' ? undefined : consistency.shifts.get(key);
      if (days !== undefined && known === undefined) consistency.shifts.set(key, days);
      add('date_shifted', path, days !== undefined && days !== 0 && (known === undefined || known === days));
    } else if (vr === 'UI' && isInstance(tag, text) && !recipe.options.retainUids) {
      if (!now || textNow === '') return;
      add('uid_changed', path, textNow !== text);
      const known = consistency.uids.get(text);
      // The object's own UID changes once more when its pixels were edited; references keep the header's map.
      if (tag === '00080018' && options.pixels === 'edited') return;
      if (known === undefined) consistency.uids.set(text, textNow);
      add('uid_consistent', path, known === undefined || known === textNow);
    } else if (text !== '' && code !== undefined && /^[XZD/]+$/.test(code)) {
      add(
        'text_removed',
        path,
        now === undefined || textNow === '' || textNow !== text || /^[0.]+$/.test(text),
      );
    } else if (
      text !== '' &&
      (code === 'K' || (row === undefined && ['CS', 'DS', 'IS'].includes(vr))) &&
      !changesByRule(tag)
    ) {
      if (now) add('text_retained', path, textNow === text || tag === '00101010' || tag === '00080008');
    }
  });

  const patient = getString(before, '00100020') ?? '';
  const label = getString(after, '00100020') ?? '';
  const known = consistency.patients.get(patient);
  const takenByOther = [...consistency.patients].some(
    ([p, l]) => l === label && p !== patient && p !== '' && patient !== '',
  );
  if (known === undefined && patient !== '') consistency.patients.set(patient, label);
  add(
    'patid_consistent',
    '(0010,0020)',
    label !== '' && label !== patient && (known === undefined || known === label) && !takenByOther,
  );

  const names = identifiersOf(before).filter((i) =>
    ['patient-name', 'patient-id', 'accession', 'physician'].includes(i.kind),
  );
  const { pattern } = identifierPattern(names, label, true);
  if (pattern) {
    walk(after, (element, path, dataset) => {
      if (
        insideReplaced(path) ||
        overrides.has(element.tag) ||
        !['LO', 'SH', 'ST', 'LT', 'UT', 'UC', 'PN', 'CS', 'AE'].includes(element.vr)
      )
        return;
      if (pattern.test(elementText(element, dataset.charset))) add('text_removed', path, false);
    });
  }

  if (options.pixels && before.elements.has('7FE00010')) {
    const same = samePixels(before.elements.get('7FE00010')!, after.elements.get('7FE00010'));
    if (options.pixels === 'edited') add('pixels_hidden', '(7FE0,0010)', !same);
    else add('pixels_retained', '(7FE0,0010)', same);
  }
  return checks;
}

function isInstance(tag: string, uid: string): boolean {
  return uid !== '' && !classUidTags.has(tag) && !uid.startsWith('1.2.840.10008.');
}

/** Attributes that de-identification states itself. */
function changesByRule(tag: string): boolean {
  return tag.startsWith('0012006') || tag === '00280302' || tag === '00280303' || /^(?:50|60)/.test(tag);
}

function daysBetween(before: string, after: string): number | undefined {
  const time = (text: string): number =>
    Date.UTC(Number(text.slice(0, 4)), Number(text.slice(4, 6)) - 1, Number(text.slice(6, 8)));
  // Old files write YYYY.MM.DD.
  const [from, to] = [before.replaceAll('.', ''), after.replaceAll('.', '')];
  if (!/^\d{8}$/.test(from) || !/^\d{8}$/.test(to)) return undefined;
  return Math.round((time(to) - time(from)) / 86_400_000);
}

function samePixels(a: Element, b: Element | undefined): boolean {
  if (!b) return false;
  const parts = (e: Element): readonly Uint8Array[] => e.fragments ?? [e.value];
  const [pa, pb] = [parts(a), parts(b)];
  // Odd pixel data is padded on writing.
  return (
    pa.length === pb.length &&
    pa.every(
      (x, i) =>
        Buffer.compare(x, pb[i]!.subarray(0, x.byteLength)) === 0 && pb[i]!.byteLength - x.byteLength <= 1,
    )
  );
}
