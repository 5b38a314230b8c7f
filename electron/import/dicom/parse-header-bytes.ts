import { constants, inflateRawSync } from 'node:zlib';
import dicomParser, { type DataSet } from 'dicom-parser';
import type { AttributeSet } from './attribute-reader.ts';
import { scanHeader } from './scan-header.ts';

export const implicitLittle = '1.2.840.10008.1.2';
export const explicitLittle = '1.2.840.10008.1.2.1';
export const explicitBig = '1.2.840.10008.1.2.2';
const deflated = '1.2.840.10008.1.2.1.99';

/** A deflated header that grows beyond this is refused: no real one comes near. */
const inflatedLimit = 512 * 1024 * 1024;
const pixelTags = ['x7fe00010', 'x7fe00008', 'x7fe00009'];
const valueRepresentations =
  /^(AE|AS|AT|CS|DA|DS|DT|FD|FL|IS|LO|LT|OB|OD|OF|OL|OV|OW|PN|SH|SL|SQ|SS|ST|SV|TM|UC|UI|UL|UN|UR|US|UT|UV)$/;

export interface ParsedHeader {
  set: AttributeSet;
  transferSyntaxUid: string;
  /** The header ended at Pixel Data or at the end of the bytes given, whichever came first. */
  complete: boolean;
  /** Offset and length of the Pixel Data value in the file; -1 for undefined length or compressed streams. */
  pixels?: { offset: number; length: number };
}

/**
 * Parses the attributes before Pixel Data from the first bytes of a file.
 *
 * Handles what real folders hold: preamble or none, a meta group without a preamble, no meta group at
 * all (implicit, explicit, either byte order), a meta group without a transfer syntax, deflated streams.
 *
 * @param bytes the first bytes of the file, or all of it
 * @param whole true when `bytes` is the whole file
 * @param scanFor the attributes needed; with it the quick scan is tried first
 * @returns `undefined` when more bytes are needed to tell
 * @throws Error with a plain sentence when the whole file was given and does not parse
 */
export function parseHeaderBytes(
  bytes: Uint8Array,
  whole: boolean,
  scanFor?: ScanFor,
): ParsedHeader | undefined {
  const start = dataSetStart(bytes);
  const scanned = scanFor && quickScan(bytes, start, whole, scanFor);
  if (scanned) return scanned;
  try {
    const parsed = parseFrom(bytes, start);
    if (parsed.pixels || whole) {
      if (!Object.keys(parsed.set.elements).some((tag) => tag > 'x0002ffff' || tag < 'x00020000'))
        throw new Error('there are no attributes in it');
      if (!parsed.pixels && endsInsideAnElement(parsed.set as DataSet))
        throw new Error('an attribute is longer than the file');
      return { ...parsed, complete: true };
    }
    return undefined;
  } catch (error) {
    if (!whole) return undefined;
    throw new Error(parserMessage(error), { cause: error });
  }
}

/** Which attributes a caller needs (tag number → key), and which need the full parser. */
export interface ScanFor {
  wanted: ReadonlyMap<number, string>;
  stop: ReadonlySet<number>;
}

function quickScan(
  bytes: Uint8Array,
  start: Start,
  whole: boolean,
  scanFor: ScanFor,
): ParsedHeader | undefined {
  const { transferSyntaxUid } = start;
  const from = start.offset ?? start.dataSetAt;
  if (from === undefined || transferSyntaxUid === explicitBig || transferSyntaxUid === deflated)
    return undefined;
  const explicit = (start.parseAs ?? transferSyntaxUid) !== implicitLittle;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const scanned = scanHeader(buffer, from, explicit, scanFor.wanted, scanFor.stop);
  if (!scanned || !(scanned.pixels || whole) || scanned.end === from) return undefined;
  return { set: scanned.set, transferSyntaxUid, complete: true, pixels: scanned.pixels };
}

interface Start {
  transferSyntaxUid: string;
  /** Where the data set begins after a meta group in order. */
  dataSetAt?: number;
  /** Where the data set begins when it must be parsed on its own; undefined when the parser finds it. */
  offset?: number;
  /** How to parse it when that is not what the transfer syntax says. */
  parseAs?: string;
  /** The meta group stands at byte 0. */
  metaWithoutPreamble?: boolean;
}

function dataSetStart(bytes: Uint8Array): Start {
  if (hasPrefix(bytes)) {
    const meta = scanMeta(bytes, 132);
    if (meta.transferSyntaxUid) return checkedStart(bytes, meta);
    return { transferSyntaxUid: guessSyntax(bytes, meta.end), offset: meta.end };
  }
  if (bytes.length > 8 && bytes[0] === 2 && bytes[1] === 0) {
    const meta = scanMeta(bytes, 0);
    const transferSyntaxUid = meta.transferSyntaxUid || guessSyntax(bytes, meta.end);
    if (meta.transferSyntaxUid) return { transferSyntaxUid, metaWithoutPreamble: true };
    return { transferSyntaxUid, offset: meta.end };
  }
  return { transferSyntaxUid: guessSyntax(bytes, 0), offset: 0 };
}

/** Some writers announce explicit value representations and then leave them out, or the reverse. */
function checkedStart(bytes: Uint8Array, meta: { end: number; transferSyntaxUid: string }): Start {
  const { transferSyntaxUid, end } = meta;
  if (transferSyntaxUid === deflated || transferSyntaxUid === explicitBig || end + 8 > bytes.length)
    return { transferSyntaxUid };
  const found = guessSyntax(bytes, end);
  const announced = transferSyntaxUid === implicitLittle ? implicitLittle : explicitLittle;
  if (found === announced) return { transferSyntaxUid, dataSetAt: end };
  if (found === explicitBig) return { transferSyntaxUid };
  return { transferSyntaxUid, offset: end, parseAs: found };
}

