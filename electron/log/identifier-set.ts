/** Words that turn up as a "name" or an "identifier" in real headers and say nothing about anybody. */
const meaningless = new Set(
  'none null unknown anonymous anonymized anon test phantom patient subject head brain scan image male female other true false'.split(
    ' ',
  ),
);

/** Below this many letters a name is looked for as a whole word only, so that "Ng" does not eat "along". */
const anywhereFrom = 5;
const digitsAnywhereFrom = 6;

/** A stretch of text `[from, to)`, in UTF-16 units. */
export type Span = readonly [from: number, to: number];

/**
 * The identifiers a log must never show, found whatever their punctuation, case and accents.
 *
 * Text and identifiers are compared as letters and digits only, lower case, without accents: `Müller^Anna`
 * finds `ANNA MULLER`, `anna_müller` and `muller`. Time is linear in the text and does not depend on how many
 * identifiers there are (set look-ups by length), so 100,000 subjects are no problem.
 *
 * Limits, on purpose: single characters and numbers under four digits are not looked for (they would empty
 * every log line); key-aware redaction removes them where they are labelled.
 */
export class IdentifierSet {
  private readonly patterns = new Set<string>();
  private readonly lengths = new Set<number>();
  private sortedLengths: readonly number[] = [];

  get size(): number {
    return this.patterns.size;
  }

  add(identifier: string): void {
    const words = identifier
      .split(/[^\p{L}\p{N}\p{M}]+/u)
      .map(squeeze)
      .filter(Boolean);
    if (words.length === 0) return;
    this.learn(words.join(''));
    if (words.length <= 5) this.learn([...words].reverse().join(''));
    // Family and given name side by side in either order, also when middle names and titles are left out.
    for (let a = 0; a < Math.min(words.length, 5); a++) {
      for (let b = 0; b < Math.min(words.length, 5); b++) if (a !== b) this.learn(words[a]! + words[b]!);
    }
    const isName = words.every((w) => !/\d/.test(w));
    for (const word of words) if (isName || /\d{4}|[a-z]\d|\d[a-z]/.test(word)) this.learn(word);
    for (const form of dateForms(words.join(''))) this.learn(form);
    this.sortedLengths = [...this.lengths].sort((p, q) => q - p);
  }

  private learn(pattern: string): void {
    const short = /^\d+$/.test(pattern) ? pattern.length < 4 : pattern.length < 2;
    if (short || meaningless.has(pattern)) return;
    this.patterns.add(pattern);
    this.lengths.add(pattern.length);
  }

  /** @returns true when the whole text is one identifier */
  has(text: string): boolean {
    return this.patterns.has(squeeze(text));
  }

  /** @returns stretches of the text that spell an identifier, ascending, not overlapping */
  find(text: string): Span[] {
    if (this.patterns.size === 0) return [];
    const { letters, at } = squeezeWithPositions(text);
    const spans: Span[] = [];
    for (let start = 0; start < letters.length; start++) {
      for (const length of this.sortedLengths) {
        if (start + length > letters.length) continue;
        const candidate = letters.slice(start, start + length);
        if (!this.patterns.has(candidate)) continue;
        const from = at[start]!;
        const to = endOf(text, at[start + length - 1]!);
        if (!standsAlone(candidate, text, from, to)) continue;
        spans.push([from, to]);
        start += length - 1;
        break;
      }
    }
    return spans;
  }
}

/** Lower case, without accents, letters and digits only. */
function squeeze(text: string): string {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/ß/g, 'ss')
    .replace(/ø/g, 'o')
    .replace(/ł/g, 'l')
    .replace(/[^\p{L}\p{N}]/gu, '');
}

function squeezeWithPositions(text: string): { letters: string; at: number[] } {
  const at: number[] = [];
  let letters = '';
  let index = 0;
  for (const character of text) {
    const kept = squeeze(character);
    for (let k = 0; k < kept.length; k++) at.push(index);
    letters += kept;
    index += character.length;
  }
  return { letters, at };
}

/** End of the character at an index, with the combining accents that follow it. */
function endOf(text: string, index: number): number {
  const rest = /^.[\p{M}]*/su.exec(text.slice(index, index + 16));
  return index + (rest ? rest[0].length : 1);
}

/** Long patterns count anywhere, also inside `scanjohnsmith01`; short ones only between non-letters. */
function standsAlone(pattern: string, text: string, from: number, to: number): boolean {
  const before = from > 0 ? text[from - 1]! : ' ';
  const after = text[to] ?? ' ';
  if (/^\d+$/.test(pattern)) {
    return pattern.length >= digitsAnywhereFrom || !(/\d/.test(before) || /\d/.test(after));
  }
  if (pattern.length >= anywhereFrom) return true;
  // `SmithJohn` starts a new word at the capital.
  const opens = !/[\p{L}\p{M}]/u.test(before) || (/\p{Ll}/u.test(before) && /\p{Lu}/u.test(text[from]!));
  const closes = !/[\p{L}\p{M}]/u.test(after) || (/\p{Ll}/u.test(text[to - 1]!) && /\p{Lu}/u.test(after));
  return opens && closes;
}

/** An eight-digit calendar date YYYYMMDD as people also write it: DDMMYYYY and MMDDYYYY. */
function dateForms(digits: string): string[] {
  const found = /^(1[89]\d\d|20\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$/.exec(digits);
  if (!found) return [];
  const [, year, month, day] = found as unknown as [string, string, string, string];
  return [`${day}${month}${year}`, `${month}${day}${year}`];
}
