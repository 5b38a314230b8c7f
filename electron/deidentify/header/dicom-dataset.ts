import { decodeText, encodeText } from './character-set.ts';
import { dictionaryEntry } from './dictionary.ts';

/**
 * One attribute. `value` holds the bytes as Explicit VR Little Endian would write them, whatever the
 * source was; a sequence has `items`, encapsulated Pixel Data has `fragments` (the first is the Basic
 * Offset Table), and then `value` is empty.
 */
export interface Element {
  /** Eight upper-case hexadecimal digits, `00100010`. */
  readonly tag: string;
  readonly vr: string;
  readonly value: Uint8Array;
  readonly items?: readonly Dataset[];
  readonly fragments?: readonly Uint8Array[];
}

/** An ordered-by-tag-on-writing set of attributes: a file's data set or one item of a sequence. */
export interface Dataset {
  readonly elements: Map<string, Element>;
  /** Specific Character Set in force here, inherited from the enclosing data set. */
  charset: string;
}

export interface DicomFile {
  /** Group 0002 as read; empty when the file had none. Always rebuilt on writing. */
  readonly meta: Dataset;
  readonly dataset: Dataset;
  /** As declared, or as recognised when nothing was declared. */
  readonly transferSyntaxUid: string;
  /** What was odd about the encoding, in sentences; empty for a clean file. */
  readonly warnings: readonly string[];
}

/** Where the walk stands: the attribute, its printable path and the data set that holds it. */
export type Visitor = (element: Element, path: string, dataset: Dataset) => void;

const textVrs = new Set([
  'AE',
  'AS',
  'CS',
  'DA',
  'DS',
  'DT',
  'IS',
  'LO',
  'LT',
  'PN',
  'SH',
  'ST',
  'TM',
  'UC',
  'UI',
  'UR',
  'UT',
]);
/** VRs whose repertoire Specific Character Set extends (PS3.5 section 6.1.2.2). */
const charsetVrs = new Set(['SH', 'LO', 'ST', 'LT', 'PN', 'UC', 'UT']);
const singleValueVrs = new Set(['LT', 'ST', 'UT', 'UR']);

export function emptyDataset(charset = ''): Dataset {
  return { elements: new Map(), charset };
}

export function isTextVr(vr: string): boolean {
  return textVrs.has(vr);
}

/** `00100010` → `(0010,0010)`. */
export function tagText(tag: string): string {
  return `(${tag.slice(0, 4)},${tag.slice(4)})`;
}

export function isPrivateTag(tag: string): boolean {
  return Number.parseInt(tag[3]!, 16) % 2 === 1;
}

export function isPrivateCreator(tag: string): boolean {
  return isPrivateTag(tag) && tag.slice(4, 6) === '00' && Number.parseInt(tag.slice(6), 16) >= 0x10;
}

/** The text of an element with padding removed, or '' for an element without text. */
export function elementText(element: Element, charset: string): string {
  if (!textVrs.has(element.vr)) return '';
  const set = charsetVrs.has(element.vr) ? charset : '';
  const text = decodeText(element.value, set).replace(/\0+$/, '');
  // Leading blanks belong to the value in paragraphs only.
  return singleValueVrs.has(element.vr)
    ? text.replace(/\s+$/, '')
    : text.replace(/ +$/, '').replace(/^ +/, '');
}

/** Decoded text of an attribute, or undefined when it is absent or not text. Values stay separated by `\`. */
export function getString(dataset: Dataset, tag: string): string | undefined {
  const element = dataset.elements.get(tag);
  if (!element || !textVrs.has(element.vr)) return undefined;
  return elementText(element, dataset.charset);
}

/** The values of a text attribute, trimmed; empty when absent or empty. */
export function getStrings(dataset: Dataset, tag: string): string[] {
  const text = getString(dataset, tag);
  if (!text) return [];
  const vr = dataset.elements.get(tag)!.vr;
  return singleValueVrs.has(vr) ? [text] : text.split('\\').map((v) => v.trim());
}

/** The numbers of a binary or DS/IS attribute; empty when absent. */
export function getNumbers(dataset: Dataset, tag: string): number[] {
  const element = dataset.elements.get(tag);
  return element ? elementNumbers(element, dataset.charset) : [];
}

