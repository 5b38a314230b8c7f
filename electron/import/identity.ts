import type { DicomHeader } from './dicom/header-record.ts';

/** Words that stand where an identifier should; merging by them would make one person of many. */
const placeholders =
  /^(anon(ymous|ymized|ymised|ymize)?|unknown|none|null|n\/?a|no ?id|noname|patient|test|dummy|removed|deidentified|de-identified|[0x*?._-]+|)$/i;

/** Is this PatientID usable as an identity? */
export function isPlaceholderId(patientId: string): boolean {
  return placeholders.test(patientId.trim());
}

/**
 * The key by which DICOM instances belong to one person.
 *
 * PatientID with its issuer and the birth date: the same number with another birth date is another
 * person until someone says otherwise. An empty or placeholder PatientID never merges: it stands for the
 * study only (and without a study UID for the series, without that for the file).
 */
export function dicomIdentityKey(header: DicomHeader, file: string): string {
  if (!isPlaceholderId(header.patientId)) {
    return `dicom:${header.issuerOfPatientId ?? ''}|${header.patientId.trim()}|${header.birthDate ?? ''}`;
  }
  if (header.studyInstanceUid) return `dicom-study:${header.studyInstanceUid}`;
  if (header.seriesInstanceUid) return `dicom-series:${header.seriesInstanceUid}`;
  return `dicom-file:${file}`;
}

/** A name without what differs between spellings of one person: case, separators, blanks. */
export function comparableName(name: string): string {
  return name
    .split('=')[0]!
    .toLowerCase()
    .replaceAll(/[\^\s,._-]+/g, '');
}
