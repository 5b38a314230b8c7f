import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Policy } from '../../shared/deidentify/records.ts';
import type { AppliedStep } from '../../shared/provenance.ts';
import type { SharedAudit } from '../../shared/share/audit-records.ts';
import type { SharedPicture, SharedScan, VolumeChange } from '../../shared/share/records.ts';
import type { Db } from '../catalog/database.ts';
import { resolveSeriesFiles } from '../import/resolve-series-files.ts';
import { bidsLabel, bidsPlaces } from './bids-layout.ts';
import type { ManifestScan } from './manifest.ts';
import { product } from './product.ts';
import { OVERRIDDEN } from './receipt-reasons.ts';
import { mainNumbers } from './scan-numbers.ts';
import type { SelectedScan } from './select-scans.ts';
import type { ScanToWrite, WrittenUnit } from './write-scan.ts';

interface ProjectPlace {
  readonly db: Db;
  readonly projectDir: string;
}

/**
 * Everything about each scan that writing needs: sources, volumes and its places in the share. The places
 * depend on the scans that leave and nothing else, so a second start finds them again.
 */
export function planScans(
  { db, projectDir }: ProjectPlace,
  shared: readonly SelectedScan[],
  formats: readonly string[],
): ScanToWrite[] {
  const places = bidsPlaces(shared);
  const sourceKey = db.prepare('SELECT source_key FROM subject WHERE id = ?').pluck();
  const perSession = new Map<string, number>();
  return shared.map((selected) => {
    const { scan, derivative } = selected;
    const { files } = resolveSeriesFiles(db, scan.seriesId);
    const session = `${bidsLabel(scan.subjectLabel, 'sub')}/${bidsLabel(scan.sessionLabel, 'ses')}`;
    const number = (perSession.get(session) ?? 0) + 1;
    perSession.set(session, number);
    const place = places.get(scan.seriesId);
    const numbered = `${String(number).padStart(3, '0')}-${scan.kind.replace(/[^A-Za-z0-9]/g, '')}`;
    return {
      selected,
      sourceKey: sourceKey.get(scan.subjectId) as string,
      sources: files,
      volumePath: scan.format === 'nifti' ? files[0]! : join(projectDir, 'volumes', `${scan.seriesId}.nii`),
      derivativeDir: join(projectDir, derivative.folder),
      bids: formats.includes('bids') ? (place ?? null) : null,
      dicomFolder:
        scan.format === 'dicom' && formats.includes('dicom') ? `DICOM/${session}/${numbered}` : null,
      pictureStem: place?.stem.split('/').at(-1) ?? `${session.replace('/', '_')}_${numbered}`,
    };
  });
}

/** About what the files will take, with a margin for what lies around them. */
export function bytesNeeded(scans: readonly ScanToWrite[], formats: readonly string[]): number {
  const size = (path: string) => (existsSync(path) ? statSync(path).size : 0);
  let bytes = 1e6;
  bytes += scans.length * 150_000; // pictures
  for (const scan of scans) {
    if (formats.includes('bids')) bytes += 1.2 * size(join(scan.derivativeDir, 'edited.nii.gz'));
    if (scan.dicomFolder)
      bytes += Math.max(
        scan.sources.reduce((n, f) => n + size(f), 0),
        size(scan.volumePath),
      );
  }
  return bytes;
}

/** Why a scan has none of the wanted forms. */
export function noForm(scan: ScanToWrite, formats: readonly string[]): string {
  const { format, kind } = scan.selected.scan;
  if (!formats.includes('bids'))
    return `The source is ${format === 'nifti' ? 'NIfTI, which has no DICOM form; share it as BIDS' : format}.`;
  return `BIDS has no place for ${kind}; correct the kind of the scan${format === 'nifti' ? '' : ' or share it as DICOM'}.`;
}

/** The line of the manifest and the receipt about a scan that left. */
export function sharedScan(
  { scan, units }: { scan: ScanToWrite; units: WrittenUnit[] },
  formats: readonly string[],
  found: {
    readonly volumeChanges: readonly VolumeChange[];
    readonly pictures: readonly SharedPicture[];
    readonly audit: SharedAudit | null;
  },
): ManifestScan {
  const { scan: s, derivative, by, override } = scan.selected;
  const files = units.flatMap((u) => u.files);
  const notes = units.flatMap((u) =>
    u.facts.problems.map((p) => `Not as ${u.format === 'bids' ? 'BIDS' : 'DICOM'}: ${p.message}`),
  );
  if (formats.includes('dicom') && scan.dicomFolder === null)
    notes.push('Not as DICOM: the source is NIfTI.');
  if (formats.includes('bids') && scan.bids === null)
    notes.push(`Not as BIDS: it has no place for ${s.kind}.`);
  const record: SharedScan = {
    seriesId: s.seriesId,
    subjectLabel: s.subjectLabel,
    sessionLabel: s.sessionLabel,
    kind: s.kind,
    method: derivative.method,
    verdict: by === 'accepted' ? `${derivative.verdictState}, accepted in review` : derivative.verdictState,
    override: override ? OVERRIDDEN : null,
    files: files.length,
    bytes: files.reduce((n, f) => n + f.size, 0),
    formats: units.filter((u) => u.files.length > 0).map((u) => u.format),
    notes,
    numbers: mainNumbers(derivative.numbers ?? []),
    volumeChanges: [...found.volumeChanges],
    pictures: [...found.pictures],
    audit: found.audit,
  };
  return { ...record, steps: derivative.steps as AppliedStep[], paths: files.map((f) => f.path) };
}

/** Who is in the BIDS tree, with the youngest stated age. */
export function topOptions(
  { db }: ProjectPlace,
  policy: Policy,
  left: readonly { scan: ScanToWrite; units: WrittenUnit[]; shown: { files: readonly unknown[] } }[],
) {
  const sexOf = db.prepare('SELECT sex FROM subject WHERE id = ?').pluck();
  const participants = new Map<string, { label: string; age: number | null; sex: string }>();
  for (const { scan, units } of left) {
    if (!units.some((u) => u.format === 'bids' && u.files.length > 0)) continue;
    const label = bidsLabel(scan.selected.scan.subjectLabel, 'sub');
    const age = units.map((u) => u.facts.age).find((a) => a !== null) ?? null;
    const known = participants.get(label);
    const youngest = known?.age == null ? age : age === null ? known.age : Math.min(known.age, age);
    participants.set(label, {
      label,
      age: youngest,
      sex: String(sexOf.get(scan.selected.scan.subjectId) ?? ''),
    });
  }
  return {
    version: product.version,
    participants: [...participants.values()],
    withCharacteristics: policy.options.retainPatientCharacteristics,
    withMasks: policy.includeEditMask,
    withPictures: left.some((o) => o.shown.files.length > 0),
    withDicom: left.some((o) => o.units.some((u) => u.format === 'dicom' && u.files.length > 0)),
  };
}
