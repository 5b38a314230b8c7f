/**
 * Writes a DICOM tree as a Part 10 file.
 *
 * Native data sets become Explicit VR Little Endian; encapsulated pixel data keeps its transfer syntax and
 * its fragments byte for byte. Sequences and items have explicit lengths, so no delimiter inside a value
 * can end them early. Group lengths are not written; group 0002 and the preamble are always our own.
 *
 * @see PS3.10 section 7.1, PS3.5 sections 7.1.2, 7.5, A.4
 */
import {
  type Dataset,
  type DicomFile,
  type Element,
  elementText,
  emptyDataset,
  isTextVr,
  setElement,
  sortedElements,
  textElement,
} from './dicom-dataset.ts';
import { explicitLittleEndian } from './read-dicom.ts';

/** Identifies files written by Refacade; a fixed UUID in decimal (PS3.5 section B.2). */
export const implementationClassUid = '2.25.208837463619460716184829046316543104773';
export const implementationVersionName = 'REFACADE_0_1';

const longVrs = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UC', 'UN', 'UR', 'UT', 'UV']);
const nativeSyntaxes = new Set([
  '1.2.840.10008.1.2',
  explicitLittleEndian,
  '1.2.840.10008.1.2.1.99',
  '1.2.840.10008.1.2.2',
]);

/**
 * Bytes of a Part 10 file.
 *
 * The media storage UIDs come from the data set itself, and from the old group 0002 only where the data set
 * has none (a DICOMDIR).
 */
export function writeDicom(
  file: Pick<DicomFile, 'dataset' | 'transferSyntaxUid'> & { meta?: Dataset },
): Uint8Array {
  const syntax = writtenTransferSyntax(file);
  const meta = metaFor(file, syntax);
  const metaLength = datasetLength(meta);
  const out = new Uint8Array(132 + 12 + metaLength + datasetLength(file.dataset));
  const writer: Writer = { out, view: new DataView(out.buffer), at: 128 };
  writeAscii(writer, 'DICM');
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, metaLength, true);
  writeElement(writer, { tag: '00020000', vr: 'UL', value: length }, true);
  writeDataset(writer, meta);
  writeDataset(writer, file.dataset);
  return out;
}

/** The transfer syntax that `writeDicom` will use for this file. */
export function writtenTransferSyntax(file: Pick<DicomFile, 'dataset' | 'transferSyntaxUid'>): string {
  const pixels = file.dataset.elements.get('7FE00010');
  if (pixels?.fragments && !nativeSyntaxes.has(file.transferSyntaxUid)) return file.transferSyntaxUid;
  return explicitLittleEndian;
}

function metaFor(file: { dataset: Dataset; meta?: Dataset }, syntax: string): Dataset {
  const text = (tag: string, metaTag: string): string => {
    const own = file.dataset.elements.get(tag);
    const old = file.meta?.elements.get(metaTag);
    return (own ? elementText(own, '') : '') || (old ? elementText(old, '') : '');
  };
  const meta = emptyDataset();
  setElement(meta, { tag: '00020001', vr: 'OB', value: new Uint8Array([0, 1]) });
  setElement(meta, textElement('00020002', 'UI', text('00080016', '00020002')));
  setElement(meta, textElement('00020003', 'UI', text('00080018', '00020003')));
  setElement(meta, textElement('00020010', 'UI', syntax));
  setElement(meta, textElement('00020012', 'UI', implementationClassUid));
  setElement(meta, textElement('00020013', 'SH', implementationVersionName));
  return meta;
}

function isGroupLength(tag: string): boolean {
  return tag.endsWith('0000');
}

function even(n: number): number {
  return n + (n & 1);
}

/** A short VR holds 65534 bytes at most; longer values are written as UN (PS3.5 section 6.2.2, note 9). */
function writtenVr(element: Element): string {
  if (element.items) return 'SQ';
  return !longVrs.has(element.vr) && element.value.byteLength > 0xfffe ? 'UN' : element.vr;
}

function elementLength(element: Element): number {
  const header = longVrs.has(writtenVr(element)) ? 12 : 8;
  if (element.items) return header + element.items.reduce((n, item) => n + 8 + datasetLength(item), 0);
  if (element.fragments)
    return header + element.fragments.reduce((n, f) => n + 8 + even(f.byteLength), 0) + 8;
  return header + even(element.value.byteLength);
}

function datasetLength(dataset: Dataset): number {
  let n = 0;
  for (const element of dataset.elements.values())
    if (!isGroupLength(element.tag)) n += elementLength(element);
  return n;
}

interface Writer {
  readonly out: Uint8Array;
  readonly view: DataView;
  at: number;
}

function writeDataset(writer: Writer, dataset: Dataset): void {
  for (const element of sortedElements(dataset)) writeElement(writer, element);
}

function writeElement(writer: Writer, element: Element, groupLength = false): void {
  if (isGroupLength(element.tag) && !groupLength) return;
  const vr = writtenVr(element);
  writeTag(writer, element.tag);
  writeAscii(writer, vr);
  if (element.fragments) {
    writeLength(writer, vr, 0xffffffff);
    for (const fragment of element.fragments) {
      writeTag(writer, 'FFFEE000');
      writeUint32(writer, even(fragment.byteLength));
      writer.out.set(fragment, writer.at);
      writer.at += even(fragment.byteLength);
    }
    writeTag(writer, 'FFFEE0DD');
    writeUint32(writer, 0);
    return;
  }
  if (element.items) {
    writeLength(
      writer,
      vr,
      element.items.reduce((n, item) => n + 8 + datasetLength(item), 0),
    );
    for (const item of element.items) {
      writeTag(writer, 'FFFEE000');
      writeUint32(writer, datasetLength(item));
      writeDataset(writer, item);
    }
    return;
  }
  const length = even(element.value.byteLength);
  writeLength(writer, vr, length);
  writer.out.set(element.value, writer.at);
  // Text is padded with a blank, UIDs and binary values with zero (PS3.5 section 6.2).
  if (length > element.value.byteLength && isTextVr(element.vr) && element.vr !== 'UI')
    writer.out[writer.at + length - 1] = 0x20;
  writer.at += length;
}

function writeTag(writer: Writer, tag: string): void {
  writer.view.setUint16(writer.at, Number.parseInt(tag.slice(0, 4), 16), true);
  writer.view.setUint16(writer.at + 2, Number.parseInt(tag.slice(4), 16), true);
  writer.at += 4;
}

function writeAscii(writer: Writer, text: string): void {
  for (let i = 0; i < text.length; i++) writer.out[writer.at++] = text.charCodeAt(i);
}

function writeUint32(writer: Writer, n: number): void {
  writer.view.setUint32(writer.at, n, true);
  writer.at += 4;
}

function writeLength(writer: Writer, vr: string, length: number): void {
  if (longVrs.has(vr)) {
    writer.at += 2;
    writeUint32(writer, length);
  } else {
    writer.view.setUint16(writer.at, length, true);
    writer.at += 2;
  }
}
