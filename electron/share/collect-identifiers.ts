import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Db } from '../catalog/database.ts';
import { tagOfKeyword } from '../deidentify/header/dictionary.ts';
import { identifiersOf } from '../deidentify/header/identifiers.ts';
import { dateMode, type HeaderRecipe, overridesByTag } from '../deidentify/header/ps315.ts';
import { readDicom } from '../deidentify/header/read-dicom.ts';
import type { Pseudonyms } from '../deidentify/pseudonyms.ts';
import { resolveSeriesFiles } from '../import/resolve-series-files.ts';
import type { TaskContext } from '../worker/task.ts';
import type { SearchIdentifier } from './identifier-forms.ts';

/**
 * What must not be found in a share: identifiers of every subject in the catalog, shared or not, from the
 * catalog and from the sources themselves.
 *
 * Of a series that leaves every instance is read, of the others the first; the UIDs of all instances come
 * from the catalog. What an option of the policy keeps on purpose (UIDs, devices, institutions, full dates) is left
 * out, and so is what an override keeps of an institution, a station or a serial number: the values of that
 * attribute, no others. An override never takes a name, a number or a birth date of a person out of the search.
 * Dates belong to their subject, and a true date that the shift makes of another one is left out too.
 *
 * @param sharedSeries catalog ids of the scans that leave
 */
export async function collectIdentifiers(
  db: Db,
  keys: Pick<Pseudonyms, 'shiftDays'>,
  recipe: Pick<HeaderRecipe, 'options' | 'overrides'>,
  sharedSeries: ReadonlySet<number>,
  context: TaskContext,
): Promise<SearchIdentifier[]> {
  const { options } = recipe;
  const kept = keptOnPurpose(recipe);
  const left = new Set<string>([
    ...(options.retainUids ? ['uid'] : []),
    ...(options.retainDeviceIdentity ? ['serial', 'station'] : []),
    ...(options.retainInstitutionIdentity ? ['institution', 'address'] : []),
    ...(dateMode(options) === 'full' ? ['date'] : []),
  ]);
  const found = new Map<string, SearchIdentifier>();
  /** Dates of the subject at hand. */
  let dates = new Map<string, SearchIdentifier>();
  const datesOfAll: SearchIdentifier[] = [];
  const labels = new Set<string>();
  const add = (kind: string, text: string, subject: string) => {
    if (left.has(kind) || labels.has(text)) return;
    const key = `${kind}\u0000${text.toLowerCase()}`;
    if (kind === 'date' || kind === 'birth-date') {
      if (!dates.has(key)) dates.set(key, { kind, text, subject });
    } else if (!found.has(key)) found.set(key, { kind, text });
  };

  const subjects = db
    .prepare('SELECT id, source_key, patient_id, patient_name, birth_date, label FROM subject ORDER BY id')
    .all() as SubjectRow[];
  for (const subject of subjects) labels.add(subject.label);
  const studies = db.prepare(
    'SELECT study_instance_uid AS uid, study_date AS date, accession_number AS accession FROM study WHERE subject_id = ?',
  );
  const seriesOf = db.prepare(
    'SELECT id, format, series_instance_uid AS uid FROM series WHERE subject_id = ? ORDER BY id',
  );
  const instanceUids = db
    .prepare(
      'SELECT i.sop_instance_uid FROM instance i JOIN series s ON s.id = i.series_id WHERE s.subject_id = ?',
    )
    .pluck();
  const dicomUid = (uid: string) => /^[0-9.]{10,64}$/.test(uid);
  for (const [n, subject] of subjects.entries()) {
    context.signal.throwIfAborted();
    context.progress(n / subjects.length, 'collecting identifiers');
    dates = new Map();
    const of = studies.all(subject.id) as { uid: string; date: string; accession: string }[];
    const series = seriesOf.all(subject.id) as { id: number; format: string; uid: string }[];
    const sopUids = (instanceUids.all(subject.id) as string[]).filter(dicomUid);
    for (const { kind, text } of identifiersOf({
      patientId: subject.patient_id,
      patientName: subject.patient_name,
      birthDate: subject.birth_date,
      accessionNumbers: of.map((s) => s.accession),
      studyDates: of.map((s) => s.date),
      uids: [...of.map((s) => s.uid), ...series.map((s) => s.uid), ...sopUids].filter(dicomUid),
    })) {
      add(kind, text, subject.label);
    }
    for (const { id, format } of series) {
      const { files } = resolveSeriesFiles(db, id);
      const read = sharedSeries.has(id) ? files : files.slice(0, 1);
      for (const file of read) {
        context.signal.throwIfAborted();
        const inFile = format === 'dicom' ? await inDicom(file, kept) : await inSidecar(file, kept);
        for (const { kind, text } of inFile) add(kind, text, subject.label);
      }
    }
    datesOfAll.push(...withoutShifted([...dates.values()], keys.shiftDays(subject.source_key)));
  }
  return [...found.values(), ...datesOfAll];
}

