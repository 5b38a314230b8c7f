import { createHmac, randomBytes } from 'node:crypto';
import { IdentifierSet, type Span } from './identifier-set.ts';
import { type OwnFolder, pathRedactor } from './redact-paths.ts';

export interface Redactor {
  /** Names, patient numbers, birth dates … of the subjects at hand. Cheap to repeat. */
  addIdentifiers(identifiers: Iterable<string>): void;
  /** The text without identifiers, personal names, birth dates, private paths and instance UIDs. */
  redact(text: string): string;
  /** The same for anything a log call may carry: nested objects, maps, errors with causes. Never throws. */
  redactValue(value: unknown): unknown;
}

export interface RedactorOptions {
  /** Folders that belong to the application: stack traces keep the part below them, as `<label>/…`. */
  readonly ownFolders?: readonly OwnFolder[];
}

/** Keys whose value is about a person, compared as lower-case letters only. */
const personalKey =
  /^(dicom)?(patients?(id|name|birth\w*|address|phone\w*|mother\w*|comments?|telephone\w*|insurance\w*|age)|otherpatient\w*|issuerofpatientid|(responsible|referring|performing|requesting|reading|operators?|physicians?)\w*(name|identification|address|phone\w*|physicians?|person)|operators?|subjectname|(family|given|middle|last|first|sur|full|birth|maiden)name|dateofbirth|birthdate|dob|birthday|geburtsdatum|accession(number|no)?|institution(name|address)?|medicalrecord\w*|mrn|mothersbirthname|militaryrank|stationname|passphrase|password|secret|token|crosswalk)$/;

/** Labels in running text after which a person or a birth date follows: `PatientName=…`, `Patient's name: …`. */
const personalLabel =
  /\b(Patient'?s?[ _]?(?:Name|ID|Birth[ _]?Date|Birth[ _]?Name|Address|Mother'?s?[ _]?Birth[ _]?Name)|Other[ _]?Patient[ _]?(?:IDs?|Names?)|(?:Referring|Performing|Requesting|Reading)[ _]?Physician'?s?(?:[ _]?Name)?|Operators?'?[ _]?Name|(?:Family|Given|Last|First)[ _]?Name|Date[ _]of[ _]birth|Birth[ _]?date|DOB|born(?:[ _]on)?|Geburtsdatum|Accession[ _]?(?:Number|No\.?)|MRN|Institution[ _]?(?:Name|Address))("?\s*(?:[:=]|\bis\b)\s*|\s+(?=["'[\d]))("[^"\n]*"|'[^'\n]*'|\[[^\]\n]*\]|[^\n,;|)\]}"']+)/giu;

/** A line of a DICOM dump: `(0010,0010) PN [Doe^John]`, for the groups that describe people. */
const dumpLine =
  /(\((?:0008,(?:0050|0080|0081|0090|1048|1050|1060|1070)|0010,[0-9a-f]{4})\)[^[\n]{0,40}\[)[^\]\n]*(\])/gi;

/** `Family^Given^Middle`, the way DICOM writes people. */
const caretName = /[\p{L}\p{M}][\p{L}\p{M}'.\- ]*\^[\p{L}\p{M}'.\-^= ]*[\p{L}\p{M}.]?/gu;

/** Keys whose value is nothing but a path, by their last word: `path`, `projectDir`, `source_folder`. */
const pathKey =
  /^(?:dest|destination|source|root|cwd|(?:.*[^A-Za-z])?(?:path|dir|directory|file|folder|filename)|.*[a-z](?:Path|Dir|Directory|File|Folder|Filename))s?$/;

/**
 * Makes the function every log line passes through.
 *
 * Order matters: paths go first, whole, before another rule's mark splits them and leaves a tail. Over-redaction is
 * accepted, a leak is not: after a path without quotes goes all that may belong to it. Instance UIDs become a short keyed mark, so the lines
 * about one series can still be told apart within one run; the key dies with the process.
 */
