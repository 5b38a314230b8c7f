import { describe, expect, it } from 'vitest';
import { type AuditState, auditLimits } from '../../shared/risk/records.ts';
import { AUDITED_AT, auditReport, blindReport } from './audit-fixture.ts';
import { facesCheck } from './faces-check.ts';
import type { SelectedScan } from './select-scans.ts';

const asking = { audit: auditLimits.parse({}) };
const notAsking = { audit: auditLimits.parse({ beforeShare: false }) };

function leaving(
  state: AuditState | null,
  by: SelectedScan['by'] = 'passed',
  verdictState = 'passed',
  method = 'template',
): SelectedScan {
  return {
    scan: {} as SelectedScan['scan'],
    by,
    override: null,
    derivative: {
      id: 1,
      method,
      folder: '',
      verdictState,
      verdictReason: '',
      steps: [],
      reviews: [],
      audit: state && { state, reason: 'Why.', at: AUDITED_AT },
    },
  };
}

describe('facesCheck', () => {
  const cases: [string, SelectedScan[], typeof asking, string, RegExp][] = [
    ['nothing leaves', [], asking, 'todo', /^No scan may leave yet\.$/],
    [
      'all safe',
      [leaving('safe'), leaving('safe')],
      asking,
      'ok',
      /2 safe, 0 at risk, for 0 .* 0 not audited/,
    ],
    ['safe, and accepted in review', [leaving('safe', 'accepted', 'needs-review')], asking, 'ok', /1 safe,/],
    ['safe, a kind released by override', [leaving('safe', 'override')], asking, 'ok', /1 safe,/],
    [
      'safe, but a doubtful verdict released by override',
      [leaving('safe'), leaving('safe', 'override', 'needs-review')],
      asking,
      'not-checked',
      /2 safe \(1 by override, without a passed verdict\)/,
    ],
    [
      'at risk, accepted by somebody who knew',
      [leaving('at-risk', 'accepted', 'needs-review')],
      asking,
      'ok',
      /1 at risk \(1 accepted in review after the audit\)/,
    ],
    [
      'at risk, accepted and by override',
      [leaving('at-risk', 'accepted'), leaving('at-risk', 'override')],
      asking,
      'not-checked',
      /2 at risk \(1 accepted in review after the audit, 1 by override\)/,
    ],
    [
      'at risk by override',
      [leaving('safe'), leaving('at-risk', 'override')],
      asking,
      'not-checked',
      /1 at risk \(1 by override\)/,
    ],
    [
      'cannot tell beside safe',
      [leaving('safe'), leaving('cannot-tell')],
      asking,
      'ok',
      /for 1 the audit cannot tell/,
    ],
    [
      'cannot tell by override',
      [leaving('safe'), leaving('cannot-tell', 'override')],
      asking,
      'not-checked',
      /cannot tell/,
    ],
    [
      'nothing could be told of any',
      [leaving('cannot-tell')],
      asking,
      'not-checked',
      /0 safe.*for 1 the audit cannot tell/,
    ],
    ['one not audited', [leaving('safe'), leaving(null, 'override')], asking, 'not-checked', /1 not audited/],
    [
      'none audited',
      [leaving(null, 'override')],
      asking,
      'not-checked',
      /^Not audited: 1 scan by override, and nobody tried to recognise this face\.$/,
    ],
    [
      'none audited, none asked for',
      [leaving(null)],
      notAsking,
      'not-checked',
      /^The policy does not ask for an audit and none was made/,
    ],
    ['audited though not asked for', [leaving('safe')], notAsking, 'ok', /1 safe/],
    [
      'some audited, not asked for',
      [leaving('safe'), leaving(null)],
      notAsking,
      'not-checked',
      /1 not audited/,
    ],
  ];
  it.each(cases)('%s', (_name, shared, policy, state, evidence) => {
    const item = facesCheck({ shared }, policy, auditReport());
    expect([item.id, item.state]).toEqual(['faces', state]);
    expect(item.evidence).toMatch(evidence);
    // Figures are evidence only about scans that were audited.
    expect(item.evidence.includes('untouched')).toBe(shared.some((s) => s.derivative.audit));
  });

  it('says rank-1 of the methods that leave beside chance and untouched heads, for networks that see', () => {
    const shared = [leaving('safe'), leaving('safe', 'passed', 'passed', 'blur')];
    const both = facesCheck({ shared }, asking, auditReport());
    expect(both.evidence).toContain(
      'In the audit of 2026-01-05, among 42 people (chance 2.4 %), Human puts the own original first for 97.6 % (92.6 to 100.0 %) of untouched heads and, edited, for blur not in that audit, template 2.4 % (0.0 to 7.4 %); face-api',
    );
    expect(both.evidence).toMatch(/not with photographs\.$/);
    expect(both.evidence).not.toContain('quickshear');
    const one = facesCheck({ shared }, asking, auditReport({ sees: ['face-api'] }));
    expect(one.evidence).not.toContain('Human');
  });

  it.each([
    [
      'few people',
      blindReport(),
      /Nothing is claimed about recognition: the audit put heads among 4 people, and the policy asks for 10 at least\.$/,
    ],
    [
      'networks that do not see',
      auditReport({ sees: [] }),
      /too few untouched heads .*\(Human 97\.6 %, face-api 92\.9 %; the policy asks for 80\.0 %\)\.$/,
    ],
    ['no network', auditReport({ sees: [], upperBound: [] }), /no network looked at the heads\.$/],
    [
      'borrowed heads',
      auditReport({ galleryPeople: 6, borrowed: 20 }),
      /among 6 people and 20 computed variations of an average head/,
    ],
  ])('says how weak the claim is: %s', (_name, report, evidence) => {
    expect(facesCheck({ shared: [leaving('safe')] }, asking, report).evidence).toMatch(evidence);
  });

  it('does without a report', () => {
    expect(facesCheck({ shared: [leaving('safe')] }, asking, null).evidence).toMatch(/0 not audited\.$/);
  });
});
