import type { DataSet, Element } from 'dicom-parser';
import { decodeDicomText, isPlainText } from './character-sets.ts';

/** Where the value of one attribute lies. */
export interface AttributeValue {
  vr?: string;
  dataOffset: number;
  length: number;
  items?: Element[];
}

/** The attributes of one data set: a full parse, or the few that a scan kept (always little endian). */
export interface AttributeSet {
  byteArray: Uint8Array;
  elements: Record<string, AttributeValue>;
  uint16?: DataSet['uint16'];
  float?: DataSet['float'];
  double?: DataSet['double'];
}

/** Reads typed values out of a parsed data set; every method answers `undefined` rather than throw. */
export class AttributeReader {
  readonly #set: AttributeSet;
  readonly #buffer: Buffer;
  readonly characterSets: readonly string[];

  constructor(set: AttributeSet, inherited: readonly string[] = []) {
    this.#set = set;
    const { byteArray } = set;
    this.#buffer = Buffer.isBuffer(byteArray)
      ? byteArray
      : Buffer.from(byteArray.buffer, byteArray.byteOffset, byteArray.length);
    const own = this.#ascii('x00080005');
    this.characterSets = own === undefined ? inherited : own.split('\\').map((s) => s.trim());
  }

  has(tag: string): boolean {
    return this.#set.elements[tag] !== undefined;
  }

  bytes(tag: string): Uint8Array | undefined {
    const element = this.#set.elements[tag];
    if (!element?.length || element.items) return undefined;
    const end = element.dataOffset + element.length;
    if (end > this.#set.byteArray.length) return undefined;
    return this.#set.byteArray.subarray(element.dataOffset, end);
  }

  /** Text in the file's character set (PN, LO, SH, LT, ST), trimmed; `undefined` when absent or empty. */
  text(tag: string): string | undefined {
    const bytes = this.bytes(tag);
    if (!bytes) return undefined;
    if (isPlainText(bytes)) return this.#ascii(tag) || undefined;
    return decodeDicomText(bytes, this.characterSets).trim() || undefined;
  }

  /** Code-like text (CS, UI, DA, TM): always the default repertoire. */
  code(tag: string): string | undefined {
    return this.#ascii(tag) || undefined;
  }

  codes(tag: string): string[] | undefined {
    const text = this.#ascii(tag);
    return text ? text.split('\\').map((s) => s.trim()) : undefined;
  }

  /** First number of a DS or IS value. */
  decimal(tag: string): number | undefined {
    const text = this.#ascii(tag);
    if (!text) return undefined;
    const value = Number(text.split('\\')[0]!.trim().replace(',', '.'));
    return Number.isFinite(value) ? value : undefined;
  }

  /** Exactly `count` numbers of a DS value, or `undefined`. */
  decimals(tag: string, count: number): number[] | undefined {
    const text = this.#ascii(tag);
    if (!text) return undefined;
    const values = text.split('\\').map(Number);
    return values.length === count && values.every(Number.isFinite) ? values : undefined;
  }

  uint16(tag: string): number | undefined {
    const bytes = this.bytes(tag);
    if (!bytes || bytes.length < 2) return undefined;
    return this.#set.uint16 ? this.#set.uint16(tag) : bytes[0]! | (bytes[1]! << 8);
  }

  /** A number in whichever of FD, FL, DS the element is (explicit), or FD (implicit, 8 bytes). */
  float(tag: string): number | undefined {
    const bytes = this.bytes(tag);
    if (!bytes) return undefined;
    const { vr } = this.#set.elements[tag]!;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    if (vr === 'FL' && bytes.length >= 4)
      return this.#set.float ? this.#set.float(tag) : view.getFloat32(0, true);
    if (vr === 'FD' ? bytes.length >= 8 : !vr && bytes.length === 8)
      return this.#set.double ? this.#set.double(tag) : view.getFloat64(0, true);
    return this.decimal(tag);
  }

  items(tag: string): DataSet[] {
    const items = this.#set.elements[tag]?.items ?? [];
    return items.flatMap((item) => (item.dataSet ? [item.dataSet] : []));
  }

  #ascii(tag: string): string | undefined {
    const element = this.#set.elements[tag];
    if (!element?.length || element.items) return undefined;
    const end = element.dataOffset + element.length;
    if (end > this.#buffer.length) return undefined;
    const text = this.#buffer.toString('latin1', element.dataOffset, end);
    const nul = text.indexOf('\0');
    return (nul < 0 ? text : text.slice(0, nul)).trim();
  }
}
