import type { Ps315Options } from '../../../shared/deidentify/records.ts';

/** An attribute that Table E.1-1 does not list and that goes all the same. */
export interface ExtraRow {
  readonly why: string;
  /** The option under which it stays, as its neighbour in the table does. */
  readonly keptBy?: keyof Ps315Options;
}

/**
 * Attributes outside Table E.1-1 (January 2025) that say who somebody is or where they were treated.
 *
 * The table names their siblings: Patient's Birth Date but not the same date in another calendar, Issuer of
 * Patient ID but not its qualifiers, Patient's Weight but not the body mass index. Each is treated as X, like the
 * sibling; a row of the table comes first should a later edition list one of them.
 */
const rows: Readonly<Record<string, ExtraRow>> = {
  '00100033': { why: 'birth date in another calendar' },
  '00100034': { why: 'date of death in another calendar' },
  '00100035': { why: 'calendar of removed dates' },
  // Issuers: the hospital or system that gave a number, by name or by an OID registered for it.
  '00100024': { why: 'issuer of a number' },
  '00080051': { why: 'issuer of a number' },
  '00400026': { why: 'issuer of a number' },
  '00400027': { why: 'issuer of a number' },
  '00400031': { why: 'issuer of a number' },
  '00400032': { why: 'issuer of a number' },
  '00400033': { why: 'issuer of a number' },
  '00400036': { why: 'issuer of a number' },
  '00400039': { why: 'issuer of a number' },
  '0040003A': { why: 'issuer of a number' },
  // Numbers of orders and studies.
  '00401006': { why: 'order number' },
  '00401007': { why: 'order number' },
  '00402006': { why: 'order number' },
  '00402007': { why: 'order number' },
  '00201070': { why: 'study number' },
  '00880130': { why: 'name of a medium' },
  '00321031': { why: 'identification of a physician' },
  '00400400': { why: 'comment' },
  // Addresses of other VRs than UR, and those that older writers state as text.
  '00081190': { why: 'address of a server' },
  '0040E010': { why: 'address of a server' },
  '0040A992': { why: 'address of a server' },
  '00181803': { why: 'address of a server', keptBy: 'retainDeviceIdentity' },
  // Characteristics of the patient.
  '00101021': { why: 'patient', keptBy: 'retainPatientCharacteristics' },
  '00101022': { why: 'patient', keptBy: 'retainPatientCharacteristics' },
  '00101023': { why: 'patient', keptBy: 'retainPatientCharacteristics' },
  '00101024': { why: 'patient', keptBy: 'retainPatientCharacteristics' },
  '00102161': { why: 'patient', keptBy: 'retainPatientCharacteristics' },
};

/** Every tag of the list above, for tests. */
export const extraTags: readonly string[] = Object.keys(rows);

/** What is known of a tag that Table E.1-1 does not list, or undefined. */
export function extraRow(tag: string): ExtraRow | undefined {
  return rows[tag];
}

/** Whether a public attribute holds an address and no code: URN Code Value means the same everywhere. */
export function isAddress(tag: string, vr: string): boolean {
  return vr === 'UR' && tag !== '00080120';
}
