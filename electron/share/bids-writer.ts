import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Problem } from '../../shared/problem.ts';
import { yearsOf } from '../deidentify/header/age-group.ts';
import { applyProfile, type HeaderSubject } from '../deidentify/header/apply-profile.ts';
import { type Dataset, getNumbers, getString } from '../deidentify/header/dicom-dataset.ts';
import { gzipHeaderIsClean, gzipWithoutTrace } from '../deidentify/header/file-name.ts';
import { cleanNiftiHeader } from '../deidentify/header/nifti-header.ts';
import { type HeaderRecipe, optionCodes } from '../deidentify/header/ps315.ts';
import { readDicom } from '../deidentify/header/read-dicom.ts';
import { cleanSidecar } from '../deidentify/header/sidecar.ts';
import type { Pseudonyms } from '../deidentify/pseudonyms.ts';
import { type NiftiImage, niftiBytes, readNifti } from '../volume/nifti.ts';
import { type BidsPlace, json } from './bids-layout.ts';
import { reading } from './source-fault.ts';
import { type FileRecord, writeWholeFile } from './whole-file.ts';

export interface BidsScan {
  readonly place: BidsPlace;
  readonly format: 'dicom' | 'nifti';
  /** Source files, absolute; the first one tells about the acquisition. */
  readonly sources: readonly string[];
  readonly original: NiftiImage;
  readonly edited: NiftiImage;
  /** The edit mask of the derivative, the only witness of what was meant to be edited. */
  readonly mask: NiftiImage;
  readonly includeMask: boolean;
  readonly recipe: HeaderRecipe;
  readonly keys: Pseudonyms;
  readonly subject: HeaderSubject;
  /** The sidecar may say that no face is recognisable; when, see `PixelEdit`. */
  readonly facePassed: boolean;
  readonly method: string;
}

export interface WrittenBids {
  readonly files: readonly FileRecord[];
  readonly problems: readonly Problem[];
  readonly evidence: { voxels: number; edited: number };
}

/**
 * Writes one scan into the BIDS tree and reads it back.
 *
 * The voxels are the derivative's, the header the source's without its free text. Read back, every voxel
 * must be the edited one, and every voxel outside the edit mask the original's.
 *
 * @param root folder of the share in the making
 * @throws SourceFault when the first source is gone or damaged, ShareWriteError when the share cannot be written to
 */
export async function writeBidsScan(root: string, scan: BidsScan): Promise<WrittenBids> {
  const evidence = { voxels: scan.edited.volume.data.length, edited: 0 };
  const held = (message: string): WrittenBids => ({
    files: [],
    problems: [
      {
        code: 'bids-verify',
        level: 'error',
        subject: 'scan as BIDS',
        message,
        fix: 'De-identify the scan again.',
      },
    ],
    evidence,
  });
  const { length } = scan.mask.volume.data;
  if (length === 0 || evidence.voxels % length !== 0)
    return held(`Expected an edit mask on the voxels of the scan, got ${length} for ${evidence.voxels}.`);
  const outside = changedOutsideMask(scan, evidence);
  if (outside > 0) return held(`${outside} voxels outside the edit differ from the source.`);
  const files = [await writeImage(root, `${scan.place.stem}.nii.gz`, scan.edited)];
  const bytes = new Uint8Array(await readFile(join(root, `${scan.place.stem}.nii.gz`)));
  if (!gzipHeaderIsClean(bytes)) return held('The gzip header carries a name or a time.');
  const back = await readNifti(bytes);
  const same =
    back.volume.data.length === scan.edited.volume.data.length &&
    Buffer.compare(raw(back.volume.data), raw(scan.edited.volume.data)) === 0;
  if (!same) return held('The voxels read back are not the edited ones.');
  files.push(await writeWholeFile(root, `${scan.place.stem}.json`, json(await sidecar(scan))));
  if (scan.includeMask) files.push(await writeImage(root, `${scan.place.maskStem}.nii.gz`, scan.mask));
  return { files, problems: [], evidence };
}

async function writeImage(root: string, path: string, image: NiftiImage): Promise<FileRecord> {
  const clean = cleanNiftiHeader(image.header, image.extensions);
  const bytes = niftiBytes({ ...image, header: clean.header, extensions: clean.extensions });
  return writeWholeFile(root, path, gzipWithoutTrace(bytes));
}

function raw(data: ArrayBufferView): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** Voxels that differ although the mask says that nothing was edited there; counts the edit on the way. */
function changedOutsideMask({ original, edited, mask }: BidsScan, evidence: { edited: number }): number {
  const a = original.volume.data;
  const b = edited.volume.data;
  if (a.length !== b.length) return Math.max(a.length, b.length);
  const inside = mask.volume.data;
  let outside = 0;
  for (let n = 0; n < a.length; n++) {
    if (a[n] === b[n] || (Number.isNaN(a[n]) && Number.isNaN(b[n]))) continue;
    evidence.edited++;
    // A mask of a 4-D scan may be 3-D: the same edit in every volume.
    if (inside[n % inside.length] === 0) outside++;
  }
  return outside;
}

