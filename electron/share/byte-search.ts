import type { BytePattern } from './identifier-forms.ts';

/** Lower-case letter for every ASCII capital, every other byte itself. */
const FOLD = Uint8Array.from({ length: 256 }, (_, b) => (b >= 65 && b <= 90 ? b + 32 : b));
const WORD = Uint8Array.from({ length: 256 }, (_, b) => {
  const c = FOLD[b]!;
  return (c >= 97 && c <= 122) || (b >= 48 && b <= 57) ? 1 : 0;
});
/** Bits of the two window tables: many patterns of six bytes and more, few shorter ones. */
const LONG_BITS = 23;
const SHORT_BITS = 18;

interface Entry {
  readonly pattern: BytePattern;
  /** Where in the pattern its window begins. */
  readonly at: number;
}

function hashLong(low: number, high: number): number {
  return (Math.imul(low, 0x9e3779b1) ^ Math.imul(high + 0x7f4a, 0x85ebca6b)) >>> (32 - LONG_BITS);
}

function hashShort(window: number): number {
  return Math.imul(window, 0x9e3779b1) >>> (32 - SHORT_BITS);
}

/**
 * Looks for thousands of byte patterns in one pass over a stream.
 *
 * Each pattern is found by one window of it, six bytes long (four or three for shorter patterns), the rarest
 * among the patterns, so that a thousand UIDs with a common root do not all wait at the same place. A bit
 * table answers "no" for nearly every position; what remains is compared in full.
 *
 * @see Wu & Manber 1994, "A fast algorithm for multi-pattern searching" (the window and its table)
 */
export class ByteSearch {
  /** Longest pattern with the characters on either side that decide whether it stands alone. */
  readonly overlap: number;
  private readonly longBits = new Uint32Array(1 << (LONG_BITS - 5));
  private readonly shortBits = new Uint32Array(1 << (SHORT_BITS - 5));
  private readonly long = new Map<number, Entry[]>();
  private readonly short = new Map<number, Entry[]>();
  private readonly three = new Map<number, Entry[]>();

  constructor(readonly patterns: readonly BytePattern[]) {
    let longest = 0;
    for (const pattern of patterns) {
      const { bytes } = pattern;
      longest = Math.max(longest, bytes.length);
      const f = (i: number) => FOLD[bytes[i]!]!;
      if (bytes.length >= 6) {
        this.add(this.long, this.longBits, pattern, 6, (i) =>
          hashLong((f(i + 2) << 24) | (f(i + 3) << 16) | (f(i + 4) << 8) | f(i + 5), (f(i) << 8) | f(i + 1)),
        );
      } else if (bytes.length >= 4) {
        this.add(this.short, this.shortBits, pattern, 4, (i) =>
          hashShort((f(i) << 24) | (f(i + 1) << 16) | (f(i + 2) << 8) | f(i + 3)),
        );
      } else {
        this.add(this.three, null, pattern, 3, (i) => (f(i) << 16) | (f(i + 1) << 8) | f(i + 2));
      }
    }
    this.overlap = longest + 64;
  }

  private add(
    buckets: Map<number, Entry[]>,
    bits: Uint32Array | null,
    pattern: BytePattern,
    width: number,
    hashAt: (i: number) => number,
  ): void {
    let at = 0;
    let key = 0;
    let fewest = Number.POSITIVE_INFINITY;
    // From the end: what tells identifiers apart (UIDs above all) stands there.
    for (let i = pattern.bytes.length - width; i >= 0 && fewest > 0; i--) {
      const here = hashAt(i);
      const size = buckets.get(here)?.length ?? 0;
      if (size < fewest) [fewest, at, key] = [size, i, here];
    }
    if (bits) bits[key >>> 5]! |= 1 << (key & 31);
    const bucket = buckets.get(key);
    if (bucket) bucket.push({ pattern, at });
    else buckets.set(key, [{ pattern, at }]);
  }

