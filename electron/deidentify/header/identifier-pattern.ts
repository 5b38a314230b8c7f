import type { Identifier } from './identifiers.ts';

/** Kinds whose appearance inside kept text means a leak; dates, UIDs and serials are treated by their own rules. */
const inText: ReadonlySet<Identifier['kind']> = new Set([
  'patient-name',
  'patient-id',
  'birth-date',
  'accession',
  'physician',
  'institution',
  'address',
  'phone',
]);

/** Up to this length an identifier must stand alone; a longer one is found inside other words too. */
const wholeWordUpTo = 6;

/**
 * One expression that finds any of these identifiers, upper or lower case, and the set of
 * their single words in lower case.
 *
 * @param label the pseudonym, which is no identifier
 * @param institutionStays Retain Institution Identity is on
 */
export function identifierPattern(
  identifiers: readonly Identifier[],
  label: string,
  institutionStays: boolean,
): { pattern: RegExp | null; words: Set<string> } {
  const texts = new Set<string>();
  const words = new Set<string>();
  for (const { kind, text } of identifiers) {
    if (!inText.has(kind) || text === label) continue;
    if (institutionStays && (kind === 'institution' || kind === 'address')) continue;
    texts.add(text.toLowerCase());
    for (const word of text.toLowerCase().split(/[^\p{L}\p{N}]+/u)) {
      // Single words of names matter in descriptors; the words of an institution's name are too ordinary.
      if (word.length > 1 && kind !== 'institution' && kind !== 'address') words.add(word);
    }
  }
  if (texts.size === 0) return { pattern: null, words };
  const literally = (text: string): string =>
    text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&').replace(/\s+/g, '\\s+');
  const sorted = [...texts].sort((a, b) => b.length - a.length);
  const parts = sorted.filter((t) => t.length > wholeWordUpTo).map(literally);
  const short = sorted.filter((t) => t.length <= wholeWordUpTo).map(literally);
  if (short.length > 0) parts.push(`(?<![\\p{L}\\p{N}])(?:${short.join('|')})(?![\\p{L}\\p{N}])`);
  return { pattern: new RegExp(parts.join('|'), 'iu'), words };
}
