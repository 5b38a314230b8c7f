/**
 * The byte forms one identifier can take inside a file.
 *
 * Latin letters are compared without regard to case, so only their lower-case form is produced. Letters
 * outside ASCII are written in both cases and once more without their marks (`Müller`, `MÜLLER`,
 * `Muller`), then encoded the ways scanners and text files encode them.
 */

/** One sequence of bytes to look for. */
export interface BytePattern {
  /** Bytes, ASCII letters in lower case unless `exactCase`. */
  readonly bytes: Uint8Array;
  readonly identifierKind: string;
  /** Base64 and the like: letters must match as they are. */
  readonly exactCase: boolean;
  /**
   * What must surround a match. `word`: no letter or digit. `number`: not the inside of a longer number,
   * UID or checksum. `date`: as `number`, but a time may follow. `none`: anywhere.
   */
  readonly bounds: 'none' | 'word' | 'number' | 'date';
  /** Bytes of one character, and where a character's low byte lies in it. */
  readonly unit: 1 | 2;
  readonly low: 0 | 1;
  /** Counts only in files of this subject; empty: everywhere. */
  readonly subject: string;
  /** The identifier in lower case when it is a single word with a letter in it; empty otherwise. */
  readonly word: string;
}

/** An identifier to look for: what it is (`patient-name`) and how it is written in the source. */
export interface SearchIdentifier {
  readonly kind: string;
  readonly text: string;
  /**
   * Pseudonym of the subject whose files alone are meant. For dates: another subject's true date is one
   * that a shift may produce.
   */
  readonly subject?: string;
}

const NOT_ASCII = /\P{ASCII}/u;
const IDEOGRAPHIC = /[\u2e80-\uffdc]/;
/** Below this an identifier says nothing about a person: three bytes turn up by chance everywhere. */
const SHORTEST = 3;
/** Up to this length a hit must stand alone between non-word characters. */
const WHOLE_WORD_UP_TO = 6;
/** Base64 and hexadecimal hide an identifier only when it is long enough to be told from chance. */
const SHORTEST_ENCODED = 5;

/**
 * Patterns for a list of identifiers, without duplicates.
 *
 * @param identifiers what must not appear; texts shorter than 3 characters are passed over
 */
export function bytePatterns(identifiers: readonly SearchIdentifier[]): BytePattern[] {
  const found = new Map<string, BytePattern>();
  for (const { kind, text, subject = '' } of identifiers) {
    const trimmed = text.normalize('NFC').trim();
    if (!isLongEnough(trimmed)) continue;
    if (kind === 'uid') {
      // Digits and dots have one way of being written, and a catalog holds very many of them.
      const bytes = Buffer.from(trimmed, 'latin1');
      const bounds = trimmed.length >= 16 ? 'none' : 'number';
      found.set(`${trimmed}\u0000uid`, {
        bytes,
        identifierKind: kind,
        exactCase: false,
        bounds,
        unit: 1,
        low: 0,
        subject,
        word: '',
      });
      continue;
    }
    const plain = new Set([
      trimmed,
      trimmed.toLowerCase(),
      trimmed.split('^').slice(0, 2).join(' ').toLowerCase(),
    ]);
    const word = /^[\p{L}\p{N}]*\p{L}[\p{L}\p{N}]*$/u.test(trimmed) ? trimmed.toLowerCase() : '';
    for (const written of writings(trimmed)) {
      for (const form of encodings(written, kind, subject, plain.has(written))) {
        const pattern = { ...form, word };
        if (pattern.bytes.length < SHORTEST) continue;
        const key = `${Buffer.from(pattern.bytes).toString('latin1')}\u0000${pattern.exactCase}\u0000${pattern.bounds}\u0000${subject}`;
        if (!found.has(key)) found.set(key, pattern);
      }
    }
  }
  return [...found.values()];
}

/** Three letters, or two characters of a script in which one character is a syllable or a word. */
export function isLongEnough(text: string): boolean {
  return [...text].length >= (IDEOGRAPHIC.test(text) ? 2 : SHORTEST);
}

