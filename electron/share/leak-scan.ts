import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { Leak } from '../../shared/share/records.ts';
import type { TaskContext } from '../worker/task.ts';
import { quietContext } from '../worker/task.ts';
import { ByteSearch } from './byte-search.ts';
import { type BytePattern, bytePatterns, isLongEnough, type SearchIdentifier } from './identifier-forms.ts';
import { BARE_NUMBER, type Piece, searchableParts } from './searchable-parts.ts';

export interface LeakScan {
  readonly leaks: Leak[];
  readonly files: number;
  readonly bytes: number;
  readonly identifiers: number;
  readonly patterns: number;
  /** Identifiers too short or too ordinary to mean a person when found. */
  readonly notSearched: number;
}

/**
 * Words that turn up as names of phantoms and test people and in any description of a scan.
 * A *part* of a name that is one of them is passed over; the whole name is still searched.
 */
const ORDINARY = new Set(
  (
    'anonymous anonymized anonymised anon none null unknown empty removed patient subject session person name test ' +
    'phantom head brain face neck scan series study image images volume project share export import data demo sample ' +
    'example man male female other adult child control healthy research public local manual normal standard original ' +
    'derived primary secondary axial sagittal coronal siemens philips general electric medical systems hospital ' +
    'university institute clinic department center centre magnetic resonance mri the and for with not yes true false ' +
    'san von van der den del las los ben bin abu may june april august day key bit set run rec acq mod one two'
  ).split(' '),
);

/**
 * Identifiers worth searching: long enough and not an everyday word of the field.
 *
 * @param ownText the fixed sentences of a share; a name part that is one of their words proves nothing
 */
export function searchableIdentifiers(
  identifiers: readonly SearchIdentifier[],
  ownText = '',
): SearchIdentifier[] {
  const own = new Set(ownText.toLowerCase().match(/\p{L}+/gu) ?? []);
  const seen = new Set<string>();
  return identifiers.filter(({ kind, text, subject = '' }) => {
    const plain = text.trim().toLowerCase();
    const key = `${kind} ${plain} ${subject}`;
    if (seen.has(key)) return false;
    seen.add(key);
    if (!isLongEnough(plain) || ORDINARY.has(plain) || own.has(plain)) return false;
    // Three-digit numbers, and numbers made of one repeated digit, are in every file.
    return !/^\d{1,3}$/.test(plain) && !/^([0.\-\s])\1*$/.test(plain);
  });
}

