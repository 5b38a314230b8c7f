import { groupBy } from '../../shared/group-by.ts';
import type { SelectedScan } from './select-scans.ts';

/** Where one scan lies in the BIDS tree. */
export interface BidsPlace {
  readonly subject: string;
  readonly session: string;
  /** `sub-A/ses-01/anat/sub-A_ses-01_run-1_T1w`, without suffix. */
  readonly stem: string;
  /** `derivatives/refacade/…_desc-edit_mask`, without suffix. */
  readonly maskStem: string;
}

/** Series kinds that BIDS names as anatomy with the suffix of the same name. */
const ANATOMY = new Set(['T1w', 'T2w', 'FLAIR', 'PDw', 'angio']);

/** Has BIDS a place for this kind that needs nothing we do not know? */
export function hasBidsPlace(kind: string): boolean {
  return ANATOMY.has(kind);
}

/**
 * Names every scan, the same on every run: runs are numbered by series number, then catalog id, and only
 * where a session holds several scans of one kind.
 */
export function bidsPlaces(scans: readonly SelectedScan[]): Map<number, BidsPlace> {
  const groups = groupBy(
    scans.filter((selected) => hasBidsPlace(selected.scan.kind)),
    ({ scan }) => `${scan.subjectLabel} ${scan.sessionLabel} ${scan.kind}`,
  );
  const places = new Map<number, BidsPlace>();
  for (const group of groups.values()) {
    const order = (s: SelectedScan) => s.scan.seriesNumber ?? Number.MAX_SAFE_INTEGER;
    group.sort((a, b) => order(a) - order(b) || a.scan.seriesId - b.scan.seriesId);
    for (const [n, { scan }] of group.entries()) {
      const subject = bidsLabel(scan.subjectLabel, 'sub');
      const session = bidsLabel(scan.sessionLabel, 'ses');
      const run = group.length > 1 ? `_run-${n + 1}` : '';
      const name = `${subject}_${session}${run}`;
      const folder = `${subject}/${session}/anat`;
      places.set(scan.seriesId, {
        subject,
        session,
        stem: `${folder}/${name}_${scan.kind}`,
        maskStem: `derivatives/refacade/${folder}/${name}_space-orig_desc-edit_mask`,
      });
    }
  }
  return places;
}

/** `sub-XXXX` from a label with or without prefix; BIDS allows letters and digits only. */
export function bidsLabel(label: string, entity: 'sub' | 'ses'): string {
  const value = label.replace(new RegExp(`^${entity}-`), '').replace(/[^A-Za-z0-9]/g, '');
  return `${entity}-${value || '01'}`;
}

export interface Participant {
  /** `sub-XXXX` */
  readonly label: string;
  /** Age in years at the first shared scan; null when unknown or not to be told. */
  readonly age: number | null;
  readonly sex: string;
}

/** Everything at the top of the tree, by path. */
export function bidsTopFiles(options: {
  version: string;
  participants: readonly Participant[];
  /** Age and sex leave only when the policy retains patient characteristics. */
  withCharacteristics: boolean;
  withMasks: boolean;
  withDicom: boolean;
  withPictures?: boolean;
}): Map<string, string> {
  const generatedBy = [
    { Name: 'Refacade', Version: options.version, Description: 'Headers and faces de-identified' },
  ];
  const files = new Map<string, string>();
  files.set(
    'dataset_description.json',
    json({
      Name: 'De-identified head scans',
      BIDSVersion: '1.8.0',
      DatasetType: 'raw',
      GeneratedBy: generatedBy,
    }),
  );
  files.set('README', readme(options));
  const columns = options.withCharacteristics ? ['participant_id', 'age', 'sex'] : ['participant_id'];
  const rows = [...options.participants]
    .sort((a, b) => (a.label < b.label ? -1 : 1))
    .map((p) => (options.withCharacteristics ? [p.label, ageText(p.age), sexText(p.sex)] : [p.label]));
  files.set('participants.tsv', `${[columns, ...rows].map((row) => row.join('\t')).join('\n')}\n`);
  files.set(
    'participants.json',
    json({
      participant_id: { Description: 'Pseudonym, made with a key that stays in the lab' },
      ...(options.withCharacteristics
        ? {
            age: {
              Description: 'Age at the first shared scan; 89+ stands for every age of 89 or more',
              Units: 'year',
            },
            sex: {
              Description: 'Sex as stated by the scanner',
              Levels: { F: 'female', M: 'male', O: 'other' },
            },
          }
        : {}),
    }),
  );
  const ignored = ['manifest.json', 'refacade-*', ...(options.withDicom ? ['DICOM/'] : [])];
  if (options.withPictures) ignored.push('refacade-pictures/');
  files.set('.bidsignore', `${ignored.join('\n')}\n`);
  if (options.withMasks) {
    files.set(
      'derivatives/refacade/dataset_description.json',
      json({ Name: 'Edit masks', BIDSVersion: '1.8.0', DatasetType: 'derivative', GeneratedBy: generatedBy }),
    );
  }
  return files;
}

function readme({
  withMasks,
  withDicom,
  withPictures,
}: {
  withMasks: boolean;
  withDicom: boolean;
  withPictures?: boolean;
}): string {
  return `De-identified head scans, prepared with Refacade.

Headers were de-identified by a named profile and the faces edited on the original voxel grid: voxels
outside the edit are those of the scanner. The scans are no longer meant to be recognised by face
recognition; that does not rule out every other way of linking two scans of one brain.

manifest.json lists every file with its SHA-256 and what was done to it. refacade-receipt.html says which
checks were made before the data left, with their evidence. refacade-log.jsonl is the log of this share.
${withDicom ? '\nDICOM/ holds the same scans as DICOM.\n' : ''}${
  withPictures ? '\nrefacade-pictures/ holds pictures of the shared scans, for the receipt.\n' : ''
}${
  withMasks
    ? '\nderivatives/refacade/ holds the edit masks. They show where a face was removed, which makes it easier\nto guess: keep them apart from the scans unless they are needed.\n'
    : ''
}`;
}

function ageText(age: number | null): string {
  if (age === null || !Number.isFinite(age) || age < 0) return 'n/a';
  return age >= 89 ? '89+' : String(Math.floor(age));
}

function sexText(sex: string): string {
  const letter = sex.trim().toUpperCase()[0] ?? '';
  return ['F', 'M', 'O'].includes(letter) ? letter : 'n/a';
}

/** Readable JSON with a final newline. */
export function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
