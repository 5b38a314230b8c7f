import { closeSync, fstatSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Problem } from '../../shared/problem.ts';
import { NiftiError } from '../volume/nifti-header.ts';
import { hasPrefix, looksLikeBareDataSet } from './dicom/parse-header-bytes.ts';
import { DicomHeaderError, readDicomHeader } from './dicom/read-header.ts';
import { type PersonSigns, personSigns } from './identity.ts';
import { type NiftiName, parseNiftiPath, stemOf } from './nifti/bids-name.ts';
import { inflateStart, isGzip, type NiftiHeader, readNiftiHeader, sniffNifti } from './nifti/read-header.ts';

export type FileKind = 'dicom' | 'nifti' | 'sidecar' | 'dicomdir' | 'other' | 'unreadable';

/** One opened file: what it is and, for data, its header as JSON text (so that it crosses threads cheaply). */
export interface ReadFile {
  path: string;
  size: number;
  mtimeMs: number;
  kind: FileKind;
  /** What the file groups by: the SeriesInstanceUID, or the file itself. Empty for files that are not data. */
  groupKey: string;
  /** JSON of a DicomHeader or a NiftiSource. */
  header: string;
  /** DICOM with a usable Patient ID: whose it says it is, in which study. */
  person?: { studyUid: string; signs: PersonSigns };
  problems: Problem[];
  /** The file had gone when it was opened. */
  missing?: boolean;
}

/** A NIfTI image with what its name and its sidecar say. */
export interface NiftiSource {
  header: NiftiHeader;
  name: NiftiName;
  /** The JSON sidecar of the same stem, if there is one. */
  sidecar?: Record<string, unknown>;
  hasDiffusionTable: boolean;
  truncated: boolean;
}

const firstRead = 64 * 1024;
const bidsKeys =
  /"(EchoTime|RepetitionTime|Manufacturer|ConversionSoftware|MagneticFieldStrength|ProtocolName|SeriesDescription|Modality|TaskName|ImageType|BIDSVersion|IntendedFor|SliceTiming)"\s*:/;
const reused = Buffer.allocUnsafeSlow(firstRead);

/**
 * Opens one file read-only, tells what it is by its content, and reads its header.
 *
 * A name only matters where content cannot decide: a file that promises data by its name and is none
 * becomes `unreadable` with a Problem; any other stranger is `other`. Never throws for what is in a file.
 *
 * @param root absolute folder
 * @param path relative to it, '/' separated
 */
export function readSourceFile(root: string, path: string): ReadFile {
  const absolute = join(root, path);
  const result: ReadFile = {
    path,
    size: 0,
    mtimeMs: 0,
    kind: 'other',
    groupKey: '',
    header: '',
    problems: [],
  };
  let descriptor: number;
  try {
    descriptor = openSync(absolute, 'r');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    result.kind = 'unreadable';
    if (code === 'ENOENT') result.missing = true;
    result.problems.push(
      unreadable(path, `could not be opened (${code})`, 'Check its permissions, then import again.'),
    );
    return result;
  }
  try {
    const info = fstatSync(descriptor);
    result.size = info.size;
    result.mtimeMs = info.mtimeMs;
    const head = reused.subarray(0, readSync(descriptor, reused, 0, Math.min(firstRead, info.size), 0));
    const read = (length: number): Uint8Array => {
      if (length <= head.length) return head.subarray(0, length);
      const bytes = Buffer.allocUnsafe(length);
      return bytes.subarray(0, readSync(descriptor, bytes, 0, length, 0));
    };
    classify(result, resolve(absolute).replaceAll('\\', '/'), head, read, descriptor);
  } catch (error) {
    result.kind = 'unreadable';
    const reason =
      error instanceof DicomHeaderError || error instanceof NiftiError
        ? error.message
        : `Reading stopped: ${(error as Error).message}`;
    result.problems.push(
      unreadable(
        path,
        reason,
        'Open it with another viewer or copy it again from its source, then import again.',
      ),
    );
  } finally {
    closeSync(descriptor);
  }
  return result;
}

