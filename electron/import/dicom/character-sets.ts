/**
 * Decodes DICOM text by SpecificCharacterSet (PS3.3 C.12.1.1.2, PS3.5 chapter 6.1 and Annexes H, I, J).
 *
 * Platform `TextDecoder`s do the tables; this file does the part they do not know: ISO 2022 escape
 * sequences that switch the set in the middle of a value, and the reset at `^`, `=`, `\` and line ends.
 */

/** Defined terms without code extensions → the label of a TextDecoder. */
const singleByte: Readonly<Record<string, string>> = {
  '': 'windows-1252',
  'ISO_IR 6': 'windows-1252',
  'ISO_IR 100': 'windows-1252',
  'ISO_IR 101': 'iso-8859-2',
  'ISO_IR 109': 'iso-8859-3',
  'ISO_IR 110': 'iso-8859-4',
  'ISO_IR 144': 'iso-8859-5',
  'ISO_IR 127': 'iso-8859-6',
  'ISO_IR 126': 'iso-8859-7',
  'ISO_IR 138': 'iso-8859-8',
  'ISO_IR 148': 'iso-8859-9',
  'ISO_IR 203': 'iso-8859-15',
  'ISO_IR 166': 'windows-874',
  'ISO_IR 13': 'shift_jis',
  'ISO_IR 192': 'utf-8',
  'ISO_IR 149': 'euc-kr',
  'ISO_IR 58': 'gbk',
  GB18030: 'gb18030',
  GBK: 'gbk',
};

/** Bytes after ESC → how the following bytes are read. */
const escapes: ReadonlyArray<readonly [sequence: readonly number[], decode: (bytes: Uint8Array) => string]> =
  [
    [[0x24, 0x29, 0x43], (b) => decodeWith('euc-kr', b)], // ISO-IR 149 in G1
    [[0x24, 0x29, 0x41], (b) => decodeWith('gbk', b)], // ISO-IR 58 in G1
    [[0x24, 0x28, 0x44], decodeJisX0212], // ISO-IR 159 in G0
    [[0x24, 0x42], (b) => decodeWith('iso-2022-jp', concat([0x1b, 0x24, 0x42], b))], // ISO-IR 87 in G0
    [[0x28, 0x4a], (b) => decodeWith('shift_jis', b)], // ISO-IR 14, JIS X 0201 romaji
    [[0x29, 0x49], (b) => decodeWith('shift_jis', b)], // ISO-IR 13, JIS X 0201 katakana
    [[0x28, 0x42], (b) => decodeWith('windows-1252', b)], // ISO-IR 6, ASCII
    [[0x2d, 0x41], (b) => decodeWith('windows-1252', b)],
    [[0x2d, 0x42], (b) => decodeWith('iso-8859-2', b)],
    [[0x2d, 0x43], (b) => decodeWith('iso-8859-3', b)],
    [[0x2d, 0x44], (b) => decodeWith('iso-8859-4', b)],
    [[0x2d, 0x4c], (b) => decodeWith('iso-8859-5', b)],
    [[0x2d, 0x47], (b) => decodeWith('iso-8859-6', b)],
    [[0x2d, 0x46], (b) => decodeWith('iso-8859-7', b)],
    [[0x2d, 0x48], (b) => decodeWith('iso-8859-8', b)],
    [[0x2d, 0x4d], (b) => decodeWith('iso-8859-9', b)],
    [[0x2d, 0x54], (b) => decodeWith('windows-874', b)],
  ];

const ESC = 0x1b;
const decoders = new Map<string, InstanceType<typeof TextDecoder>>();

/**
 * Text of one attribute value.
 *
 * @param bytes the raw value, still padded
 * @param characterSets values of SpecificCharacterSet (0008,0005), in order; empty for the default set
 * @returns text without trailing padding; undecodable bytes become U+FFFD, never an exception
 */
export function decodeDicomText(bytes: Uint8Array, characterSets: readonly string[]): string {
  if (isPlainText(bytes)) return trimPadding(decodeWith('windows-1252', bytes));
  const first = initialDecoder(characterSets[0] ?? '');
  if (!bytes.includes(ESC)) return trimPadding(decodeWith(first, bytes));
  return trimPadding(decodeWithEscapes(bytes, first));
}

/** ASCII without escape sequences reads the same in every character set. */
export function isPlainText(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) {
    const b = bytes[i]!;
    if (b >= 0x80 || b === ESC) return false;
  }
  return true;
}

function initialDecoder(term: string): string {
  // Some writers put hyphens or underscores in the wrong places; the number is what matters.
  const tidy = term
    .trim()
    .toUpperCase()
    .replace(/^ISO[ _-]*2022[ _-]*IR[ _-]*/, 'ISO_IR ')
    .replace(/^ISO[ _-]*IR[ _-]*/, 'ISO_IR ');
  return singleByte[tidy] ?? (tidy.includes('192') || tidy === 'UTF-8' ? 'utf-8' : 'windows-1252');
}

function decodeWithEscapes(bytes: Uint8Array, first: string): string {
  const initial = (b: Uint8Array) => decodeWith(first, b);
  let decode = initial;
  let text = '';
  let start = 0;
  let i = 0;
  const flush = (end: number) => {
    if (end > start) text += decode(bytes.subarray(start, end));
    start = end;
  };
  while (i < bytes.length) {
    const b = bytes[i]!;
    if (b === ESC) {
      const known = escapes.find(([sequence]) => sequence.every((code, n) => bytes[i + 1 + n] === code));
      flush(i);
      if (known) {
        i += 1 + known[0].length;
        decode = known[1];
      } else i += 1;
      start = i;
    } else if (
      b === 0x0a ||
      b === 0x0d ||
      ((b === 0x5e || b === 0x3d || b === 0x5c) && !readsPairs(decode))
    ) {
      // Delimiters return to the initial set (PS3.5 section 6.1.2.5.3).
      flush(i);
      text += String.fromCharCode(b);
      i += 1;
      start = i;
      decode = initial;
    } else i += 1;
  }
  flush(bytes.length);
  return text;
}

/** In the G0 double-byte sets a delimiter's code may be half of a character; those sets end by escape only. */
function readsPairs(decode: (b: Uint8Array) => string): boolean {
  return decode === escapes[2]![1] || decode === escapes[3]![1];
}

/** JIS X 0212 pairs as EUC-JP's third code set, which the platform's decoder knows. */
function decodeJisX0212(bytes: Uint8Array): string {
  const euc: number[] = [];
  for (let i = 0; i + 1 < bytes.length; i += 2) euc.push(0x8f, bytes[i]! | 0x80, bytes[i + 1]! | 0x80);
  return decodeWith('euc-jp', Uint8Array.from(euc));
}

function decodeWith(label: string, bytes: Uint8Array): string {
  let decoder = decoders.get(label);
  if (!decoder) {
    decoder = new TextDecoder(label);
    decoders.set(label, decoder);
  }
  return decoder.decode(bytes);
}

function concat(head: readonly number[], tail: Uint8Array): Uint8Array {
  const joined = new Uint8Array(head.length + tail.length);
  joined.set(head);
  joined.set(tail, head.length);
  return joined;
}

function trimPadding(text: string): string {
  let end = text.length;
  while (end > 0 && (text.charCodeAt(end - 1) === 0 || text.charCodeAt(end - 1) === 32)) end--;
  return end === text.length ? text : text.slice(0, end);
}
