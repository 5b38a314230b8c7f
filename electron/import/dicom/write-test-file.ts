import { deflateRawSync } from 'node:zlib';
import { explicitBig, explicitLittle, implicitLittle } from './parse-header-bytes.ts';

/** One attribute of a made-up file: tag `GGGGEEEE`, VR, value; an array of attribute lists for SQ. */
export type TestElement = readonly [
  tag: string,
  vr: string,
  value: string | number | readonly number[] | Uint8Array | readonly TestElement[][],
];

export interface TestFileOptions {
  transferSyntaxUid?: string;
  /** Leave out preamble and prefix. */
  bare?: boolean;
  /** Leave out the meta group as well. */
  noMeta?: boolean;
}

const deflated = '1.2.840.10008.1.2.1.99';
const longForm = new Set(['OB', 'OW', 'OF', 'OD', 'SQ', 'UN', 'UT', 'UC']);

/**
 * Writes a small DICOM file for tests and benchmarks; never used on real data.
 *
 * Sequences and items have defined lengths. Attributes must be given in ascending order.
 */
export function testDicomFile(elements: readonly TestElement[], options: TestFileOptions = {}): Buffer {
  const syntax = options.transferSyntaxUid ?? explicitLittle;
  const encapsulated = ![implicitLittle, explicitBig, deflated].includes(syntax);
  const body = encode(
    elements,
    encapsulated || syntax === deflated ? 'explicit' : syntax === implicitLittle ? 'implicit' : 'big',
  );
  const data = syntax === deflated ? deflateRawSync(body) : body;
  if (options.noMeta) return data;
  const sop = (tag: string) => (elements.find((e) => e[0] === tag)?.[2] ?? '') as string;
  const meta = encode(
    [
      ['00020001', 'OB', Uint8Array.of(0, 1)],
      ['00020002', 'UI', sop('00080016')],
      ['00020003', 'UI', sop('00080018')],
      ['00020010', 'UI', syntax],
      ['00020012', 'UI', '2.25.1'],
    ],
    'explicit',
  );
  const group = encode([['00020000', 'UL', meta.length]], 'explicit');
  const prefix = options.bare ? Buffer.alloc(0) : Buffer.concat([Buffer.alloc(128), Buffer.from('DICM')]);
  return Buffer.concat([prefix, group, meta, data]);
}

type Encoding = 'explicit' | 'implicit' | 'big';

function encode(elements: readonly TestElement[], encoding: Encoding): Buffer {
  return Buffer.concat(elements.flatMap((element) => encodeElement(element, encoding)));
}

function encodeElement([tag, vr, value]: TestElement, encoding: Encoding): Buffer[] {
  const big = encoding === 'big';
  const bytes =
    vr === 'SQ' ? encodeItems(value as readonly TestElement[][], encoding) : valueBytes(vr, value, big);
  const head = Buffer.alloc(encoding === 'implicit' ? 8 : longForm.has(vr) ? 12 : 8);
  const u16 = (v: number, at: number) => (big ? head.writeUInt16BE(v, at) : head.writeUInt16LE(v, at));
  const u32 = (v: number, at: number) => (big ? head.writeUInt32BE(v, at) : head.writeUInt32LE(v, at));
  u16(Number.parseInt(tag.slice(0, 4), 16), 0);
  u16(Number.parseInt(tag.slice(4), 16), 2);
  if (encoding === 'implicit') u32(bytes.length, 4);
  else {
    head.write(vr, 4, 'latin1');
    if (longForm.has(vr)) u32(bytes.length, 8);
    else u16(bytes.length, 6);
  }
  return [head, bytes];
}

function encodeItems(items: readonly TestElement[][], encoding: Encoding): Buffer {
  const big = encoding === 'big';
  return Buffer.concat(
    items.flatMap((item) => {
      const body = encode(item, encoding);
      const head = Buffer.alloc(8);
      const u16 = (v: number, at: number) => (big ? head.writeUInt16BE(v, at) : head.writeUInt16LE(v, at));
      u16(0xfffe, 0);
      u16(0xe000, 2);
      if (big) head.writeUInt32BE(body.length, 4);
      else head.writeUInt32LE(body.length, 4);
      return [head, body];
    }),
  );
}

