import { closeSync, createReadStream, openSync, readFileSync, readSync } from 'node:fs';
import { createGunzip } from 'node:zlib';
import type { deidentifyContract } from '../../../shared/deidentify/contract.ts';
import type { HeaderChange } from '../../../shared/deidentify/records.ts';
import type { Handlers } from '../../../shared/rpc.ts';
import { getPolicy } from '../policies.ts';
import type { Pseudonyms } from '../pseudonyms.ts';
import type { HeaderSubject } from './apply-profile.ts';
import { deidentifyFile } from './deidentify-file.ts';
import { bidsFileName } from './file-name.ts';
import { cleanNiftiHeader, NiftiHeaderError } from './nifti-header.ts';
import type { HeaderRecipe } from './ps315.ts';
import { readDicom } from './read-dicom.ts';
import { cleanSidecar, type SidecarJson } from './sidecar.ts';

/** The file of a series that stands for all of them, and the sidecar beside a NIfTI file. */
export interface PreviewSource {
  readonly format: 'dicom' | 'nifti';
  readonly path: string;
  readonly sidecarPath?: string | undefined;
}

/** Who and what the series is, for names. */
export interface PreviewSubject extends HeaderSubject {
  readonly sessionLabel?: string;
  readonly kind?: string;
}

/**
 * What a recipe does to every attribute of a file, kept ones included. Writes nothing.
 *
 * @returns changes in tag order and the name that the file will get
 */
export async function previewHeader(
  source: PreviewSource,
  recipe: HeaderRecipe,
  pseudonyms: Pseudonyms,
  subject: PreviewSubject,
): Promise<{ changes: HeaderChange[]; fileName: string }> {
  if (source.format === 'dicom') {
    const file = readDicom(readFileSync(source.path));
    const after = deidentifyFile(file, recipe, pseudonyms, subject);
    const session = subject.sessionLabel || 'ses-01';
    const kind = subject.kind?.replace(/[^A-Za-z0-9]/g, '') || 'image';
    // The series' place in its session is known only when a whole share is laid out.
    return { changes: after.changes, fileName: `${subject.label}_${session}_${kind}/IM00001.dcm` };
  }
  const start = await readStart(source.path);
  const size = new DataView(start.buffer, start.byteOffset).getInt32(0, true);
  const length = size === 540 || size === 0x1c020000 ? 540 : 348;
  const voxOffset =
    length === 540 ? 0 : new DataView(start.buffer, start.byteOffset).getFloat32(108, size === 348);
  const extensionEnd = Math.max(length + 4, Math.min(start.byteLength, voxOffset || length + 4));
  const { changes } = cleanNiftiHeader(start.slice(0, length), start.slice(length, extensionEnd));
  if (source.sidecarPath) {
    const json = JSON.parse(readFileSync(source.sidecarPath, 'utf8')) as SidecarJson;
    changes.push(...cleanSidecar(json, recipe, pseudonyms, subject).changes);
  }
  const suffix = /^[A-Za-z0-9]+$/.test(subject.kind ?? '') ? subject.kind! : 'T1w';
  const fileName = bidsFileName({
    subject: subject.label,
    session: subject.sessionLabel || 'ses-01',
    suffix,
    extension: '.nii.gz',
  });
  return { changes, fileName };
}

/** The first bytes of a NIfTI file, unpacked if it is gzipped: header and small extensions. */
async function readStart(path: string, wanted = 65_536): Promise<Uint8Array> {
  const file = openSync(path, 'r');
  const head = Buffer.alloc(wanted);
  let read: number;
  try {
    read = readSync(file, head, 0, wanted, 0);
  } finally {
    closeSync(file);
  }
  let bytes: Uint8Array = head.subarray(0, read);
  if (head[0] === 0x1f && head[1] === 0x8b) {
    const chunks: Buffer[] = [];
    let got = 0;
    const stream = createReadStream(path).pipe(createGunzip());
    for await (const chunk of stream) {
      chunks.push(chunk as Buffer);
      got += (chunk as Buffer).length;
      if (got >= wanted) break;
    }
    bytes = new Uint8Array(Buffer.concat(chunks));
  }
  if (bytes.byteLength < 348) {
    throw new NiftiHeaderError(
      `Expected a NIfTI file; it has ${bytes.byteLength} bytes and a header needs 348.`,
    );
  }
  return bytes;
}

/** What the preview needs from the open project. */
export interface PreviewContext {
  readonly projectDir: string;
  readonly keys: Pseudonyms;
  readonly firstFile: (seriesId: number) => PreviewSource;
  readonly subjectOf: (seriesId: number) => PreviewSubject;
}

export function previewHeaderHandler(
  ctx: PreviewContext,
): Pick<Handlers<typeof deidentifyContract>, 'deidentify.previewHeader'> {
  return {
    'deidentify.previewHeader': ({ seriesId, policy }) =>
      previewHeader(
        ctx.firstFile(seriesId),
        getPolicy(ctx.projectDir, policy),
        ctx.keys,
        ctx.subjectOf(seriesId),
      ),
  };
}
