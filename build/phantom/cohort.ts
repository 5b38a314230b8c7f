import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { newNifti, writeNifti } from '../../electron/volume/nifti.ts';
import type { Volume } from '../../electron/volume/volume.ts';
import { type BrainTruth, type HeadOptions, headPhantom } from './head.ts';
import { type Instance, mrSeries, type SeriesInfo, seriesUidOf } from './mr-series.ts';
import { inventPerson, type Person } from './person.ts';
import { type IdentifierKind, identifiersOf, type PlantedIdentifier } from './planted.ts';
import { screenshot } from './screenshot.ts';
import { dicomFile, type TransferSyntaxName } from './write-dicom.ts';

export interface CohortOptions {
  readonly seed?: number;
  /** Voxel edge of the T1w scans, mm; default 2. T2w and FLAIR slices are twice as thick. */
  readonly voxelSizeMm?: number;
  /** Phantom people with a whole T1w head; default 6. One more has only a skull-stripped scan. */
  readonly subjects?: number;
}

/** A series of images that was written. */
export interface CohortSeries {
  readonly subject: string;
  readonly kind: 'T1w' | 'T2w' | 'FLAIR' | 'localizer' | 'secondary-capture';
  readonly format: 'dicom' | 'nifti';
  /** Folder of a DICOM series or path of a NIfTI file, relative to the cohort. */
  readonly path: string;
  readonly files: number;
  readonly seriesInstanceUid?: string;
  /** Tissue volumes on this series' grid; only where a whole brain is in view. */
  readonly truth?: BrainTruth;
  /** What is wrong or special about it, e.g. `missing slice`. */
  readonly oddity?: string;
}

/** A file that is no image anybody should share, and why. */
export interface CohortStray {
  readonly path: string;
  readonly kind: 'truncated-dicom' | 'text-named-dcm' | 'duplicate';
}

export interface CohortSubject {
  readonly key: string;
  readonly person: Person;
  /** Volumes of the T1w scan. */
  readonly truth: BrainTruth;
}

/** Everything known about a written cohort. */
export interface CohortTruth {
  readonly dir: string;
  readonly subjects: readonly CohortSubject[];
  readonly series: readonly CohortSeries[];
  readonly strays: readonly CohortStray[];
  /** Every planted string, with its kind, its person and one file that holds it. */
  readonly identifiers: readonly PlantedIdentifier[];
  /** All files written, relative to the cohort. */
  readonly files: readonly string[];
}

/**
 * Writes a small messy lab folder: phantom heads as DICOM and NIfTI, with invented identifiers everywhere
 * identifiers hide, and the accidents that real folders hold.
 *
 * 1: explicit little endian, T1w + T2w + localizer + deflated screenshot in one study. 2: implicit little endian, a
 * truncated file and a text file beside it. 3: RLE T1w, FLAIR with a slice missing. 4: NIfTI with the name
 * in its header. 5: BIDS with a telling sidecar. 6: plain `.nii`, oblique. 7 and on: explicit little endian. Last, a
 * person of whom only a skull-stripped NIfTI exists, and a second copy of one file.
 *
 * @param dir existing or new folder; should be empty
 */
export async function writeCohort(dir: string, options: CohortOptions = {}): Promise<CohortTruth> {
  const seed = options.seed ?? 1;
  const count = options.subjects ?? 6;
  const cohort = new CohortWriter(dir, options.voxelSizeMm ?? 2);
  for (let n = 0; n < count; n++) {
    const write = RECIPES[n] ?? RECIPES[0]!;
    await write(cohort, inventPerson(seed, n));
  }
  await writeStripped(cohort, inventPerson(seed, count));
  cohort.duplicateOne();
  return cohort.truth();
}

type Recipe = (cohort: CohortWriter, person: Person) => Promise<void>;

