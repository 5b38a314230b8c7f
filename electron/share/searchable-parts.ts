import { createReadStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { createGunzip, inflateRawSync } from 'node:zlib';
import dicomParser from 'dicom-parser';

/**
 * Bytes of a file that can carry text, in pieces.
 *
 * `break` separates places that do not touch. After `numbers-off` a bare number is not taken for an
 * identifier (times, decimals, file sizes: each six-digit number is somebody's number in a large cohort);
 * after `words-off` neither is a short word (coded values such as NORM). After `equipment` comes the value of one
 * attribute that says what the scanner is. `all` switches everything on again.
 */
export type Piece = Uint8Array | 'break' | 'all' | 'numbers-off' | 'words-off' | 'equipment';

/** Manufacturer, Manufacturer's Model Name, Software Versions: what a scanner is, as long as the profile keeps it. */
const EQUIPMENT = new Set(['x00080070', 'x00081090', 'x00181020']);
/** The same in a sidecar, with the value as the only group. */
const EQUIPMENT_FIELDS =
  /"(?:Manufacturer|ManufacturersModelName|SoftwareVersions)"\s*:\s*("(?:[^"\\]|\\.)*"|\[[^\]]*\])/dg;

/**
 * What of a file the byte search reads.
 *
 * Everything, with one exception: voxel values. Numbers in an image look like every short text sooner or
 * later (a dark 8-bit background reads as digits), and what they are is proved elsewhere: each pixel is
 * compared with the source and the edit after writing. For the same reason plain numbers are not looked for
 * in values that are numbers by their VR, nor short words in coded values: those attributes are compared one
 * by one with the rule set. So DICOM is read without the value of its
 * top-level Pixel Data, NIfTI without the voxel block, PNG without IDAT. Compressed files are read as they
 * are inside, their gzip header (name, comment, time) as it is outside.
 */
export async function* searchableParts(path: string): AsyncGenerator<Piece> {
  if (OWN_NUMBERS.has(basename(path))) {
    yield Buffer.from((await readFile(path, 'utf8')).replace(BARE_NUMBER, '0'), 'utf8');
    return;
  }
  const start = await firstBytes(path, 540);
  if (path.endsWith('.json')) {
    yield* sidecarParts(await readFile(path));
  } else if (start[0] === 0x1f && start[1] === 0x8b) {
    yield await gzipHeader(path);
    yield 'break';
    yield* withoutVoxels(
      createReadStream(path, { highWaterMark: 1 << 20 }).pipe(createGunzip({ chunkSize: 1 << 20 })),
    );
  } else if (isDicom(start)) {
    yield* dicomParts(await readFile(path));
  } else if (start.length >= 8 && Buffer.from(start.subarray(1, 4)).toString('latin1') === 'PNG') {
    yield* pngParts(await readFile(path));
  } else {
    yield* withoutVoxels(createReadStream(path, { highWaterMark: 1 << 22 }));
  }
}

/** Files whose bare numbers are counts, sizes and seeds of our own making. */
const OWN_NUMBERS = new Set(['manifest.json', 'refacade-log.jsonl', 'refacade-receipt.json']);
/** A JSON number outside quotes. */
export const BARE_NUMBER = /(?<=[:[,]\s*)-?\d+(?:\.\d+)?(?:e[+-]?\d+)?(?=\s*[,\]}\n])/gi;

function isDicom(start: Uint8Array): boolean {
  return start.length >= 132 && Buffer.from(start.subarray(128, 132)).toString('latin1') === 'DICM';
}