  /**
   * Every match in one piece of memory.
   *
   * @param from first position a match may start at; what lies before it is only looked at as context
   * @param final false while more bytes follow: matches too near the end to be decided are left to the next call
   */
  search(
    bytes: Uint8Array,
    found: (pattern: BytePattern, start: number) => void,
    from = 0,
    final = true,
  ): void {
    const { longBits, shortBits, long, short, three } = this;
    const hasShort = short.size > 0;
    const hasThree = three.size > 0;
    const last = final ? bytes.length : bytes.length - 32;
    const check = (bucket: readonly Entry[] | undefined, windowStart: number) => {
      if (!bucket) return;
      for (const { pattern, at } of bucket) {
        const start = windowStart - at;
        if (start >= from && start + pattern.bytes.length <= last && matches(bytes, start, pattern))
          found(pattern, start);
      }
    };
    let low = 0;
    let high = 0;
    for (let i = from; i < bytes.length; i++) {
      high = ((high << 8) | (low >>> 24)) & 0xffff;
      low = (low << 8) | FOLD[bytes[i]!]!;
      const hash = (Math.imul(low, 0x9e3779b1) ^ Math.imul(high + 0x7f4a, 0x85ebca6b)) >>> (32 - LONG_BITS);
      if (longBits[hash >>> 5]! & (1 << (hash & 31)) && i >= from + 5) check(long.get(hash), i - 5);
      if (hasShort) {
        const h = Math.imul(low, 0x9e3779b1) >>> (32 - SHORT_BITS);
        if (shortBits[h >>> 5]! & (1 << (h & 31)) && i >= from + 3) check(short.get(h), i - 3);
      }
      if (hasThree && i >= from + 2) check(three.get(low & 0xffffff), i - 2);
    }
  }

  /** A searcher for bytes that arrive in pieces. */
  stream(found: (pattern: BytePattern) => void): { push(chunk: Uint8Array): void; end(): void } {
    let kept = new Uint8Array(0);
    let context = 0;
    const run = (bytes: Uint8Array, final: boolean) => {
      this.search(bytes, (pattern) => found(pattern), context, final);
      const keep = Math.min(bytes.length, this.overlap + 64);
      kept = bytes.slice(bytes.length - keep);
      // Matches that began before this point were decided; it stays only as context for what follows.
      context = Math.max(0, Math.min(keep - this.overlap, keep));
    };
    return {
      push(chunk) {
        const joined = new Uint8Array(kept.length + chunk.length);
        joined.set(kept);
        joined.set(chunk, kept.length);
        run(joined, false);
      },
      end() {
        run(kept, true);
      },
    };
  }
}

function matches(bytes: Uint8Array, start: number, pattern: BytePattern): boolean {
  const wanted = pattern.bytes;
  if (pattern.exactCase) {
    for (let i = 0; i < wanted.length; i++) if (bytes[start + i] !== wanted[i]) return false;
  } else {
    for (let i = 0; i < wanted.length; i++) if (FOLD[bytes[start + i]!] !== FOLD[wanted[i]!]) return false;
  }
  return pattern.bounds === 'none' || standsAlone(bytes, start, pattern);
}

function standsAlone(
  bytes: Uint8Array,
  start: number,
  { bounds, bytes: wanted, unit, low }: BytePattern,
): boolean {
  /** The character `steps` before the match (negative) or after it (positive), −1 when there is none. */
  const char = (steps: number): number => {
    const at = steps < 0 ? start + steps * unit : start + wanted.length + (steps - 1) * unit;
    if (at < 0 || at + unit > bytes.length) return -1;
    if (unit === 2 && bytes[at + 1 - low] !== 0) return -1;
    return bytes[at + low]!;
  };
  const digit = (c: number) => c >= 48 && c <= 57;
  if (bounds === 'word') return !(WORD[char(-1)] || WORD[char(1)]);
  // Leading zeros do not make it another number.
  let before = -1;
  while (char(before) === 48 && before > -24) before--;
  if (digit(char(before)) || (char(before) === 46 && digit(char(before - 1)))) return false;
  if (bounds === 'number' && (digit(char(1)) || (char(1) === 46 && digit(char(2))))) return false;
  return !insideChecksum(bytes, start, start + wanted.length);
}

/** Is the match part of a run of 32 or more hexadecimal characters, as a checksum is? */
function insideChecksum(bytes: Uint8Array, start: number, end: number): boolean {
  const hex = (b: number | undefined) =>
    b !== undefined && ((b >= 48 && b <= 57) || (FOLD[b]! >= 97 && FOLD[b]! <= 102));
  let from = start;
  let to = end;
  while (from > 0 && start - from < 64 && hex(bytes[from - 1])) from--;
  while (to < bytes.length && to - end < 64 && hex(bytes[to])) to++;
  return to - from >= 32;
}
