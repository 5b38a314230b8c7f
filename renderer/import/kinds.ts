import type { SeriesKind } from '../../shared/import/records.ts';

/** Every kind a person may set, most usual first; the `Record` makes the compiler notice a missing one. */
const WORDS: Record<SeriesKind, string> = {
  T1w: 'T1w (anatomy)',
  T2w: 'T2w',
  FLAIR: 'FLAIR',
  PDw: 'PDw',
  dwi: 'dwi (diffusion)',
  bold: 'bold (functional)',
  angio: 'angio (vessels)',
  swi: 'swi (susceptibility)',
  fieldmap: 'fieldmap',
  localizer: 'localizer',
  derived: 'derived',
  'secondary-capture': 'secondary capture',
  CT: 'CT',
  PET: 'PET',
  'non-image': 'not an image',
  other: 'other',
};

export const KIND_CHOICES = (Object.keys(WORDS) as SeriesKind[]).map((value) => ({
  value,
  label: WORDS[value],
}));

export function asKind(value: string | null): SeriesKind | null {
  return value !== null && value in WORDS ? (value as SeriesKind) : null;
}