/** Ways of writing one text: spacing, order of name parts, marks, dates. */
function writings(text: string): Set<string> {
  const out = new Set<string>();
  const add = (value: string) => {
    if (!isLongEnough(value)) return;
    out.add(value.toLowerCase());
    if (NOT_ASCII.test(value)) {
      out.add(value.toUpperCase());
      out.add(value.toLowerCase().normalize('NFD'));
      out.add(withoutMarks(value).toLowerCase());
    }
  };
  add(text);
  for (const spelled of spelledOut(text)) for (const written of writings(spelled)) out.add(written);
  for (const date of dateForms(text)) add(date);
  // Name parts: any two neighbours may be joined and turned round in file names and free text.
  const parts = text.split(/[\s^=,;]+/).filter((part) => part.length > 0);
  if (parts.length > 1 && parts.length <= 6) {
    for (const order of [parts, [...parts].reverse(), [...parts.slice(1), parts[0]!]]) {
      for (const glue of [' ', '', '^', '_', '-', '.', ', ', ',', '%20', '+']) add(order.join(glue));
    }
    const [family, given] = parts as [string, string];
    for (const [a, b] of [
      [family, given],
      [given, family],
    ]) {
      for (const glue of [' ', '^', '_', '-', '.', ', ', ',', '']) add(`${a}${glue}${b}`);
    }
  }
  return out;
}

/** German and Nordic letters spelled out, as hospital systems without them do. */
function spelledOut(text: string): string[] {
  const spelled = text.replace(
    /[äöüßæøåÄÖÜÆØÅ]/g,
    (c) =>
      ({ ä: 'ae', ö: 'oe', ü: 'ue', ß: 'ss', æ: 'ae', ø: 'oe', å: 'aa' })[c.toLowerCase() as 'ä'] as string,
  );
  return spelled === text ? [] : [spelled];
}

function withoutMarks(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/ß/g, 'ss')
    .replace(/[øØ]/g, 'o')
    .replace(/[łŁ]/g, 'l');
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** A DICOM date (YYYYMMDD) as people and other formats write it. */
function dateForms(text: string): string[] {
  const match = /^((?:18|19|20)\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$/.exec(
    text.replace(/^(\d{4})-(\d\d)-(\d\d)$/, '$1$2$3'),
  );
  if (!match) return [];
  const [, y, m, d] = match as unknown as [string, string, string, string];
  const month = MONTHS[Number(m) - 1]!;
  return [
    `${y}${m}${d}`,
    `${y}-${m}-${d}`,
    `${y}/${m}/${d}`,
    `${y}.${m}.${d}`,
    `${y}_${m}_${d}`,
    `${d}.${m}.${y}`,
    `${d}/${m}/${y}`,
    `${d}-${m}-${y}`,
    `${m}/${d}/${y}`,
    `${m}-${d}-${y}`,
    `${d}-${month}-${y}`,
    `${d} ${month} ${y}`,
  ];
}

/** A pattern before it is known which identifier asked for it. */
type Form = Omit<BytePattern, 'word'>;

/** Every encoding of one writing; `thorough` adds the disguises (hexadecimal, base64, foreign code pages). */
function* encodings(
  text: string,
  identifierKind: string,
  subject: string,
  thorough: boolean,
): Generator<Form> {
  const bounds = boundsOf(text);
  const make = (bytes: Uint8Array, unit: 1 | 2 = 1, low: 0 | 1 = 0): Form => ({
    bytes,
    identifierKind,
    exactCase: false,
    bounds,
    unit,
    low,
    subject,
  });
  yield make(Buffer.from(text, 'utf8'));
  const littleEndian = Buffer.from(text, 'utf16le');
  yield make(littleEndian, 2, 0);
  yield make(Buffer.from(littleEndian).swap16(), 2, 1);
  if (NOT_ASCII.test(text)) {
    if ([...text].every((c) => c.codePointAt(0)! < 256)) yield make(Buffer.from(text, 'latin1'));
    for (const bytes of nationalEncodings(text))
      yield { ...make(bytes), exactCase: true, bounds: bytes.length < 4 ? 'word' : 'none' };
    yield make(Buffer.from(jsonEscaped(text), 'latin1'));
    yield make(Buffer.from(encodeURIComponent(text).toLowerCase(), 'latin1'));
  }
  if (thorough && [...text].length >= SHORTEST_ENCODED) {
    const free = { identifierKind, bounds: 'none', unit: 1, low: 0, subject } as const;
    yield {
      ...free,
      bytes: Buffer.from(Buffer.from(text, 'utf8').toString('hex'), 'latin1'),
      exactCase: false,
    };
    for (const written of new Set([text, text.toUpperCase(), titled(text)])) {
      const hex = Buffer.from(written, 'utf8').toString('hex');
      yield { ...free, bytes: Buffer.from(hex, 'latin1'), exactCase: false };
      for (const bytes of base64Forms(Buffer.from(written, 'utf8')))
        yield { ...free, bytes, exactCase: true };
    }
  }
}

function boundsOf(text: string): BytePattern['bounds'] {
  if (/^(?:18|19|20)\d\d[-/._]?(?:0[1-9]|1[0-2])[-/._]?(?:0[1-9]|[12]\d|3[01])$/.test(text)) return 'date';
  if (/^[\d.\-/_]+$/.test(text)) return text.includes('.') && text.length >= 16 ? 'none' : 'number';
  return [...text].length <= WHOLE_WORD_UP_TO ? 'word' : 'none';
}

function titled(text: string): string {
  return text.replace(
    /(^|[\s^_.,-])(\p{L})/gu,
    (_, before: string, letter: string) => before + letter.toUpperCase(),
  );
}

function jsonEscaped(text: string): string {
  let out = '';
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    out += code < 0x80 ? text[i] : `\\u${code.toString(16).padStart(4, '0')}`;
  }
  return out;
}