/** True when the file carries the DICM prefix after its 128-byte preamble. */
export function hasPrefix(bytes: Uint8Array): boolean {
  return (
    bytes.length >= 132 &&
    bytes[128] === 0x44 &&
    bytes[129] === 0x49 &&
    bytes[130] === 0x43 &&
    bytes[131] === 0x4d
  );
}

/**
 * Could these bytes be a DICOM data set without a prefix?
 *
 * The first attribute must be of group 0002 or 0008 with a valid VR, or an implicit one with a
 * believable length that is followed by another attribute of the same or a higher group.
 */
export function looksLikeBareDataSet(bytes: Uint8Array): boolean {
  if (bytes.length < 16) return false;
  const big = bytes[0] === 0 && (bytes[1] === 2 || bytes[1] === 8);
  const little = (bytes[0] === 2 || bytes[0] === 8) && bytes[1] === 0;
  if (!big && !little) return false;
  if (valueRepresentations.test(String.fromCharCode(bytes[4]!, bytes[5]!))) return true;
  if (big) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(4, true);
  const next = 8 + length;
  if (length > 1024 || length % 2 === 1 || next + 8 > bytes.length) return false;
  const group = view.getUint16(next, true);
  return group >= bytes[0]! && group <= 0x0040;
}

/** Walks the meta group (always explicit little endian) for its end and the transfer syntax. */
function scanMeta(bytes: Uint8Array, from: number): { end: number; transferSyntaxUid: string } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = from;
  let transferSyntaxUid = '';
  while (at + 8 <= bytes.length && view.getUint16(at, true) === 2) {
    const vr = String.fromCharCode(bytes[at + 4]!, bytes[at + 5]!);
    const long = /^(OB|OW|OF|SQ|UN|UT|UC|UR)$/.test(vr);
    if (long && at + 12 > bytes.length) break;
    const length = long ? view.getUint32(at + 8, true) : view.getUint16(at + 6, true);
    const value = at + (long ? 12 : 8);
    if (view.getUint16(at + 2, true) === 0x0010) {
      transferSyntaxUid = Buffer.from(bytes.subarray(value, value + length))
        .toString('latin1')
        .replace(/[\0 ]+$/, '');
    }
    at = value + length;
  }
  return { end: Math.min(at, bytes.length), transferSyntaxUid };
}

function guessSyntax(bytes: Uint8Array, at: number): string {
  if (at + 6 > bytes.length) return implicitLittle;
  const explicit = valueRepresentations.test(String.fromCharCode(bytes[at + 4]!, bytes[at + 5]!));
  if (!explicit) return implicitLittle;
  return bytes[at] === 0 && bytes[at + 1] !== 0 ? explicitBig : explicitLittle;
}

function parseFrom(bytes: Uint8Array, start: Start): ParsedHeader {
  let input = bytes;
  let shift = 0;
  const options: NonNullable<Parameters<typeof dicomParser.parseDicom>[1]> = { untilTag: 'x7fe00010' };
  if (start.metaWithoutPreamble) {
    input = new Uint8Array(bytes.length + 132);
    input.set([0x44, 0x49, 0x43, 0x4d], 128);
    input.set(bytes, 132);
    shift = -132;
  } else if (start.offset !== undefined) {
    input = bytes.subarray(start.offset);
    shift = start.offset;
    options.TransferSyntaxUID = start.parseAs ?? start.transferSyntaxUid;
  }
  if (start.transferSyntaxUid === deflated) options.inflater = inflateTail as never;
  // Buffers slice into views, so the parser copies nothing.
  const set = dicomParser.parseDicom(Buffer.from(input.buffer, input.byteOffset, input.byteLength), options);
  const pixel = pixelTags.map((tag) => set.elements[tag]).find((element) => element !== undefined);
  const result: ParsedHeader = { set, transferSyntaxUid: start.transferSyntaxUid, complete: true };
  if (pixel) {
    const known = start.transferSyntaxUid !== deflated && !pixel.hadUndefinedLength;
    result.pixels = { offset: pixel.dataOffset + shift, length: known ? pixel.length : -1 };
  }
  return result;
}

/** The parser's hook for deflated data sets: the bytes as they would have been without deflation. */
function inflateTail(bytes: Uint8Array, position: number): Uint8Array {
  const tail = inflateRawSync(bytes.subarray(position), {
    finishFlush: constants.Z_SYNC_FLUSH,
    maxOutputLength: inflatedLimit,
  });
  return Buffer.concat([bytes.subarray(0, position), tail]);
}

/** The implicit parser does not complain when the last value runs over the end; here it counts. */
function endsInsideAnElement(set: DataSet): boolean {
  let end = 0;
  for (const tag in set.elements) {
    const element = set.elements[tag]!;
    if (!element.hadUndefinedLength) end = Math.max(end, element.dataOffset + element.length);
  }
  return end > set.byteArray.length;
}

function parserMessage(error: unknown): string {
  const inner = (error as { exception?: unknown }).exception ?? error;
  const text = inner instanceof Error ? inner.message : String(inner);
  return text.replace(/^dicomParser[.:]\s*/, '').replace(/^\w+:\s*/, '');
}
