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

/**
 * One expression that finds any of these identifiers as whole words, upper or lower case, and the set of
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
  const alternatives = [...texts]
    .sort((a, b) => b.length - a.length)
    .map((text) => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&').replace(/\s+/g, '\\s+'));
  return {
    pattern: new RegExp(`(?<![\\p{L}\\p{N}])(?:${alternatives.join('|')})(?![\\p{L}\\p{N}])`, 'iu'),
    words,
  };
}
