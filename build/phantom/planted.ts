import type { Person } from './person.ts';

export type IdentifierKind =
  | 'name'
  | 'patient-id'
  | 'birth-date'
  | 'study-date'
  | 'accession'
  | 'institution'
  | 'address'
  | 'physician'
  | 'operator'
  | 'station'
  | 'serial-number'
  | 'comment'
  | 'uid'
  | 'burned-in';

/** A string that must be found nowhere in a share. */
export interface PlantedIdentifier {
  readonly value: string;
  readonly kind: IdentifierKind;
  readonly subject: string;
  /** A file of the cohort that holds it, relative to the cohort. */
  readonly file: string;
  /** Where in the file: a tag, a header field, `path` or `pixels` (the last two are not in the file's text). */
  readonly place: string;
}

/** What every DICOM instance of a person gives away, all of it as plain bytes of `file`. */
export function identifiersOf(person: Person, file: string): PlantedIdentifier[] {
  const rows: [IdentifierKind, string, string][] = [
    ['name', person.name, '(0010,0010)'],
    ['name', person.family, '(0010,0010)'],
    ['name', person.given, '(0010,0010)'],
    ['name', `${person.given} ${person.family}`, '(0029,1131) private'],
    ['name', `MRI head, ${person.given} ${person.family}`, '(0040,0275)[0] > (0032,1060)'],
    ['patient-id', person.patientId, '(0010,0020)'],
    ['birth-date', person.birthDate, '(0010,0030)'],
    ['study-date', person.studyDate, '(0008,0020)'],
    ['accession', person.accession, '(0008,0050)'],
    ['institution', person.institution, '(0008,0080)'],
    ['address', person.address, '(0008,0081)'],
    ['physician', person.referringPhysician.split('^')[0]!, '(0008,0090)'],
    ['operator', person.operator.split('^')[0]!, '(0008,1070)'],
    ['station', person.station, '(0008,1010)'],
    ['serial-number', person.serialNumber, '(0018,1000)'],
    ['comment', person.studyComment, '(0032,4000)'],
    ['uid', person.studyUid, '(0020,000D)'],
    ['uid', person.frameOfReferenceUid, '(0020,0052)'],
  ];
  return rows.map(([kind, value, place]) => ({ value, kind, subject: person.key, file, place }));
}
