/**
 * Reads a DICOM file into a lossless tree. Our own tokeniser and not dicom-parser's: that one reads
 * headers lazily and leaves byte order, UN sequences and implicit VRs to its caller, and a writer needs
 * every one of them resolved.
 *
 * @see PS3.5 sections 6.2, 7.1, 7.5, A.1–A.5; PS3.10 section 7
 */
import { constants, inflateRawSync } from 'node:zlib';
import {
  type Dataset,
  type DicomFile,
  type Element,
  elementNumbers,
  elementText,
  emptyDataset,
} from './dicom-dataset.ts';
import { dictionaryEntry, privateEntry } from './dictionary.ts';

export class NotDicomError extends Error {
  override name = 'NotDicomError';
}

export const implicitLittleEndian = '1.2.840.10008.1.2';
export const explicitLittleEndian = '1.2.840.10008.1.2.1';
export const deflatedLittleEndian = '1.2.840.10008.1.2.1.99';
export const explicitBigEndian = '1.2.840.10008.1.2.2';

const UNDEFINED = 0xffffffff;
const maxDepth = 48;
const longVrs = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UC', 'UN', 'UR', 'UT', 'UV']);
const shortVrs = new Set('AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US'.split(' '));

/** How the bytes at hand are encoded, and what nested data sets inherit. */
interface Context {
  readonly explicit: boolean;
  readonly littleEndian: boolean;
  readonly depth: number;
  readonly warnings: string[];
  charset: string;
  /** Pixel Representation and Bits Allocated in force: they decide `xs` VRs and big-endian pixel words. */
  signed: boolean;
  bitsAllocated: number;
}

interface Cursor {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  at: number;
}

function cursorOver(bytes: Uint8Array): Cursor {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), at: 0 };
}

/**
 * Parses the bytes of one DICOM file, Part 10 or a bare data set.
 *
 * Values are views into `bytes` (or copies where the byte order had to change), so keep `bytes` unchanged.
 * Damage at the end of a file (truncation, stray delimiters) is a warning; what was read is returned.
 *
 * @throws NotDicomError when nothing at the start can be a data set
 */
export function readDicom(bytes: Uint8Array): DicomFile {
  const warnings: string[] = [];
  const cursor = cursorOver(bytes);
  if (hasPrefix(bytes, 128)) cursor.at = 132;
  else if (hasPrefix(bytes, 0)) cursor.at = 4;
  const meta = readMeta(cursor, warnings);
  let transferSyntaxUid = textOf(meta, '00020010');
  let body = cursor;
  if (transferSyntaxUid === deflatedLittleEndian) {
    body = cursorOver(inflate(bytes.subarray(cursor.at), warnings));
  }
  const guess = guessEncoding(body);
  if (!guess && meta.elements.size === 0) {
    throw new NotDicomError(
      'Expected a DICOM file (Part 10 or a bare data set); the first bytes are no DICOM attribute.',
    );
  }
  let encoding = encodingOf(transferSyntaxUid);
  if (!transferSyntaxUid) {
    encoding = guess ?? encodingOf(implicitLittleEndian);
    transferSyntaxUid = encoding.explicit
      ? encoding.littleEndian
        ? explicitLittleEndian
        : explicitBigEndian
      : implicitLittleEndian;
    warnings.push('No transfer syntax is declared; it was recognised from the first attribute.');
  } else if (
    guess &&
    (guess.explicit !== encoding.explicit || guess.littleEndian !== encoding.littleEndian)
  ) {
    encoding = guess;
    warnings.push(
      `The data set is not encoded as its transfer syntax ${transferSyntaxUid} says; its own encoding was followed.`,
    );
  }
  const context: Context = { ...encoding, depth: 0, warnings, charset: '', signed: false, bitsAllocated: 16 };
  const dataset = readDataset(body, body.bytes.length, context);
  if (dataset.elements.size === 0 && meta.elements.size === 0) {
    throw new NotDicomError('Expected a DICOM data set; no attribute could be read.');
  }
  return { meta, dataset, transferSyntaxUid, warnings };
}

function hasPrefix(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0x44 && bytes[at + 1] === 0x49 && bytes[at + 2] === 0x43 && bytes[at + 3] === 0x4d;
}

function textOf(dataset: Dataset, tag: string): string {
  const element = dataset.elements.get(tag);
  return element ? elementText(element, '') : '';
}

