import type { HeaderChange } from '../../../shared/deidentify/records.ts';

export class NiftiHeaderError extends Error {
  override name = 'NiftiHeaderError';
}

interface Field {
  readonly name: string;
  readonly at: number;
  readonly length: number;
}

/** Free-text and bookkeeping fields of NIfTI-1 (nifti1.h); geometry, type and scaling are none of them. */
const nifti1Fields: readonly Field[] = [
  { name: 'data_type', at: 4, length: 10 },
  { name: 'db_name', at: 14, length: 18 },
  { name: 'extents', at: 32, length: 4 },
  { name: 'session_error', at: 36, length: 2 },
  { name: 'descrip', at: 148, length: 80 },
  { name: 'aux_file', at: 228, length: 24 },
  { name: 'intent_name', at: 328, length: 16 },
];
const nifti2Fields: readonly Field[] = [
  { name: 'descrip', at: 240, length: 80 },
  { name: 'aux_file', at: 320, length: 24 },
  { name: 'intent_name', at: 508, length: 16 },
  { name: 'unused_str', at: 525, length: 15 },
];

/**
 * Empties what a NIfTI header can say about a person and drops its extensions.
 *
 * Everything that places, types or scales voxels stays bit-identical in either byte order; only `vox_offset`
 * moves, to 352 (NIfTI-1) or 544 (NIfTI-2), because nothing lies between header and voxels any more.
 *
 * @param header 348 or 540 bytes
 * @param extensions the bytes between header and voxels: the four flag bytes and what follows; may be empty
 * @returns header of the same length, and the four zero bytes that stand for "no extensions"
 * @throws NiftiHeaderError for anything but a single-file NIfTI header
 */
export function cleanNiftiHeader(
  header: Uint8Array,
  extensions: Uint8Array = new Uint8Array(4),
): { header: Uint8Array; extensions: Uint8Array; changes: HeaderChange[] } {
  const size = header.byteLength;
  const magic = Buffer.from(header.subarray(size === 540 ? 4 : 344, size === 540 ? 7 : 347)).toString(
    'latin1',
  );
  if (!((size === 348 && /^n[+i]1/.test(magic)) || (size === 540 && /^n[+i]2/.test(magic)))) {
    throw new NiftiHeaderError(
      `Expected a NIfTI-1 (348 bytes) or NIfTI-2 (540 bytes) header; got ${size} bytes with magic ${JSON.stringify(magic)}.`,
    );
  }
  const out = header.slice();
  const changes: HeaderChange[] = [];
  for (const field of size === 348 ? nifti1Fields : nifti2Fields) {
    const bytes = out.subarray(field.at, field.at + field.length);
    const before = textOf(bytes);
    bytes.fill(0);
    changes.push(change(field.name, before, '', before === '' ? 'keep' : 'empty'));
  }
  const littleEndian = isLittleEndian(header);
  const view = new DataView(out.buffer);
  // n+ files hold the voxels themselves; in ni pairs the offset belongs to the other file.
  if (magic[1] === '+') {
    if (size === 348) view.setFloat32(108, 352, littleEndian);
    else view.setBigInt64(168, 544n, littleEndian);
  }
  const extra = extensions.byteLength > 4 && extensions[0] !== 0 ? extensions.byteLength - 4 : 0;
  if (extra > 0) changes.push(change('extensions', `${extra} bytes`, '', 'remove'));
  return { header: out, extensions: new Uint8Array(4), changes };
}

function isLittleEndian(header: Uint8Array): boolean {
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  return view.getInt32(0, true) === header.byteLength;
}

function textOf(bytes: Uint8Array): string {
  if (bytes.every((b) => b === 0)) return '';
  const text = Buffer.from(bytes).toString('latin1').replace(/\0.*$/s, '');
  return /^[\x20-\x7e\xa0-\xff]+$/.test(text) ? text.trim().slice(0, 120) : `${bytes.byteLength} bytes`;
}

function change(field: string, before: string, after: string, action: HeaderChange['action']): HeaderChange {
  return {
    tag: field,
    name: `NIfTI ${field}`,
    vr: '',
    action,
    before,
    after,
    rule: 'free text of the NIfTI header',
  };
}
