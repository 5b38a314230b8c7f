import { deflateRawSync } from 'node:zlib';

/**
 * A small DICOM Part 10 writer for phantoms: explicit or implicit VR little endian, deflated, RLE.
 *
 * The product never writes with this; it makes the input the product is tested on.
 */

export type Vr =
  | 'AE'
  | 'AS'
  | 'CS'
  | 'DA'
  | 'DS'
  | 'DT'
  | 'FD'
  | 'FL'
  | 'IS'
  | 'LO'
  | 'LT'
  | 'OB'
  | 'OW'
  | 'PN'
  | 'SH'
  | 'SL'
  | 'SQ'
  | 'SS'
  | 'ST'
  | 'TM'
  | 'UI'
  | 'UL'
  | 'UN'
  | 'US'
  | 'UT'; // prettier-ignore

/** One data element: tag as `0x00100010`, its VR, and a value. Several values: an array. */
export interface Element {
  readonly tag: number;
  readonly vr: Vr;
  readonly value: string | number | readonly string[] | readonly number[] | Uint8Array | readonly Dataset[];
}
export type Dataset = readonly Element[];

export const TransferSyntax = {
  implicit: '1.2.840.10008.1.2',
  explicit: '1.2.840.10008.1.2.1',
  deflated: '1.2.840.10008.1.2.1.99',
  rle: '1.2.840.10008.1.2.5',
} as const;
export type TransferSyntaxName = keyof typeof TransferSyntax;

const LONG = new Set<Vr>(['OB', 'OW', 'SQ', 'UN', 'UT']);
const NUMBER_BYTES: Partial<Record<Vr, number>> = { US: 2, SS: 2, UL: 4, SL: 4, FL: 4, FD: 8 };
const PIXEL_DATA = 0x7fe00010;

/**
 * A Part 10 file: preamble, group 0002, dataset in tag order.
 *
 * Text is UTF-8 (the dataset should say so in Specific Character Set). Pixel Data is given as plain bytes and
 * compressed here when the syntax is RLE.
 */
export function dicomFile(dataset: Dataset, syntax: TransferSyntaxName = 'explicit'): Uint8Array {
  const uid = (tag: number) => dataset.find((element) => element.tag === tag)!.value as string;
  const meta = encodeDataset(
    [
      { tag: 0x00020001, vr: 'OB', value: Uint8Array.of(0, 1) },
      { tag: 0x00020002, vr: 'UI', value: uid(0x00080016) },
      { tag: 0x00020003, vr: 'UI', value: uid(0x00080018) },
      { tag: 0x00020010, vr: 'UI', value: TransferSyntax[syntax] },
      { tag: 0x00020012, vr: 'UI', value: '2.25.310254879151238120573829104862370151' },
      { tag: 0x00020013, vr: 'SH', value: 'PHANTOM 1' },
      { tag: 0x00020016, vr: 'AE', value: 'PHANTOMSCANNER' },
    ],
    true,
  );
  const length = encodeDataset([{ tag: 0x00020000, vr: 'UL', value: meta.length }], true);
  const sorted = [...dataset].sort((a, b) => a.tag - b.tag);
  const body = encodeDataset(sorted, syntax !== 'implicit', syntax === 'rle' ? rleFrame(dataset) : undefined);
  const preamble = new Uint8Array(132);
  preamble.set([0x44, 0x49, 0x43, 0x4d], 128); // "DICM"
  return concat([preamble, length, meta, syntax === 'deflated' ? deflated(body) : body]);
}

/** Deflate without a zlib wrapper, padded to even length (PS3.5 A.5). */
function deflated(body: Uint8Array): Uint8Array {
  const packed = deflateRawSync(body);
  return packed.length % 2 === 0 ? packed : concat([packed, Uint8Array.of(0)]);
}

function encodeDataset(dataset: Dataset, explicit: boolean, rlePixels?: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const element of dataset) {
    if (element.tag === PIXEL_DATA && rlePixels !== undefined) {
      parts.push(
        header(element.tag, 'OB', 0xffffffff, explicit),
        item(0xfffee000, new Uint8Array(0)), // empty basic offset table
        item(0xfffee000, rlePixels),
        item(0xfffee0dd, new Uint8Array(0)),
      );
      continue;
    }
    const value = encodeValue(element, explicit);
    parts.push(header(element.tag, element.vr, value.length, explicit), value);
  }
  return concat(parts);
}