/** Reads group 0002 by its tags; the group length is not trusted. */
function readMeta(cursor: Cursor, warnings: string[]): Dataset {
  const meta = emptyDataset();
  const { view } = cursor;
  if (cursor.at + 8 > view.byteLength || view.getUint16(cursor.at, true) !== 0x0002) return meta;
  // The standard says explicit; a few writers used implicit here too.
  const explicit = vrAt(cursor, cursor.at + 4) !== undefined;
  const context: Context = {
    explicit,
    littleEndian: true,
    depth: 0,
    warnings,
    charset: '',
    signed: false,
    bitsAllocated: 16,
  };
  while (cursor.at + 8 <= view.byteLength && view.getUint16(cursor.at, true) === 0x0002) {
    const element = readElement(cursor, view.byteLength, meta, context);
    if (!element) break;
    meta.elements.set(element.tag, element);
  }
  return meta;
}

/** More than any deflated object at hand; keeps a small hostile file from filling the memory. */
const maxInflatedBytes = 2 ** 30;

function inflate(bytes: Uint8Array, warnings: string[]): Uint8Array {
  try {
    return inflateRawSync(bytes, { maxOutputLength: maxInflatedBytes });
  } catch (error) {
    try {
      warnings.push(
        `The deflated data set ends early (${(error as Error).message}); the readable part was used.`,
      );
      return inflateRawSync(bytes, {
        finishFlush: constants.Z_SYNC_FLUSH,
        maxOutputLength: maxInflatedBytes,
      });
    } catch (cause) {
      throw new NotDicomError('Expected a deflated data set; it cannot be inflated.', { cause });
    }
  }
}

function encodingOf(uid: string): { explicit: boolean; littleEndian: boolean } {
  return { explicit: uid !== implicitLittleEndian, littleEndian: uid !== explicitBigEndian };
}

/** Judges encoding from the first attribute: its group (byte order) and whether a VR follows it. */
function guessEncoding(cursor: Cursor): { explicit: boolean; littleEndian: boolean } | undefined {
  const { view, at } = cursor;
  if (at + 8 > view.byteLength) return undefined;
  const group = view.getUint16(at, true);
  const explicit = vrAt(cursor, at + 4) !== undefined;
  if (group === 0) return explicit ? { explicit, littleEndian: true } : undefined;
  // Data sets start at group 0004 or 0008 nearly always; seen big endian that is 0x0400 or 0x0800.
  if (group <= 0x00ff) {
    if (explicit) return { explicit, littleEndian: true };
    const length = view.getUint32(at + 4, true);
    return length <= view.byteLength - at - 8 || length === UNDEFINED
      ? { explicit: false, littleEndian: true }
      : undefined;
  }
  if ((group & 0xff) === 0 && explicit) return { explicit, littleEndian: false };
  return explicit && dictionaryEntry(hex(group, view.getUint16(at + 2, true)))
    ? { explicit, littleEndian: true }
    : undefined;
}

function vrAt(cursor: Cursor, at: number): string | undefined {
  const vr = String.fromCharCode(cursor.bytes[at] ?? 0, cursor.bytes[at + 1] ?? 0);
  return shortVrs.has(vr) || longVrs.has(vr) ? vr : undefined;
}

function hex(group: number, element: number): string {
  return ((group * 0x10000 + element) >>> 0).toString(16).toUpperCase().padStart(8, '0');
}

/** Reads attributes up to `end` or an item delimiter (which is consumed). */
function readDataset(cursor: Cursor, end: number, context: Context, undefinedLength = false): Dataset {
  const dataset = emptyDataset(context.charset);
  while (cursor.at + 8 <= end) {
    const group = cursor.view.getUint16(cursor.at, context.littleEndian);
    if (group === 0xfffe) {
      const element = cursor.view.getUint16(cursor.at + 2, context.littleEndian);
      if (element === 0xe00d && undefinedLength) {
        cursor.at += 8;
        return dataset;
      }
      if (undefinedLength && element === 0xe0dd) return dataset;
      context.warnings.push(`A stray delimiter (FFFE,${hex(0, element).slice(4)}) was skipped.`);
      cursor.at += 8;
      continue;
    }
    const element = readElement(cursor, end, dataset, context);
    if (!element) {
      cursor.at = end;
      break;
    }
    if (dataset.elements.has(element.tag))
      context.warnings.push(`Attribute ${element.tag} occurs twice; the first one was kept.`);
    else dataset.elements.set(element.tag, element);
    if (element.tag === '00080005') {
      context.charset = elementText(element, '');
      dataset.charset = context.charset;
    } else if (element.tag === '00280103') context.signed = elementNumbers(element)[0] === 1;
    else if (element.tag === '00280100') context.bitsAllocated = elementNumbers(element)[0] ?? 16;
  }
  if (undefinedLength && cursor.at >= end) context.warnings.push('An item has no end mark.');
  return dataset;
}

