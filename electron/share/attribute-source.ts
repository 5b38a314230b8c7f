import dicomParser from 'dicom-parser';
import { type Dataset, getItems, getNumbers, getString } from '../deidentify/header/dicom-dataset.ts';

/**
 * The few questions geometry and pixel code ask of a header, so that the same mathematics runs on what our
 * own reader found (writing) and on what dicom-parser found (verifying).
 *
 * Tags are eight upper-case hexadecimal digits.
 */
export interface AttributeSource {
  numbers(tag: string): number[];
  text(tag: string): string;
  items(tag: string): AttributeSource[];
  bytes(tag: string): Uint8Array | null;
}

/** Over our own reader's tree. */
export function attributesOf(dataset: Dataset): AttributeSource {
  return {
    numbers: (tag) => getNumbers(dataset, tag).filter(Number.isFinite),
    text: (tag) => getString(dataset, tag) ?? '',
    items: (tag) => getItems(dataset, tag).map(attributesOf),
    bytes: (tag) => dataset.elements.get(tag)?.value ?? null,
  };
}

const NUMERIC = new Set(['DS', 'IS']);
/** VR of the numeric attributes asked for, for sources that do not state it (implicit VR). */
const KNOWN: Readonly<Record<string, string>> = {
  '00280002': 'US',
  '00280010': 'US',
  '00280011': 'US',
  '00280100': 'US',
  '00280101': 'US',
  '00280102': 'US',
  '00280103': 'US',
  '00280008': 'IS',
  '00200032': 'DS',
  '00200037': 'DS',
  '00280030': 'DS',
  '00281052': 'DS',
  '00281053': 'DS',
  '00180050': 'DS',
  '00180088': 'DS',
  '0019100A': 'US',
};

/** Over dicom-parser, the second reader. */
export function parsedAttributes(dataSet: dicomParser.DataSet): AttributeSource {
  const element = (tag: string) => dataSet.elements[`x${tag.toLowerCase()}`];
  const own = (tag: string) => {
    const e = element(tag);
    return e ? (dataSet.byteArray as Uint8Array).subarray(e.dataOffset, e.dataOffset + e.length) : null;
  };
  return {
    bytes: own,
    items: (tag) =>
      (element(tag)?.items ?? []).flatMap((item) => (item.dataSet ? [parsedAttributes(item.dataSet)] : [])),
    text: (tag) => dataSet.string(`x${tag.toLowerCase()}`) ?? '',
    numbers(tag) {
      const e = element(tag);
      if (!e || e.length === 0) return [];
      const vr = e.vr ?? KNOWN[tag] ?? 'DS';
      const key = `x${tag.toLowerCase()}`;
      if (NUMERIC.has(vr)) return (dataSet.string(key) ?? '').split('\\').map(Number).filter(Number.isFinite);
      const reader = { US: 2, SS: 2, UL: 4, SL: 4, FL: 4, FD: 8 }[vr];
      if (!reader) return [];
      const read = {
        US: dataSet.uint16,
        SS: dataSet.int16,
        UL: dataSet.uint32,
        SL: dataSet.int32,
        FL: dataSet.float,
        FD: dataSet.double,
      }[vr as 'US'];
      return Array.from({ length: Math.floor(e.length / reader) }, (_, i) => read.call(dataSet, key, i)!);
    },
  };
}

/**
 * Parses with dicom-parser, inflating a deflated data set.
 *
 * @param bareSyntax transfer syntax of a data set without preamble and file meta information, which does not state it
 * @throws whatever dicom-parser throws on a damaged file
 */
export function parseWithSecondReader(
  bytes: Uint8Array,
  inflate: (bytes: Uint8Array) => Uint8Array,
  bareSyntax?: string,
): dicomParser.DataSet {
  return dicomParser.parseDicom(bytes, {
    ...(bareSyntax ? { TransferSyntaxUID: bareSyntax } : {}),
    // Declared as returning nothing; dicom-parser goes on with what the callback returns.
    inflater: ((all: Uint8Array, at: number) => {
      const rest = inflate(all.subarray(at));
      const joined = new Uint8Array(at + rest.length);
      joined.set(all.subarray(0, at));
      joined.set(rest, at);
      return joined;
    }) as never,
  });
}
