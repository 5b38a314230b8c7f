import { describe, expect, it } from 'vitest';
import type { ScanAudit } from '../../shared/risk/records.ts';
import {
  sharedAudit as sharedAuditSchema,
  sharedAuditReport as sharedReportSchema,
} from '../../shared/share/audit-records.ts';
import {
  AUDITED_AT,
  auditRecord,
  auditReport,
  distance,
  figures,
  methodAudit,
  recognition,
} from './audit-fixture.ts';
import { sharedAudit, sharedAuditReport } from './shared-audit.ts';

const found = (more: Partial<ScanAudit>): ScanAudit => ({
  ...auditRecord('safe'),
  derivativeId: 1,
  seriesId: 1,
  subjectLabel: 'sub-A',
  kind: 'T1w',
  method: 'template',
  current: true,
  at: AUDITED_AT,
  ...more,
});
const limits = { minDistanceShare: 0.5 };

describe('sharedAudit', () => {
  it('is null where nobody looked', () => {
    expect(sharedAudit(null, limits)).toBeNull();
  });

  it('keeps numbers to four decimals and leaves sentences behind', () => {
    const shared = sharedAudit(
      found({
        recognition: [recognition('human', { similarity: 0.123456, threshold: null, accepted: null })],
        distance: distance(1.23456, 2.2),
        reason: 'Quentrell was here.',
      }),
      limits,
    );
    expect(sharedAuditSchema.parse(shared)).toEqual(shared);
    expect(shared).toEqual({
      state: 'safe',
      at: AUDITED_AT,
      matches: [
        {
          network: 'human',
          views: 5,
          viewsWithFace: 4,
          similarity: 0.1235,
          threshold: null,
          accepted: null,
          rank: 17,
          people: 42,
        },
      ],
      distance: { meanMm: 1.2346, p95Mm: 2.4691, averageMeanMm: 2.2, leastMm: 1.1 },
    });
  });

  it.each([
    ['no distance', null, null],
    ['no average face', distance(2, null), { meanMm: 2, p95Mm: 4, averageMeanMm: null, leastMm: null }],
  ])('%s', (_name, given, expected) => {
    expect(sharedAudit(found({ distance: given }), limits)?.distance).toEqual(expected);
  });
});

describe('sharedAuditReport', () => {
  const shared = sharedAuditReport(auditReport(), new Set(['template']));

  it('is about the methods that leave, and names no scan, shared or held', () => {
    expect(sharedReportSchema.parse(shared)).toEqual(shared);
    expect(shared.methods.map((m) => m.method)).toEqual(['template']);
    const text = JSON.stringify(shared);
    expect(text).not.toMatch(/sub-|pairs|seriesId|genuine|impostor|problems/);
    expect(JSON.stringify(auditReport())).toContain('sub-HELD0000');
  });

  it('speaks of no method that stays', () => {
    expect(auditReport().sentence).toContain('quickshear');
    expect(JSON.stringify(shared)).not.toContain('quickshear');
    const blind = auditReport(
      { sees: [], methods: [methodAudit('quickshear', 0.2, 1), methodAudit('template', 0.2, 1)] },
      'the project has 4 people, and 10 are needed',
    );
    expect(sharedAuditReport(blind, new Set(['template'])).sentence).toBe(
      'Whether the faces of this project can be recognised cannot be told: the project has 4 people, and 10 are needed. The new face surfaces lie from the true ones, on average: template 2.4 mm.',
    );
  });

  it('thins a long curve, keeping its ends', () => {
    const roc = Array.from({ length: 5001 }, (_, n) => ({ falseAccept: n / 5000, trueAccept: n / 5000 }));
    const method = { ...methodAudit('template', 0.1, 1), recognition: [figures('human', 0.1, 2, { roc })] };
    const thin = sharedAuditReport(auditReport({ methods: [method] }), new Set(['template'])).methods[0]!
      .recognition[0]!.roc;
    expect(thin).toHaveLength(200);
    expect([thin[0], thin.at(-1)]).toEqual([roc[0], roc.at(-1)]);
    for (const [n, p] of thin.entries())
      if (n > 0) expect(p.falseAccept).toBeGreaterThan(thin[n - 1]!.falseAccept);
  });
});