const readers: Readonly<Record<string, { size: number; read: (v: DataView, at: number) => number }>> = {
  US: { size: 2, read: (v, at) => v.getUint16(at, true) },
  SS: { size: 2, read: (v, at) => v.getInt16(at, true) },
  UL: { size: 4, read: (v, at) => v.getUint32(at, true) },
  SL: { size: 4, read: (v, at) => v.getInt32(at, true) },
  FL: { size: 4, read: (v, at) => v.getFloat32(at, true) },
  FD: { size: 8, read: (v, at) => v.getFloat64(at, true) },
};

export function elementNumbers(element: Element, charset = ''): number[] {
  if (element.vr === 'DS' || element.vr === 'IS') {
    const text = elementText(element, charset);
    return text === '' ? [] : text.split('\\').map(Number);
  }
  const reader = readers[element.vr];
  if (!reader) return [];
  const view = new DataView(element.value.buffer, element.value.byteOffset, element.value.byteLength);
  const numbers: number[] = [];
  for (let at = 0; at + reader.size <= view.byteLength; at += reader.size)
    numbers.push(reader.read(view, at));
  return numbers;
}

export function getItems(dataset: Dataset, tag: string): readonly Dataset[] {
  return dataset.elements.get(tag)?.items ?? [];
}

export function setElement(dataset: Dataset, element: Element): void {
  dataset.elements.set(element.tag, element);
  if (element.tag === '00080005') dataset.charset = elementText(element, '');
}

export function removeElement(dataset: Dataset, tag: string): boolean {
  return dataset.elements.delete(tag);
}

/** Writes text in the data set's character set. The VR comes from the dictionary unless given. */
export function setString(dataset: Dataset, tag: string, text: string, vr?: string): void {
  setElement(dataset, textElement(tag, vr ?? dictionaryEntry(tag)?.vr ?? 'LO', text, dataset.charset));
}

export function textElement(tag: string, vr: string, text: string, charset = ''): Element {
  return { tag, vr, value: encodeText(text, charsetVrs.has(vr) ? charset : '') };
}

export function emptyElement(tag: string, vr: string): Element {
  return vr === 'SQ'
    ? { tag, vr, value: new Uint8Array(0), items: [] }
    : { tag, vr, value: new Uint8Array(0) };
}

export function sequenceElement(tag: string, items: readonly Dataset[]): Element {
  return { tag, vr: 'SQ', value: new Uint8Array(0), items };
}

/** Tags in ascending order, the order of writing and of every listing. */
export function sortedElements(dataset: Dataset): Element[] {
  return [...dataset.elements.values()].sort((a, b) => (a.tag < b.tag ? -1 : a.tag > b.tag ? 1 : 0));
}

/** Visits every attribute, sequences before their items; paths look like `(0008,1115)[0].(0020,000E)`. */
export function walk(dataset: Dataset, visitor: Visitor, prefix = ''): void {
  for (const element of sortedElements(dataset)) {
    const path = `${prefix}${tagText(element.tag)}`;
    visitor(element, path, dataset);
    element.items?.forEach((item, i) => {
      walk(item, visitor, `${path}[${i}].`);
    });
  }
}

/** A copy whose maps can be edited without touching the original; value bytes are shared. */
export function copyDataset(dataset: Dataset): Dataset {
  const elements = new Map<string, Element>();
  for (const [tag, e] of dataset.elements)
    elements.set(tag, e.items ? { ...e, items: e.items.map(copyDataset) } : e);
  return { elements, charset: dataset.charset };
}

/** A value for people: text, numbers or a byte count, cut at 120 characters. */
export function printable(element: Element | undefined, charset: string): string {
  if (!element) return '';
  if (element.items) return element.items.length === 1 ? '1 item' : `${element.items.length} items`;
  if (element.fragments)
    return `${element.fragments.reduce((n, f) => n + f.byteLength, 0)} bytes, encapsulated`;
  if (textVrs.has(element.vr)) return cut(elementText(element, charset));
  if (element.vr in readers && element.value.byteLength <= 1024)
    return cut(elementNumbers(element).join('\\'));
  if (element.vr === 'UN' && element.value.byteLength <= 64 && isPlain(element.value))
    return cut(decodeText(element.value, ''));
  return element.value.byteLength === 0 ? '' : `${element.value.byteLength} bytes`;
}

function cut(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is being replaced.
  const line = text.replace(/[\u0000-\u001f\u007f]+/g, ' ').trim();
  return line.length > 120 ? `${line.slice(0, 119)}…` : line;
}

function isPlain(bytes: Uint8Array): boolean {
  return bytes.every((b, i) => (b >= 0x20 && b < 0x7f) || (b === 0 && i === bytes.length - 1));
}