/** Reads one attribute, or undefined when the bytes cannot be one. */
function readElement(cursor: Cursor, end: number, dataset: Dataset, context: Context): Element | undefined {
  const { view } = cursor;
  const le = context.littleEndian;
  const tag = hex(view.getUint16(cursor.at, le), view.getUint16(cursor.at + 2, le));
  let vr: string | undefined;
  let length: number;
  if (context.explicit) {
    const letters = String.fromCharCode(cursor.bytes[cursor.at + 4]!, cursor.bytes[cursor.at + 5]!);
    if (longVrs.has(letters)) {
      if (cursor.at + 12 > end) return giveUp(context, tag);
      vr = letters;
      length = view.getUint32(cursor.at + 8, le);
      cursor.at += 12;
    } else if (/^[A-Z?\- \0]{2}$/.test(letters) && !implicitFits(cursor, end, le, letters)) {
      // An unknown VR of this form is read with a 16-bit length, as short VRs are.
      if (!shortVrs.has(letters)) context.warnings.push(`Attribute ${tag} has the unknown VR "${letters}".`);
      vr = shortVrs.has(letters) ? letters : (knownVr(tag, dataset, context) ?? 'UN');
      length = view.getUint16(cursor.at + 6, le);
      cursor.at += 8;
    } else {
      // Some writers drop into implicit VR inside explicit data sets.
      context.warnings.push(`Attribute ${tag} has no VR; it was read as implicit.`);
      vr = knownVr(tag, dataset, context) ?? 'UN';
      length = view.getUint32(cursor.at + 4, le);
      cursor.at += 8;
    }
  } else {
    vr = knownVr(tag, dataset, context) ?? 'UN';
    length = view.getUint32(cursor.at + 4, le);
    cursor.at += 8;
  }

  if (length === UNDEFINED) {
    if (tag === '7FE00010' || vr === 'OB' || vr === 'OW')
      return { tag, vr: 'OB', value: new Uint8Array(0), fragments: readFragments(cursor, end, context) };
    // UN of undefined length is a sequence in Implicit VR Little Endian (PS3.5 section 6.2.2, CP-246).
    const inner =
      vr === 'UN' && context.explicit ? { ...context, explicit: false, littleEndian: true } : context;
    return { tag, vr: 'SQ', value: new Uint8Array(0), items: readItems(cursor, end, inner, true) };
  }
  let stop = cursor.at + length;
  if (stop > end) {
    context.warnings.push(`Attribute ${tag} declares ${length} bytes; ${end - cursor.at} are there.`);
    stop = end;
  }
  if (vr === 'SQ')
    return { tag, vr, value: new Uint8Array(0), items: readItems(cursor, stop, context, false) };
  const raw = cursor.bytes.subarray(cursor.at, stop);
  cursor.at = stop;
  if (vr === 'UN' && context.explicit) return resolveUnknown(tag, raw, dataset, context);
  return { tag, vr, value: le ? raw : swapped(raw, vr, tag, context) };
}

function giveUp(context: Context, tag: string): undefined {
  context.warnings.push(`The file ends inside attribute ${tag}.`);
  return undefined;
}

/** Whether a space- or zero-lettered "VR" is really an implicit 32-bit length that stays inside `end`. */
function implicitFits(cursor: Cursor, end: number, le: boolean, letters: string): boolean {
  if (/^[A-Z?]{2}$/.test(letters)) return false;
  const length = cursor.view.getUint32(cursor.at + 4, le);
  return length === UNDEFINED || cursor.at + 8 + length <= end;
}

/** VR of a tag that carries none: from the dictionary, pixel-dependent ones resolved. */
function knownVr(tag: string, dataset: Dataset, context: Context): string | undefined {
  const element = tag.slice(4);
  if (element === '0000') return 'UL';
  const group = Number.parseInt(tag.slice(0, 4), 16);
  if (group % 2 === 1) {
    if (tag.slice(4, 6) === '00' && Number.parseInt(tag.slice(6), 16) >= 0x10) return 'LO';
    const creator = dataset.elements.get(`${tag.slice(0, 4)}00${tag.slice(4, 6)}`);
    return creator ? privateEntry(tag.slice(0, 4), elementText(creator, ''), tag.slice(6))?.vr : undefined;
  }
  const vr = dictionaryEntry(tag)?.vr;
  if (vr === 'xs') return context.signed ? 'SS' : 'US';
  if (vr === 'ox' || vr === 'lt') return 'OW';
  return vr;
}

