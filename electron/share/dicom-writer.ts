import { readFile } from 'node:fs/promises';
import type { HeaderChange } from '../../shared/deidentify/records.ts';
import type { Problem } from '../../shared/problem.ts';
import { applyProfile, type HeaderSubject } from '../deidentify/header/apply-profile.ts';
import {
  type Dataset,
  type DicomFile,
  getString,
  getStrings,
  printable,
  removeElement,
  setElement,
  setString,
  tagText,
} from '../deidentify/header/dicom-dataset.ts';
import { dictionaryEntry, spacedKeyword } from '../deidentify/header/dictionary.ts';
import type { HeaderRecipe } from '../deidentify/header/ps315.ts';
import { explicitLittleEndian, NotDicomError, readDicom } from '../deidentify/header/read-dicom.ts';
import { stampPixelsEdited } from '../deidentify/header/stamps.ts';
import { writeDicom } from '../deidentify/header/write-dicom.ts';
import type { Pseudonyms } from '../deidentify/pseudonyms.ts';
import type { TaskContext } from '../worker/task.ts';
import { attributesOf } from './attribute-source.ts';
import { type EditedPair, editPixels } from './edit-pixels.ts';
import { GeometryError } from './frame-planes.ts';
import { placePlanes } from './place-planes.ts';
import { reading, SourceFault } from './source-fault.ts';
import { decodeStored, PixelError, pixelFormat } from './stored-pixels.ts';
import { type Verification, verifyDicom } from './verify-dicom.ts';
import { type FileRecord, writeWholeFile } from './whole-file.ts';
import { pointToWritten, type WrittenUids } from './written-uids.ts';

/** One series to write as DICOM. */
export interface DicomSeries {
  /** Source instances in slice order, absolute paths; opened read-only. */
  readonly sources: readonly string[];
  readonly pair: EditedPair;
  readonly recipe: HeaderRecipe;
  readonly keys: Pseudonyms;
  readonly subject: HeaderSubject;
  /** The object may say that no face is recognisable; when, see `PixelEdit`. */
  readonly facePassed: boolean;
  readonly method: string;
  /** How instances of this subject in the same share are called now; references to them are changed. */
  readonly written?: WrittenUids | undefined;
  /** Folder in the share, e.g. `DICOM/sub-A/ses-01/series-003`. */
  readonly folder: string;
}

export interface WrittenSeries {
  readonly files: readonly FileRecord[];
  /** Not empty: the series stays and none of its files may leave. */
  readonly problems: readonly Problem[];
  /** Source of each file, for comparing validators' findings. */
  readonly pairs: readonly { source: string; path: string }[];
  readonly evidence: {
    pixels: number;
    edited: number;
    tagsCompared: number;
    tagsChanged: number;
    instances: number;
    placedByPixels: number;
  };
}

/**
 * Writes the edited voxels of a series back into its original instances, and reads each file back.
 *
 * Every pixel of every instance must fall on a voxel of the edited volume; otherwise the series is held
 * with a Problem, because a pixel that was not placed is a pixel that was not edited.
 *
 * @param root folder of the share in the making
 * @throws SourceFault when an instance is gone or damaged, ShareWriteError when the share cannot be written to
 */
export async function writeDicomSeries(
  root: string,
  series: DicomSeries,
  context: TaskContext,
): Promise<WrittenSeries> {
  const files: FileRecord[] = [];
  const pairs: { source: string; path: string }[] = [];
  const evidence = { pixels: 0, edited: 0, tagsCompared: 0, tagsChanged: 0, instances: 0, placedByPixels: 0 };
  const subject = 'series as DICOM';
  const held = (code: string, message: string, fix: string): WrittenSeries => ({
    files: [],
    problems: [{ code, level: 'error', subject, message, fix }],
    pairs: [],
    evidence,
  });
  const uids = new Set<string>();
  for (const [n, source] of series.sources.entries()) {
    context.signal.throwIfAborted();
    context.progress(n / series.sources.length, `DICOM ${n + 1} of ${series.sources.length}`);
    const bytes = new Uint8Array(await reading('A source file', () => readFile(source)));
    const path = `${series.folder}/IM${String(n + 1).padStart(5, '0')}.dcm`;
    try {
      const made = makeInstance(bytes, series);
      if (uids.has(made.sopInstanceUid)) {
        return held(
          'dicom-duplicate',
          'Two instances of the series have the same SOP Instance UID.',
          'Remove the copy from the source and import again.',
        );
      }
      uids.add(made.sopInstanceUid);
      const record = await writeWholeFile(root, path, made.bytes);
      const back = new Uint8Array(await readFile(`${root}/${path}`));
      const result = readBack(bytes, back, made, series.pair);
      if (result.faults.length > 0) {
        return held(
          'dicom-verify',
          `A written instance is not what was meant: ${result.faults.slice(0, 3).join(' ')}${result.faults.length > 3 ? ` And ${result.faults.length - 3} more.` : ''}`,
          'Share this scan as BIDS, or leave it out and report the fault.',
        );
      }
      files.push(record);
      pairs.push({ source, path });
      evidence.instances++;
      if (made.placedBy === 'pixels') evidence.placedByPixels++;
      evidence.pixels += result.pixels;
      evidence.edited += result.edited;
      evidence.tagsCompared += result.tagsCompared;
      evidence.tagsChanged += result.tagsChanged;
    } catch (error) {
      if (error instanceof GeometryError)
        return held('dicom-geometry', error.message, 'Share this scan as BIDS.');
      if (error instanceof PixelError) return held('dicom-pixels', error.message, 'Share this scan as BIDS.');
      // What a damaged file makes of reading and arithmetic; an error of the share's own disk is none of these.
      if (error instanceof NotDicomError || error instanceof RangeError || error instanceof TypeError)
        throw new SourceFault('A source file of this scan is damaged or cannot be read.', { cause: error });
      throw error;
    }
  }
  return { files, problems: [], pairs, evidence };
}