const RECIPES: readonly Recipe[] = [
  async (cohort, person) => {
    const base = `PACS_export/${person.family}_${person.given}/${person.studyDate}`;
    const head: HeadOptions = { seed: person.seed, axisCodes: 'PIR', offsetRas: [3, 12, -8] };
    cohort.mr(person, `${base}/t1_mprage_sag`, head, T1, 'explicit', '');
    const t2: HeadOptions = { ...head, contrast: 'T2w', axisCodes: 'LPS', voxelSizeMm: cohort.thick };
    cohort.mr(person, `${base}/t2_tse_tra`, t2, T2, 'explicit', '.dcm');
    cohort.localizer(person, `${base}/localizer`, head);
    cohort.screen(person, `${base}/screen/SC000001.dcm`);
    cohort.plantPath(person, `${base}/screen/SC000001.dcm`);
  },
  async (cohort, person) => {
    const base = `PACS_export/${person.patientId}/mprage`;
    const head: HeadOptions = { seed: person.seed, axisCodes: 'PIL' };
    cohort.mr(person, base, head, T1, 'implicit', '.IMA');
    cohort.truncated(person, `PACS_export/${person.patientId}/broken.dcm`, head);
    const note = `Scan list of ${person.given} ${person.family}, please call back.\n`;
    cohort.write(`PACS_export/${person.patientId}/readme.dcm`, new TextEncoder().encode(note));
    cohort.stray(`PACS_export/${person.patientId}/readme.dcm`, 'text-named-dcm');
  },
  async (cohort, person) => {
    const head: HeadOptions = {
      seed: person.seed,
      axisCodes: 'LPS',
      obliqueDegrees: [-8, 3, 4],
      offsetRas: [-4, 20, 5],
    };
    cohort.mr(person, 'usb_stick/A/0001', head, T1, 'rle', '.dcm');
    const flair: HeadOptions = { ...head, contrast: 'FLAIR', voxelSizeMm: cohort.thick };
    cohort.mr(person, 'usb_stick/A/0002', flair, FLAIR_WITH_GAP, 'explicit', '.dcm');
  },
  async (cohort, person) => {
    const path = `nifti_old/${person.family}_T1.nii.gz`;
    const head: HeadOptions = { seed: person.seed, axisCodes: 'LAS' };
    const descrip = `${person.given} ${person.family} ${person.patientId}`;
    await cohort.nifti(person, path, head, 'T1w', { descrip, dbName: person.patientId });
    cohort.plantPath(person, path);
  },
  async (cohort, person) => {
    const stem = 'bids_like/sub-05/ses-1/anat/sub-05_ses-1_T1w';
    await cohort.nifti(person, `${stem}.nii.gz`, { seed: person.seed }, 'T1w', {});
    cohort.sidecar(person, `${stem}.json`);
    cohort.bidsRoot(person, 'bids_like', 'sub-05');
  },
  async (cohort, person) => {
    const head: HeadOptions = { seed: person.seed, axisCodes: 'PSR', obliqueDegrees: [6, -5, 10] };
    await cohort.nifti(person, 'misc/export_2021.nii', head, 'T1w', { descrip: `${person.name} 3T` });
  },
];

async function writeStripped(cohort: CohortWriter, person: Person): Promise<void> {
  const head: HeadOptions = { seed: person.seed, skullStripped: true };
  const descrip = `brain of ${person.family}`;
  await cohort.nifti(person, 'misc/T1_brain.nii.gz', head, 'T1w', { descrip }, 'already skull-stripped');
}

const T1: SeriesInfo = {
  number: 2,
  description: 't1_mprage_sag_p2_iso',
  protocol: 't1_mprage_sag_p2_iso',
  contrast: 'T1w',
};
const T2: SeriesInfo = { number: 3, description: 't2_tse_tra', protocol: 't2_tse_tra', contrast: 'T2w' };
const FLAIR_WITH_GAP: SeriesInfo = {
  number: 4,
  description: 't2_flair_tra',
  protocol: 't2_flair_tra',
  contrast: 'FLAIR',
  missing: [20],
};

/** Writes files below one folder and remembers what they hold. */
class CohortWriter {
  readonly thick: readonly [number, number, number];
  readonly #subjects: CohortSubject[] = [];
  readonly #series: CohortSeries[] = [];
  readonly #strays: CohortStray[] = [];
  readonly #identifiers: PlantedIdentifier[] = [];
  readonly #files: string[] = [];

  constructor(
    readonly dir: string,
    readonly voxelSizeMm: number,
  ) {
    this.thick = [voxelSizeMm, voxelSizeMm, 2 * voxelSizeMm];
    mkdirSync(dir, { recursive: true });
  }

  write(path: string, bytes: Uint8Array | string): void {
    mkdirSync(dirname(join(this.dir, path)), { recursive: true });
    writeFileSync(join(this.dir, path), bytes);
    this.#files.push(path);
  }

  stray(path: string, kind: CohortStray['kind']): void {
    this.#strays.push({ path, kind });
  }

