import { describe, expect, it } from 'vitest';
import type { BatchProgress } from '../shared/jobs/records.ts';
import { newestBatch, orderBatches } from './batch-order.ts';

const batch = (batchId: string, finished = true, kind: BatchProgress['kind'] = 'audit'): BatchProgress => ({
  batchId,
  kind,
  total: 1,
  done: finished ? 1 : 0,
  failed: 0,
  cancelled: 0,
  running: [],
  itemsPerMinute: null,
  secondsLeft: null,
  finished,
});

describe('orderBatches', () => {
  it('puts the newest last, as events append', () => {
    const host = [batch('5', false), batch('4'), batch('3')];
    expect([...orderBatches(host).keys()]).toEqual(['3', '4', '5']);
  });

  it('takes no batch from events that the host does not list: it was the project before that ran it', () => {
    expect([...orderBatches([batch('5')], [batch('9', false)]).keys()]).toEqual(['5']);
  });

  it('does not let a list that was long on its way undo what events told meanwhile', () => {
    const merged = orderBatches([batch('5', false), batch('4')], [batch('5')]);
    expect([...merged.keys()]).toEqual(['4', '5']);
    expect(merged.get('5')?.finished).toBe(true);
  });
});

describe('newestBatch', () => {
  it('is the newest of its kind after a reload and after live events alike', () => {
    const reloaded = orderBatches([batch('4'), batch('3'), batch('2', true, 'measure')]);
    expect(newestBatch(reloaded, 'audit')?.batchId).toBe('4');
    const live = new Map([...orderBatches([batch('4'), batch('3')]), ['6', batch('6')]]);
    expect(newestBatch(live, 'audit')?.batchId).toBe('6');
  });

  it('is the one that runs, though the host lists it first and another ended after it began', () => {
    expect(newestBatch(orderBatches([batch('4', false), batch('5'), batch('3')]), 'audit')?.batchId).toBe(
      '4',
    );
  });

  it('takes one of several kinds, and none where there is none', () => {
    const batches = orderBatches([batch('4', true, 'measure'), batch('3', true, 'deidentify'), batch('2')]);
    expect(newestBatch(batches, 'deidentify', 'measure')?.batchId).toBe('4');
    expect(newestBatch(batches, 'share')).toBeUndefined();
  });
});
