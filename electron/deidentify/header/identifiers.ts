import { type Dataset, type Element, elementText, walk } from './dicom-dataset.ts';

/** A text that says who somebody is, and what it is: `patient-name`, `uid`, … */
export interface Identifier {
  readonly kind: IdentifierKind;
  readonly text: string;
}

export type IdentifierKind =
  | 'patient-name'
  | 'patient-id'
  | 'birth-date'
  | 'accession'
  | 'institution'
  | 'physician'
  | 'uid'
  | 'date'
  | 'address'
  | 'phone'
  | 'serial'
  | 'station'
  | 'order';

/** What the catalog knows about a subject. */
export interface SubjectRow {
  readonly patientId: string;
  readonly patientName: string;
  readonly birthDate: string;
  readonly accessionNumbers?: readonly string[];
  readonly studyDates?: readonly string[];
  readonly uids?: readonly string[];
}

/** Attributes that identify, beyond those found by VR (PN, UI, DA, DT). */
const kinds: Readonly<Record<string, IdentifierKind | 'url'>> = {
  '00100020': 'patient-id',
  '00101000': 'patient-id',
  '00101001': 'patient-name',
  '00101005': 'patient-name',
  '00101060': 'patient-name',
  '00101040': 'address',
  '00102154': 'phone',
  '00102155': 'phone',
  '00101090': 'patient-id',
  '00380010': 'patient-id',
  '00380060': 'patient-id',
  '00120040': 'patient-id',
  '00120042': 'patient-id',
  '00102297': 'patient-name',
  '00080050': 'accession',
  '00200010': 'accession',
  '00401001': 'order',
  '00402016': 'order',
  '00402017': 'order',
  '00400009': 'order',
  '00400253': 'order',
  '00401006': 'order',
  '00401007': 'order',
  '00402006': 'order',
  '00402007': 'order',
  '00201070': 'order',
  '00100033': 'birth-date',
  '00100034': 'birth-date',
  '00400031': 'institution',
  '00400032': 'institution',
  '00081190': 'url',
  '0040E010': 'url',
  '00080080': 'institution',
  '00080081': 'address',
  '00081040': 'institution',
  '00080092': 'address',
  '00080094': 'phone',
  '00181000': 'serial',
  '00081010': 'station',
  '00400242': 'station',
  '00400241': 'station',
  '00080055': 'station',
};
/** Values that stand for "nothing" or are everywhere; a search for them finds the whole world. */
const stopList = new Set(
  `anonymous anonymized anonymised anon unknown none patient name test phantom head brain body mri scan study series
  subject person male female other removed deleted dummy default doctor prof miss missus mister hospital clinic klinik
  university universität department radiology radiologie neuroradiology institute center centre medical imaging mr ct
  siemens philips toshiba hitachi canon healthcare general electric null empty noname volunteer control service
  research dicom 19000101 00000000 18500101 19700101 20000101 123456 1234567 12345678 123456789 000000 00000`.split(
    /\s+/,
  ),
);

const datePlain = /^(\d{4})(\d{2})(\d{2})/;

/**
 * Every text worth searching a share for.
 *
 * Too short texts are left out because they turn up by chance: names below 3 letters, numbers below 5
 * digits, other texts below 4 characters; so are the words of `stopList`. Study dates are searched only as
 * full dates. UIDs of the standard are no identifiers.
 *
 * @param except tags of attributes whose values are passed over, in items of sequences too
 */
export function identifiersOf(
  source: Dataset | SubjectRow,
  except: ReadonlySet<string> = new Set(),
): Identifier[] {
  const found = new Map<string, Identifier>();
  const add = (kind: IdentifierKind, text: string): void => {
    const plain = text.normalize('NFC').replace(/\0/g, '').trim();
    const key = `${kind} ${plain.toLowerCase()}`;
    if (worthSearching(kind, plain) && !found.has(key)) found.set(key, { kind, text: plain });
  };
  if ('elements' in source) {
    walk(source, (element, _path, dataset) => {
      if (!except.has(element.tag)) addElement(element, dataset, add);
    });
  } else {
    for (const part of nameParts(source.patientName)) add('patient-name', part);
    add('patient-id', source.patientId);
    for (const spelling of dateSpellings(source.birthDate)) add('birth-date', spelling);
    for (const text of source.accessionNumbers ?? []) add('accession', text);
    for (const date of source.studyDates ?? []) if (date.trim()) add('date', date);
    for (const uid of source.uids ?? []) add('uid', uid);
  }
  return [...found.values()];
}