async function sidecar(scan: BidsScan): Promise<Record<string, unknown>> {
  const source = scan.format === 'dicom' ? await fromDicom(scan) : await besideImage(scan.sources[0]!);
  const clean = cleanSidecar(source, scan.recipe, scan.keys, scan.subject).json;
  const methods = Array.isArray(clean.DeidentificationMethod) ? clean.DeidentificationMethod : [];
  clean.DeidentificationMethod = [...methods, `Refacade: face method ${scan.method}`];
  if (scan.facePassed && Array.isArray(clean.DeidentificationMethodCodeSequence)) {
    const { code, meaning } = optionCodes.cleanRecognizableVisualFeatures;
    clean.DeidentificationMethodCodeSequence = [
      ...clean.DeidentificationMethodCodeSequence,
      { CodeValue: code, CodingSchemeDesignator: 'DCM', CodeMeaning: meaning },
    ];
  }
  return clean;
}

async function besideImage(image: string): Promise<Record<string, unknown>> {
  const file = image.replace(/\.nii(\.gz)?$/i, '.json');
  if (file === image || !existsSync(file)) return {};
  try {
    const parsed: unknown = JSON.parse(await readFile(file, 'utf8'));
    return parsed && typeof parsed === 'object' && !Array.isArray(parsed)
      ? (parsed as Record<string, unknown>)
      : {};
  } catch {
    return {};
  }
}

/** DICOM attribute, BIDS name, factor to BIDS units (seconds). */
const NUMBERS: readonly [string, string, number][] = [
  ['00180080', 'RepetitionTime', 0.001],
  ['00180081', 'EchoTime', 0.001],
  ['00180082', 'InversionTime', 0.001],
  ['00181314', 'FlipAngle', 1],
  ['00180087', 'MagneticFieldStrength', 1],
  ['00180084', 'ImagingFrequency', 1],
  ['00180050', 'SliceThickness', 1],
  ['00180088', 'SpacingBetweenSlices', 1],
  ['00180095', 'PixelBandwidth', 1],
  ['00180091', 'EchoTrainLength', 1],
  ['00180083', 'NumberOfAverages', 1],
];
const TEXTS: readonly [string, string][] = [
  ['00080060', 'Modality'],
  ['00080070', 'Manufacturer'],
  ['00081090', 'ManufacturersModelName'],
  ['00181020', 'SoftwareVersions'],
  ['00180023', 'MRAcquisitionType'],
  ['00180020', 'ScanningSequence'],
  ['00180021', 'SequenceVariant'],
  ['00180022', 'ScanOptions'],
  ['00180024', 'SequenceName'],
  ['00185100', 'PatientPosition'],
  ['00180015', 'BodyPartExamined'],
];

/** A sidecar from the de-identified header of the first instance: nothing else of DICOM reaches BIDS. */
async function fromDicom(scan: BidsScan): Promise<Record<string, unknown>> {
  const file = await reading('A source file', async () =>
    readDicom(new Uint8Array(await readFile(scan.sources[0]!))),
  );
  const { dataset } = applyProfile(file.dataset, scan.recipe, scan.keys, scan.subject);
  const groups = [dataset, ...functionalGroups(dataset)];
  const out: Record<string, unknown> = {};
  for (const [tag, name] of TEXTS) {
    const text = groups.map((g) => getString(g, tag)).find((t) => t);
    if (text) out[name] = text;
  }
  for (const [tag, name, factor] of NUMBERS) {
    const value = groups.map((g) => getNumbers(g, tag)[0]).find((v) => v !== undefined && Number.isFinite(v));
    if (value !== undefined) out[name] = Number((value * factor).toPrecision(9));
  }
  return out;
}

/** Items of the shared functional groups of an enhanced object, one level down. */
function functionalGroups(dataset: Dataset): Dataset[] {
  const shared = dataset.elements.get('52009229')?.items?.[0];
  return shared ? [...shared.elements.values()].flatMap((e) => [...(e.items ?? [])]) : [];
}

/** Age in whole years as the source states it; null when it does not. */
export async function statedAge(format: 'dicom' | 'nifti', source: string): Promise<number | null> {
  if (format === 'nifti') {
    const age = (await besideImage(source)).PatientAge;
    if (typeof age === 'number') return age;
    return typeof age === 'string' ? yearsOf(age) : null;
  }
  const { dataset } = readDicom(new Uint8Array(await readFile(source)));
  return yearsOf(getString(dataset, '00101010') ?? '');
}
