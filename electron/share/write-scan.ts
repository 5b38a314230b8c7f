import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Policy } from '../../shared/deidentify/records.ts';
import type { Problem } from '../../shared/problem.ts';
import type { ShareFormat } from '../../shared/share/records.ts';
import type { Pseudonyms } from '../deidentify/pseudonyms.ts';
import { type NiftiImage, readNifti } from '../volume/nifti.ts';
import type { TaskContext } from '../worker/task.ts';
import type { BidsPlace } from './bids-layout.ts';
import { statedAge, writeBidsScan } from './bids-writer.ts';
import { type DciodvfyDiff, dciodvfyDiff } from './dciodvfy-diff.ts';
import { writeDicomSeries } from './dicom-writer.ts';
import { product } from './product.ts';
import type { SelectedScan } from './select-scans.ts';
import type { ShareFolder } from './share-folder.ts';
import type { JournalUnit } from './share-journal.ts';
import { reading, SourceFault } from './source-fault.ts';
import { explainWriteFailure, type FileRecord } from './whole-file.ts';
import type { WrittenUids } from './written-uids.ts';

/** One scan on its way out. */
export interface ScanToWrite {
  readonly selected: SelectedScan;
  readonly sourceKey: string;
  readonly sources: readonly string[];
  readonly volumePath: string;
  readonly derivativeDir: string;
  /** null: BIDS has no place for this kind. */
  readonly bids: BidsPlace | null;
  /** Folder of the series under `DICOM/`; null for a NIfTI source. */
  readonly dicomFolder: string | null;
  /** Begins the names of its pictures, the same as in BIDS where that has a place for it. */
  readonly pictureStem: string;
}

/** What writing one scan in one format came to; kept in the journal. */
export interface UnitFacts {
  readonly problems: readonly Problem[];
  readonly seconds: number;
  readonly age: number | null;
  readonly bids?: { voxels: number; edited: number };
  readonly dicom?: {
    pixels: number;
    edited: number;
    tagsCompared: number;
    tagsChanged: number;
    instances: number;
    placedByPixels: number;
  };
  readonly dciodvfy?: DciodvfyDiff;
}

export interface WrittenUnit {
  readonly format: ShareFormat;
  readonly files: readonly FileRecord[];
  readonly facts: UnitFacts;
  /** Found whole from an earlier start; nothing was written. */
  readonly reused: boolean;
}

export interface WriteScanContext {
  readonly folder: ShareFolder;
  readonly policy: Policy;
  readonly keys: Pseudonyms;
  /** By subject, for references between the DICOM instances of this share. */
  readonly written: ReadonlyMap<string, WrittenUids>;
  /** For tests: called after each written file's scan; may throw to stand for a process that dies. */
  readonly checkpoint: (place: string) => void;
}

/**
 * Writes one scan in one format, or finds it whole from an earlier start.
 *
 * A unit with problems leaves no file behind. One whose source or edited image is gone or damaged is not kept in
 * the journal: the next start looks again.
 *
 * @throws ShareWriteError when the share cannot be written to
 */
export async function writeUnit(
  scan: ScanToWrite,
  format: ShareFormat,
  { folder, policy, keys, written: uids, checkpoint }: WriteScanContext,
  context: TaskContext,
): Promise<WrittenUnit> {
  const key = `${scan.selected.scan.seriesId}:${format}`;
  const references = format === 'dicom' ? uids.get(scan.selected.scan.subjectLabel) : undefined;
  const fingerprint = fingerprintOf(scan, format, policy, references);
  const before = await folder.journal.finished(key, fingerprint, folder.contentDir);
  if (before) return { format, files: before.files, facts: before.facts as UnitFacts, reused: true };

  const started = Date.now();
  await removeUnit(scan, format, folder);
  let written: { files: readonly FileRecord[]; facts: Omit<UnitFacts, 'seconds' | 'age'> };
  try {
    requireSources(scan);
    written =
      format === 'bids'
        ? await asBids(scan, folder, policy, keys)
        : await asDicom(scan, folder, policy, keys, references, context);
  } catch (cause) {
    if (!(cause instanceof SourceFault)) throw explainWriteFailure(cause, folder.dir);
    await removeUnit(scan, format, folder);
    const seconds = (Date.now() - started) / 1000;
    return {
      format,
      files: [],
      facts: { problems: [sourceProblem(cause)], seconds, age: null },
      reused: false,
    };
  }
  if (written.facts.problems.length > 0) {
    await removeUnit(scan, format, folder);
    written = { ...written, files: [] };
  }
  const age = await statedAge(scan.selected.scan.format, scan.sources[0]!).catch(() => null);
  const facts: UnitFacts = { ...written.facts, seconds: (Date.now() - started) / 1000, age };
  checkpoint(`${key} written`);
  const unit: JournalUnit = { key, fingerprint, files: written.files, facts };
  folder.journal.append({ unit });
  return { format, files: written.files, facts, reused: false };
}

