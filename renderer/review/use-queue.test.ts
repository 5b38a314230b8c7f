import { describe, expect, it } from 'vitest';
import { mergeQueue, type QueueEntry } from './use-queue.ts';

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
const ids = (entries: readonly QueueEntry[]) => entries.map((item) => item.derivativeId);

describe('mergeQueue', () => {
  it('keeps a decided scan in its place when the host no longer lists it', () => {
    const merged = mergeQueue(
      [entry(1), entry(2), entry(3)],
      [entry(1), entry(3)],
      new Map([[2, 'accept' as const]]),
    );
    expect(ids(merged)).toEqual([1, 2, 3]);
    expect(merged[1]?.decided).toBe('accept');
  });
  it('drops what vanished without a decision here, and appends what is new', () => {
    expect(ids(mergeQueue([entry(1), entry(2)], [entry(9), entry(2)], new Map()))).toEqual([2, 9]);
  });
  it('takes the host order at first', () => {
    expect(ids(mergeQueue([], [entry(5), entry(4)], new Map()))).toEqual([5, 4]);
  });
});