function valueBytes(vr: string, value: TestElement[2], big: boolean): Buffer {
  if (value instanceof Uint8Array) return pad(Buffer.from(value), 0);
  if (typeof value === 'string') return pad(Buffer.from(value, 'latin1'), vr === 'UI' ? 0 : 32);
  const numbers = (typeof value === 'number' ? [value] : value) as readonly number[];
  const size = vr === 'US' || vr === 'SS' ? 2 : vr === 'FD' ? 8 : 4;
  const bytes = Buffer.alloc(size * numbers.length);
  for (const [n, v] of numbers.entries()) {
    if (vr === 'US') big ? bytes.writeUInt16BE(v, 2 * n) : bytes.writeUInt16LE(v, 2 * n);
    else if (vr === 'SS') big ? bytes.writeInt16BE(v, 2 * n) : bytes.writeInt16LE(v, 2 * n);
    else if (vr === 'UL') big ? bytes.writeUInt32BE(v, 4 * n) : bytes.writeUInt32LE(v, 4 * n);
    else if (vr === 'FD') big ? bytes.writeDoubleBE(v, 8 * n) : bytes.writeDoubleLE(v, 8 * n);
    else throw new Error(`The test writer has no numbers for ${vr}.`);
  }
  return bytes;
}

function pad(bytes: Buffer, filler: number): Buffer {
  return bytes.length % 2 ? Buffer.concat([bytes, Buffer.from([filler])]) : bytes;
}

export interface TestSlice {
  patientId?: string;
  patientName?: string;
  birthDate?: string;
  studyUid?: string;
  seriesUid?: string;
  sopUid?: string;
  instanceNumber?: number;
  description?: string;
  /** mm, LPS. */
  position?: readonly number[];
  orientation?: readonly number[];
  spacing?: readonly number[];
  rows?: number;
  columns?: number;
  thickness?: number;
  /** Further or replacing attributes. */
  extra?: readonly TestElement[];
  /** Attributes to leave out. */
  without?: readonly string[];
  pixels?: Uint8Array;
}

/** A T1-weighted axial MR slice with everything that import looks at. */
export function testSlice(s: TestSlice = {}): TestElement[] {
  const rows = s.rows ?? 16;
  const columns = s.columns ?? 16;
  const number = s.instanceNumber ?? 1;
  const series = s.seriesUid ?? '2.25.100.1';
  const list: TestElement[] = [
    ['00080005', 'CS', 'ISO_IR 100'],
    ['00080008', 'CS', 'ORIGINAL\\PRIMARY\\M\\ND'],
    ['00080016', 'UI', '1.2.840.10008.5.1.4.1.1.4'],
    ['00080018', 'UI', s.sopUid ?? `${series}.${number}`],
    ['00080020', 'DA', '20200102'],
    ['00080030', 'TM', '101112'],
    ['00080060', 'CS', 'MR'],
    ['00080070', 'LO', 'Phantom'],
    ['0008103E', 'LO', s.description ?? 't1_mprage_sag'],
    ['00100010', 'PN', s.patientName ?? 'Doe^Jane'],
    ['00100020', 'LO', s.patientId ?? 'P1'],
    ['00100030', 'DA', s.birthDate ?? '19800101'],
    ['00100040', 'CS', 'F'],
    ['00180015', 'CS', 'HEAD'],
    ['00180050', 'DS', String(s.thickness ?? 2)],
    ['00180080', 'DS', '2300'],
    ['00180081', 'DS', '2.98'],
    ['00180082', 'DS', '900'],
    ['0020000D', 'UI', s.studyUid ?? '2.25.100'],
    ['0020000E', 'UI', series],
    ['00200011', 'IS', '3'],
    ['00200013', 'IS', String(number)],
    ['00200032', 'DS', (s.position ?? [-100, -100, 2 * number]).join('\\')],
    ['00200037', 'DS', (s.orientation ?? [1, 0, 0, 0, 1, 0]).join('\\')],
    ['00280002', 'US', 1],
    ['00280004', 'CS', 'MONOCHROME2'],
    ['00280010', 'US', rows],
    ['00280011', 'US', columns],
    ['00280030', 'DS', (s.spacing ?? [12.5, 12.5]).join('\\')],
    ['00280100', 'US', 16],
    ['00280101', 'US', 12],
    ['00280102', 'US', 11],
    ['00280103', 'US', 0],
    ['7FE00010', 'OW', s.pixels ?? new Uint8Array(2 * rows * columns)],
  ];
  const replaced = new Set([...(s.extra ?? []).map((e) => e[0]), ...(s.without ?? [])]);
  return [...list.filter((e) => !replaced.has(e[0])), ...(s.extra ?? [])].sort((a, b) =>
    a[0] < b[0] ? -1 : 1,
  );
}
