import { useSyncExternalStore } from 'react';
import type { AppEvent, BatchProgress } from '../shared/jobs/records.ts';
import { type Batches, orderBatches } from './batch-order.ts';
import { baseUrl, client } from './client.ts';

/**
 * The one `EventSource` of this window: progress of batches, and which areas changed.
 *
 * Protocol: each message is one `AppEvent` in JSON. The browser reconnects by itself; until it has, `connected`
 * is false and the shell says so.
 */
interface EventState {
  readonly connected: boolean;
  readonly batches: Batches;
}

type Changed = (areas: readonly string[]) => void;

let state: EventState = { connected: true, batches: new Map() };
const watchers = new Set<() => void>();
const changedListeners = new Set<Changed>();
let source: EventSource | undefined;
/** What events told while the host's list is on its way. */
let since: BatchProgress[] | undefined;

function set(next: Partial<EventState>): void {
  state = { ...state, ...next };
  for (const watcher of watchers) watcher();
}

function tellChanged(areas: readonly string[]): void {
  for (const listener of changedListeners) listener(areas);
}

function putBatch(batch: BatchProgress): void {
  since?.push(batch);
  const before = state.batches.get(batch.batchId);
  const batches = new Map(state.batches);
  batches.set(batch.batchId, batch);
  set({ batches });
  // The host may or may not also send `changed`; a finished batch always makes every screen ask again.
  if (batch.finished && !before?.finished) tellChanged(['*']);
}

/** Replaces what is known with the host's list; called at start, after a reconnect and when another project was opened. */
export async function refreshBatches(): Promise<void> {
  const told: BatchProgress[] = [];
  since = told;
  try {
    const list = await client()['jobs.batches']({});
    // Where they differ a later question was asked meanwhile, of another project perhaps.
    if (since === told) set({ batches: orderBatches(list, told) });
  } catch {
    // No project open, or no connection: the screens' own calls say so.
  } finally {
    if (since === told) since = undefined;
  }
}

/** The batches of a project that is no longer open. */
export function forgetBatches(): void {
  set({ batches: new Map() });
}

export function startEvents(): void {
  if (source) return;
  source = new EventSource(new URL('events', baseUrl()));
  source.onopen = () => {
    if (!state.connected) tellChanged(['*']);
    set({ connected: true });
    void refreshBatches();
  };
  source.onerror = () => set({ connected: false });
  source.onmessage = (message) => {
    const event = JSON.parse(String(message.data)) as AppEvent;
    if (event.type === 'progress') putBatch(event.batch);
    else tellChanged(event.areas);
  };
}

export function onChanged(listener: Changed): () => void {
  changedListeners.add(listener);
  return () => changedListeners.delete(listener);
}

/** Tells this window's screens that something changed; after a write, without waiting for the host's event. */
export function announce(...areas: string[]): void {
  tellChanged(areas);
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

export function useConnected(): boolean {
  return useSyncExternalStore(watch, () => state.connected);
}

/** In the order of `orderBatches`. */
export function useBatches(): Batches {
  return useSyncExternalStore(watch, () => state.batches);
}

/** Running batches of one kind, or of all. */
export function useRunning(kind?: BatchProgress['kind']): BatchProgress[] {
  return [...useBatches().values()].filter((batch) => !batch.finished && (!kind || batch.kind === kind));
}
