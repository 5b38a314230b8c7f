import { describe, expect, it } from 'vitest';
import {
  auditLimits,
  type ScanAudit,
  type ScanDistance,
  type ScanRecognition,
} from '../../shared/risk/records.ts';
import type { AuditRecord } from './audit-rows.ts';
import { judgeAudit } from './judge-audit.ts';
import { standingFinding } from './standing-finding.ts';

const limits = auditLimits.parse({});

type Network = ScanRecognition['network'];
const reading = (network: Network, more: Partial<ScanRecognition> = {}): ScanRecognition => ({
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
const strange = [reading('human'), reading('face-api')];
const accepted = [reading('human', { similarity: 0.7, accepted: true, rank: 1 }), reading('face-api')];
const bothFirst = [reading('human', { rank: 1 }), reading('face-api', { rank: 1 })];

const distance = (edited: number, average: number | null): ScanDistance => {
  const of = (meanMm: number) => ({ meanMm, p95Mm: 2 * meanMm, shareOver2mm: 0.5, points: 3000 });
  return { edited: of(edited), average: average === null ? null : of(average), regionFrom: 'average-head' };
};
const far = distance(2, 2);
const near = distance(0.4, 2);

interface Seen {
  readonly recognition: readonly ScanRecognition[];
  readonly distance: ScanDistance | null;
  readonly sees?: readonly Network[];
}

const seesOf = (seen: Seen) => seen.sees ?? seen.recognition.map((r) => r.network);

/** The record of an audit that saw this, as the judge words it. */
function audit(seen: Seen): AuditRecord {
  const sees = seesOf(seen);
  const judged = judgeAudit(
    {
      faceStateBefore: 'intact',
      recognition: seen.recognition,
      sees,
      blind: sees.length === 0 ? 'no network looked' : '',
      distance: seen.distance,
      distanceFailure: seen.distance ? '' : 'the disk is gone',
    },
    limits,
  );
  const problem = { code: 'own', level: 'warning' as const, subject: 'A', message: 'of this audit' };
  return { ...judged, recognition: [...seen.recognition], distance: seen.distance, problems: [problem] };
}

const stored = (record: AuditRecord): ScanAudit => ({
  derivativeId: 1,
  seriesId: 2,
  subjectLabel: 'A',
  kind: 'T1w',
  method: 'template',
  current: true,
  ...record,
  problems: [{ code: 'older', level: 'info', subject: 'A', message: 'of the earlier audit' }],
  at: '2026-01-02T03:04:05.000Z',
});

const nothing: Seen = { recognition: [], distance: null };

describe('a finding of an earlier audit', () => {
  it.each<[string, Seen, Seen, 'stands' | 'is replaced']>([
    ['accepted, then nothing seen', { recognition: accepted, distance: far }, nothing, 'stands'],
    ['both first, then nothing seen', { recognition: bothFirst, distance: far }, nothing, 'stands'],
    ['too close, then nothing seen', { recognition: strange, distance: near }, nothing, 'stands'],
    [
      'accepted, then only the distance',
      { recognition: accepted, distance: near },
      { recognition: [], distance: far },
      'stands',
    ],
    [
      'accepted, then looked at by networks that are not believed',
      { recognition: accepted, distance: far },
      { recognition: strange, distance: far, sees: [] },
      'stands',
    ],
    [
      'accepted, then not accepted, without a distance',
      { recognition: accepted, distance: far },
      { recognition: strange, distance: null },
      'is replaced',
    ],
    [
      'too close, then far enough, unseen by networks',
      { recognition: strange, distance: near },
      { recognition: [], distance: far },
      'is replaced',
    ],
    [
      'too close, then without a yardstick',
      { recognition: strange, distance: near },
      { recognition: strange, distance: distance(2, null) },
      'stands',
    ],
    [
      'both accused, then networks take it back and there is no distance',
      { recognition: accepted, distance: near },
      { recognition: strange, distance: null },
      'stands',
    ],
    [
      'accepted, then safe',
      { recognition: accepted, distance: far },
      { recognition: strange, distance: far },
      'is replaced',
    ],
    [
      'too close, then at risk for another reason',
      { recognition: strange, distance: near },
      { recognition: accepted, distance: null },
      'is replaced',
    ],
    ['safe, then nothing seen', { recognition: strange, distance: far }, nothing, 'is replaced'],
    ['cannot tell, then nothing seen', { recognition: strange, distance: null }, nothing, 'is replaced'],
  ])('%s: %s', (_, before, now, outcome) => {
    const earlier = stored(audit(before));
    const found = audit(now);
    const kept = standingFinding(earlier, found, { sees: seesOf(now), limits, subject: 'A T1w' });
    if (outcome === 'is replaced') {
      expect(kept).toBe(found);
      return;
    }
    expect([earlier.state, found.state]).toEqual(['at-risk', 'cannot-tell']);
    const { state, reason, next, recognition } = earlier;
    expect(kept).toMatchObject({ state, reason, next, recognition, distance: earlier.distance });
    expect(kept.problems).toMatchObject([
      { code: 'own' },
      {
        code: 'audit-finding-stands',
        level: 'warning',
        subject: 'A T1w',
        message: `Found at risk on 2026-01-02, and not judged again since: that finding stands. ${found.reason}`,
      },
    ]);
  });

  it('stands also where a limit was lowered since, as long as nobody looked again', () => {
    const earlier = stored(audit({ recognition: strange, distance: near }));
    const options = { sees: [], limits: { ...limits, minDistanceShare: 0.1 }, subject: 'A' };
    expect(standingFinding(earlier, audit(nothing), options).state).toBe('at-risk');
  });

  it('is none where the version was not audited before', () => {
    const found = audit(nothing);
    expect(standingFinding(null, found, { sees: [], limits, subject: 'A' })).toBe(found);
  });
});