function classify(
  result: ReadFile,
  absolute: string,
  head: Uint8Array,
  read: (length: number) => Uint8Array,
  descriptor: number,
): void {
  const name = result.path.split('/').at(-1)!;
  if (head.length === 0) {
    if (promisesData(name))
      throw new DicomHeaderError('The file is empty; an image was expected by its name.');
    return;
  }
  const prefixed = hasPrefix(head);
  if (prefixed && isDicomDir(head)) {
    result.kind = 'dicomdir';
    return;
  }
  if (prefixed || looksLikeBareDataSet(head)) {
    try {
      readDicom(result, absolute, read);
      return;
    } catch (error) {
      // A stranger that happened to begin like a data set is no broken DICOM file.
      if (prefixed || promisesData(name)) throw error;
    }
  }
  const zipped = isGzip(head);
  const plain = zipped ? inflateStart(head) : head;
  const nifti = sniffNifti(plain);
  if (nifti === 'nifti') {
    readNifti(result, absolute, plain, zipped, descriptor);
    return;
  }
  if (nifti === 'pair') {
    result.problems.push({
      code: 'nifti-pair',
      level: 'warning',
      subject: result.path,
      message:
        'This is the header of a two-file NIfTI or Analyze image (.hdr and .img), which is not imported.',
      fix: 'Convert it to one .nii file, then import again.',
    });
    return;
  }
  if (zipped && hasPrefix(plain)) {
    result.problems.push({
      code: 'compressed-dicom',
      level: 'warning',
      subject: result.path,
      message: 'A gzip-compressed DICOM file; compressed DICOM is not imported.',
      fix: 'Unpack it, then import again.',
    });
    return;
  }
  if (isSidecar(absolute, name, head, result.size)) {
    result.kind = 'sidecar';
    return;
  }
  if (/^participants\.(tsv|csv)$/i.test(name)) {
    result.problems.push({
      code: 'participants-table',
      level: 'info',
      subject: result.path,
      message: 'A table about the participants lies here. It is not imported and will not be shared.',
    });
    return;
  }
  if (promisesData(name))
    throw new DicomHeaderError('Its name promises an image, but its content is neither DICOM nor NIfTI.');
}

function readDicom(result: ReadFile, absolute: string, read: (length: number) => Uint8Array): void {
  const header = readDicomHeader(read, result.size);
  result.kind = 'dicom';
  result.groupKey = header.seriesInstanceUid || `file:${absolute}`;
  result.header = JSON.stringify(header);
  const signs = personSigns(header);
  if (signs) result.person = { studyUid: header.studyInstanceUid, signs };
}

function readNifti(
  result: ReadFile,
  absolute: string,
  plain: Uint8Array,
  compressed: boolean,
  descriptor: number,
): void {
  const header = readNiftiHeader(plain, compressed);
  let bytes = result.size;
  if (compressed) {
    // The last four bytes of a gzip file are the plain length modulo 2^32.
    const tail = Buffer.alloc(4);
    readSync(descriptor, tail, 0, 4, result.size - 4);
    bytes = tail.readUInt32LE(0);
  }
  const expected = compressed ? header.expectedBytes % 2 ** 32 : header.expectedBytes;
  const source: NiftiSource = {
    header,
    name: parseNiftiPath(absolute),
    sidecar: readSidecar(absolute),
    hasDiffusionTable: exists(sibling(absolute, '.bval')),
    truncated: bytes < expected,
  };
  result.kind = 'nifti';
  result.groupKey = `file:${absolute}`;
  result.header = JSON.stringify(source);
}

function readSidecar(absolute: string): Record<string, unknown> | undefined {
  try {
    const path = sibling(absolute, '.json');
    if (statSync(path).size > 4 * 1024 * 1024) return undefined;
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return value && typeof value === 'object' && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function isSidecar(absolute: string, name: string, head: Uint8Array, size: number): boolean {
  if (/\.(bval|bvec|bvals|bvecs)$/i.test(name)) return /^[\s0-9eE.+-]+$/.test(text(head.subarray(0, 4096)));
  const start = text(head.subarray(0, 16384));
  if (!/^\uFEFF?\s*\{/.test(start) || size > 4 * 1024 * 1024) return false;
  return bidsKeys.test(start) || exists(sibling(absolute, '.nii.gz')) || exists(sibling(absolute, '.nii'));
}

/** The media storage SOP class of a DICOMDIR stands in its meta group. */
function isDicomDir(head: Uint8Array): boolean {
  return Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, 1024))
    .toString('latin1')
    .includes('1.2.840.10008.1.3.10');
}

function promisesData(name: string): boolean {
  return /\.(dcm|dicom|ima|nii|nii\.gz)$/i.test(name);
}

function sibling(absolute: string, suffix: string): string {
  const slash = absolute.lastIndexOf('/');
  return absolute.slice(0, slash + 1) + stemOf(absolute.slice(slash + 1)) + suffix;
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
}

function unreadable(path: string, reason: string, fix: string): Problem {
  return {
    code: 'unreadable-file',
    level: 'error',
    subject: path,
    message: reason.endsWith('.') ? reason : `The file ${reason}.`,
    fix,
  };
}