/** Base64 of the bytes at each of the three possible alignments, without characters its neighbours decide. */
function base64Forms(bytes: Buffer): Buffer[] {
  const forms: Buffer[] = [];
  for (let shift = 0; shift < 3; shift++) {
    const text = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const from = shift === 0 ? 0 : shift + 1;
    const to = Math.floor(((shift + bytes.length) * 8) / 6);
    const certain = text.slice(from, to);
    if (certain.length >= 6) forms.push(Buffer.from(certain, 'latin1'));
  }
  return forms;
}

/** Encodings of DICOM character sets other than Latin-1 and UTF-8 that Node can decode. */
const NATIONAL = [
  'iso-8859-2',
  'iso-8859-3',
  'iso-8859-4',
  'iso-8859-5',
  'iso-8859-6',
  'iso-8859-7',
  'iso-8859-8',
  'windows-1254',
  'windows-1251',
  'windows-874',
  'shift_jis',
  'euc-jp',
  'euc-kr',
  'gb18030',
];
const encoders = new Map<string, Map<string, number[]>>();

function* nationalEncodings(text: string): Generator<Buffer> {
  for (const name of NATIONAL) {
    const bytes = encodeWith(name, text);
    if (!bytes) continue;
    yield bytes;
    // ISO 2022 IR 87 and IR 149 carry the same two-byte codes with or without the high bit.
    if (name === 'euc-jp') yield Buffer.from(bytes.map((b) => b & 0x7f));
  }
}

/** Encodes by turning the platform's decoder round; null when a character has no code. */
function encodeWith(name: string, text: string): Buffer | null {
  const table = encoders.get(name) ?? reverseTable(name);
  encoders.set(name, table);
  const out: number[] = [];
  for (const char of text) {
    const code = table.get(char);
    if (!code) return null;
    out.push(...code);
  }
  return Buffer.from(out);
}

function reverseTable(name: string): Map<string, number[]> {
  const table = new Map<string, number[]>();
  let decoder: InstanceType<typeof TextDecoder>;
  try {
    decoder = new TextDecoder(name);
  } catch {
    return table; // this platform does not carry the encoding
  }
  const put = (bytes: number[]) => {
    const char = decoder.decode(Uint8Array.from(bytes));
    if (char.length === 0 || char.includes('\ufffd') || [...char].length !== 1) return;
    if (!table.has(char)) table.set(char, bytes);
  };
  for (let a = 0; a < 256; a++) put([a]);
  if (!/^(iso|windows)/.test(name)) {
    for (let a = 0x81; a < 0xff; a++) for (let b = 0x40; b < 0xff; b++) put([a, b]);
  }
  return table;
}
