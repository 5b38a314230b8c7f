import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import {
  type CallInput,
  type CallName,
  type CallOutput,
  client,
  type ReplyError,
  toReplyError,
} from './client.ts';
import { announce, forgetBatches, onChanged, refreshBatches } from './events.ts';
import { createMemory, keyOf } from './memory.ts';
import { projectKeyOf } from './project/project-key.ts';

/**
 * Questions with a memory: an answer once seen is shown at once and asked for again in the background, so that
 * moving between screens never starts from a blank page.
 */
const memory = createMemory(
  (name, input) => (client()[name as CallName] as (input: unknown) => Promise<unknown>)(input),
  (key, value) => {
    if (key === PROJECT) meetProject(value as CallOutput<'project.current'>);
  },
);

const PROJECT = keyOf('project.current', {});
let projectKey: string | undefined;
const leavers = new Set<() => void>();

/** Nothing of one project may be seen in another, whose scans have the same numbers. */
function meetProject(summary: CallOutput<'project.current'>): void {
  const before = projectKey;
  projectKey = projectKeyOf(summary);
  if (before === undefined || before === projectKey) return;
  memory.forget(PROJECT);
  for (const leave of leavers) leave();
  forgetBatches();
  void refreshBatches();
}

/** Told when another project was opened, in this window or another. */
export function onOtherProject(leave: () => void): () => void {
  leavers.add(leave);
  return () => leavers.delete(leave);
}

export interface Call<T> {
  readonly data: T | undefined;
  readonly error: ReplyError | undefined;
  readonly loading: boolean;
  readonly reload: () => void;
}

const pending = new Set<string>();
let timer: number | undefined;

// Changes come in bursts during a batch: ask again at most twice a second.
onChanged((areas) => {
  for (const key of memory.concerned(areas)) pending.add(key);
  if (timer !== undefined) return;
  timer = window.setTimeout(() => {
    timer = undefined;
    memory.refresh(pending);
    pending.clear();
  }, 500);
});

/** Warms the memory, e.g. with the next scan of the review queue. */
export function prefetch<K extends CallName>(name: K, input: CallInput<K>): void {
  memory.warm(keyOf(name, input));
}

/**
 * Asks a question and keeps its answer fresh.
 *
 * @param name null asks nothing (yet)
 */
export function useCall<K extends CallName>(name: K | null, input: CallInput<K>): Call<CallOutput<K>> {
  const key = name === null ? '' : keyOf(name, input);
  const subscribe = useCallback((watcher: () => void) => memory.subscribe(key, watcher), [key]);
  const entry = useSyncExternalStore(subscribe, () => memory.entry(key));
  const reload = useCallback(() => {
    if (key) void memory.ask(key);
  }, [key]);
  useEffect(() => {
    if (key) memory.visit(key);
  }, [key]);
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
        if (name === 'project.open') {
          memory.know(PROJECT, value);
          meetProject(value as CallOutput<'project.open'>);
        }
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
