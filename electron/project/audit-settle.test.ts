import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../shared/deidentify/records.ts';
import type { ScanState } from '../../shared/import/records.ts';
import { stateAfterAudit } from './audit-settle.ts';

const verdict = (state: Verdict['state'], reason = `the face step: ${state}`): Verdict => ({
  state,
  reason,
  next: '',
  numbers: [],
  assumptions: [],
  problems: [],
  concern: 5,
});

describe('stateAfterAudit', () => {
  const given = {
    state: 'passed' as ScanState,
    base: verdict('passed'),
    before: verdict('passed'),
    after: verdict('passed'),
    holds: false,
    decision: null,
    since: '2026-01-02',
    reviewAll: false,
  };
  const held = verdict('needs-review', 'the audit');
  it.each([
    ['safe stays passed', {}, undefined],
    ['held waits', { holds: true, after: held }, 'needs-review'],
    [
      'accepted after it stays',
      { holds: true, after: held, decision: { decision: 'accept', at: '2026-01-03' } },
      undefined,
    ],
    [
      'accepted before it waits',
      { holds: true, after: held, decision: { decision: 'accept', at: '2026-01-01' } },
      'needs-review',
    ],
    [
      'doubtful, accepted before, safe now: stays accepted',
      {
        base: verdict('needs-review'),
        before: verdict('needs-review'),
        after: verdict('needs-review'),
        decision: { decision: 'accept', at: '2026-01-01' },
      },
      undefined,
    ],
    ['held by the last audit only passes', { state: 'needs-review' as ScanState, before: held }, 'passed'],
    [
      'but not where a person looks at everything',
      { state: 'needs-review' as ScanState, before: held, reviewAll: true },
      undefined,
    ],
    ['waiting for its face, safe: still waits', { state: 'needs-review' as ScanState }, undefined],
    ['failed stays failed', { state: 'failed' as ScanState, holds: true, after: held }, undefined],
    ['in work stays in work', { state: 'running' as ScanState, holds: true, after: held }, undefined],
  ])('%s', (_, change, expected) => {
    expect(stateAfterAudit({ ...given, ...change })?.state).toBe(expected);
  });
});
