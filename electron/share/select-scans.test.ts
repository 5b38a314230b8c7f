import { describe, expect, it } from 'vitest';
import { auditLimits } from '../../shared/risk/records.ts';
import {
  type CandidateAudit,
  type CandidateScan,
  type SelectionPolicy,
  selectScans,
} from './select-scans.ts';

const derivative = {
  id: 1,
  method: 'quickshear',
  folder: 'derivatives/1',
  verdictState: 'passed',
  verdictReason: 'fine',
  steps: [],
  reviews: [],
  audit: { state: 'safe' as const, reason: 'Nobody recognises it.', at: '2026-01-05T00:00:00.000Z' },
};
const base: CandidateScan = {
  seriesId: 7,
  subjectId: 1,
  subjectLabel: 'sub-A',
  sessionLabel: 'ses-01',
  kind: 'T1w',
  format: 'dicom',
  seriesNumber: 3,
  state: 'passed',
  stateReason: '',
  sourceChanged: false,
  derivative,
};
const exceptions: SelectionPolicy = {
  review: 'exceptions',
  shareKinds: ['T1w', 'T2w'],
  audit: auditLimits.parse({}),
};
const all: SelectionPolicy = { ...exceptions, review: 'all' };
const reviewed = (...decisions: string[]): CandidateScan => ({
  ...base,
  state: 'needs-review',
  derivative: {
    ...derivative,
    verdictState: 'needs-review',
    reviews: decisions.map((decision) => ({ decision, reviewer: 'ab', at: '2026-01-01' })),
  },
});
const override = { seriesId: 7, reason: 'checked on the console', by: 'ab' };

describe('selectScans', () => {
  const cases: [string, CandidateScan, SelectionPolicy, boolean, boolean][] = [
    // name, scan, policy, leaves, leaves with an override
    ['passed', base, exceptions, true, true],
    ['passed, every scan must be seen', base, all, false, true],
    ['accepted', reviewed('accept'), all, true, true],
    ['accepted after a redo', reviewed('redo', 'accept'), exceptions, true, true],
    ['rejected after an accept', reviewed('accept', 'reject'), exceptions, false, false],
    ['to be redone', reviewed('redo'), exceptions, false, false],
    ['waits for review', reviewed(), exceptions, false, true],
    ['failed', { ...base, state: 'failed' }, exceptions, false, false],
    [
      'failed verdict',
      { ...base, derivative: { ...derivative, verdictState: 'failed' } },
      exceptions,
      false,
      false,
    ],
    ['excluded', { ...base, state: 'excluded' }, exceptions, false, false],
    ['queued', { ...base, state: 'queued' }, exceptions, false, false],
    ['no derivative', { ...base, derivative: null }, exceptions, false, false],
    ['kind not in the policy', { ...base, kind: 'CT' }, exceptions, false, true],
    [
      'kind not in the policy, no derivative',
      { ...base, kind: 'CT', derivative: null },
      exceptions,
      false,
      false,
    ],
    ['source changed', { ...base, sourceChanged: true }, exceptions, false, false],
  ];
  it.each(cases)('%s', (_name, scan, policy, leaves, leavesWithOverride) => {
    const plain = selectScans([scan], policy, []);
    expect(plain.shared.length).toBe(leaves ? 1 : 0);
    expect(plain.shared.length + plain.held.length).toBe(1);
    const forced = selectScans([scan], policy, [override]);
    expect(forced.shared.length).toBe(leavesWithOverride ? 1 : 0);
    if (!leaves && leavesWithOverride) expect(forced.shared[0]!.override).toEqual(override);
    for (const held of plain.held) expect(held.reason.length).toBeGreaterThan(10);
  });

  it('ignores an override without a reason', () => {
    expect(selectScans([reviewed()], exceptions, [{ ...override, reason: '   ' }]).shared).toHaveLength(0);
  });
});

