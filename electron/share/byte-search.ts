import type { BytePattern } from './identifier-forms.ts';

/** Lower-case letter for every ASCII capital, every other byte itself. */
const FOLD = Uint8Array.from({ length: 256 }, (_, b) => (b >= 65 && b <= 90 ? b + 32 : b));
const WORD = Uint8Array.from({ length: 256 }, (_, b) => {
  const c = FOLD[b]!;
  return (c >= 97 && c <= 122) || (b >= 48 && b <= 57) ? 1 : 0;
});
const HASH_BITS = 21;

/**
 * Looks for thousands of byte patterns in one pass over a stream.
 *
 * Each pattern is found by one four-byte window of it, the rarest among the patterns (so that a thousand
 * UIDs with a common root do not all wait at the same place). A bit table answers "no" for nearly every
 * position; what remains is compared in full. Patterns of three bytes have a table of their own.
 *
 * @see Wu & Manber 1994, "A fast algorithm for multi-pattern searching" (the window and its table)
 */
export class ByteSearch {
  /** Longest pattern with the characters on either side that decide whether it stands alone. */
  readonly overlap: number;
  private readonly table4 = new Uint32Array(1 << (HASH_BITS - 5));
  private readonly buckets4 = new Map<number, { pattern: BytePattern; at: number }[]>();
  private readonly buckets3 = new Map<number, BytePattern[]>();

  constructor(readonly patterns: readonly BytePattern[]) {
    let longest = 0;
    for (const pattern of patterns) {
      longest = Math.max(longest, pattern.bytes.length);
      if (pattern.bytes.length < 4) this.addShort(pattern);
      else this.add(pattern);
    }
    this.overlap = longest + 64;
  }

  private addShort(pattern: BytePattern): void {
    const [a, b, c] = pattern.bytes as unknown as [number, number, number];
    const key = (FOLD[a]! << 16) | (FOLD[b]! << 8) | FOLD[c]!;
    const bucket = this.buckets3.get(key);
    if (bucket) bucket.push(pattern);
    else this.buckets3.set(key, [pattern]);
  }

  private add(pattern: BytePattern): void {
    const { bytes } = pattern;
    let at = 0;
    let key = 0;
    let fewest = Number.POSITIVE_INFINITY;
    for (let i = bytes.length - 4; i >= 0 && fewest > 0; i--) {
      const here =
        ((FOLD[bytes[i]!]! << 24) |
          (FOLD[bytes[i + 1]!]! << 16) |
          (FOLD[bytes[i + 2]!]! << 8) |
          FOLD[bytes[i + 3]!]!) >>>
        0;
      const size = this.buckets4.get(here)?.length ?? 0;
      if (size < fewest) [fewest, at, key] = [size, i, here];
    }
    const hash = Math.imul(key, 0x9e3779b1) >>> (32 - HASH_BITS);
    this.table4[hash >>> 5]! |= 1 << (hash & 31);
    const bucket = this.buckets4.get(key);
    if (bucket) bucket.push({ pattern, at });
    else this.buckets4.set(key, [{ pattern, at }]);
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
    const { table4, buckets4, buckets3 } = this;
    const short = buckets3.size > 0;
    const last = final ? bytes.length : bytes.length - 32;
    let window = 0;
    const shift = 32 - HASH_BITS;
    for (let i = from; i < bytes.length; i++) {
      window = ((window << 8) | FOLD[bytes[i]!]!) >>> 0;
      if (i >= from + 3) {
        const hash = Math.imul(window, 0x9e3779b1) >>> shift;
        if (table4[hash >>> 5]! & (1 << (hash & 31))) {
          const bucket = buckets4.get(window);
          if (bucket) {
            for (const { pattern, at } of bucket) {
              const start = i - 3 - at;
              if (start >= from && start + pattern.bytes.length <= last && matches(bytes, start, pattern))
                found(pattern, start);
            }
          }
        }
      }
      if (short && i >= from + 2) {
        const bucket = buckets3.get(window & 0xffffff);
        if (bucket)
          for (const pattern of bucket) if (i < last && matches(bytes, i - 2, pattern)) found(pattern, i - 2);
      }
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