export function createRedactor(options: RedactorOptions = {}): Redactor {
  const identifiers = new IdentifierSet();
  const key = randomBytes(16);
  const paths = pathRedactor(options.ownFolders ?? []);
  const redactWords = (text: string): string => {
    let out = text.replace(dumpLine, '$1<removed>$2');
    out = out.replace(personalLabel, (_all, label: string, between: string) => `${label}${between}<removed>`);
    out = cut(out, identifiers.find(out), '<identifier>');
    out = out.replace(caretName, '<name>');
    return out.replace(/\b[0-2](?:\.(?:0|[1-9]\d*)){5,}\b/g, (uid) =>
      uid.startsWith('1.2.840.10008.') || uid.length < 16 ? uid : `<uid ${mark(key, uid)}>`,
    );
  };

  const redact = (text: string): string => redactWords(paths.inText(text));

  const visit = (value: unknown, seen: Set<object>, depth: number): unknown => {
    if (typeof value === 'string') return redact(value);
    if (typeof value === 'number' || typeof value === 'bigint') {
      const text = String(value);
      return identifiers.has(text) ? '<identifier>' : typeof value === 'bigint' ? text : value;
    }
    if (typeof value === 'function') return '<function>';
    if (typeof value === 'symbol') return '<symbol>';
    if (typeof value !== 'object' || value === null) return value;
    if (seen.has(value)) return '<cycle>';
    if (depth > 8) return '<deep>';
    seen.add(value);
    try {
      return visitObject(value, seen, depth);
    } finally {
      seen.delete(value);
    }
  };

  const visitObject = (value: object, seen: Set<object>, depth: number): unknown => {
    if (value instanceof Date)
      return redact(Number.isNaN(value.getTime()) ? 'invalid date' : value.toISOString());
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `<${value.byteLength} bytes>`;
    if (value instanceof URL) return redact(value.href);
    if (value instanceof Error) return visitError(value, seen, depth);
    if (value instanceof Map)
      return visitEntries(
        [...value].map(([k, v]) => [String(k), v]),
        seen,
        depth,
      );
    if (value instanceof Set || Array.isArray(value)) {
      const items = [...(value as Iterable<unknown>)];
      const shown = items.slice(0, 100).map((item) => visit(item, seen, depth + 1));
      return items.length > 100 ? [...shown, `<${items.length - 100} more>`] : shown;
    }
    return visitEntries(Object.entries(value), seen, depth);
  };

  const visitEntries = (
    entries: readonly (readonly [string, unknown])[],
    seen: Set<object>,
    depth: number,
  ) => {
    const out: Record<string, unknown> = {};
    for (const [name, item] of entries) {
      const personal =
        personalKey.test(name.toLowerCase().replace(/[^a-z]/g, '')) || /^x?0010[0-9a-f]{4}$/i.test(name);
      const shown = pathKey.test(name) ? wholePaths(item) : item;
      out[redact(name)] =
        personal && item !== undefined && item !== null ? '<removed>' : visit(shown, seen, depth + 1);
    }
    return out;
  };

  /** A path, or a list of them, that may be relative and is one from end to end. Never the keys of a `path` into an object. */
  const wholePaths = (value: unknown): unknown => {
    if (typeof value === 'string') return paths.whole(value);
    if (value instanceof URL) return paths.whole(value.href);
    if (Buffer.isBuffer(value)) return '<path>';
    if (Array.isArray(value) && value.every((item) => typeof item === 'string'))
      return value.map(paths.whole);
    return value;
  };

  const visitError = (error: Error, seen: Set<object>, depth: number): unknown => ({
    type: redact(error.name),
    message: redact(error.message),
    ...(error.stack ? { stack: redact(error.stack) } : {}),
    ...(error.cause === undefined ? {} : { cause: visit(error.cause, seen, depth + 1) }),
    ...(error instanceof AggregateError ? { errors: visit(error.errors, seen, depth + 1) } : {}),
    ...visitEntries(
      Object.entries(error).filter(
        ([name]) => !['name', 'message', 'stack', 'cause', 'errors'].includes(name),
      ),
      seen,
      depth,
    ),
  });

  return {
    addIdentifiers(list) {
      for (const identifier of list) identifiers.add(identifier);
    },
    redact,
    redactValue(value) {
      try {
        return visit(value, new Set(), 0);
      } catch {
        return '<could not be redacted>';
      }
    },
  };
}

function cut(text: string, spans: readonly Span[], mark: string): string {
  let out = '';
  let last = 0;
  for (const [from, to] of spans) {
    out += text.slice(last, from) + mark;
    last = to;
  }
  return out + text.slice(last);
}

function mark(key: Buffer, uid: string): string {
  return createHmac('sha256', key).update(uid).digest('hex').slice(0, 6);
}
