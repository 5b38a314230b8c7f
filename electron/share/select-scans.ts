import type { Policy, VerdictNumber } from '../../shared/deidentify/records.ts';
import type { AuditLimits, AuditState } from '../../shared/risk/records.ts';
import type { ShareOverride } from '../../shared/share/records.ts';
import { auditHolds } from '../risk/judge-audit.ts';
import { HELD } from './receipt-reasons.ts';

/** What the catalog knows about one scan when a share is put together. */
export interface CandidateScan {
  readonly seriesId: number;
  readonly subjectId: number;
  readonly subjectLabel: string;
  readonly sessionLabel: string;
  readonly kind: string;
  readonly format: 'dicom' | 'nifti';
  readonly seriesNumber: number | null;
  /** The scan's state in the catalog and the sentence that goes with it. */
  readonly state: string;
  readonly stateReason: string;
  /** A source file changed or disappeared after the scan was edited. */
  readonly sourceChanged: boolean;
  readonly derivative: CandidateDerivative | null;
}

/** The current derivative of a scan with what people said about it, oldest decision first. */
export interface CandidateDerivative {
  readonly id: number;
  readonly method: string;
  readonly folder: string;
  readonly verdictState: string;
  readonly verdictReason: string;
  readonly numbers?: readonly VerdictNumber[];
  readonly steps: readonly unknown[];
  readonly reviews: readonly { decision: string; reviewer: string; at: string }[];
  /** null: nobody tried to recognise this face. */
  readonly audit: CandidateAudit | null;
}

/** What the audit found, and since when that stands (ISO 8601 in UTC). */
export interface CandidateAudit {
  readonly state: AuditState;
  readonly reason: string;
  readonly at: string;
}

export interface SelectedScan {
  readonly scan: CandidateScan;
  readonly derivative: CandidateDerivative;
  /** `passed`, `accepted` or `override`: what lets it leave. */
  readonly by: 'passed' | 'accepted' | 'override';
  readonly override: ShareOverride | null;
}

export interface HeldScan {
  readonly seriesId: number;
  readonly subjectLabel: string;
  readonly kind: string;
  readonly state: string;
  /** The whole reason, as the application shows it; it may name people and folders. */
  readonly reason: string;
  /** The same in fixed words, for the receipt. */
  readonly receiptReason: string;
  /** An explicit, reasoned override would let it leave. */
  readonly overridable: boolean;
}

export interface ScanSelection {
  readonly shared: readonly SelectedScan[];
  readonly held: readonly HeldScan[];
}

export type SelectionPolicy = Pick<Policy, 'review' | 'shareKinds' | 'audit'>;

/**
 * Decides which scans may leave. Every candidate ends in exactly one of the two lists.
 *
 * A scan leaves when it has a current derivative and either its verdict passed (policy `exceptions`) or
 * the last person who looked accepted it. `redo` and `reject` hold it until somebody decides otherwise.
 * A scan at risk in the audit needs somebody who accepted it knowing that: after the audit, not before. So
 * does one about which the audit cannot tell, when the policy says so. Without an audit nothing leaves, unless
 * the policy does not ask for one.
 * An override releases a scan nobody has decided about, one that was not audited, or one of a kind that the
 * policy does not list; it never releases a scan without a derivative, one whose de-identification failed, or
 * one that was excluded: there is nothing safe to release.
 */
export function selectScans(
  scans: readonly CandidateScan[],
  policy: SelectionPolicy,
  overrides: readonly ShareOverride[],
): ScanSelection {
  const overrideOf = new Map(overrides.map((o) => [o.seriesId, o]));
  const shared: SelectedScan[] = [];
  const held: HeldScan[] = [];
  for (const scan of scans) {
    const answer = decide(scan, policy);
    const override = overrideOf.get(scan.seriesId) ?? null;
    if (answer.leaves) {
      shared.push({ scan, derivative: scan.derivative!, by: answer.by, override: null });
    } else if (answer.overridable && override && isReasoned(override)) {
      shared.push({ scan, derivative: scan.derivative!, by: 'override', override });
    } else {
      const { seriesId, subjectLabel, kind, state } = scan;
      const refused = override && !answer.overridable ? ` ${HELD.noOverride}` : '';
      held.push({
        seriesId,
        subjectLabel,
        kind,
        state,
        reason: answer.reason + refused,
        receiptReason: answer.receiptReason + refused,
        overridable: answer.overridable,
      });
    }
  }
  if (shared.length + held.length !== scans.length) {
    throw new Error(`Counts differ: ${scans.length} scans in, ${shared.length} shared + ${held.length} held`);
  }
  return { shared, held };
}

