import { useMemo, useRef } from 'react';
import type { ReviewDecision } from '../../shared/review/records.ts';
import { type Call, useCall } from '../calls.ts';
import type { CallOutput } from '../client.ts';

export type QueueEntry = CallOutput<'review.queue'>[number];

export interface Queue {
  readonly call: Call<QueueEntry[]>;
  /** Worst first; scans decided during this sitting stay where they were, so that one can go back. */
  readonly entries: readonly QueueEntry[];
  readonly pending: number;
  neighbour(derivativeId: number, step: 1 | -1): QueueEntry | undefined;
  /** The next scan that still waits, after this one or else from the top. */
  nextPending(derivativeId: number): QueueEntry | undefined;
  remember(derivativeId: number, decision: ReviewDecision): void;
}

/** Keeps the order of the sitting: entries that the host no longer lists stay, marked with their decision. */
export function mergeQueue(
  seen: readonly QueueEntry[],
  now: readonly QueueEntry[],
  decided: ReadonlyMap<number, ReviewDecision>,
): QueueEntry[] {
  const fresh = new Map(now.map((entry) => [entry.derivativeId, entry]));
  const kept = seen.flatMap((entry) => {
    const latest = fresh.get(entry.derivativeId);
    fresh.delete(entry.derivativeId);
    const decision = decided.get(entry.derivativeId);
    if (latest) return [{ ...latest, decided: latest.decided ?? decision ?? null }];
    return decision ? [{ ...entry, decided: decision }] : [];
  });
  return [...kept, ...fresh.values()];
}

export function useQueue(filter: 'pending' | 'all'): Queue {
  const call = useCall('review.queue', { filter });
  const memory = useRef<{ filter: string; entries: QueueEntry[]; decided: Map<number, ReviewDecision> }>({
    filter,
    entries: [],
    decided: new Map(),
  });
  return useMemo(() => {
    const state = memory.current;
    if (state.filter !== filter) {
      state.filter = filter;
      state.entries = [];
    }
    state.entries = mergeQueue(state.entries, call.data ?? [], state.decided);
    const { entries, decided } = state;
    const waits = (entry: QueueEntry) =>
      entry.decided === null && !decided.has(entry.derivativeId) && entry.state === 'needs-review';
    return {
      call,
      entries,
      pending: entries.filter(waits).length,
      neighbour: (id, step) => entries[entries.findIndex((entry) => entry.derivativeId === id) + step],
      nextPending: (id) => {
        const at = entries.findIndex((entry) => entry.derivativeId === id);
        return [...entries.slice(at + 1), ...entries.slice(0, Math.max(0, at))].find(waits);
      },
      remember: (id, decision) => decided.set(id, decision),
    };
  }, [call, filter]);
}
