import type { AttributeSet, AttributeValue } from './attribute-reader.ts';

/** Explicit VRs whose length field is four bytes after two reserved ones; all others have two bytes. */
const longForms = new Set(
  ['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UC', 'UN', 'UR', 'UT', 'UV'].map(vrCode),
);
const shortForms = new Set(
  [
    'AE',
    'AS',
    'AT',
    'CS',
    'DA',
    'DS',
    'DT',
    'FL',
    'FD',
    'IS',
    'LO',
    'LT',
    'PN',
    'SH',
    'SL',
    'SS',
    'ST',
    'TM',
    'UI',
    'UL',
    'US',
  ].map(vrCode),
);
const undefinedLength = 0xffffffff;
const item = 0xfffee000;
const itemEnd = 0xfffee00d;
const sequenceEnd = 0xfffee0dd;
const pixelData = 0x7fe00010;

export interface ScannedHeader {
  set: AttributeSet;
  pixels?: { offset: number; length: number };
  /** Where the next attribute would begin: beyond the bytes given when the last value is cut off. */
  end: number;
}

/**
 * Finds a few top-level attributes in a little-endian data set without building anything for the others.
 *
 * The quick way for the ordinary file: about ten times less work than a full parse, which matters at
 * 100,000 files. It gives up (`undefined`) at the first thing out of the ordinary: an unknown VR, tags out of order,
 * a value that runs over the end, a functional group. The full parser then decides what it is.
 *
 * @param from offset of the first attribute of the data set
 * @param wanted tag number → key under which the value is kept
 * @param stop tags that need the full parser
 */
export function scanHeader(
  bytes: Buffer,
  from: number,
  explicit: boolean,
  wanted: ReadonlyMap<number, string>,
  stop: ReadonlySet<number>,
): ScannedHeader | undefined {
  const elements: Record<string, AttributeValue> = {};
  let at = from;
  let previous = -1;
  while (at + 8 <= bytes.length) {
    const tag = (bytes.readUInt16LE(at) * 0x10000 + bytes.readUInt16LE(at + 2)) >>> 0;
    if (tag <= previous || stop.has(tag)) return undefined;
    previous = tag;
    let length: number;
    let value: number;
    let vr = '';
    if (explicit) {
      const code = bytes.readUInt16LE(at + 4);
      if (longForms.has(code)) {
        if (at + 12 > bytes.length) return undefined;
        length = bytes.readUInt32LE(at + 8);
        value = at + 12;
      } else if (shortForms.has(code)) {
        length = bytes.readUInt16LE(at + 6);
        value = at + 8;
      } else return undefined;
      vr = String.fromCharCode(code & 0xff, code >> 8);
    } else {
      length = bytes.readUInt32LE(at + 4);
      value = at + 8;
    }
    if (tag === pixelData) {
      return {
        set: { byteArray: bytes, elements },
        pixels: { offset: value, length: length === undefinedLength ? -1 : length },
        end: value,
      };
    }
    if (length === undefinedLength) {
      at = skipSequence(bytes, value, explicit && vr !== 'UN');
      if (at < 0) return undefined;
      continue;
    }
    at = value + length;
    if (at > bytes.length) return undefined;
    const key = wanted.get(tag);
    if (key !== undefined) elements[key] = { vr, dataOffset: value, length };
  }
  return at === bytes.length ? { set: { byteArray: bytes, elements }, end: at } : undefined;
}

/** Offset after a sequence of undefined length; -1 when it does not end properly within the bytes. */
function skipSequence(bytes: Buffer, from: number, explicit: boolean, depth = 0): number {
  if (depth > 32) return -1;
  let at = from;
  while (at + 8 <= bytes.length) {
    const tag = (bytes.readUInt16LE(at) * 0x10000 + bytes.readUInt16LE(at + 2)) >>> 0;
    const length = bytes.readUInt32LE(at + 4);
    at += 8;
    if (tag === sequenceEnd) return at;
    if (tag !== item) return -1;
    if (length !== undefinedLength) {
      at += length;
      continue;
    }
    at = skipItem(bytes, at, explicit, depth);
    if (at < 0) return -1;
  }
  return -1;
}

function skipItem(bytes: Buffer, from: number, explicit: boolean, depth: number): number {
  let at = from;
  while (at + 8 <= bytes.length) {
    const tag = (bytes.readUInt16LE(at) * 0x10000 + bytes.readUInt16LE(at + 2)) >>> 0;
    if (tag === itemEnd) return at + 8;
    let length = bytes.readUInt32LE(at + 4);
    let value = at + 8;
    let nestedExplicit = explicit;
    if (explicit) {
      const code = bytes.readUInt16LE(at + 4);
      if (longForms.has(code)) {
        if (at + 12 > bytes.length) return -1;
        length = bytes.readUInt32LE(at + 8);
        value = at + 12;
        if (code === unknownCode) nestedExplicit = false;
      } else if (shortForms.has(code)) length = bytes.readUInt16LE(at + 6);
      else return -1;
    }
    at = length === undefinedLength ? skipSequence(bytes, value, nestedExplicit, depth + 1) : value + length;
    if (at < 0) return -1;
  }
  return -1;
}

const unknownCode = vrCode('UN');

function vrCode(vr: string): number {
  return vr.charCodeAt(0) | (vr.charCodeAt(1) << 8);
}