/** Every file under a folder, relative, `/` separated, sorted. */
export async function listFiles(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

/**
 * Searches the names and contents of everything under a folder for identifiers.
 *
 * Contents are searched inside gzip and around voxels (see {@link searchableParts}), in UTF-8, UTF-16 of
 * both byte orders, Latin-1 and the DICOM code pages, without regard to the case of Latin letters, as
 * hexadecimal and base64, with name parts turned round and dates written the usual ways. A finding names
 * the file and the kind of identifier; the identifier itself is never returned, and a file name that
 * contains one is returned with that part covered.
 *
 * Scanners are called like people, and stations and network nodes like scanners: an identifier that is a single
 * word is not taken for a finding where it is a whole word of Manufacturer, Manufacturer's Model Name or Software
 * Versions, in DICOM or in a sidecar. It is found everywhere else, and identifiers of several words are found there
 * too. Given up is a single name that was typed into one of these attributes, unless it is the subject's own: the
 * profile removes an attribute that names its subject.
 *
 * @param root folder to search
 * @param identifiers what must not be there (see `searchableIdentifiers` for what is passed over)
 * @returns one finding per file, kind and place, in file order
 */
export async function scanForLeaks(
  root: string,
  identifiers: readonly SearchIdentifier[],
  context: TaskContext = quietContext,
  ownText = '',
): Promise<LeakScan> {
  const wanted = searchableIdentifiers(identifiers, ownText);
  const search = new ByteSearch(bytePatterns(wanted));
  const leaks: Leak[] = [];
  const files = await listFiles(root);
  let bytes = 0;
  for (const [n, file] of files.entries()) {
    context.signal.throwIfAborted();
    context.progress(n / Math.max(1, files.length), `byte search ${n + 1} of ${files.length}`);
    const { covered, kinds } = searchName(search, file);
    for (const kind of kinds) leaks.push({ file: covered, identifierKind: kind, where: 'name' });
    const found = new Set<string>();
    const note = (pattern: BytePattern) => {
      if (concerns(pattern, file)) found.add(pattern.identifierKind);
    };
    for await (const size of searchContent(search, join(root, file), note)) {
      bytes += size;
      context.signal.throwIfAborted();
    }
    for (const kind of [...found].sort())
      leaks.push({ file: covered, identifierKind: kind, where: 'content' });
  }
  const { length } = search.patterns;
  const notSearched =
    new Set(identifiers.map((i) => `${i.kind} ${i.text.trim().toLowerCase()}`)).size - wanted.length;
  return { leaks, files: files.length, bytes, identifiers: wanted.length, patterns: length, notSearched };
}

/** Kinds of identifier found in a text that has not been written yet, such as the receipt. */
export function scanText(identifiers: readonly SearchIdentifier[], text: string, ownText = ''): string[] {
  const search = new ByteSearch(bytePatterns(searchableIdentifiers(identifiers, ownText)));
  const kinds = new Set<string>();
  search.search(Buffer.from(text.replace(BARE_NUMBER, '0'), 'utf8'), (pattern) => {
    if (concerns(pattern, '')) kinds.add(pattern.identifierKind);
  });
  return [...kinds].sort();
}

/** Birth dates count in files of all subjects together as well; other dates there are those of the share. */
function concerns({ subject, identifierKind }: BytePattern, file: string): boolean {
  return (
    subject === '' || file.includes(subject) || (identifierKind === 'birth-date' && !file.includes('sub-'))
  );
}

function searchName(search: ByteSearch, file: string): { covered: string; kinds: string[] } {
  const kinds = new Set<string>();
  let covered = file;
  for (const form of ['NFC', 'NFD'] as const) {
    const bytes = Buffer.from(file.normalize(form), 'utf8');
    const cover = new Uint8Array(bytes);
    let hit = false;
    search.search(bytes, (pattern: BytePattern, start) => {
      if (!concerns(pattern, file)) return;
      kinds.add(pattern.identifierKind);
      hit = true;
      cover.fill(0x2a, start, start + pattern.bytes.length);
    });
    if (hit) covered = Buffer.from(cover).toString('utf8');
  }
  return { covered, kinds: [...kinds].sort() };
}

async function* searchContent(
  search: ByteSearch,
  path: string,
  found: (pattern: BytePattern) => void,
): AsyncGenerator<number> {
  let mode: Piece = 'all';
  let own: ReadonlySet<string> = new Set();
  const counted = (pattern: BytePattern) => {
    const { bounds } = pattern;
    if (mode === 'equipment') {
      if (own.has(pattern.word)) return;
    } else if (mode !== 'all' && (bounds === 'number' || (mode === 'words-off' && bounds === 'word'))) return;
    found(pattern);
  };
  let stream = search.stream(counted);
  for await (const piece of searchableParts(path)) {
    if (typeof piece === 'string') {
      stream.end();
      if (piece !== 'break') mode = piece;
      stream = search.stream(counted);
    } else {
      if (mode === 'equipment') own = wordsOf(piece);
      stream.push(piece);
      yield piece.length;
    }
  }
  stream.end();
}

/** Whole words of a value, in lower case, read as UTF-8 and as Latin-1. */
function wordsOf(value: Uint8Array): Set<string> {
  const texts = ['utf8', 'latin1'] as const;
  return new Set(
    texts.flatMap((encoding) => {
      const text = Buffer.from(value).toString(encoding).normalize('NFC').toLowerCase();
      return text.match(/[\p{L}\p{N}]+/gu) ?? [];
    }),
  );
}
