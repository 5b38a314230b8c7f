import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
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

/** A decision of this sitting; `known` once the host has answered that the scan waits no more. */
export interface Decided {
  readonly decision: ReviewDecision;
  readonly known: boolean;
}
export type Decisions = ReadonlyMap<number, Decided>;

/** Does a scan wait for a person? One decided in this sitting does not, before the host says so too. */
export function isWaiting(entry: Pick<QueueEntry, 'derivativeId' | 'state'>, decisions: Decisions): boolean {
  return entry.state === 'needs-review' && !decisions.has(entry.derivativeId);
}

/**
 * Decisions of this sitting beside a newer answer of the host.
 *
 * A scan that waited no more and waits again was sent back, by the audit for one: the decision is history.
 */
export function settleDecisions(decisions: Decisions, now: readonly QueueEntry[]): Decisions {
  const waiting = new Set(
    now.flatMap((entry) => (entry.state === 'needs-review' ? [entry.derivativeId] : [])),
  );
  const settled = [...decisions].flatMap(([id, { decision, known }]): [number, Decided][] => {
    if (!waiting.has(id)) return [[id, { decision, known: true }]];
    return known ? [] : [[id, { decision, known }]];
  });
  return new Map(settled);
}

/**
 * Keeps the order of the sitting: entries that the host no longer lists stay, marked with their decision.
 *
 * The host names the last decision on a scan even where the scan waits again; such a scan is not marked as decided.
 */
export function mergeQueue(
  seen: readonly QueueEntry[],
  now: readonly QueueEntry[],
  decisions: Decisions,
): QueueEntry[] {
  const mark = (entry: QueueEntry): QueueEntry => ({
    ...entry,
    decided: isWaiting(entry, decisions)
      ? null
      : (decisions.get(entry.derivativeId)?.decision ?? entry.decided),
  });
  const fresh = new Map(now.map((entry) => [entry.derivativeId, entry]));
  const kept = seen.flatMap((entry) => {
    const latest = fresh.get(entry.derivativeId);
    fresh.delete(entry.derivativeId);
    if (latest) return [mark(latest)];
    return decisions.has(entry.derivativeId) ? [mark(entry)] : [];
  });
  return [...kept, ...[...fresh.values()].map(mark)];
}

export function useQueue(filter: 'pending' | 'all'): Queue {
  const call = useCall('review.queue', { filter });
  const [decisions, setDecisions] = useState<Decisions>(new Map());
  const memory = useRef<{ filter: string; entries: QueueEntry[] }>({ filter, entries: [] });
  useEffect(() => {
    const { data } = call;
    if (data) setDecisions((before) => settleDecisions(before, data));
  }, [call]);
  const remember = useCallback((id: number, decision: ReviewDecision) => {
    setDecisions((before) => new Map(before).set(id, { decision, known: false }));
  }, []);
  return useMemo(() => {
    const state = memory.current;
    if (state.filter !== filter) {
      state.filter = filter;
      state.entries = [];
    }
    state.entries = mergeQueue(state.entries, call.data ?? [], decisions);
    const { entries } = state;
    const waits = (entry: QueueEntry) => isWaiting(entry, decisions);
    return {
      call,
      entries,
      pending: entries.filter(waits).length,
      neighbour: (id, step) => entries[entries.findIndex((entry) => entry.derivativeId === id) + step],
      nextPending: (id) => {
        const at = entries.findIndex((entry) => entry.derivativeId === id);
        return [...entries.slice(at + 1), ...entries.slice(0, Math.max(0, at))].find(waits);
      },
      remember,
    };
  }, [call, filter, decisions, remember]);
}