/** Attributes about a place or a machine that an override may let leave. */
const PLACES_AND_MACHINES = [
  '00080080', // Institution Name
  '00080081', // Institution Address
  '00081040', // Institutional Department Name
  '00081010', // Station Name
  '00400241', // Performed Station AE Title
  '00400242', // Performed Station Name
  '00080055', // Station AE Title
  '00181000', // Device Serial Number
];

function keptOnPurpose(recipe: Pick<HeaderRecipe, 'overrides'>): Set<string> {
  const overrides = overridesByTag(recipe);
  return new Set(PLACES_AND_MACHINES.filter((tag) => overrides.get(tag) === 'K'));
}

interface SubjectRow {
  id: number;
  source_key: string;
  patient_id: string;
  patient_name: string;
  birth_date: string;
  label: string;
}

/** A file that can no longer be read adds nothing; the catalog's own knowledge is still searched. */
async function inDicom(file: string, kept: ReadonlySet<string>): Promise<SearchIdentifier[]> {
  try {
    return identifiersOf(readDicom(new Uint8Array(await readFile(file))).dataset, kept);
  } catch {
    return [];
  }
}

const SIDECAR_KINDS: Readonly<
  Record<string, 'patientName' | 'patientId' | 'birthDate' | 'accession' | 'other'>
> = {
  PatientName: 'patientName',
  PatientID: 'patientId',
  PatientBirthDate: 'birthDate',
  AccessionNumber: 'accession',
  DeviceSerialNumber: 'other',
  StationName: 'other',
  InstitutionName: 'other',
  InstitutionAddress: 'other',
  ReferringPhysicianName: 'other',
  PerformingPhysicianName: 'other',
  OperatorsName: 'other',
};
const OTHER_KINDS: Readonly<Record<string, string>> = {
  DeviceSerialNumber: 'serial',
  StationName: 'station',
  InstitutionName: 'institution',
  InstitutionAddress: 'address',
};

/** The JSON beside a NIfTI image, if any. */
async function inSidecar(image: string, kept: ReadonlySet<string>): Promise<SearchIdentifier[]> {
  const file = image.replace(/\.nii(\.gz)?$/i, '.json');
  if (file === image || !existsSync(file)) return [];
  let json: Record<string, unknown>;
  try {
    json = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
  } catch {
    return [];
  }
  const out: SearchIdentifier[] = [];
  for (const [name, kind] of Object.entries(SIDECAR_KINDS)) {
    const value = json[name];
    if (kept.has(tagOfKeyword(name) ?? '')) continue;
    if (typeof value !== 'string' && typeof value !== 'number') continue;
    const text = String(value);
    const blank = { patientId: '', patientName: '', birthDate: '' };
    if (kind === 'accession') out.push(...identifiersOf({ ...blank, accessionNumbers: [text] }));
    else if (kind !== 'other') out.push(...identifiersOf({ ...blank, [kind]: text }));
    else if (OTHER_KINDS[name]) {
      if (text.trim().length >= 4) out.push({ kind: OTHER_KINDS[name], text });
    } else {
      out.push(
        ...identifiersOf({ ...blank, patientName: text }).map((i) => ({ kind: 'physician', text: i.text })),
      );
    }
  }
  return out;
}

/** Dates of one subject without those that shifting another of them produces: they are meant to be there. */
function withoutShifted(dates: readonly SearchIdentifier[], shiftDays: number): SearchIdentifier[] {
  const made = new Set(dates.filter((d) => d.kind === 'date').map(({ text }) => shifted(text, shiftDays)));
  return dates.filter(({ kind, text }) => kind !== 'date' || !made.has(text));
}

function shifted(date: string, days: number): string {
  const time = Date.UTC(
    Number(date.slice(0, 4)),
    Number(date.slice(4, 6)) - 1,
    Number(date.slice(6, 8)) + days,
  );
  return Number.isFinite(time) ? new Date(time).toISOString().slice(0, 10).replaceAll('-', '') : '';
}
