import { inflateRawSync } from 'node:zlib';
import type dicomParser from 'dicom-parser';
import type { HeaderChange } from '../../shared/deidentify/records.ts';
import { parsedAttributes, parseWithSecondReader } from './attribute-source.ts';
import type { EditedPair } from './edit-pixels.ts';
import type { VoxelPlane } from './frame-planes.ts';
import { placePlanes, toStored } from './place-planes.ts';
import { decodeStored, pixelFormat } from './stored-pixels.ts';

/** What reading a written instance back found; `faults` is empty when it is exactly what was meant. */
export interface Verification {
  readonly faults: readonly string[];
  readonly pixels: number;
  /** Pixels that differ from the source. */
  readonly edited: number;
  readonly tagsCompared: number;
  readonly tagsChanged: number;
}

const PIXEL_DATA = 'x7fe00010';
/** Transfer syntaxes whose Pixel Data lies open. */
const NATIVE = new Set([
  '1.2.840.10008.1.2',
  '1.2.840.10008.1.2.1',
  '1.2.840.10008.1.2.1.99',
  '1.2.840.10008.1.2.2',
  '',
]);
/** Geometry may not move: the edit is placed by it. */
const GEOMETRY = [
  'x00200032',
  'x00200037',
  'x00280030',
  'x00280010',
  'x00280011',
  'x00280100',
  'x00280101',
  'x00280103',
];

/**
 * Reads a written instance with dicom-parser, which had no part in writing it, and compares it with the
 * source.
 *
 * Pixels: outside the edit the source's stored value, inside the edited volume's; a pixel that no image plane
 * holds must be zero, for nobody edited it. Header: every attribute
 * that was removed, changed or added is in the list of changes with an action that explains it, every
 * change in the list happened, and everything else has the bytes it had.
 *
 * @param source bytes of the source instance
 * @param written bytes as read back from disk
 * @param bareSyntax transfer syntax of the source when it is a bare data set, which does not state it
 * @param changes what the rule set said it would do to this instance, and the stamps
 */
export function verifyDicom(
  source: Uint8Array,
  written: Uint8Array,
  changes: readonly HeaderChange[],
  pair: EditedPair,
  bareSyntax?: string,
): Verification {
  const before = parseWithSecondReader(source, inflateRawSync, bareSyntax);
  const after = parseWithSecondReader(written, inflateRawSync);
  const faults: string[] = [];
  const header = compareHeaders(before, after, changes, faults);
  const pixels = comparePixels(before, after, pair, faults);
  return { faults, ...pixels, ...header };
}

function comparePixels(
  before: dicomParser.DataSet,
  after: dicomParser.DataSet,
  { original, edited }: EditedPair,
  faults: string[],
): { pixels: number; edited: number } {
  const syntax = (d: dicomParser.DataSet) => d.string('x00020010') ?? '';
  if (syntax(after) !== '1.2.840.10008.1.2.1') {
    faults.push(`Expected Explicit VR Little Endian, got ${syntax(after)}.`);
    return { pixels: 0, edited: 0 };
  }
  const format = pixelFormat(parsedAttributes(after));
  const pixelBytes = parsedAttributes(after).bytes('7FE00010');
  if (!pixelBytes || pixelBytes.length !== Math.ceil((format.count * format.bitsAllocated) / 16) * 2) {
    faults.push(
      `Expected ${(format.count * format.bitsAllocated) / 8} bytes of Pixel Data, got ${pixelBytes?.length ?? 0}.`,
    );
    return { pixels: 0, edited: 0 };
  }
  const out = decodeStored(pixelBytes, format);
  const native = NATIVE.has(syntax(before)) && !before.elements[PIXEL_DATA]?.encapsulatedPixelData;
  let source: ArrayLike<number> | null = null;
  if (native) {
    const bytes = parsedAttributes(before).bytes('7FE00010')!;
    source = decodeStored(
      syntax(before) === '1.2.840.10008.1.2.2' ? swapped(bytes, before, format.bitsAllocated) : bytes,
      format,
    );
  }
  const { planes, rule, time } = placePlanes(parsedAttributes(before), source, original);
  const base = time * original.shape[0]! * original.shape[1]! * original.shape[2]!;
  let wrong = 0;
  let changed = 0;
  for (const { plane, first, columnStep, rowStep } of planes) {
    for (let r = 0; r < plane.rows; r++) {
      for (let c = 0; c < plane.columns; c++) {
        const voxel = base + first + c * columnStep + r * rowStep;
        const pixel = plane.offset + r * plane.stride + c;
        const touched = original.data[voxel] !== edited.data[voxel];
        const kept = source ? source[pixel]! : toStored(original.data[voxel]!, rule, original, plane);
        if (out[pixel] !== (touched ? toStored(edited.data[voxel]!, rule, edited, plane) : kept)) wrong++;
        if (touched) changed++;
      }
    }
  }
  if (wrong > 0) faults.push(`${wrong} of ${format.count} pixels are neither the source's nor the edit's.`);
  const { strays, unplaced } = outsidePlanes(planes, out, source);
  if (strays > 0) faults.push(`${strays} pixels outside every image plane changed.`);
  if (unplaced > 0)
    faults.push(
      `${unplaced} of ${format.count} pixels lie in no image plane and are not zero; nobody edited them.`,
    );
  for (const tag of ['x7fe00001', 'x7fe00002', 'x00880200']) {
    if (after.elements[tag]) faults.push(`${tagName(tag)} must not be in an instance with edited pixels.`);
  }
  return { pixels: format.count, edited: changed };
}