type Answer =
  | { leaves: true; by: 'passed' | 'accepted' }
  | ({ leaves: false; overridable: boolean } & Reason);
type Reason = Pick<HeldScan, 'reason' | 'receiptReason'>;

function decide(scan: CandidateScan, policy: SelectionPolicy): Answer {
  const never = (receiptReason: string, reason = receiptReason): Answer => ({
    leaves: false,
    reason,
    receiptReason,
    overridable: false,
  });
  const held = (receiptReason: string, reason = receiptReason): Answer => ({
    leaves: false,
    reason,
    receiptReason,
    overridable: true,
  });
  const because = scan.stateReason || 'no reason was recorded.';

  if (scan.state === 'excluded') return never(HELD.excluded, `Excluded: ${because}`);
  if (scan.state === 'failed') return never(HELD.failed, `De-identification failed: ${because}`);
  const derivative = scan.derivative;
  if (!derivative) return never(HELD.missing);
  if (scan.state === 'queued' || scan.state === 'running') {
    return never(HELD.busy, `De-identification is ${scan.state}; wait until it has finished.`);
  }
  if (derivative.verdictState === 'failed')
    return never(HELD.failed, `De-identification failed: ${derivative.verdictReason}`);
  if (scan.sourceChanged) {
    return never(
      HELD.changed,
      'A source file changed or disappeared after this scan was edited; import the folder again and repeat the edit.',
    );
  }
  const last = derivative.reviews.at(-1);
  if (last?.decision === 'reject')
    return never(HELD.rejected, 'Rejected in review. Change the decision in review to release it.');
  if (last?.decision === 'redo')
    return never(HELD.redo, 'Marked to be done again in review; repeat it with another method.');
  if (!policy.shareKinds.includes(scan.kind)) {
    const listed = policy.shareKinds.join(', ') || 'nothing';
    return held(
      HELD.kind,
      `The policy does not let ${scan.kind} leave; it lists ${listed}. If the scan is one of these, correct its kind.`,
    );
  }
  const found = heldByAudit(derivative, policy.audit);
  if (found) return held(found.receiptReason, found.reason);
  const unaudited = derivative.audit === null && policy.audit.beforeShare;
  if (last?.decision !== 'accept') {
    const waits = waitsForReview(scan, derivative, policy);
    if (waits && unaudited)
      return held(`${waits.receiptReason} ${HELD.notAudited}`, `${waits.reason} ${HELD.notAudited}`);
    if (waits) return held(waits.receiptReason, waits.reason);
  }
  if (unaudited) return held(HELD.notAudited);
  return { leaves: true, by: last?.decision === 'accept' ? 'accepted' : 'passed' };
}

/** Why a scan that nobody accepted needs somebody who does; null when it does not. */
function waitsForReview(
  scan: CandidateScan,
  derivative: CandidateDerivative,
  { review }: SelectionPolicy,
): Reason | null {
  if (derivative.verdictState !== 'passed' || scan.state !== 'passed') {
    const why = derivative.verdictReason || scan.stateReason || 'no verdict';
    return { receiptReason: HELD.review, reason: `Waits for review: ${why}` };
  }
  return review === 'all' ? { receiptReason: HELD.reviewAll, reason: HELD.reviewAll } : null;
}

/** Why what the audit found holds a scan; null when it does not, or when somebody accepted the scan knowing it. */
function heldByAudit(derivative: CandidateDerivative, limits: AuditLimits): Reason | null {
  const { audit, verdictReason, reviews } = derivative;
  if (!audit || !auditHolds(audit, limits)) return null;
  const receiptReason = audit.state === 'at-risk' ? HELD.atRisk : HELD.cannotTell;
  const last = reviews.at(-1);
  if (last?.decision !== 'accept') {
    // The verdict of a scan that waits for another reason as well names both.
    const reason = verdictReason.includes(`The audit: ${audit.reason}`)
      ? `Waits for review: ${verdictReason}`
      : `The audit: ${audit.reason}`;
    return { receiptReason, reason };
  }
  if (last.at >= audit.at) return null;
  return {
    receiptReason,
    reason: `The scan was accepted before the audit found this: ${audit.reason} Look at it again.`,
  };
}

function isReasoned(override: ShareOverride): boolean {
  return override.reason.trim().length >= 3 && override.by.trim().length >= 1;
}