describe('what the audit holds', () => {
  const at = '2026-01-05T10:00:00.000Z';
  const [before, later] = ['2026-01-05T09:59:59.999Z', '2026-01-05T10:00:00.001Z'];
  const risk: CandidateAudit = { state: 'at-risk', reason: 'Human takes it for its own original.', at };
  const unclear: CandidateAudit = { state: 'cannot-tell', reason: 'It cannot be told.', at };
  const safe: CandidateAudit = { state: 'safe', reason: 'Nobody recognises it.', at };
  const asking: SelectionPolicy = { ...exceptions, audit: { ...exceptions.audit, cannotTell: 'review' } };
  const notAsking: SelectionPolicy = { ...exceptions, audit: { ...exceptions.audit, beforeShare: false } };

  /** @param decisions oldest first, `accept` at a time */
  const scan = (
    audit: CandidateAudit | null,
    decisions: readonly (readonly [string, string])[] = [],
    more: Partial<NonNullable<CandidateScan['derivative']>> = {},
  ): CandidateScan => ({
    ...base,
    derivative: {
      ...derivative,
      audit,
      reviews: decisions.map(([decision, time]) => ({ decision, reviewer: 'ab', at: time })),
      ...more,
    },
  });
  const doubtful = { verdictState: 'needs-review', verdictReason: 'Little moved.' };
  // As the audit leaves the verdict of a scan that waited for another reason already.
  const both = { ...doubtful, verdictReason: `Little moved. The audit: ${risk.reason}` };

  const cases: [string, CandidateScan, SelectionPolicy, 'passed' | 'accepted' | RegExp][] = [
    ['safe', scan(safe), exceptions, 'passed'],
    ['safe, accepted before the audit', scan(safe, [['accept', before]]), exceptions, 'accepted'],
    [
      'safe, but the verdict waits',
      scan(safe, [], doubtful),
      exceptions,
      /^Waits for review: Little moved\.$/,
    ],
    ['safe, but everybody must be seen', scan(safe), all, /asks a person to look at every scan/],
    ['at risk', scan(risk), exceptions, /^The audit: Human takes it for its own original\.$/],
    [
      'at risk, and the verdict waits',
      scan(risk, [], both),
      exceptions,
      /^Waits for review: Little moved\. The audit: Human/,
    ],
    ['at risk, accepted after', scan(risk, [['accept', later]]), exceptions, 'accepted'],
    ['at risk, accepted at the same moment', scan(risk, [['accept', at]]), exceptions, 'accepted'],
    [
      'at risk, accepted before',
      scan(risk, [['accept', before]]),
      exceptions,
      /^The scan was accepted before the audit found this: Human takes .*\. Look at it again\.$/,
    ],
    [
      'at risk, accepted before and again after',
      scan(risk, [
        ['accept', before],
        ['accept', later],
      ]),
      exceptions,
      'accepted',
    ],
    ['at risk, sent back after', scan(risk, [['redo', later]]), exceptions, /done again/],
    ['at risk, though the policy asks for no audit', scan(risk), notAsking, /^The audit:/],
    ['at risk, every scan must be seen, accepted after', scan(risk, [['accept', later]]), all, 'accepted'],
    ['cannot tell, kept', scan(unclear), exceptions, 'passed'],
    ['cannot tell, kept, accepted before', scan(unclear, [['accept', before]]), exceptions, 'accepted'],
    ['cannot tell, to be seen', scan(unclear), asking, /^The audit: It cannot be told\.$/],
    [
      'cannot tell, to be seen, accepted before',
      scan(unclear, [['accept', before]]),
      asking,
      /accepted before the audit/,
    ],
    ['cannot tell, to be seen, accepted after', scan(unclear, [['accept', later]]), asking, 'accepted'],
    ['not audited', scan(null), exceptions, /^Not audited yet: run the audit first\.$/],
    ['not audited, accepted', scan(null, [['accept', later]]), exceptions, /^Not audited yet/],
    [
      'not audited, and the verdict waits',
      scan(null, [], doubtful),
      exceptions,
      /^Waits for review: Little moved\. Not audited yet: run the audit first\.$/,
    ],
    ['not audited, not asked for', scan(null), notAsking, 'passed'],
    [
      'not audited, not asked for, but doubtful',
      scan(null, [], doubtful),
      notAsking,
      /^Waits for review: Little moved\.$/,
    ],
  ];
  it.each(cases)('%s', (_name, candidate, policy, expected) => {
    const { shared, held } = selectScans([candidate], policy, []);
    if (typeof expected === 'string') {
      expect(held).toEqual([]);
      expect(shared.map((s) => s.by)).toEqual([expected]);
    } else {
      expect(shared).toEqual([]);
      expect(held[0]!.reason).toMatch(expected);
      const redo = candidate.derivative!.reviews.at(-1)?.decision === 'redo';
      expect(held[0]!.overridable).toBe(!redo);
      const forced = selectScans([candidate], policy, [override]).shared.map((s) => s.by);
      expect(forced).toEqual(redo ? [] : ['override']);
    }
  });
});
