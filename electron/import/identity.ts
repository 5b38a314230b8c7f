import type { DicomHeader } from './dicom/header-record.ts';

/** Words that stand where an identifier should; merging by them would make one person of many. */
const placeholders =
  /^(anon(ymous|ymized|ymised|ymize)?|unknown|none|null|n\/?a|no ?id|noname|patient|test|dummy|removed|deidentified|de-identified|[0x*?._-]+|)$/i;

/** Is this PatientID usable as an identity? */
export function isPlaceholderId(patientId: string): boolean {
  return placeholders.test(patientId.trim());
}

/** What a header with a usable PatientID says about whose it is. */
export interface PersonSigns {
  patientId: string;
  issuer: string;
  birthDate: string;
  /** Family and given name, as `identityName` spells them. */
  name: string;
}

/** A person that the catalog has already, with the key it got. */
export interface KnownPerson extends PersonSigns {
  key: string;
}

/** @returns undefined where PatientID is empty or a placeholder */
export function personSigns(header: DicomHeader): PersonSigns | undefined {
  if (isPlaceholderId(header.patientId)) return undefined;
  return {
    patientId: header.patientId.trim(),
    issuer: header.issuerOfPatientId?.trim() ?? '',
    birthDate: header.birthDate ?? '',
    name: identityName(header.patientName),
  };
}

/**
 * The key by which DICOM instances belong to one person, from one header alone.
 *
 * - PatientID with its issuer and the birth date. The same number with another issuer or another birth
 *   date is another person until someone says otherwise.
 * - Where issuer and birth date are both empty nothing but the number is left, and two sites number their
 *   people alike: family and given name, as `identityName` spells them, then belong to the key.
 * - An empty or placeholder PatientID never merges: it stands for the study only (and without a study UID
 *   for the series, without that for the file).
 *
 * Within one study `StudyPeople` lets an empty issuer or name stand for the one that is given.
 */
export function dicomIdentityKey(header: DicomHeader, file: string): string {
  const signs = personSigns(header);
  if (signs) return keyOfSigns(signs);
  if (header.studyInstanceUid) return `dicom-study:${header.studyInstanceUid}`;
  if (header.seriesInstanceUid) return `dicom-series:${header.seriesInstanceUid}`;
  return `dicom-file:${file}`;
}

export function keyOfSigns(s: PersonSigns): string {
  const name = s.issuer === '' && s.birthDate === '' && s.name !== '' ? `|${s.name}` : '';
  return `dicom:${s.issuer}|${s.patientId}|${s.birthDate}${name}`;
}

/** The issuer that a key of `keyOfSigns` was made with. */
export function issuerOfKey(key: string, patientId: string, birthDate: string): string {
  const end = key.lastIndexOf(`|${patientId.trim()}|${birthDate}`);
  return key.startsWith('dicom:') && end > 0 ? key.slice('dicom:'.length, end) : '';
}

/** A name without what differs between spellings of one person: case, separators, blanks. */
export function comparableName(name: string): string {
  const groups = name.split('=');
  return (groups.find((g) => /[^^\s]/.test(g)) ?? '')
    .normalize('NFC')
    .toLowerCase()
    .replaceAll(/[\^\s,._-]+/g, '');
}

/**
 * Family and given name, comparable. Middle names, titles and suffixes are often left out, so they tell
 * nobody apart; a name without `^` cannot be taken apart and counts as a whole.
 *
 * @example identityName('SMITH JOHN') === identityName('Smith^John^A^Dr') // true
 */
export function identityName(name: string): string {
  const group = name.split('=').find((g) => /[^^\s]/.test(g)) ?? '';
  return comparableName(group.split('^').slice(0, 2).join('^'));
}

/**
 * Do these two sets of signs, from one study, mean one person?
 *
 * PatientID and birth date must agree. An empty issuer agrees with any. Where there is no birth date the
 * names must agree as well: one may be empty or go on after the other (a title, a second given name).
 */
export function agreeWithinStudy(a: PersonSigns, b: PersonSigns): boolean {
  return (
    a.patientId === b.patientId &&
    a.birthDate === b.birthDate &&
    (a.issuer === b.issuer || a.issuer === '' || b.issuer === '') &&
    (a.birthDate !== '' || a.name.startsWith(b.name) || b.name.startsWith(a.name))
  );
}

/**
 * Who stands in which study, so that signs which an archive added to some series of a study do not make
 * two people of one.
 *
 * Fill it with every header before asking: the answer for one series depends on the others of its study.
 */
export class StudyPeople {
  readonly #studies = new Map<string, Map<string, PersonSigns>>();

  add(studyUid: string, signs: PersonSigns): void {
    if (!studyUid) return;
    const people = this.#studies.get(studyUid) ?? new Map<string, PersonSigns>();
    this.#studies.set(studyUid, people.set(idOf(signs), signs));
  }

  /**
   * The key for these signs within their study.
   *
   * All that agree with each other share one key: that of the person the catalog has, else the most
   * telling one. Where agreement is ambiguous (no issuer beside two different ones) every sign keeps its own.
   *
   * @param known the people under whom the catalog has this study already
   */
  keyFor(studyUid: string, signs: PersonSigns, known: readonly KnownPerson[]): string {
    const own = keyOfSigns(signs);
    const others = [...(this.#studies.get(studyUid)?.values() ?? [])];
    const group = connected(signs, [...others, ...known]);
    if (!group.every((a) => group.every((b) => agreeWithinStudy(a, b)))) return own;
    const keys = new Set(group.flatMap((s) => ('key' in s ? [(s as KnownPerson).key] : [])));
    if (keys.size > 1 || keys.has(own)) return own;
    if (keys.size === 1) return [...keys][0]!;
    return keyOfSigns(group.reduce((best, s) => (moreTelling(s, best) ? s : best)));
  }
}

/** These signs and everything that agrees with them, directly or by way of others. */
function connected(signs: PersonSigns, pool: readonly PersonSigns[]): PersonSigns[] {
  const group = [signs];
  const left = new Set(pool);
  for (const member of group) {
    for (const other of left) {
      if (!agreeWithinStudy(member, other)) continue;
      left.delete(other);
      group.push(other);
    }
  }
  return group;
}

function moreTelling(a: PersonSigns, b: PersonSigns): boolean {
  if ((a.issuer === '') !== (b.issuer === '')) return b.issuer === '';
  if (a.name.length !== b.name.length) return a.name.length > b.name.length;
  return a.name < b.name;
}

function idOf(s: PersonSigns): string {
  return JSON.stringify([s.issuer, s.patientId, s.birthDate, s.name]);
}
