import { describe, expect, it } from 'vitest';
import { type Decided, isWaiting, mergeQueue, type QueueEntry, settleDecisions } from './use-queue.ts';

const entry = (derivativeId: number, decided: QueueEntry['decided'] = null): QueueEntry => ({
  derivativeId,
  seriesId: derivativeId,
  subjectLabel: 'sub-A',
  kind: 'T1w',
  state: 'needs-review',
  concern: 1,
  reason: '',
  decided,
});
const decided = (id: number, known = false, decision: Decided['decision'] = 'accept') =>
  new Map([[id, { decision, known }]]);
const ids = (entries: readonly QueueEntry[]) => entries.map((item) => item.derivativeId);

describe('mergeQueue', () => {
  it('keeps a decided scan in its place when the host no longer lists it', () => {
    const merged = mergeQueue([entry(1), entry(2), entry(3)], [entry(1), entry(3)], decided(2));
    expect(ids(merged)).toEqual([1, 2, 3]);
    expect(merged[1]?.decided).toBe('accept');
  });
  it('drops what vanished without a decision here, and appends what is new', () => {
    expect(ids(mergeQueue([entry(1), entry(2)], [entry(9), entry(2)], new Map()))).toEqual([2, 9]);
  });
  it('takes the host order at first', () => {
    expect(ids(mergeQueue([], [entry(5), entry(4)], new Map()))).toEqual([5, 4]);
  });

  it('shows a scan that the audit sent back as waiting, though the last decision on it was to accept', () => {
    const sentBack = entry(1, 'accept');
    expect(mergeQueue([], [sentBack], new Map())[0]?.decided).toBeNull();
    expect(mergeQueue([sentBack], [sentBack], new Map())[0]?.decided).toBeNull();
    const passed = { ...sentBack, state: 'passed' };
    expect(mergeQueue([], [passed], new Map())[0]?.decided).toBe('accept');
  });

  it('shows a decision of this sitting before the host counts it', () => {
    expect(mergeQueue([entry(1)], [entry(1)], decided(1, false, 'reject'))[0]?.decided).toBe('reject');
  });
});

describe('isWaiting', () => {
  it('goes by the state, not by what was decided before the state was set', () => {
    expect(isWaiting(entry(1, 'accept'), new Map())).toBe(true);
    expect(isWaiting({ ...entry(1, 'accept'), state: 'passed' }, new Map())).toBe(false);
  });

  it('takes a decision of this sitting at once', () => {
    expect(isWaiting(entry(1), decided(1))).toBe(false);
    expect(isWaiting(entry(2), decided(1))).toBe(true);
  });
});

describe('settleDecisions', () => {
  it('keeps a decision that the host has not counted yet', () => {
    expect(settleDecisions(decided(1), [entry(1)])).toEqual(decided(1));
  });

  it('keeps it when the scan is passed or no longer listed', () => {
    expect(settleDecisions(decided(1), [])).toEqual(decided(1, true));
    expect(settleDecisions(decided(1), [{ ...entry(1), state: 'passed' }])).toEqual(decided(1, true));
  });

  it('forgets it when the scan is sent back afterwards', () => {
    const counted = settleDecisions(decided(1), []);
    const now = settleDecisions(counted, [entry(1, 'accept')]);
    expect(isWaiting(entry(1, 'accept'), now)).toBe(true);
  });
});
