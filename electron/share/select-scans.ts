import type { Policy, VerdictNumber } from '../../shared/deidentify/records.ts';
import type { ShareOverride } from '../../shared/share/records.ts';

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
  readonly reason: string;
  /** An explicit, reasoned override would let it leave. */
  readonly overridable: boolean;
}

export interface ScanSelection {
  readonly shared: readonly SelectedScan[];
  readonly held: readonly HeldScan[];
}

/**
 * Decides which scans may leave. Every candidate ends in exactly one of the two lists.
 *
 * A scan leaves when it has a current derivative and either its verdict passed (policy `exceptions`) or
 * the last person who looked accepted it. `redo` and `reject` hold it until somebody decides otherwise.
 * An override releases a scan nobody has decided about, or one of a kind that the policy does not list; it
 * never releases a scan without a derivative, one whose de-identification failed, or one that was excluded:
 * there is nothing safe to release.
 */
export function selectScans(
  scans: readonly CandidateScan[],
  policy: Pick<Policy, 'review' | 'shareKinds'>,
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
      const refused = override && !answer.overridable ? ' An override does not apply here.' : '';
      held.push({
        seriesId,
        subjectLabel,
        kind,
        state,
        reason: answer.reason + refused,
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
  | { leaves: false; reason: string; overridable: boolean };

function decide(scan: CandidateScan, policy: Pick<Policy, 'review' | 'shareKinds'>): Answer {
  const never = (reason: string): Answer => ({ leaves: false, reason, overridable: false });
  const held = (reason: string): Answer => ({ leaves: false, reason, overridable: true });
  const because = scan.stateReason || 'no reason was recorded.';

  if (scan.state === 'excluded') return never(`Excluded: ${because}`);
  if (scan.state === 'failed') return never(`De-identification failed: ${because}`);
  const derivative = scan.derivative;
  if (!derivative) return never('Not de-identified yet: there is no edited scan to share.');
  if (scan.state === 'queued' || scan.state === 'running') {
    return never(`De-identification is ${scan.state}; wait until it has finished.`);
  }
  if (derivative.verdictState === 'failed')
    return never(`De-identification failed: ${derivative.verdictReason}`);
  if (scan.sourceChanged) {
    return never(
      'A source file changed or disappeared after this scan was edited; import the folder again and repeat the edit.',
    );
  }
  const last = derivative.reviews.at(-1);
  if (last?.decision === 'reject')
    return never('Rejected in review. Change the decision in review to release it.');
  if (last?.decision === 'redo')
    return never('Marked to be done again in review; repeat it with another method.');
  if (!policy.shareKinds.includes(scan.kind)) {
    const listed = policy.shareKinds.join(', ') || 'nothing';
    return held(
      `The policy does not let ${scan.kind} leave; it lists ${listed}. If the scan is one of these, correct its kind.`,
    );
  }
  if (last?.decision === 'accept') return { leaves: true, by: 'accepted' };
  if (derivative.verdictState !== 'passed' || scan.state !== 'passed') {
    return held(`Waits for review: ${derivative.verdictReason || scan.stateReason || 'no verdict'}`);
  }
  if (policy.review === 'all') return held('The policy asks a person to look at every scan; nobody has yet.');
  return { leaves: true, by: 'passed' };
}

function isReasoned(override: ShareOverride): boolean {
  return override.reason.trim().length >= 3 && override.by.trim().length >= 1;
}