  plant(person: Person, kind: IdentifierKind, value: string, file: string, place: string): void {
    this.#identifiers.push({ value, kind, subject: person.key, file, place });
  }

  plantPath(person: Person, file: string): void {
    this.plant(person, 'name', person.family, file, 'path');
  }

  /** A DICOM series of a phantom. */
  mr(
    person: Person,
    folder: string,
    head: HeadOptions,
    info: SeriesInfo,
    syntax: TransferSyntaxName,
    suffix: string,
  ): void {
    const phantom = headPhantom({ voxelSizeMm: this.voxelSizeMm, ...head });
    const instances = mrSeries(person, phantom.volume, info);
    instances.forEach(({ dataset }, n) => {
      this.write(`${folder}/IM${String(n + 1).padStart(6, '0')}${suffix}`, dicomFile(dataset, syntax));
    });
    const firstFile = `${folder}/IM000001${suffix}`;
    if (info.contrast === 'T1w') {
      this.#subjects.push({ key: person.key, person, truth: phantom.truth });
      this.#identifiers.push(...identifiersOf(person, firstFile));
    }
    const uids: [IdentifierKind, string, string][] = [
      ['uid', seriesUidOf(person, info.number), '(0020,000E)'],
      ['uid', instances[0]!.sopInstanceUid, '(0008,0018)'],
    ];
    for (const [kind, value, place] of uids) this.plant(person, kind, value, firstFile, place);
    this.#series.push({
      subject: person.key,
      kind: info.contrast,
      format: 'dicom',
      path: folder,
      files: instances.length,
      seriesInstanceUid: seriesUidOf(person, info.number),
      truth: info.missing === undefined ? phantom.truth : undefined,
      oddity: info.missing === undefined ? undefined : 'missing slice',
    });
  }

  /** Three single slices through the head in three orientations, one series. */
  localizer(person: Person, folder: string, head: HeadOptions): void {
    const info: SeriesInfo = { number: 1, description: 'localizer', protocol: 'localizer', contrast: 'T1w' };
    const slices = (['PIR', 'LIP', 'LPS'] as const).map((axisCodes): Instance => {
      const fieldOfViewMm: [number, number, number] = [200, 240, 224];
      const thin = { P: 1, R: 0, S: 2 }[axisCodes[2] as 'P' | 'R' | 'S'];
      fieldOfViewMm[thin] = 6;
      const { volume } = headPhantom({ ...head, axisCodes, fieldOfViewMm, voxelSizeMm: [2, 2, 6] });
      return mrSeries({ ...person, studyUid: person.studyUid }, volume, info)[0]!;
    });
    slices.forEach(({ dataset }, n) => {
      const own = dataset.map((element) => {
        if (element.tag === 0x00080018) return { ...element, value: `${element.value as string}${n}` };
        if (element.tag === 0x00200013) return { ...element, value: String(n + 1) };
        return element;
      });
      this.write(`${folder}/IM00000${n + 1}.dcm`, dicomFile(own, 'explicit'));
    });
    this.#series.push({
      subject: person.key,
      kind: 'localizer',
      format: 'dicom',
      path: folder,
      files: 3,
      seriesInstanceUid: seriesUidOf(person, 1),
      oddity: 'three orientations',
    });
  }

  /** The one file left of another series, cut off within its pixels. */
  truncated(person: Person, path: string, head: HeadOptions): void {
    const { volume } = headPhantom({ ...head, voxelSizeMm: 2, fieldOfViewMm: [2, 240, 224] });
    const info: SeriesInfo = { ...T1, number: 7, description: 't1_repeat' };
    const whole = dicomFile(mrSeries(person, volume, info)[0]!.dataset, 'implicit');
    this.write(path, whole.subarray(0, Math.floor(whole.length * 0.55)));
    this.stray(path, 'truncated-dicom');
  }

  screen(person: Person, path: string): void {
    const { dataset, burnedIn } = screenshot(person);
    this.write(path, dicomFile(dataset, 'deflated'));
    for (const line of burnedIn) this.plant(person, 'burned-in', line, path, 'pixels');
    this.#series.push({
      subject: person.key,
      kind: 'secondary-capture',
      format: 'dicom',
      path: dirname(path),
      files: 1,
      seriesInstanceUid: seriesUidOf(person, 99),
      oddity: 'burned-in text',
    });
  }

  async nifti(
    person: Person,
    path: string,
    head: HeadOptions,
    kind: 'T1w',
    text: { descrip?: string; dbName?: string },
    oddity?: string,
  ): Promise<void> {
    const { volume, truth } = headPhantom({ voxelSizeMm: this.voxelSizeMm, ...head });
    const image = newNifti(volume as Volume);
    const put = (value: string | undefined, at: number, room: number) => {
      if (value !== undefined) image.header.set(new TextEncoder().encode(value).subarray(0, room), at);
    };
    put(text.dbName, 14, 18);
    put(text.descrip, 148, 80);
    mkdirSync(dirname(join(this.dir, path)), { recursive: true });
    await writeNifti(join(this.dir, path), image);
    this.#files.push(path);
    if (text.dbName !== undefined) this.plant(person, 'patient-id', text.dbName, path, 'db_name');
    if (text.descrip !== undefined) {
      this.plant(person, 'name', person.family, path, 'descrip');
      this.plant(person, 'comment', text.descrip, path, 'descrip');
    }
    this.#subjects.push({ key: person.key, person, truth });
    this.#series.push({ subject: person.key, kind, format: 'nifti', path, files: 1, truth, oddity });
  }

  /** A BIDS sidecar as a converter left it: half the header is in it. */
  sidecar(person: Person, path: string): void {
    const day = `${person.studyDate.slice(0, 4)}-${person.studyDate.slice(4, 6)}-${person.studyDate.slice(6)}`;
    const fields = {
      Modality: 'MR',
      MagneticFieldStrength: 3,
      Manufacturer: 'PHANTOMSCANNER',
      RepetitionTime: 2.3,
      EchoTime: 0.00298,
      InversionTime: 0.9,
      FlipAngle: 9,
      ProtocolName: 't1_mprage_sag_p2_iso',
      SeriesDescription: 't1_mprage_sag_p2_iso',
      PatientName: person.name,
      PatientID: person.patientId,
      PatientBirthDate: person.birthDate,
      AcquisitionDateTime: `${day}T10:11:12.000000`,
      InstitutionName: person.institution,
      InstitutionAddress: person.address,
      StationName: person.station,
      DeviceSerialNumber: person.serialNumber,
      AccessionNumber: person.accession,
      StudyInstanceUID: person.studyUid,
    };
    this.write(path, `${JSON.stringify(fields, null, 2)}\n`);
    const planted: [IdentifierKind, string, string][] = [
      ['name', person.name, 'PatientName'],
      ['name', person.family, 'PatientName'],
      ['patient-id', person.patientId, 'PatientID'],
      ['birth-date', person.birthDate, 'PatientBirthDate'],
      ['study-date', day, 'AcquisitionDateTime'],
      ['institution', person.institution, 'InstitutionName'],
      ['address', person.address, 'InstitutionAddress'],
      ['station', person.station, 'StationName'],
      ['serial-number', person.serialNumber, 'DeviceSerialNumber'],
      ['accession', person.accession, 'AccessionNumber'],
      ['uid', person.studyUid, 'StudyInstanceUID'],
    ];
    for (const [kind, value, place] of planted) this.plant(person, kind, value, path, place);
  }

  bidsRoot(person: Person, root: string, label: string): void {
    const description = { Name: 'pilot scans', BIDSVersion: '1.8.0' };
    this.write(`${root}/dataset_description.json`, `${JSON.stringify(description, null, 2)}\n`);
    const row = [label, person.ageYears, person.sex, person.family].join('\t');
    this.write(`${root}/participants.tsv`, `participant_id\tage\tsex\tfamily_name\n${row}\n`);
    this.plant(person, 'name', person.family, `${root}/participants.tsv`, 'family_name');
  }

  /** One DICOM file once more elsewhere, as backups leave it. */
  duplicateOne(): void {
    const source = this.#series.find((s) => s.format === 'dicom' && s.kind === 'T1w');
    const file = source && this.#files.find((f) => f.startsWith(`${source.path}/`));
    if (file === undefined) return;
    mkdirSync(join(this.dir, 'backup'), { recursive: true });
    copyFileSync(join(this.dir, file), join(this.dir, 'backup/copy_of_first_slice'));
    this.#files.push('backup/copy_of_first_slice');
    this.stray('backup/copy_of_first_slice', 'duplicate');
  }

  truth(): CohortTruth {
    return {
      dir: this.dir,
      subjects: this.#subjects,
      series: this.#series,
      strays: this.#strays,
      identifiers: this.#identifiers,
      files: this.#files,
    };
  }
}
