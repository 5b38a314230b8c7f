import { type ReplyError, toReplyError } from './client.ts';

/** What is known of one question. */
export interface Entry {
  readonly value: unknown;
  readonly error: ReplyError | undefined;
  readonly loading: boolean;
  /** Something that the answer tells about has changed since. */
  readonly stale: boolean;
  readonly version: number;
}

/** Which areas make a question worth asking again; `*` is every area. */
const AREAS: Record<string, readonly string[]> = {
  project: ['*'],
  catalog: ['project', 'import', 'catalog', 'deidentify', 'review', 'morphometry', 'risk', 'share'],
  import: ['project', 'import', 'catalog'],
  deidentify: ['project', 'deidentify'],
  // Not of every scan that a batch finishes.
  'deidentify.previewHeader': ['deidentify', 'import'],
  review: ['project', 'deidentify', 'review', 'risk', 'import', 'catalog'],
  morphometry: ['project', 'deidentify', 'morphometry', 'review'],
  risk: ['project', 'risk', 'deidentify', 'morphometry', 'catalog'],
  share: ['project', 'share', 'review', 'risk', 'deidentify', 'import', 'catalog'],
  models: ['models'],
  jobs: ['project', 'jobs', 'import', 'deidentify', 'morphometry', 'risk', 'share'],
};

/** Questions about what no area tells of (folders, this computer), or that cost minutes and are asked by hand. */
const NO_AREA: ReadonlySet<string> = new Set(['deidentify.previewFace', 'project.browse', 'project.doctor']);
/** Asked again at each visit: what they tell of changes without anybody being told. */
const EACH_VISIT: ReadonlySet<string> = new Set([...NO_AREA, 'deidentify.previewHeader']);

/** Does a change in these areas concern this question? */
export function isConcerned(name: string, areas: readonly string[]): boolean {
  if (NO_AREA.has(name)) return false;
  const own = AREAS[name] ?? AREAS[name.split('.')[0] ?? ''] ?? ['*'];
  return areas.includes('*') || own.includes('*') || areas.some((area) => own.includes(area));
}

/** A question with its input; entries are remembered by it. */
export function keyOf(name: string, input: unknown): string {
  return `${name} ${JSON.stringify(input)}`;
}
const nameOf = (key: string) => key.slice(0, key.indexOf(' '));
const inputOf = (key: string): unknown => JSON.parse(key.slice(key.indexOf(' ') + 1));

const MAX_ENTRIES = 300;
const NOTHING: Entry = { value: undefined, error: undefined, loading: false, stale: false, version: 0 };

/** Answers once seen are shown at once and asked for again in the background. */
export interface Memory {
  readonly entry: (key: string) => Entry | undefined;
  readonly subscribe: (key: string, watcher: () => void) => () => void;
  readonly ask: (key: string) => Promise<void>;
  /** Somebody begins to look at the answer: asked unless it is known and can be relied on. */
  readonly visit: (key: string) => void;
  /** Asks ahead of a visit. */
  readonly warm: (key: string) => void;
  /** Puts an answer that came by another way. */
  readonly know: (key: string, value: unknown) => void;
  /** Questions that a change in these areas concerns. */
  readonly concerned: (areas: readonly string[]) => string[];
  /** These may be old: asked again where somebody looks, else at the next visit. */
  readonly refresh: (keys: Iterable<string>) => void;
  /** Forgets every answer but one and asks again what is looked at: the answers are another project's. */
  readonly forget: (but: string) => void;
}

/**
 * The memory behind the screens' questions.
 *
 * @param send asks the host
 * @param onAnswer told of every answer that was taken in
 */
export function createMemory(
  send: (name: string, input: unknown) => Promise<unknown>,
  onAnswer: (key: string, value: unknown) => void = () => {},
): Memory {
  const entries = new Map<string, Entry>();
  const watchers = new Map<string, Set<() => void>>();
  // One count for all questions: an answer on its way to an entry that was forgotten fits no later one.
  let version = 0;

  const isWatched = (key: string) => (watchers.get(key)?.size ?? 0) > 0;
  const put = (key: string, next: Partial<Entry>) => {
    const old = entries.get(key) ?? NOTHING;
    entries.delete(key);
    entries.set(key, { ...old, ...next });
    for (const other of entries.keys()) {
      if (entries.size <= MAX_ENTRIES) break;
      if (!isWatched(other)) entries.delete(other);
    }
    for (const watcher of watchers.get(key) ?? []) watcher();
  };
  const ask = async (key: string) => {
    const own = ++version;
    put(key, { loading: true, stale: false, version: own });
    const isCurrent = () => entries.get(key)?.version === own;
    try {
      const value = await send(nameOf(key), inputOf(key));
      if (!isCurrent()) return;
      put(key, { value, error: undefined, loading: false });
      onAnswer(key, value);
    } catch (reason) {
      if (isCurrent()) put(key, { error: toReplyError(reason), loading: false });
    }
  };
  return {
    entry: (key) => entries.get(key),
    subscribe(key, watcher) {
      const set = watchers.get(key) ?? new Set();
      watchers.set(key, set);
      set.add(watcher);
      return () => {
        set.delete(watcher);
        if (set.size === 0 && watchers.get(key) === set) watchers.delete(key);
      };
    },
    ask,
    visit(key) {
      const known = entries.get(key);
      const old = known && !known.loading && (known.error !== undefined || EACH_VISIT.has(nameOf(key)));
      if (!known || known.stale || old) void ask(key);
    },
    warm(key) {
      const known = entries.get(key);
      if (!known || known.stale) void ask(key);
    },
    know: (key, value) => put(key, { ...NOTHING, value, version: ++version }),
    concerned: (areas) => [...entries.keys()].filter((key) => isConcerned(nameOf(key), areas)),
    refresh(keys) {
      for (const key of keys) {
        if (isWatched(key)) void ask(key);
        else if (entries.has(key)) put(key, { stale: true });
      }
    },
    forget(but) {
      for (const key of [...entries.keys()]) {
        if (key === but) continue;
        entries.delete(key);
        if (isWatched(key)) void ask(key);
      }
    },
  };
}