/**
 * What lies outside every plane must be the source's and empty, as the last tiles of a mosaic are. Anything else
 * is a picture that the edit did not reach.
 */
function outsidePlanes(
  planes: readonly VoxelPlane[],
  out: ArrayLike<number>,
  source: ArrayLike<number> | null,
): { strays: number; unplaced: number } {
  const covered = new Uint8Array(out.length);
  for (const { plane } of planes) {
    for (let r = 0; r < plane.rows; r++)
      covered.fill(1, plane.offset + r * plane.stride, plane.offset + r * plane.stride + plane.columns);
  }
  let strays = 0;
  let unplaced = 0;
  for (let n = 0; n < out.length; n++) {
    if (covered[n]) continue;
    if (source && out[n] !== source[n]) strays++;
    if (out[n] !== 0) unplaced++;
  }
  return { strays, unplaced };
}

function swapped(bytes: Uint8Array, dataSet: dicomParser.DataSet, bits: number): Uint8Array {
  const vr = dataSet.elements[PIXEL_DATA]?.vr;
  const copy = Buffer.from(bytes);
  if (bits === 32) return copy.swap32();
  return bits === 16 || vr === 'OW' ? copy.swap16() : copy;
}

/** Attributes that writing decides, not the rule set. */
const WRITTEN = /^x(0002....|....0000|fffc.{4}|fffe.{4}|7fe0.{4}|0028010[67])$/;

interface Leaf {
  readonly path: string;
  readonly vr: string | undefined;
  readonly bytes: Uint8Array;
}

