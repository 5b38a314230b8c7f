import { dictionary } from 'dcmjs/dictionary';

/** What the standard says about one public attribute. */
export interface DictionaryEntry {
  /** `PatientName`; retired ones keep their old keyword. */
  readonly keyword: string;
  /** Two letters, or `xs` (US or SS), `ox` (OB or OW), `lt` (US or OW): resolved by the reader. */
  readonly vr: string;
}

const exact = new Map<string, DictionaryEntry>();
const ranges: { from: number; to: number; element: string; entry: DictionaryEntry }[] = [];
const tagsByKeyword = new Map<string, string>();
const privateEntries = new Map<string, DictionaryEntry>();

for (const [key, value] of Object.entries(dictionary)) {
  if (!value.vr || value.vr === 'na') continue;
  const entry = { keyword: value.name.replace(/^RETIRED_/, ''), vr: value.vr === 'up' ? 'UL' : value.vr };
  const plain = /^\(([0-9A-F]{4}),([0-9A-F]{4})\)$/i.exec(key);
  if (plain) {
    const tag = `${plain[1]}${plain[2]}`.toUpperCase();
    exact.set(tag, entry);
    if (!value.name.startsWith('RETIRED_') || !tagsByKeyword.has(entry.keyword))
      tagsByKeyword.set(entry.keyword, tag);
    continue;
  }
  const groups = /^\(([0-9A-F]{4})-(?:[a-z]-)?([0-9A-F]{4}),([0-9A-F]{4})\)$/i.exec(key);
  if (groups) {
    const [, from, to, element] = groups;
    ranges.push({
      from: Number.parseInt(from!, 16),
      to: Number.parseInt(to!, 16),
      element: element!.toUpperCase(),
      entry,
    });
    continue;
  }
  const owned = /^\(([0-9a-f]{4}),"(.*)",([0-9a-f]{2})\)$/i.exec(key);
  if (owned && /^[A-Z]{2}$/.test(value.vr)) {
    privateEntries.set(
      `${owned[1]!.toUpperCase()}|${owned[2]!.toUpperCase()}|${owned[3]!.toUpperCase()}`,
      entry,
    );
  }
}

/**
 * Looks a public attribute up in the DICOM data dictionary (PS3.6, as shipped with dcmjs).
 *
 * @param tag eight upper-case hexadecimal digits, `00100010`
 */
export function dictionaryEntry(tag: string): DictionaryEntry | undefined {
  const found = exact.get(tag);
  if (found) return found;
  const group = Number.parseInt(tag.slice(0, 4), 16);
  const element = tag.slice(4);
  // Repeating groups hold even groups only (PS3.5 section 7.6).
  if (group % 2 === 1) return undefined;
  return ranges.find((r) => r.element === element && group >= r.from && group <= r.to)?.entry;
}

/** A private attribute's name and VR where the dictionary knows its creator. `element` is its last two digits. */
export function privateEntry(group: string, creator: string, element: string): DictionaryEntry | undefined {
  return privateEntries.get(`${group}|${creator.toUpperCase()}|${element}`);
}

/** Tag of a keyword, `PatientName` → `00100010`. */
export function tagOfKeyword(keyword: string): string | undefined {
  return tagsByKeyword.get(keyword);
}

/** `SeriesInstanceUID` → `Series Instance UID`. */
export function spacedKeyword(keyword: string): string {
  return keyword.replace(/([a-z0-9])([A-Z])/g, '$1 $2').replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2');
}