const SOURCE_FAULT = 'source-fault';

function sourceProblem({ message }: SourceFault): Problem {
  return {
    code: SOURCE_FAULT,
    level: 'error',
    subject: 'scan',
    message,
    fix: 'Bring the file back, or import the folder again and repeat the edit.',
  };
}

/** Every source must be there, also for a form that reads one of them: the scan is not what was edited. */
function requireSources({ sources }: ScanToWrite): void {
  if (!sources.every((path) => existsSync(path)))
    throw new SourceFault('A source file of this scan is missing.');
}

/**
 * Takes a scan back in every form when one of them found a source gone or damaged: what was edited and what lies
 * in the sources are no longer the same scan.
 */
export async function withdrawDamaged(
  scan: ScanToWrite,
  units: readonly WrittenUnit[],
  folder: ShareFolder,
): Promise<WrittenUnit[]> {
  if (!units.some((u) => u.facts.problems.some((p) => p.code === SOURCE_FAULT))) return [...units];
  for (const { format } of units) await removeUnit(scan, format, folder);
  return units.map((u) => ({ ...u, files: [] }));
}

async function asBids(scan: ScanToWrite, folder: ShareFolder, policy: Policy, keys: Pseudonyms) {
  const { original, edited } = await readPair(scan);
  const maskPath = join(scan.derivativeDir, 'edit-mask.nii.gz');
  const { files, problems, evidence } = await writeBidsScan(folder.contentDir, {
    place: scan.bids!,
    format: scan.selected.scan.format,
    sources: scan.sources,
    original,
    edited,
    mask: await reading('The edit mask', () => readNifti(maskPath)),
    includeMask: policy.includeEditMask,
    recipe: policy,
    keys,
    ...subjectOf(scan),
  });
  return { files, facts: { problems, bids: evidence } };
}

async function asDicom(
  scan: ScanToWrite,
  folder: ShareFolder,
  policy: Policy,
  keys: Pseudonyms,
  references: WrittenUids | undefined,
  context: TaskContext,
) {
  const { original, edited } = await readPair(scan);
  const written = await writeDicomSeries(
    folder.contentDir,
    {
      sources: scan.sources,
      pair: { original: original.volume, edited: edited.volume },
      recipe: policy,
      keys,
      written: references,
      folder: scan.dicomFolder!,
      ...subjectOf(scan),
    },
    context,
  );
  const { problems, evidence } = written;
  if (problems.length > 0) return { files: [], facts: { problems, dicom: evidence } };
  const pairs = written.pairs.map(({ source, path }) => ({ source, output: join(folder.contentDir, path) }));
  const dciodvfy = await dciodvfyDiff(pairs, context.signal);
  return { files: written.files, facts: { problems, dicom: evidence, dciodvfy } };
}

function subjectOf({ selected, sourceKey }: ScanToWrite) {
  return {
    subject: { sourceKey, label: selected.scan.subjectLabel },
    // An override lets a scan leave, and so does a person who accepts one that the audit recognised; neither is
    // evidence that nobody can be recognised.
    facePassed: selected.by !== 'override' && selected.derivative.audit?.state !== 'at-risk',
    method: selected.derivative.method,
  };
}

async function readPair(scan: ScanToWrite): Promise<{ original: NiftiImage; edited: NiftiImage }> {
  const [original, edited] = [
    await reading('The original image', () => readNifti(scan.volumePath)),
    await reading('The edited image', () => readNifti(join(scan.derivativeDir, 'edited.nii.gz'))),
  ];
  return { original, edited };
}

/** Takes back what a unit wrote; also what an earlier, interrupted start left. */
async function removeUnit(
  scan: ScanToWrite,
  format: ShareFormat,
  { contentDir }: ShareFolder,
): Promise<void> {
  const paths =
    format === 'dicom'
      ? [scan.dicomFolder!]
      : [`${scan.bids!.stem}.nii.gz`, `${scan.bids!.stem}.json`, `${scan.bids!.maskStem}.nii.gz`];
  for (const path of paths) await rm(join(contentDir, ...path.split('/')), { recursive: true, force: true });
}

/** Everything the files of a unit depend on. */
function fingerprintOf(
  scan: ScanToWrite,
  format: ShareFormat,
  policy: Policy,
  references: WrittenUids | undefined,
): string {
  const stamp = (path: string) => {
    try {
      const { size, mtimeMs } = statSync(path);
      return [size, mtimeMs];
    } catch {
      return null; // whoever reads the file says what is wrong with it
    }
  };
  const { selected } = scan;
  const facts = [
    product.version,
    format,
    selected.derivative.id,
    selected.by,
    selected.derivative.audit?.state ?? null,
    stamp(join(scan.derivativeDir, 'edited.nii.gz')),
    scan.sources.map(stamp),
    scan.bids,
    scan.dicomFolder,
    policy,
    [...(references?.values() ?? [])].sort(),
  ];
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex');
}
