import type { Policy, Verdict } from '../../shared/deidentify/records.ts';
import type { ScanState } from '../../shared/import/records.ts';
import type { Db } from '../catalog/database.ts';
import { readDerivative } from '../catalog/derivatives.ts';
import { setScanState } from '../catalog/scan-state.ts';
import { type AuditRecord, readAudit, readBaseVerdict, saveAudit } from '../risk/audit-rows.ts';
import { auditHolds, withAudit } from '../risk/judge-audit.ts';
import type { AuditTarget } from './audit-targets.ts';

/**
 * Writes one scan's audit, lets its verdict carry it, and moves the scan where the audit puts it.
 *
 * A state that stands since an earlier audit keeps that audit's time, so that somebody who accepted the scan knowing
 * it is not asked again.
 */
export function settleAudit(
  db: Db,
  target: AuditTarget,
  record: AuditRecord,
  policy: Policy,
  at: string,
): void {
  const derivative = readDerivative(db, target.derivativeId);
  if (!derivative) return;
  const earlier = readAudit(db, target.derivativeId);
  const since = earlier?.state === record.state ? earlier.at : at;
  const base = readBaseVerdict(db, target.derivativeId) ?? derivative.verdict;
  const verdict = withAudit(base, record, policy.audit);
  saveAudit(db, target.derivativeId, record, base, since);
  db.prepare('UPDATE derivative SET verdict = ?, state = ?, concern = ? WHERE id = ?').run(
    JSON.stringify(verdict),
    verdict.state,
    verdict.concern,
    target.derivativeId,
  );
  if (!target.current) return;
  const state = db.prepare('SELECT state FROM series WHERE id = ?').pluck().get(target.seriesId) as ScanState;
  const moved = stateAfterAudit({
    state,
    base,
    before: derivative.verdict,
    after: verdict,
    holds: auditHolds(record, policy.audit),
    decision: lastDecision(db, target.derivativeId),
    since,
    reviewAll: policy.review === 'all',
  });
  if (moved) setScanState(db, target.seriesId, moved.state, moved.reason, moved.next);
}

interface AfterAudit {
  readonly state: ScanState;
  readonly base: Verdict;
  /** The verdict before and after this audit. */
  readonly before: Verdict;
  readonly after: Verdict;
  /** The audit asks for a person. */
  readonly holds: boolean;
  readonly decision: { readonly decision: string; readonly at: string } | null;
  /** Since when the audit's state stands. */
  readonly since: string;
  readonly reviewAll: boolean;
}

/**
 * Where a scan goes after its audit; undefined leaves it where it is.
 *
 * A passed scan that the audit holds waits for a person, also when somebody accepted it before the audit knew. A scan
 * that only an earlier audit held passes again. Scans in work, failed, excluded or decided otherwise are not touched.
 */
export function stateAfterAudit(
  o: AfterAudit,
): { readonly state: ScanState; readonly reason: string; readonly next: string } | undefined {
  const { holds } = o;
  const accepted = o.decision?.decision === 'accept' && o.decision.at >= o.since;
  if (o.state === 'passed' && holds && !accepted)
    return { state: 'needs-review', reason: o.after.reason, next: o.after.next || 'Look at it in review.' };
  const heldByAudit = o.base.state === 'passed' && o.before.state === 'needs-review';
  if (o.state === 'needs-review' && heldByAudit && !holds && !o.reviewAll)
    return { state: 'passed', reason: o.base.reason, next: '' };
  if (o.state === 'needs-review' && holds && o.after.reason !== o.before.reason)
    return { state: 'needs-review', reason: o.after.reason, next: o.after.next || 'Look at it in review.' };
  return undefined;
}

function lastDecision(db: Db, derivativeId: number): AfterAudit['decision'] {
  const row = db
    .prepare('SELECT decision, at FROM review WHERE derivative_id = ? ORDER BY id DESC LIMIT 1')
    .get(derivativeId) as { decision: string; at: string } | undefined;
  return row ?? null;
}