/** Public attributes that arrive as UN get their VR back; the bytes of UN are implicit little endian. */
function resolveUnknown(tag: string, raw: Uint8Array, dataset: Dataset, context: Context): Element {
  const vr = isOdd(tag) ? undefined : knownVr(tag, dataset, context);
  if (!vr || vr === 'UN') return { tag, vr: 'UN', value: raw };
  if (vr !== 'SQ') return { tag, vr, value: raw };
  const inner: Context = { ...context, explicit: false, littleEndian: true, warnings: [] };
  const items = readItems(cursorOver(raw), raw.length, inner, false);
  return inner.warnings.length === 0
    ? { tag, vr: 'SQ', value: new Uint8Array(0), items }
    : { tag, vr: 'UN', value: raw };
}

function isOdd(tag: string): boolean {
  return Number.parseInt(tag[3]!, 16) % 2 === 1;
}

function readItems(cursor: Cursor, end: number, context: Context, undefinedLength: boolean): Dataset[] {
  if (context.depth >= maxDepth) {
    throw new NotDicomError(`Sequences are nested more than ${maxDepth} deep; no real object is.`);
  }
  const items: Dataset[] = [];
  while (cursor.at + 8 <= end) {
    const group = cursor.view.getUint16(cursor.at, context.littleEndian);
    const element = cursor.view.getUint16(cursor.at + 2, context.littleEndian);
    const length = cursor.view.getUint32(cursor.at + 4, context.littleEndian);
    if (group === 0xfffe && element === 0xe0dd) {
      cursor.at += 8;
      if (undefinedLength) return items;
      continue;
    }
    if (group !== 0xfffe || element !== 0xe000) {
      context.warnings.push(
        `Expected an item, found (${hex(group, element).slice(0, 4)},${hex(group, element).slice(4)}).`,
      );
      if (!undefinedLength) cursor.at = end;
      return items;
    }
    cursor.at += 8;
    const inner: Context = { ...context, depth: context.depth + 1 };
    if (length === UNDEFINED) items.push(readDataset(cursor, end, inner, true));
    else {
      const stop = Math.min(cursor.at + length, end);
      items.push(readDataset(cursor, stop, inner));
      cursor.at = stop;
    }
  }
  if (undefinedLength) context.warnings.push('A sequence has no end mark.');
  else cursor.at = end;
  return items;
}

/** Basic Offset Table and fragments, byte for byte. */
function readFragments(cursor: Cursor, end: number, context: Context): Uint8Array[] {
  const fragments: Uint8Array[] = [];
  const { view } = cursor;
  while (cursor.at + 8 <= end) {
    const group = view.getUint16(cursor.at, context.littleEndian);
    const element = view.getUint16(cursor.at + 2, context.littleEndian);
    const length = view.getUint32(cursor.at + 4, context.littleEndian);
    if (group === 0xfffe && element === 0xe0dd) {
      cursor.at += 8;
      return fragments;
    }
    if (group !== 0xfffe || element !== 0xe000) break;
    cursor.at += 8;
    const stop = Math.min(cursor.at + length, end);
    if (stop < cursor.at + length) context.warnings.push('The last pixel fragment is cut off.');
    fragments.push(cursor.bytes.subarray(cursor.at, stop));
    cursor.at = stop;
  }
  context.warnings.push('The encapsulated pixel data has no end mark.');
  return fragments;
}

const wordSizes: Readonly<Record<string, number>> = {
  US: 2,
  SS: 2,
  AT: 2,
  OW: 2,
  UL: 4,
  SL: 4,
  FL: 4,
  OF: 4,
  OL: 4,
  FD: 8,
  OD: 8,
  OV: 8,
  SV: 8,
  UV: 8,
};

/** Big-endian words → little-endian words of the VR's size. */
function swapped(raw: Uint8Array, vr: string, tag: string, context: Context): Uint8Array {
  let size = wordSizes[vr] ?? 1;
  // 32- and 64-bit pixel cells are swapped as whole cells, the way every reader takes them.
  if (tag === '7FE00010' && vr === 'OW' && context.bitsAllocated >= 32) size = context.bitsAllocated / 8;
  if (size === 1) return raw;
  const out = raw.slice();
  for (let at = 0; at + size <= out.length; at += size) out.subarray(at, at + size).reverse();
  return out;
}
