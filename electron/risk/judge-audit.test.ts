import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../shared/deidentify/records.ts';
import { auditLimits, type ScanDistance, type ScanRecognition } from '../../shared/risk/records.ts';
import type { AuditRecord } from './audit-rows.ts';
import { type AuditFacts, judgeAudit, withAudit } from './judge-audit.ts';

const limits = auditLimits.parse({});

const recognition = (
  network: ScanRecognition['network'],
  more: Partial<ScanRecognition> = {},
): ScanRecognition => ({
  network,
  views: 5,
  viewsWithFace: 4,
  similarity: 0.4,
  threshold: 0.6,
  accepted: false,
  rank: 17,
  people: 40,
  originalSimilarity: 0.9,
  originalRank: 1,
  ...more,
});

const distance = (edited: number, average: number | null): ScanDistance => {
  const of = (meanMm: number) => ({ meanMm, p95Mm: 2 * meanMm, shareOver2mm: 0.5, points: 3000 });
  return {
    edited: of(edited),
    average: average === null ? null : of(average),
    regionFrom: 'average-head',
  };
};

const facts = (more: Partial<AuditFacts> = {}): AuditFacts => ({
  faceStateBefore: 'intact',
  recognition: [recognition('human'), recognition('face-api')],
  sees: ['human', 'face-api'],
  blind: '',
  distance: distance(2, 2),
  distanceFailure: '',
  ...more,
});

describe('judgeAudit', () => {
  it.each<[string, AuditFacts, string, RegExp]>([
    ['unrecognised and far', facts(), 'safe', /does not recognise.*2\.0 mm.*average face would be 2\.0 mm/],
    [
      'no face left in any picture',
      facts({
        recognition: [
          recognition('human', { viewsWithFace: 0, similarity: null, rank: null, accepted: null }),
        ],
      }),
      'safe',
      /finds no face in 5 pictures/,
    ],
    [
      'accepted by one network',
      facts({
        recognition: [
          recognition('human', { similarity: 0.7, accepted: true, rank: 1 }),
          recognition('face-api'),
        ],
      }),
      'at-risk',
      /Human takes .*similarity 0\.70, strangers reach 0\.60; place 1 of 40/,
    ],
    [
      'first in both, accepted by none',
      facts({ recognition: [recognition('human', { rank: 1 }), recognition('face-api', { rank: 1 })] }),
      'at-risk',
      /Both networks put the own original first among 40/,
    ],
    [
      'first in one only',
      facts({ recognition: [recognition('human', { rank: 1 }), recognition('face-api')] }),
      'safe',
      /./,
    ],
    [
      'first in the only network that sees',
      facts({ recognition: [recognition('human', { rank: 1 })], sees: ['human'] }),
      'safe',
      /./,
    ],
    [
      'accepted by a network that cannot see',
      facts({
        recognition: [recognition('human', { accepted: true }), recognition('face-api')],
        sees: ['face-api'],
      }),
      'safe',
      /face-api/,
    ],
    ['hardly moved', facts({ distance: distance(0.4, 2) }), 'at-risk', /0\.4 mm.*20 %.*2\.0 mm.*50 %/],
    ['exactly at the limit', facts({ distance: distance(1, 2) }), 'safe', /./],
    [
      'hardly moved, though no network sees',
      facts({ sees: [], blind: 'no networks', distance: distance(0.1, 2) }),
      'at-risk',
      /./,
    ],
    ['no network sees', facts({ sees: [], blind: 'too few people' }), 'cannot-tell', /too few people\./],
    [
      'this person is not recognised untouched either',
      facts({
        recognition: [
          recognition('human', { originalRank: 3 }),
          recognition('face-api', { originalRank: null }),
        ],
      }),
      'cannot-tell',
      /untouched head in another view either/,
    ],
    [
      'one of two knows the person',
      facts({ recognition: [recognition('human'), recognition('face-api', { originalRank: 9 })] }),
      'safe',
      /^Human does not/,
    ],
    ['no distance', facts({ distance: null, distanceFailure: 'no surface' }), 'cannot-tell', /no surface/],
    [
      'distance without a yardstick',
      facts({ distance: distance(2, null) }),
      'cannot-tell',
      /average face could not be placed.*2\.0 mm from the true face is far enough cannot be judged\.$/,
    ],
    [
      'recognised, though there is no yardstick',
      facts({
        recognition: [recognition('human', { similarity: 0.7, accepted: true, rank: 1 })],
        distance: distance(2, null),
      }),
      'at-risk',
      /own original/,
    ],
    ['face gone before', facts({ faceStateBefore: 'removed' }), 'cannot-tell', /removed before/],
    ['brain only', facts({ faceStateBefore: 'brain-only', distance: null, sees: [] }), 'safe', /brain only/],
  ])('%s', (_, given, state, reason) => {
    const judged = judgeAudit(given, limits);
    expect(judged.state).toBe(state);
    expect(judged.reason).toMatch(reason);
    expect(judged.next === '').toBe(state === 'safe');
  });
});

describe('withAudit', () => {
  const base = (state: Verdict['state'], concern = 5): Verdict => ({
    state,
    reason: 'the face step',
    next: '',
    numbers: [{ name: 'brainMm3', label: '', value: 1, unit: '', limit: '', ok: true }],
    assumptions: [],
    problems: [],
    concern,
  });
  const audit = (state: AuditRecord['state']): AuditRecord => ({
    state,
    reason: `it is ${state}`,
    next: 'do something',
    recognition: [recognition('human')],
    distance: distance(2, 2),
    problems: [],
  });

  it.each<[Verdict['state'], AuditRecord['state'], 'keep' | 'review', Verdict['state'], string]>([
    ['passed', 'safe', 'keep', 'passed', 'the face step'],
    ['passed', 'at-risk', 'keep', 'needs-review', 'it is at-risk'],
    ['passed', 'cannot-tell', 'keep', 'passed', 'the face step'],
    ['passed', 'cannot-tell', 'review', 'needs-review', 'it is cannot-tell'],
    ['needs-review', 'at-risk', 'keep', 'needs-review', 'the face step The audit: it is at-risk'],
    ['needs-review', 'safe', 'keep', 'needs-review', 'the face step'],
    ['failed', 'at-risk', 'keep', 'failed', 'the face step'],
  ])('%s and %s (%s) is %s', (state, found, cannotTell, expected, reason) => {
    const verdict = withAudit(base(state), audit(found), { ...limits, cannotTell });
    expect([verdict.state, verdict.reason]).toEqual([expected, reason]);
    expect(verdict.numbers.map((n) => n.name)).toContain('audit-similarity-human');
    expect(verdict.numbers[0]!.name).toBe('brainMm3');
  });

  it('said twice is said once', () => {
    const once = withAudit(base('passed'), audit('safe'), limits);
    expect(withAudit(once, audit('safe'), limits)).toEqual(once);
  });

  it('shows a scan at risk before one in ordinary doubt', () => {
    expect(withAudit(base('passed'), audit('at-risk'), limits).concern).toBe(85);
    expect(withAudit(base('needs-review', 90), audit('at-risk'), limits).concern).toBe(90);
  });
});
