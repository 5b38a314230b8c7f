/**
 * Specific Character Set (0008,0005): decoding of text and encoding of what we write.
 *
 * @see PS3.3 C.12.1.1.2, PS3.5 section 6.1
 */

/** Defined term without code extensions → label of a WHATWG decoder. */
const singleByte: Readonly<Record<string, string>> = {
  '': 'latin1',
  'ISO_IR 6': 'latin1',
  'ISO_IR 100': 'latin1',
  'ISO_IR 101': 'iso-8859-2',
  'ISO_IR 109': 'iso-8859-3',
  'ISO_IR 110': 'iso-8859-4',
  'ISO_IR 144': 'iso-8859-5',
  'ISO_IR 127': 'iso-8859-6',
  'ISO_IR 126': 'iso-8859-7',
  'ISO_IR 138': 'iso-8859-8',
  'ISO_IR 148': 'windows-1254',
  'ISO_IR 203': 'iso-8859-15',
  'ISO_IR 13': 'shift_jis',
  'ISO_IR 166': 'windows-874',
  'ISO_IR 192': 'utf-8',
  GB18030: 'gb18030',
  GBK: 'gbk',
};

/** Escape sequence (after ESC) → decoder, and what must stand before the bytes for that decoder. */
const escapes: readonly { bytes: string; decoder: string; keepEscape: boolean }[] = [
  { bytes: '(B', decoder: 'latin1', keepEscape: false },
  { bytes: '-A', decoder: 'latin1', keepEscape: false },
  { bytes: '-B', decoder: 'iso-8859-2', keepEscape: false },
  { bytes: '-C', decoder: 'iso-8859-3', keepEscape: false },
  { bytes: '-D', decoder: 'iso-8859-4', keepEscape: false },
  { bytes: '-L', decoder: 'iso-8859-5', keepEscape: false },
  { bytes: '-G', decoder: 'iso-8859-6', keepEscape: false },
  { bytes: '-F', decoder: 'iso-8859-7', keepEscape: false },
  { bytes: '-H', decoder: 'iso-8859-8', keepEscape: false },
  { bytes: '-M', decoder: 'windows-1254', keepEscape: false },
  { bytes: '-T', decoder: 'windows-874', keepEscape: false },
  { bytes: '(J', decoder: 'shift_jis', keepEscape: false },
  { bytes: ')I', decoder: 'shift_jis', keepEscape: false },
  { bytes: '$B', decoder: 'iso-2022-jp', keepEscape: true },
  { bytes: '$@', decoder: 'iso-2022-jp', keepEscape: true },
  { bytes: '$)C', decoder: 'euc-kr', keepEscape: false },
  { bytes: '$)A', decoder: 'gb18030', keepEscape: false },
];

type Decoder = { decode(bytes: Uint8Array): string };

const decoders = new Map<string, Decoder>();

function decoder(label: string): Decoder {
  let d = decoders.get(label);
  if (!d) {
    d = new TextDecoder(label);
    decoders.set(label, d);
  }
  return d;
}

/** Decoder label of the first (default) value of Specific Character Set. */
function defaultLabel(charset: string): string {
  const first = (charset.split('\\')[0] ?? '')
    .trim()
    .replace(/^ISO 2022 IR/, 'ISO_IR')
    .replace(/^ISO[ -]IR/, 'ISO_IR');
  return singleByte[first] ?? (/utf/i.test(first) ? 'utf-8' : 'latin1');
}

/**
 * Decodes text bytes; never throws, unknown bytes become U+FFFD or Latin-1.
 *
 * @param charset value of Specific Character Set as written, values separated by `\`
 */
export function decodeText(bytes: Uint8Array, charset: string): string {
  if (isAscii(bytes)) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const label = defaultLabel(charset);
  if (!bytes.includes(0x1b)) return decodeWith(label, bytes);
  let text = '';
  let at = 0;
  let current = label;
  let prefix: Uint8Array | null = null;
  for (let i = 0; i <= bytes.length; i++) {
    if (i < bytes.length && bytes[i] !== 0x1b) continue;
    if (i > at) {
      const part = bytes.subarray(at, i);
      text += decodeWith(current, prefix ? Buffer.concat([prefix, part]) : part);
    }
    if (i >= bytes.length) break;
    const rest = Buffer.from(bytes.subarray(i + 1, i + 4)).toString('latin1');
    const found = escapes.find((e) => rest.startsWith(e.bytes));
    at = i + 1 + (found?.bytes.length ?? 0);
    current = found?.decoder ?? label;
    prefix = found?.keepEscape ? bytes.subarray(i, at) : null;
  }
  return text;
}

function decodeWith(label: string, bytes: Uint8Array): string {
  if (label === 'latin1')
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  return decoder(label).decode(bytes);
}

/**
 * Encodes text that we write. ASCII is valid in every DICOM character set; Latin-1 and UTF-8 are written
 * as such; a character that the set cannot hold becomes `?`.
 */
export function encodeText(text: string, charset: string): Uint8Array {
  const label = defaultLabel(charset);
  if (label === 'utf-8') return new Uint8Array(Buffer.from(text, 'utf8'));
  const limit = label === 'latin1' && /ISO(?:_IR| 2022 IR) 100/.test(charset) ? 0xff : 0x7f;
  const bytes = new Uint8Array([...text].length);
  let i = 0;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    bytes[i++] = code <= limit ? code : 0x3f;
  }
  return bytes;
}

function isAscii(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i]! > 0x7f || bytes[i] === 0x1b) return false;
  return true;
}