/** The second reader's answer; a file it cannot read at all is a fault as well. */
function readBack(source: Uint8Array, written: Uint8Array, made: Made, pair: EditedPair): Verification {
  try {
    return verifyDicom(source, written, made.changes, pair, made.sourceSyntax);
  } catch {
    // What a parser says of a damaged file may repeat a part of it, and this sentence stands in the receipt.
    const faults = ['The second reader could not compare source and output.'];
    return { faults, pixels: 0, edited: 0, tagsCompared: 0, tagsChanged: 0 };
  }
}

interface Made {
  readonly bytes: Uint8Array;
  readonly changes: HeaderChange[];
  /** Transfer syntax of the source, stated or recognised. */
  readonly sourceSyntax: string;
  readonly sopInstanceUid: string;
  readonly placedBy: 'geometry' | 'pixels';
}

/** One instance with edited pixels and a de-identified, stamped header. */
function makeInstance(bytes: Uint8Array, series: DicomSeries): Made {
  const file = readDicom(bytes);
  const header = attributesOf(file.dataset);
  const pixelData = file.dataset.elements.get('7FE00010');
  if (!pixelData) throw new PixelError('Expected Pixel Data, got none.');
  const format = pixelFormat(header);
  const native = pixelData.fragments ? null : pixelData.value;
  const placement = placePlanes(header, native && decodeStored(native, format), series.pair.original);
  const edit = editPixels(native, format, placement, series.pair);

  const profiled = applyProfile(file.dataset, series.recipe, series.keys, series.subject);
  const stamped = stampPixelsEdited(
    profiled.dataset,
    {
      facePassed: series.facePassed,
      method: series.method,
      range: { min: edit.smallest, max: edit.largest },
    },
    series.keys,
  );
  const pointed = pointToWritten(stamped, series.written ?? new Map());
  keepUntouchedFrames(profiled.dataset, stamped, edit.changedByPlane);
  setElement(stamped, {
    tag: '7FE00010',
    vr: format.bitsAllocated > 8 || pixelData.vr === 'OW' ? 'OW' : 'OB',
    value: edit.bytes,
  });
  for (const tag of ['7FE00001', '7FE00002', '7FE00003']) removeElement(stamped, tag);
  const out: Pick<DicomFile, 'dataset' | 'transferSyntaxUid'> = {
    dataset: stamped,
    transferSyntaxUid: explicitLittleEndian,
  };
  return {
    bytes: writeDicom(out),
    changes: [...profiled.changes, ...stampChanges(profiled.dataset, stamped), ...pointed],
    sourceSyntax: file.transferSyntaxUid,
    sopInstanceUid: getString(stamped, '00080018') ?? '',
    placedBy: placement.by,
  };
}

/** Attributes that stamping an instance with edited pixels may touch; anything else it touched is a fault. */
const STAMPED = [
  '00080008',
  '00080018',
  '00120063',
  '00120064',
  '00280106',
  '00280107',
  '00280108',
  '00280109',
  '00280302',
  '00880200',
];

/**
 * In a multi-frame object the frames that the edit did not reach are still original: they keep their Frame
 * Type, and the object as a whole is MIXED (PS3.3 C.8.16.1.1). The stamped tree is changed in place.
 */
function keepUntouchedFrames(before: Dataset, stamped: Dataset, changedByFrame: readonly number[]): void {
  const frames = stamped.elements.get('52009230')?.items ?? [];
  if (frames.length !== changedByFrame.length || changedByFrame.every((n) => n > 0)) return;
  let kept = 0;
  frames.forEach((frame, n) => {
    if (changedByFrame[n]! > 0) return;
    for (const [tag, group] of frame.elements) {
      const original = before.elements
        .get('52009230')
        ?.items?.[n]?.elements.get(tag)
        ?.items?.[0]?.elements.get('00089007');
      const leaf = group.items?.[0];
      if (!original || !leaf?.elements.has('00089007')) continue;
      setElement(leaf, original);
      kept++;
    }
  });
  if (kept === 0) return;
  const type = getStrings(stamped, '00080008');
  if (type.length > 1) setString(stamped, '00080008', ['MIXED', ...type.slice(1)].join('\\'), 'CS');
}

function stampChanges(before: Dataset, after: Dataset): HeaderChange[] {
  const changes: HeaderChange[] = STAMPED.filter(
    (tag) => before.elements.has(tag) || after.elements.has(tag),
  ).map((tag) => ({
    tag: tagText(tag),
    name: spacedKeyword(dictionaryEntry(tag)?.keyword ?? tag),
    vr: (after.elements.get(tag) ?? before.elements.get(tag))!.vr,
    action: 'stamp',
    before: printable(before.elements.get(tag), before.charset),
    after: printable(after.elements.get(tag), after.charset),
    rule: 'pixels edited',
  }));
  for (const sequence of ['52009229', '52009230']) {
    (after.elements.get(sequence)?.items ?? []).forEach((item, n) => {
      for (const [tag, inner] of item.elements) {
        (inner.items ?? []).forEach((leaf, m) => {
          const element = leaf.elements.get('00089007');
          if (!element) return;
          changes.push({
            tag: `${tagText(sequence)}[${n}].${tagText(tag)}[${m}].(0008,9007)`,
            name: 'Frame Type',
            vr: 'CS',
            action: 'stamp',
            before: '',
            after: printable(element, leaf.charset),
            rule: 'pixels edited',
          });
        });
      }
    });
  }
  return changes;
}