function header(tag: number, vr: Vr, length: number, explicit: boolean): Uint8Array {
  const long = explicit && LONG.has(vr);
  const out = new Uint8Array(long ? 12 : 8);
  const view = new DataView(out.buffer);
  view.setUint16(0, tag >>> 16, true);
  view.setUint16(2, tag & 0xffff, true);
  if (!explicit) {
    view.setUint32(4, length, true);
    return out;
  }
  out[4] = vr.charCodeAt(0);
  out[5] = vr.charCodeAt(1);
  if (long) view.setUint32(8, length, true);
  else if (length > 0xffff)
    throw new RangeError(`expected at most 65535 bytes in a ${vr} value, got ${length}`);
  else view.setUint16(6, length, true);
  return out;
}

function item(tag: number, body: Uint8Array): Uint8Array {
  const out = new Uint8Array(8 + body.length);
  const view = new DataView(out.buffer);
  view.setUint16(0, tag >>> 16, true);
  view.setUint16(2, tag & 0xffff, true);
  view.setUint32(4, body.length, true);
  out.set(body, 8);
  return out;
}

function encodeValue({ vr, value }: Element, explicit: boolean): Uint8Array {
  if (value instanceof Uint8Array) return even(value, 0);
  if (vr === 'SQ')
    return concat(
      (value as readonly Dataset[]).map((d) =>
        item(
          0xfffee000,
          encodeDataset(
            [...d].sort((a, b) => a.tag - b.tag),
            explicit,
          ),
        ),
      ),
    );
  const bytes = NUMBER_BYTES[vr];
  if (bytes !== undefined) {
    const numbers = (Array.isArray(value) ? value : [value]) as number[];
    const out = new Uint8Array(bytes * numbers.length);
    const view = new DataView(out.buffer);
    numbers.forEach((n, at) => {
      if (vr === 'US') view.setUint16(2 * at, n, true);
      else if (vr === 'SS') view.setInt16(2 * at, n, true);
      else if (vr === 'UL') view.setUint32(4 * at, n, true);
      else if (vr === 'SL') view.setInt32(4 * at, n, true);
      else if (vr === 'FL') view.setFloat32(4 * at, n, true);
      else view.setFloat64(8 * at, n, true);
    });
    return out;
  }
  const values = (Array.isArray(value) ? value : [value]) as (string | number)[];
  const text = values.map((v) => (typeof v === 'number' ? decimalString(v) : v)).join('\\');
  return even(new TextEncoder().encode(text), vr === 'UI' ? 0 : 0x20);
}

/** At most 16 characters, as a DS value must be. */
function decimalString(value: number): string {
  for (let digits = 12; digits > 0; digits--) {
    const text = String(Number(value.toPrecision(digits)));
    if (text.length <= 16) return text;
  }
  return value.toExponential(6);
}

function even(bytes: Uint8Array, pad: number): Uint8Array {
  return bytes.length % 2 === 0 ? bytes : concat([bytes, Uint8Array.of(pad)]);
}

/** One 16-bit frame as an RLE fragment: a table of 16 words, then the high and the low bytes (PS3.5 annex G). */
function rleFrame(dataset: Dataset): Uint8Array {
  const number = (tag: number) => dataset.find((e) => e.tag === tag)?.value as number;
  const pixels = dataset.find((e) => e.tag === PIXEL_DATA)!.value as Uint8Array;
  const rows = number(0x00280010);
  const columns = number(0x00280011);
  const segments = [1, 0].map((byte) => {
    const parts: Uint8Array[] = [];
    for (let row = 0; row < rows; row++) {
      const line = new Uint8Array(columns);
      for (let c = 0; c < columns; c++) line[c] = pixels[2 * (row * columns + c) + byte]!;
      parts.push(packBits(line)); // rows are packed one by one
    }
    return even(concat(parts), 0);
  });
  const table = new Uint8Array(64);
  const view = new DataView(table.buffer);
  view.setUint32(0, segments.length, true);
  let at = 64;
  segments.forEach((segment, n) => {
    view.setUint32(4 + 4 * n, at, true);
    at += segment.length;
  });
  return concat([table, ...segments]);
}

function packBits(line: Uint8Array): Uint8Array {
  const out: number[] = [];
  const runAt = (from: number) => {
    let to = from + 1;
    while (to < line.length && to - from < 128 && line[to] === line[from]) to += 1;
    return to - from;
  };
  for (let at = 0; at < line.length; ) {
    const run = runAt(at);
    if (run >= 3) {
      out.push(257 - run, line[at]!);
      at += run;
      continue;
    }
    const from = at;
    while (at < line.length && at - from < 128 && runAt(at) < 3) at += 1;
    out.push(at - from - 1, ...line.subarray(from, at));
  }
  return Uint8Array.from(out);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