async function firstBytes(path: string, count: number): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const buffer = new Uint8Array(count);
    const { bytesRead } = await file.read(buffer, 0, count, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** The bytes before the compressed data: fixed part, extra field, name, comment (RFC 1952). */
async function gzipHeader(path: string): Promise<Uint8Array> {
  const bytes = await firstBytes(path, 1 << 17);
  const flags = bytes[3] ?? 0;
  let at = 10;
  if (flags & 4) at += 2 + (bytes[at] ?? 0) + 256 * (bytes[at + 1] ?? 0);
  for (const flag of [8, 16]) {
    if (!(flags & flag)) continue;
    while (at < bytes.length && bytes[at] !== 0) at++;
    at++;
  }
  return bytes.subarray(0, Math.min(at, bytes.length));
}

/** A byte stream; when it is NIfTI, without its voxel block. */
async function* withoutVoxels(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Piece> {
  let held: Uint8Array | null = new Uint8Array(0);
  let skip: [number, number] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  let position = 0;
  const cut = function* (chunk: Uint8Array): Generator<Piece> {
    const [from, to] = skip;
    const end = position + chunk.length;
    if (position < from) yield chunk.subarray(0, Math.min(chunk.length, from - position));
    if (position <= from && end > from) yield 'break';
    if (end > to) yield chunk.subarray(Math.max(0, to - position));
    position = end;
  };
  for await (const chunk of stream) {
    if (held) {
      const joined: Uint8Array = Buffer.concat([held, chunk]);
      if (joined.length < 540) {
        held = joined;
        continue;
      }
      held = null;
      skip = niftiVoxels(joined) ?? skip;
      yield* cut(joined);
    } else {
      yield* cut(chunk);
    }
  }
  if (held) yield* cut(held);
}

/** First and past-the-end byte of the voxels of a single-file NIfTI-1 or NIfTI-2; null when it is something else. */
function niftiVoxels(head: Uint8Array): [number, number] | null {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  for (const little of [true, false]) {
    const size = view.getInt32(0, little);
    if (size === 348 && Buffer.from(head.subarray(344, 347)).toString('latin1') === 'n+1') {
      const dims = Array.from({ length: 8 }, (_, i) => view.getInt16(40 + 2 * i, little));
      return block(view.getFloat32(108, little), dims, view.getInt16(72, little));
    }
    if (size === 540 && Buffer.from(head.subarray(4, 7)).toString('latin1') === 'n+2') {
      const dims = Array.from({ length: 8 }, (_, i) => Number(view.getBigInt64(16 + 8 * i, little)));
      return block(Number(view.getBigInt64(168, little)), dims, view.getInt16(14, little));
    }
  }
  return null;
}

function block(offset: number, dims: number[], bitpix: number): [number, number] {
  const count = dims.slice(1, 1 + Math.min(7, Math.max(0, dims[0]!))).reduce((a, b) => a * Math.max(1, b), 1);
  return [offset, offset + (count * bitpix) / 8];
}

/** A JSON file in which the values that say what the scanner is stand on their own. */
function* sidecarParts(bytes: Buffer): Generator<Piece> {
  let at = 0;
  // One character a byte, so that places in the text are places in the file.
  for (const { indices } of bytes.toString('latin1').matchAll(EQUIPMENT_FIELDS)) {
    const [from, to] = indices![1]!;
    yield bytes.subarray(at, from);
    yield 'equipment';
    yield bytes.subarray(from, to);
    yield 'all';
    at = to;
  }
  yield bytes.subarray(at);
}

/** A DICOM file without the value of Pixel Data, then every other value on its own. */
function* dicomParts(bytes: Buffer): Generator<Piece> {
  let dataSet: dicomParser.DataSet;
  try {
    dataSet = dicomParser.parseDicom(bytes, {
      // The declared type says void; dicom-parser uses what the callback returns.
      inflater: ((all: Uint8Array, at: number) => {
        const inflated = inflateRawSync(all.subarray(at));
        return Buffer.concat([all.subarray(0, at), inflated]);
      }) as never,
    });
  } catch {
    yield bytes; // not readable as DICOM: search all of it
    return;
  }
  const whole = dataSet.byteArray as Uint8Array;
  const pixels = ['x7fe00008', 'x7fe00009', 'x7fe00010']
    .map((tag) => dataSet.elements[tag])
    .find((e) => e !== undefined);
  yield 'words-off'; // in the raw bytes a value touches the next tag, whose bytes may read as letters
  // What the scanner is comes on its own, below.
  const raw = Buffer.from(whole.subarray(0, pixels?.dataOffset));
  for (const { dataOffset, length } of equipment(dataSet)) raw.fill(0, dataOffset, dataOffset + length);
  yield raw;
  if (pixels) {
    yield 'break';
    yield whole.subarray(pixels.dataOffset + pixels.length);
  }
  yield 'all';
  yield whole.subarray(0, 128);
  yield* values(dataSet, whole, pixels);
}

/** The attributes that say what the scanner is, nested ones too. */
function equipment(dataSet: dicomParser.DataSet): dicomParser.Element[] {
  return Object.values(dataSet.elements).flatMap((element) => [
    ...(EQUIPMENT.has(element.tag) && !element.items ? [element] : []),
    ...(element.items ?? []).flatMap((item) => (item.dataSet ? equipment(item.dataSet) : [])),
  ]);
}

/** VRs whose values are numbers or times. */
const NUMBERS = new Set([
  'TM',
  'DS',
  'IS',
  'US',
  'SS',
  'UL',
  'SL',
  'FL',
  'FD',
  'AT',
  'UV',
  'SV',
  'OF',
  'OD',
  'OL',
  'OV',
  'AS',
]);

function* values(
  dataSet: dicomParser.DataSet,
  whole: Uint8Array,
  pixels: dicomParser.Element | undefined,
): Generator<Piece> {
  for (const element of Object.values(dataSet.elements)) {
    if (element === pixels) continue;
    if (element.items) {
      for (const item of element.items) if (item.dataSet) yield* values(item.dataSet, whole, pixels);
    } else if (element.length > 2) {
      const vr = element.vr ?? '';
      const coded = vr === 'CS' && !dicomParser.isPrivateTag(element.tag);
      if (EQUIPMENT.has(element.tag)) yield 'equipment';
      else yield coded ? 'words-off' : NUMBERS.has(vr) ? 'numbers-off' : 'all';
      yield whole.subarray(element.dataOffset, element.dataOffset + element.length);
    }
  }
}

/** A PNG without its compressed picture. */
function* pngParts(bytes: Buffer): Generator<Piece> {
  let at = 8;
  while (at + 12 <= bytes.length) {
    const length = bytes.readUInt32BE(at);
    if (bytes.toString('latin1', at + 4, at + 8) !== 'IDAT') {
      yield bytes.subarray(at + 4, at + 8 + length);
      yield 'break';
    }
    at += 12 + length;
  }
  if (at < bytes.length) yield bytes.subarray(at);
}
