/** A folder that belongs to the application; what lies below it says nothing about a subject. */
export interface OwnFolder {
  readonly path: string;
  /** What is written in its place, e.g. `<app>`. */
  readonly label: string;
}

export interface PathRedactor {
  /** The text without the absolute paths in it. */
  inText(text: string): string;
  /** The same for a text that is one path from end to end, absolute or not. */
  whole(path: string): string;
}

/** Routes of our own host look like absolute paths and are not. */
const route = String.raw`\/(?:rpc\/[a-z]+(?:\.[A-Za-z]+)?|events|volumes\/(?:series|edited|mask|brain)-\d+(?:\.nii(?:\.gz)?)?|pictures\/\d+\/[a-z0-9-]+\.png|receipts\/\d+(?:\.html)?|assets\/[\w-]+\.[a-z0-9]{2,5})(?=$|[\s"',;:?)])`;
const onlyRoute = new RegExp(`^${route}$`, 'u');

/** Where an absolute path begins: POSIX, drive letter, UNC share or file URL. */
const pathStart = String.raw`(?:file:\/{2,3}|\\\\[^\\\s"'<>|]|[A-Za-z]:[\\/]|\/(?=[^\s/"'<>|,;:)]))`;

/**
 * A path in quotes ends at the closing one. Apostrophes are in names, too (`'/data/Jones' scans/x'`), so with them it
 * is the last one on the line.
 */
const quotedPath = new RegExp(
  String.raw`(["\x60])(${pathStart}[^\n]*?)\1(?=$|[\s,;:.)\]}>])|'(${pathStart}[^\n]*)'(?=$|[\s,;:.)\]}>])`,
  'gu',
);

const notWithinWord = String.raw`(?<![\p{L}\p{N}/\\.<>@_-])`;

/**
 * What may belong to a path without quotes, since names of folders hold blanks, commas and parentheses: everything up
 * to the next quote, a colon before a blank, a line and column number, or the end of the line.
 */
const rest = String.raw`(?:[^\n\r"'\x60:]|:(?!\s|$|\d{1,6}(?::\d{1,6})?[)\]]*\s*$)|(?<![\s([=])')*`;

/** The words that such a rest may end with and stay: none of them is anybody's name. */
const plainWords =
  'is|was|are|were|be|been|being|not|cannot|could|does|did|has|had|have|a|the|already|failed|done|read|missing|found|made|written|opened|open|readable|writable|exist|exists|Refacade|project|folder|file|catalog|holds|other|files|empty|there|here|it|and|then|again';
const plainEnd = new RegExp(String.raw`(?:[,;)\]]?\s+(?:${plainWords}))*[\s.,;)\]]*$`, 'u');

/**
 * Makes the part of the redactor that takes paths away.
 *
 * @param ownFolders their paths keep the part below them, as `<label>/…`, so that stack traces can be read
 */
export function pathRedactor(ownFolders: readonly OwnFolder[]): PathRedactor {
  const own = ownFolders
    .map((f) => ({ path: f.path.replace(/[\\/]+$/, ''), label: f.label }))
    .sort((a, b) => b.path.length - a.path.length);

  const ownPart = (path: string): string | undefined => {
    const plain = path.replace(/^file:\/\//, '');
    const home = own.find(
      (f) => plain === f.path || plain.startsWith(`${f.path}/`) || plain.startsWith(`${f.path}\\`),
    );
    return home && !/["'`]/.test(plain) ? home.label + plain.slice(home.path.length) : undefined;
  };
  const whole = (path: string): string =>
    path === '' || onlyRoute.test(path) ? path : (ownPart(path) ?? '<path>');

  // Below our own folders no name holds a blank: a path ends there, and what follows is looked at by itself.
  const ownPath =
    own.length === 0
      ? '(?!)'
      : String.raw`(?:file:\/\/)?(?:${own.map((f) => literally(f.path)).join('|')})(?:(?:[\\/][^\s"'\x60<>|,;:()\\/]+)+[\\/]?|[\\/]?(?=$|["'\x60:)]))`;
  const barePath = new RegExp(`${notWithinWord}(?:(${ownPath})|(${route})|${pathStart}${rest})`, 'gmu');

  const redactBare = (found: string, ours: string | undefined, asked: string | undefined): string => {
    if (ours !== undefined) return ownPart(ours) ?? '<path>';
    return asked ?? `<path>${found.slice(found.search(plainEnd))}`;
  };
  return {
    whole,
    inText: (text) =>
      text
        .replace(quotedPath, (_all, quote: string | undefined, a: string, b: string) => {
          const mark = quote ?? "'";
          return mark + whole(a ?? b) + mark;
        })
        .replace(barePath, redactBare),
  };
}

function literally(text: string): string {
  // No hyphen: outside of a class it needs no escape, and with the flag u it may have none.
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
