import type { Policy } from '../../shared/deidentify/records.ts';
import type { riskContract } from '../../shared/risk/contract.ts';
import type { Handlers } from '../../shared/rpc.ts';
import type { Db } from '../catalog/database.ts';
import { UserError } from '../dispatch.ts';
import type { NewJob } from '../jobs/queue.ts';
import { listAudits, readAudit, readReport, zeroCounts } from './audit-rows.ts';
import { methodsTsv, scansTsv } from './export-tsv.ts';

export interface RiskContext {
  readonly db: Db;
  /** The face networks are in this build. */
  readonly available: boolean;
  readonly policy: () => Policy;
  /** The jobs of an audit; empty when there is nothing to audit. */
  readonly jobs: (attempts: 'current' | 'all', policy: Policy) => NewJob[];
  readonly startBatch: (jobs: readonly NewJob[]) => string;
}

/** Answers for the `risk.*` questions. @param context asked for each time, so that it follows the open project */
export function riskHandlers(context: () => RiskContext): Handlers<typeof riskContract> {
  return {
    'risk.state': () => {
      const { db, available } = context();
      return { available, ...auditState(db) };
    },
    'risk.start': ({ attempts }) => {
      const ctx = context();
      const busy = ctx.db
        .prepare("SELECT count(*) FROM job WHERE kind = 'audit' AND state IN ('queued','running')")
        .pluck()
        .get() as number;
      if (busy > 0)
        throw new UserError('audit-running', 'An audit is under way already.', 'Wait for it, or cancel it.');
      const jobs = ctx.jobs(attempts, ctx.policy());
      if (jobs.length === 0)
        throw new UserError(
          'nothing-to-audit',
          'No scan has been de-identified yet.',
          'De-identify scans first.',
        );
      return { batchId: ctx.startBatch(jobs), scans: jobs.length - 1 };
    },
    'risk.report': () => readReport(context().db),
    'risk.scans': (query) => listAudits(context().db, query),
    'risk.scan': ({ derivativeId }) => readAudit(context().db, derivativeId),
    'risk.export': ({ what }) => {
      const { db } = context();
      if (what === 'scans') {
        const { rows } = listAudits(db, { method: '', states: [], offset: 0, limit: 1_000_000 });
        return { fileName: 'audit_scans.tsv', text: scansTsv(rows) };
      }
      const report = readReport(db);
      if (!report)
        throw new UserError('no-audit', 'This project has not been audited yet.', 'Start the audit first.');
      return { fileName: 'audit_methods.tsv', text: methodsTsv(report) };
    },
  };
}

/** How far the audit has come with the versions that a share would take. */
export function auditState(db: Db) {
  const states = zeroCounts();
  const rows = db
    .prepare(
      `SELECT a.state, count(*) AS n FROM derivative d JOIN series s ON s.id = d.series_id
       LEFT JOIN audit a ON a.derivative_id = d.id
       WHERE d.current = 1 AND s.state <> 'excluded' GROUP BY a.state`,
    )
    .all() as { state: keyof typeof states | null; n: number }[];
  let waiting = 0;
  for (const { state, n } of rows) {
    if (state === null) waiting += n;
    else states[state] = n;
  }
  const scans = rows.reduce((sum, r) => sum + r.n, 0);
  const audited = db.prepare('SELECT count(*) FROM audit_report').pluck().get() as number;
  return { scans, waiting, states, stale: audited > 0 && waiting > 0 };
}
