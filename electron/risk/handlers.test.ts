import { describe, expect, it } from 'vitest';
import { policy as policySchema } from '../../shared/deidentify/records.ts';
import type { AuditState } from '../../shared/risk/records.ts';
import { addDerivative, readDerivative } from '../catalog/derivatives.ts';
import { emptyCatalog } from '../catalog/empty-catalog.ts';
import { UserError } from '../dispatch.ts';
import type { NewJob } from '../jobs/queue.ts';
import { saveAudit } from './audit-rows.ts';
import { riskHandlers } from './handlers.ts';

function project(available = true) {
  const { db, addSeries } = emptyCatalog();
  const started: (readonly NewJob[])[] = [];
  let jobs: NewJob[] = [];
  const handlers = riskHandlers(() => ({
    db,
    available,
    policy: () => policySchema.parse({ name: 'test' }),
    jobs: () => jobs,
    startBatch: (list) => `batch-${started.push(list)}`,
  }));
  const addScan = (method: string, audit?: AuditState, meanMm = 2) => {
    const seriesId = addSeries({ state: 'passed', description: 'T1' });
    const id = addDerivative(db, {
      seriesId,
      method,
      methodParams: {},
      seed: 1,
      policy: policySchema.parse({ name: 'test' }),
      folder: `derivatives/${seriesId}`,
      verdict: {
        state: 'passed',
        reason: '',
        next: '',
        numbers: [],
        assumptions: [],
        problems: [],
        concern: 0,
      },
      steps: [],
      seconds: 1,
      createdAt: '',
    });
    const distance = { meanMm, p95Mm: 5, shareOver2mm: 0.5, points: 10 };
    if (audit) {
      const record = {
        state: audit,
        reason: audit,
        next: '',
        recognition: [],
        distance: { edited: distance, average: null, regionFrom: 'window' as const },
        problems: [],
      };
      saveAudit(db, id, record, readDerivative(db, id)!.verdict, '2026-01-01T00:00:00Z');
    }
    return { seriesId, id };
  };
  return { db, handlers, started, addScan, setJobs: (list: NewJob[]) => (jobs = list) };
}

const job = (seriesId: number | null): NewJob => ({ kind: 'audit', seriesId, label: '', payload: {} });
const page = { method: '', states: [], offset: 0, limit: 10 };

describe('the audit handlers', () => {
  it('count every current version once', async () => {
    const { handlers, addScan, db } = project(false);
    addScan('template', 'safe');
    addScan('template', 'at-risk');
    addScan('template');
    const excluded = addScan('template', 'safe');
    db.prepare("UPDATE series SET state = 'excluded' WHERE id = ?").run(excluded.seriesId);
    expect(await handlers['risk.state']({})).toEqual({
      available: false,
      scans: 3,
      waiting: 1,
      states: { safe: 1, 'at-risk': 1, 'cannot-tell': 0 },
      stale: false,
    });
  });

  it('list the worst first, the nearest to the true face before the others', async () => {
    const { handlers, addScan } = project();
    const safe = addScan('template', 'safe', 1);
    const far = addScan('template', 'at-risk', 1.5);
    const near = addScan('blur', 'at-risk', 0.2);
    const unknown = addScan('template', 'cannot-tell');
    const all = await handlers['risk.scans'](page);
    expect(all.rows.map((r) => r.derivativeId)).toEqual([near.id, far.id, unknown.id, safe.id]);
    expect(all.total).toBe(4);
    const some = await handlers['risk.scans']({ ...page, method: 'template', states: ['at-risk'] });
    expect(some.rows.map((r) => r.derivativeId)).toEqual([far.id]);
    expect([some.total, some.counts]).toEqual([1, { safe: 1, 'at-risk': 1, 'cannot-tell': 1 }]);
    expect((await handlers['risk.scan']({ derivativeId: near.id }))!.distance!.edited.meanMm).toBe(0.2);
    expect(await handlers['risk.scan']({ derivativeId: 999 })).toBeNull();
  });

  it('start one audit at a time, and none without scans', async () => {
    const { handlers, started, setJobs, db } = project();
    expect(() => handlers['risk.start']({ attempts: 'all' })).toThrow(UserError);
    setJobs([job(1), job(2), job(null)]);
    expect(await handlers['risk.start']({ attempts: 'all' })).toEqual({ batchId: 'batch-1', scans: 2 });
    expect(started).toHaveLength(1);
    db.exec(
      "INSERT INTO job (batch_id, kind, label, payload, created_at) VALUES ('b', 'audit', '', '{}', '')",
    );
    expect(() => handlers['risk.start']({ attempts: 'all' })).toThrow(/under way/);
  });

  it('export the scans, and refuse the methods before the first audit', async () => {
    const { handlers, addScan } = project();
    addScan('template', 'safe');
    expect((await handlers['risk.export']({ what: 'scans' })).text.split('\n')).toHaveLength(3);
    expect(() => handlers['risk.export']({ what: 'methods' })).toThrow(/not been audited/);
  });
});