function addElement(
  element: Element,
  dataset: Dataset,
  add: (kind: IdentifierKind, text: string) => void,
): void {
  const { tag, vr } = element;
  if (element.items || element.fragments || element.value.byteLength === 0) return;
  const text = elementText(element, dataset.charset);
  const kind = kinds[tag];
  if (vr === 'PN') {
    const whose = tag === '00100010' || kind === 'patient-name' ? 'patient-name' : 'physician';
    for (const part of nameParts(text)) add(whose, part);
  } else if (tag === '00100030' || kind === 'birth-date') {
    // Other calendars have no form of their own; a date written otherwise is searched for as it stands.
    if (kind) add('birth-date', text);
    for (const spelling of dateSpellings(text)) add('birth-date', spelling);
  } else if (vr === 'DA' || vr === 'DT') {
    for (const value of text.split('\\')) if (datePlain.test(value)) add('date', value.slice(0, 8));
  } else if (vr === 'UI') {
    for (const value of text.split('\\')) if (isInstanceUid(tag, value)) add('uid', value);
  } else if (kind === 'url') {
    add('address', text);
    // The host names the hospital wherever else it stands.
    const host = /^[a-z]+:\/\/(?:[^/@]*@)?([^/:?#]+)/i.exec(text)?.[1];
    if (host) add('institution', host);
  } else if (kind === 'address') {
    add(kind, text);
    for (const line of text.split(/[\r\n,;\\]+/)) add(kind, line);
  } else if (kind === 'patient-name') {
    for (const part of nameParts(text)) add(kind, part);
  } else if (tag === '00400032' && /^[0-9.]+$/.test(text)) {
    if (isInstanceUid(tag, text)) add('uid', text);
  } else if (kind) {
    for (const value of text.split('\\')) add(kind, value);
  }
}

/** UIDs that mean classes, syntaxes or software are no identifiers. */
function isInstanceUid(tag: string, uid: string): boolean {
  return !uid.startsWith('1.2.840.10008.') && !classUidTags.has(tag);
}

/** UI attributes whose value names a class, syntax, coding scheme or software, never an instance. */
export const classUidTags: ReadonlySet<string> = new Set([
  '00020002',
  '00020010',
  '00020012',
  '00020100',
  '00041510',
  '00041512',
  '0004151A',
  '00080016',
  '0008001A',
  '0008001B',
  '00080062',
  '0008010C',
  '0008010D',
  '00080117',
  '00080118',
  '0008040E',
  '00081150',
  '0008115A',
  '00083002',
  '00089123',
  '00340003',
  '04000010',
  '04000510',
  '0072007F',
  '30100052',
  '30100053',
  '00000002',
  '00000003',
  '0018100B',
]);

/** The whole name as written, as `Given Family`, and each part of it: `Doe^Jane^M` → Doe^Jane^M, Jane Doe, Doe Jane, Doe, Jane. */
export function nameParts(name: string): string[] {
  const parts: string[] = [];
  for (const value of name.split('\\')) {
    for (const group of value.split('=')) {
      const trimmed = group.replace(/\^+$/, '').trim();
      if (!trimmed) continue;
      const [family = '', given = ''] = trimmed.split('^').map((p) => p.trim());
      parts.push(trimmed);
      if (family && given)
        parts.push(
          `${given} ${family}`,
          `${family} ${given}`,
          `${family}, ${given}`,
          `${family}_${given}`,
          `${given}_${family}`,
        );
      parts.push(...trimmed.split(/[\^\s,._/]+/).filter((p) => p.length >= 3 && /\p{L}/u.test(p)));
    }
  }
  return [...new Set(parts)];
}

/** `19800229` → also 1980-02-29, 29.02.1980, 29/02/1980, 02/29/1980, 29-02-1980 and the like. */
export function dateSpellings(date: string): string[] {
  const match = datePlain.exec(date.replace(/[-./]/g, ''));
  if (!match) return [];
  const [, y, m, d] = match;
  return [
    `${y}${m}${d}`,
    `${y}-${m}-${d}`,
    `${y}.${m}.${d}`,
    `${y}/${m}/${d}`,
    `${d}.${m}.${y}`,
    `${d}/${m}/${y}`,
    `${m}/${d}/${y}`,
    `${d}-${m}-${y}`,
    `${d}${m}${y}`,
  ];
}

function worthSearching(kind: IdentifierKind, text: string): boolean {
  const bare = text.toLowerCase();
  if (stopList.has(bare) || /^[0\-.x? ]*$/.test(bare)) return false;
  if (bare.split(/[\s^,_.]+/).every((w) => w === '' || stopList.has(w))) return false;
  if (/[\u2e80-\uffdc]/.test(text)) return text.length >= 2;
  if (/^\d+$/.test(bare)) return bare.length >= 5;
  return bare.length >= (kind === 'patient-name' || kind === 'physician' ? 3 : 4);
}