function compareHeaders(
  before: dicomParser.DataSet,
  after: dicomParser.DataSet,
  changes: readonly HeaderChange[],
  faults: string[],
): { tagsCompared: number; tagsChanged: number } {
  const big = before.string('x00020010') === '1.2.840.10008.1.2.2';
  const outputLeaves = leaves(after);
  // An implicit source states no VR; the output, which does, says how its bytes are padded.
  const vrs = new Map(outputLeaves.map((leaf) => [leaf.path, leaf.vr]));
  const source = new Map(leaves(before).map((l) => [l.path, plain(l.bytes, l.vr ?? vrs.get(l.path), big)]));
  const output = new Map(outputLeaves.map((l) => [l.path, plain(l.bytes, l.vr, false)]));
  const explained = new Map<string, HeaderChange[]>();
  for (const change of changes) explained.set(change.tag, [...(explained.get(change.tag) ?? []), change]);
  const actionsFor = (path: string): string[] => {
    // A change of a sequence explains what happened to its items.
    const own = (explained.get(path) ?? []).map((c) => c.action as string);
    for (let at = path.lastIndexOf('['); at > 0; at = path.lastIndexOf('[', at - 1)) {
      own.push(...(explained.get(path.slice(0, at)) ?? []).map((c) => c.action).filter((a) => a !== 'keep'));
    }
    return own;
  };
  let changed = 0;
  const fault = (text: string) => {
    if (faults.length < 40) faults.push(text);
  };
  for (const path of new Set([...source.keys(), ...output.keys()])) {
    const old = source.get(path);
    const now = output.get(path);
    if (old && now && old.equals(now)) continue;
    changed++;
    const actions = actionsFor(path);
    if (!now && !actions.some((a) => a === 'remove' || a === 'stamp' || a === 'clean' || a === 'empty')) {
      fault(`${path} was removed without a rule.`);
    } else if (now && !actions.some((a) => a !== 'keep' && a !== 'remove')) {
      fault(`${path} was ${old ? 'changed' : 'added'} without a rule.`);
    }
  }
  for (const change of changes) {
    if (!change.tag.startsWith('(') || change.tag.startsWith('(0002,')) continue;
    const there = output.has(change.tag);
    if (
      change.action === 'remove' &&
      there &&
      !(explained.get(change.tag) ?? []).some((c) => c.action === 'stamp')
    ) {
      fault(`${change.tag} should have been removed and is there.`);
    }
    if (change.action === 'replace-uid' && there && change.before !== change.after) {
      if (source.get(change.tag)?.equals(output.get(change.tag)!))
        fault(`${change.tag} should have a new UID and has the old one.`);
    }
    if (change.action === 'empty' && (output.get(change.tag)?.length ?? 0) > 0)
      fault(`${change.tag} should be empty and is not.`);
  }
  for (const tag of GEOMETRY) {
    const [a, b] = [source.get(tagName(tag)), output.get(tagName(tag))];
    if (a && !(b && a.equals(b))) fault(`${tagName(tag)} decides where pixels are and was changed.`);
  }
  return { tagsCompared: source.size, tagsChanged: changed };
}

/** Every attribute by its path, sequences (without a value of their own) by their items. */
function leaves(dataSet: dicomParser.DataSet, prefix = ''): Leaf[] {
  const out: Leaf[] = [];
  for (const element of Object.values(dataSet.elements)) {
    if (WRITTEN.test(element.tag)) continue;
    const path = `${prefix}${tagName(element.tag)}`;
    const { items, vr } = element;
    if (vr === 'SQ' || (items && (vr === undefined || vr === 'UN'))) {
      out.push({ path, vr: 'SQ', bytes: new Uint8Array(0) });
      items?.forEach((item, n) => {
        if (item.dataSet) out.push(...leaves(item.dataSet, `${path}[${n}].`));
      });
    } else {
      const { byteArray } = dataSet;
      const bytes = (byteArray as Uint8Array).subarray(
        element.dataOffset,
        element.dataOffset + element.length,
      );
      out.push({ path, vr, bytes });
    }
  }
  return out;
}

const WIDTH: Readonly<Record<string, 2 | 4 | 8>> = {
  US: 2,
  SS: 2,
  OW: 2,
  AT: 2,
  UL: 4,
  SL: 4,
  FL: 4,
  OF: 4,
  OL: 4,
  FD: 8,
  OD: 8,
  OV: 8,
  UV: 8,
  SV: 8,
};

/** Value bytes in little endian, without padding. */
function plain(bytes: Uint8Array, vr: string | undefined, big: boolean): Buffer {
  const copy = Buffer.from(bytes);
  const width = vr ? WIDTH[vr] : undefined;
  if (width) {
    if (!big || copy.length % width !== 0) return copy;
    return width === 2 ? copy.swap16() : width === 4 ? copy.swap32() : copy.swap64();
  }
  let end = copy.length;
  if (vr === undefined || vr === 'UN' || vr === 'OB') {
    if (end > 0 && (copy[end - 1] === 0x20 || copy[end - 1] === 0)) end--;
  } else {
    while (end > 0 && (copy[end - 1] === 0x20 || copy[end - 1] === 0)) end--;
  }
  return copy.subarray(0, end);
}

/** `x00100010` → `(0010,0010)`. */
function tagName(tag: string): string {
  return `(${tag.slice(1, 5)},${tag.slice(5)})`.toUpperCase();
}
