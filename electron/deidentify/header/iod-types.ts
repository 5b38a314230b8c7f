import { type Dataset, getString } from './dicom-dataset.ts';
import type { ActionCode } from './ps315.ts';

/**
 * Type of an attribute in the object at hand, for the combined codes of Table E.1-1 (`X/Z/D`: remove if
 * Type 3, empty if Type 2, dummy if Type 1). PS3.3 tables A and C; only attributes that carry a combined
 * code are listed. Where an object class is not known, the code that keeps every object valid is taken.
 */

type IodType = 1 | 2 | 3;

const enhanced = new Set([
  '1.2.840.10008.5.1.4.1.1.4.1', // Enhanced MR
  '1.2.840.10008.5.1.4.1.1.4.2', // MR Spectroscopy
  '1.2.840.10008.5.1.4.1.1.4.3', // Enhanced MR Color
  '1.2.840.10008.5.1.4.1.1.4.4', // Legacy Converted Enhanced MR
  '1.2.840.10008.5.1.4.1.1.2.1', // Enhanced CT
  '1.2.840.10008.5.1.4.1.1.2.2', // Legacy Converted Enhanced CT
  '1.2.840.10008.5.1.4.1.1.128.1', // Legacy Converted Enhanced PET
  '1.2.840.10008.5.1.4.1.1.130', // Enhanced PET
  '1.2.840.10008.5.1.4.1.1.66.4', // Segmentation
]);
const pet = '1.2.840.10008.5.1.4.1.1.128';
const structuredReportRoot = '1.2.840.10008.5.1.4.1.1.88.';
const radiotherapyRoot = '1.2.840.10008.5.1.4.1.1.481.';

/** Types in classic images (MR, CT, secondary capture), where most combined codes mean "optional". */
const classic: Readonly<Record<string, IodType>> = {
  '00080012': 3,
  '00080013': 3,
  '00080021': 3,
  '00080022': 3,
  '0008002A': 3,
  '00080031': 3,
  '00080032': 3,
  '00080023': 2,
  '00080033': 2,
  '00080080': 3,
  '00080082': 3,
  '00081010': 3,
  '00081070': 3,
  '00081072': 3,
  '00081110': 3,
  '00081111': 3,
  '00102203': 3,
  '00180010': 2,
  '00181000': 3,
  '00181030': 3,
  '00181400': 3,
  '0018700A': 3,
  '0018700C': 3,
  '0018700E': 3,
  '00189516': 3,
  '00189517': 3,
  '00321060': 3,
  '00400555': 3,
  '0040A032': 3,
  '22000002': 2,
  '22000005': 2,
  '300E0008': 2,
};

const inEnhanced: Readonly<Record<string, IodType>> = {
  // Enhanced General Equipment, Enhanced Image and Acquisition Context modules.
  '00181000': 1,
  '0008002A': 1,
  '00080023': 1,
  '00080033': 1,
  '00400555': 2,
  '00081111': 1,
};
const inPet: Readonly<Record<string, IodType>> = {
  '00080021': 1,
  '00080031': 1,
  '00080022': 2,
  '00080032': 2,
};
const inStructuredReport: Readonly<Record<string, IodType>> = {
  '00080023': 1,
  '00080033': 1,
  '00081111': 2,
  '0040A032': 3,
};
const inRadiotherapy: Readonly<Record<string, IodType>> = {
  '00081070': 2,
  '00081010': 3,
  '300A00B2': 2,
  '300A0006': 2,
  '300A0007': 2,
};

/** Type of a listed attribute in objects of this SOP class, or undefined when it is not known. */
export function iodType(tag: string, sopClassUid: string): IodType | undefined {
  if (enhanced.has(sopClassUid)) return inEnhanced[tag] ?? classic[tag];
  if (sopClassUid === pet) return inPet[tag] ?? classic[tag];
  if (sopClassUid.startsWith(structuredReportRoot)) return inStructuredReport[tag] ?? classic[tag];
  if (sopClassUid.startsWith(radiotherapyRoot)) return inRadiotherapy[tag];
  return classic[tag];
}

/**
 * One code out of a combination.
 *
 * `X/Z/U*` becomes U: the references stay and point to the replaced UIDs. Type 3 → X, Type 2 → Z, Type 1 → D,
 * each only if the combination offers it, else its next safer neighbour that keeps the object valid.
 */
export function resolveCode(code: string, tag: string, sopClassUid: string): ActionCode {
  const offered = code.split('/');
  if (offered.length === 1) return offered[0] as ActionCode;
  if (offered.includes('U*')) return 'U';
  const type = iodType(tag, sopClassUid);
  const preference: ActionCode[] =
    type === 3 ? ['X', 'Z', 'D'] : type === 2 ? ['Z', 'D', 'X'] : ['D', 'Z', 'X'];
  return preference.find((c) => offered.includes(c)) ?? 'X';
}

export function sopClassOf(dataset: Dataset): string {
  return getString(dataset, '00080016') ?? '';
}
