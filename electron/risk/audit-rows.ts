import type { Verdict } from '../../shared/deidentify/records.ts';
import {
  AUDIT_STATES,
  type AuditReport,
  type AuditState,
  auditReport,
  type ScanAudit,
  scanAudit,
} from '../../shared/risk/records.ts';
import type { Db } from '../catalog/database.ts';

/** What an audit adds to what the catalog knows about a derivative. */
export type AuditRecord = Pick<
  ScanAudit,
  'state' | 'reason' | 'next' | 'recognition' | 'distance' | 'problems'
>;

interface Row {
  derivativeId: number;
  seriesId: number;
  subjectLabel: string;
  kind: string;
  method: string;
  current: number;
  record: string;
  at: string;
}

const SELECT = `SELECT a.derivative_id AS derivativeId, d.series_id AS seriesId, u.label AS subjectLabel, s.kind,
    d.method, d.current, a.record, a.at
  FROM audit a JOIN derivative d ON d.id = a.derivative_id JOIN series s ON s.id = d.series_id
    JOIN subject u ON u.id = s.subject_id`;

/** The audit of one de-identified scan; null when it was not audited. */
export function readAudit(db: Db, derivativeId: number): ScanAudit | null {
  const row = db.prepare(`${SELECT} WHERE a.derivative_id = ?`).get(derivativeId) as Row | undefined;
  return row ? toAudit(row) : null;
}

/**
 * Ids of the versions that stand for their scans in the figures of their method, one a scan and method, as SQL: the one
 * that a share would take where it is of that method, else the newest. What was made of files that the series had before
 * stands for nothing.
 */
export const VERSIONS_BY_METHOD = `SELECT coalesce(max(CASE WHEN current = 1 THEN id END), max(id)) FROM derivative
  WHERE NOT EXISTS (SELECT 1 FROM setting v WHERE v.key = 'source-version:' || series_id AND v.value > created_at)
  GROUP BY series_id, method`;

export interface AuditQuery {
  /** Empty: current attempts of any method; else on each scan the attempt of that method that stands for it. */
  readonly method: string;
  readonly states: readonly AuditState[];
  readonly offset: number;
  readonly limit: number;
}

export type AuditCounts = Record<AuditState, number>;

/** Audited scans, at risk before cannot tell before safe, then the nearest to the true face first. */
export function listAudits(
  db: Db,
  query: AuditQuery,
): { total: number; counts: AuditCounts; rows: ScanAudit[] } {
  const chosen = query.method === '' ? 'd.current = 1' : `d.method = ? AND d.id IN (${VERSIONS_BY_METHOD})`;
  const params = query.method === '' ? [] : [query.method];
  const counts = zeroCounts();
  const found = db
    .prepare(
      `SELECT a.state, count(*) AS n FROM audit a JOIN derivative d ON d.id = a.derivative_id WHERE ${chosen} GROUP BY a.state`,
    )
    .all(...params) as { state: AuditState; n: number }[];
  for (const { state, n } of found) counts[state] = n;
  const wanted = query.states.length > 0 ? query.states : AUDIT_STATES;
  const places = wanted.map(() => '?').join(', ');
  const rows = db
    .prepare(
      `${SELECT} WHERE ${chosen} AND a.state IN (${places})
       ORDER BY CASE a.state WHEN 'at-risk' THEN 0 WHEN 'cannot-tell' THEN 1 ELSE 2 END,
         json_extract(a.record, '$.distance.edited.meanMm'), a.derivative_id LIMIT ? OFFSET ?`,
    )
    .all(...params, ...wanted, query.limit, query.offset) as Row[];
  return { total: wanted.reduce((sum, s) => sum + counts[s], 0), counts, rows: rows.map(toAudit) };
}

export function zeroCounts(): AuditCounts {
  return { safe: 0, 'at-risk': 0, 'cannot-tell': 0 };
}

function toAudit({ record, current, ...row }: Row): ScanAudit {
  return scanAudit.parse({ ...(JSON.parse(record) as AuditRecord), ...row, current: current === 1 });
}

/**
 * Keeps what an audit found, replacing an earlier audit of the same attempt.
 *
 * @param baseVerdict the verdict as the face step gave it, from which a later audit starts again
 */
export function saveAudit(
  db: Db,
  derivativeId: number,
  record: AuditRecord,
  baseVerdict: Verdict,
  at: string,
): void {
  db.prepare(
    `INSERT INTO audit (derivative_id, state, record, base_verdict, at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (derivative_id) DO UPDATE SET state = excluded.state, record = excluded.record,
       base_verdict = excluded.base_verdict, at = excluded.at`,
  ).run(derivativeId, record.state, JSON.stringify(record), JSON.stringify(baseVerdict), at);
}

/** The verdict before any audit spoke; null when the attempt was not audited yet. */
export function readBaseVerdict(db: Db, derivativeId: number): Verdict | null {
  const text = db
    .prepare('SELECT base_verdict FROM audit WHERE derivative_id = ?')
    .pluck()
    .get(derivativeId) as string | undefined;
  return text === undefined ? null : (JSON.parse(text) as Verdict);
}

/** The last audit of the project. */
export function readReport(db: Db): AuditReport | null {
  const text = db.prepare('SELECT report FROM audit_report ORDER BY id DESC LIMIT 1').pluck().get() as
    | string
    | undefined;
  return text === undefined ? null : auditReport.parse(JSON.parse(text));
}

export function saveReport(db: Db, report: AuditReport): void {
  db.prepare('INSERT INTO audit_report (report, at) VALUES (?, ?)').run(JSON.stringify(report), report.at);
}
