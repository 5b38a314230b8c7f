import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import {
  type CallInput,
  type CallName,
  type CallOutput,
  client,
  type ReplyError,
  toReplyError,
} from './client.ts';
import { announce, onChanged } from './events.ts';

/**
 * Questions with a memory: an answer once seen is shown at once and asked for again in the background, so that
 * moving between screens never starts from a blank page.
 */
interface Entry {
  value: unknown;
  error: ReplyError | undefined;
  loading: boolean;
  stale: boolean;
  version: number;
}

export interface Call<T> {
  readonly data: T | undefined;
  readonly error: ReplyError | undefined;
  readonly loading: boolean;
  readonly reload: () => void;
}

const entries = new Map<string, Entry>();
const watchers = new Map<string, Set<() => void>>();
const MAX_ENTRIES = 300;

/** Which areas make a question worth asking again; `*` is every area. */
const AREAS: Record<string, readonly string[]> = {
  project: ['*'],
  catalog: ['project', 'import', 'catalog', 'deidentify', 'review', 'morphometry', 'risk', 'share'],
  import: ['project', 'import', 'catalog'],
  deidentify: ['project', 'deidentify'],
  review: ['project', 'deidentify', 'review', 'risk', 'import', 'catalog'],
  morphometry: ['project', 'deidentify', 'morphometry', 'review'],
  risk: ['project', 'risk', 'deidentify', 'morphometry', 'catalog'],
  share: ['project', 'share', 'review', 'risk', 'deidentify', 'import', 'catalog'],
  models: ['models'],
  jobs: ['project', 'jobs', 'import', 'deidentify', 'morphometry', 'risk', 'share'],
};

/** Does a change in these areas concern this question? Previews are asked for by hand only. */
export function isConcerned(name: string, areas: readonly string[]): boolean {
  if (name.includes('.preview') || name === 'project.browse' || name === 'project.doctor') return false;
  const own = AREAS[name.split('.')[0] ?? ''] ?? ['*'];
  return areas.includes('*') || own.includes('*') || areas.some((area) => own.includes(area));
}

function tell(key: string): void {
  for (const watcher of watchers.get(key) ?? []) watcher();
}

function put(key: string, next: Partial<Entry>): void {
  const old = entries.get(key) ?? {
    value: undefined,
    error: undefined,
    loading: false,
    stale: false,
    version: 0,
  };
  entries.delete(key);
  entries.set(key, { ...old, ...next });
  if (entries.size > MAX_ENTRIES) {
    for (const old of entries.keys()) {
      if (entries.size <= MAX_ENTRIES) break;
      if (!watchers.get(old)?.size) entries.delete(old);
    }
  }
  tell(key);
}

async function fetchEntry(key: string, name: CallName, input: unknown): Promise<void> {
  const version = (entries.get(key)?.version ?? 0) + 1;
  put(key, { loading: true, stale: false, version });
  try {
    const value = await (client()[name] as (input: unknown) => Promise<unknown>)(input);
    if (entries.get(key)?.version === version) put(key, { value, error: undefined, loading: false });
  } catch (reason) {
    if (entries.get(key)?.version === version) put(key, { error: toReplyError(reason), loading: false });
  }
}

const pending = new Set<string>();
let timer: number | undefined;

// Changes come in bursts during a batch: ask again at most twice a second.
onChanged((areas) => {
  for (const key of entries.keys()) {
    const name = key.slice(0, key.indexOf(' '));
    if (isConcerned(name, areas)) pending.add(key);
  }
  if (timer === undefined)
    timer = window.setTimeout(() => {
      timer = undefined;
      for (const key of pending) {
        const name = key.slice(0, key.indexOf(' ')) as CallName;
        if (watchers.get(key)?.size) void fetchEntry(key, name, JSON.parse(key.slice(key.indexOf(' ') + 1)));
        else if (entries.has(key)) put(key, { stale: true });
      }
      pending.clear();
    }, 500);
});

/** Warms the memory, e.g. with the next scan of the review queue. */
export function prefetch<K extends CallName>(name: K, input: CallInput<K>): void {
  const key = `${name} ${JSON.stringify(input)}`;
  const entry = entries.get(key);
  if (!entry || entry.stale) void fetchEntry(key, name, input);
}

/**
 * Asks a question and keeps its answer fresh.
 *
 * @param name null asks nothing (yet)
 */
export function useCall<K extends CallName>(name: K | null, input: CallInput<K>): Call<CallOutput<K>> {
  const key = name === null ? '' : `${name} ${JSON.stringify(input)}`;
  const subscribe = useCallback(
    (watcher: () => void) => {
      const set = watchers.get(key) ?? new Set();
      watchers.set(key, set);
      set.add(watcher);
      return () => {
        set.delete(watcher);
        if (set.size === 0) watchers.delete(key);
      };
    },
    [key],
  );
  const entry = useSyncExternalStore(subscribe, () => entries.get(key));
  const reload = useCallback(() => {
    if (key)
      void fetchEntry(
        key,
        key.slice(0, key.indexOf(' ')) as CallName,
        JSON.parse(key.slice(key.indexOf(' ') + 1)),
      );
  }, [key]);
  useEffect(() => {
    const known = entries.get(key);
    if (key && (!known || known.stale || (known.error && !known.loading))) reload();
  }, [key, reload]);
  return useMemo(
    () => ({
      data: entry?.value as CallOutput<K> | undefined,
      error: entry?.error,
      loading: key !== '' && (entry?.loading ?? true),
      reload,
    }),
    [entry, key, reload],
  );
}

export interface Action<K extends CallName> {
  readonly run: (input: CallInput<K>) => Promise<CallOutput<K> | undefined>;
  readonly busy: boolean;
  readonly error: ReplyError | undefined;
}

/** A call that changes something: remembers whether it runs and why it was refused, then tells the screens. */
export function useAction<K extends CallName>(name: K, areas: readonly string[] = ['*']): Action<K> {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ReplyError>();
  const list = areas.join(' ');
  const run = useCallback(
    async (input: CallInput<K>) => {
      setBusy(true);
      setError(undefined);
      try {
        const value = await (client()[name] as (input: unknown) => Promise<unknown>)(input);
        if (list) announce(...list.split(' '));
        return value as CallOutput<K>;
      } catch (reason) {
        setError(toReplyError(reason));
        return undefined;
      } finally {
        setBusy(false);
      }
    },
    [name, list],
  );
  return useMemo(() => ({ run, busy, error }), [run, busy, error]);
}
