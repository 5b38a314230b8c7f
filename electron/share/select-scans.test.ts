import { describe, expect, it } from 'vitest';
import { type CandidateScan, selectScans } from './select-scans.ts';

const derivative = {
  id: 1,
  method: 'quickshear',
  folder: 'derivatives/1',
  verdictState: 'passed',
  verdictReason: 'fine',
  steps: [],
  reviews: [],
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
const exceptions = { review: 'exceptions' as const, shareKinds: ['T1w', 'T2w'] };
const all = { ...exceptions, review: 'all' as const };
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
  const cases: [string, CandidateScan, typeof exceptions | typeof all, boolean, boolean][] = [
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
