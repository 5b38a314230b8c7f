import type { Verdict, VerdictNumber } from '../../shared/deidentify/records.ts';
import type { FaceState } from '../../shared/import/records.ts';
import { NETWORK_NAMES } from '../../shared/risk/network-names.ts';
import type {
  AuditLimits,
  FaceDistance,
  FaceNetwork,
  ScanDistance,
  ScanRecognition,
} from '../../shared/risk/records.ts';
import type { AuditRecord } from './audit-rows.ts';

/** Everything the audit found about one de-identified scan. */
export interface AuditFacts {
  readonly faceStateBefore: FaceState;
  readonly recognition: readonly ScanRecognition[];
  /** Networks that recognise untouched heads of this project well enough to be believed. */
  readonly sees: readonly FaceNetwork[];
  /** Why no network is believed, a clause; empty when at least one is. */
  readonly blind: string;
  readonly distance: ScanDistance | null;
  /** Why there is no distance, a sentence; empty when there is one. */
  readonly distanceFailure: string;
}

/**
 * Can this face still be recognised? Two witnesses, and neither is enough to clear a scan alone.
 *
 * at risk: a network that sees accepts the head as its own original, both networks put the own original first among
 * all people, or the new surface lies much closer to the true face than a population-average face would. safe: a
 * network that recognises this very person untouched does not recognise the edited head, and the surface is far
 * enough beside the average face's. Everything else is "cannot tell", with the reason: no evidence is not evidence of
 * safety, and a distance without the average face's beside it (a head that has no segmentation) is no evidence: 2 mm are
 * far on one head and near on another.
 */
export function judgeAudit(
  facts: AuditFacts,
  limits: AuditLimits,
): Pick<AuditRecord, 'state' | 'reason' | 'next'> {
  if (facts.faceStateBefore === 'brain-only')
    return { state: 'safe', reason: 'The scan shows a brain only: there is no face to recognise.', next: '' };
  const believed = facts.recognition.filter((r) => facts.sees.includes(r.network));
  const risk = [...recognised(believed), ...tooClose(facts.distance, limits)];
  if (risk.length > 0) {
    return {
      state: 'at-risk',
      reason: risk.join(' '),
      next: 'Try another method or stronger settings. If it must leave as it is, a person has to accept it in review.',
    };
  }
  const witnesses = believed.filter((r) => r.originalRank === 1);
  const why = cannotTell(facts, witnesses.length);
  if (why !== '') {
    return {
      state: 'cannot-tell',
      reason: `Whether this face can be recognised cannot be told: ${why}`,
      next: 'Look at the renders before and after.',
    };
  }
  return {
    state: 'safe',
    reason: `${witnesses.map(notRecognised).join(' ')} ${howFar(facts.distance!.edited, facts.distance!.average!)}`,
    next: '',
  };
}

/** Why the networks accuse a head, a sentence each; empty when they do not. @param believed readings of networks that see */
export function recognised(believed: readonly ScanRecognition[]): string[] {
  const accepted = believed
    .filter((r) => r.accepted === true)
    .map(
      (r) =>
        `${NETWORK_NAMES[r.network]} takes the de-identified head for its own original (similarity ${two(r.similarity!)}, strangers reach ${two(r.threshold!)}; place ${r.rank} of ${r.people}).`,
    );
  if (accepted.length > 0) return accepted;
  // One network puts somebody first by chance in one of N scans; both the right person, hardly ever.
  const first = believed.filter((r) => r.rank === 1);
  if (believed.length < 2 || first.length < believed.length) return [];
  return [`Both networks put the own original first among ${first[0]!.people} people.`];
}

/** Why the distance accuses a head, a sentence; empty when it does not, or there is nothing to compare it with. */
export function tooClose(distance: ScanDistance | null, limits: AuditLimits): string[] {
  if (!distance?.average) return [];
  const share = distance.edited.meanMm / distance.average.meanMm;
  if (share >= limits.minDistanceShare) return [];
  return [
    `The new face surface lies ${mm(distance.edited.meanMm)} from the true one on average, ${percent(share)} of what a population-average face would (${mm(distance.average.meanMm)}); at least ${percent(limits.minDistanceShare)} is asked for.`,
  ];
}

/** Why nothing can be told, a clause that ends a sentence; '' when enough is known. */
function cannotTell(facts: AuditFacts, witnesses: number): string {
  if (facts.faceStateBefore === 'removed')
    return 'the face had been removed before the scan came here, so there is no true face to compare with.';
  if (facts.blind !== '') return `${facts.blind}.`;
  if (witnesses === 0)
    return 'the networks do not recognise the untouched head in another view either, so not recognising the edited one means nothing.';
  if (facts.distance === null) return `the surface distance is missing (${facts.distanceFailure})`;
  if (facts.distance.average === null)
    return `the population-average face could not be placed in this scan, so whether ${mm(facts.distance.edited.meanMm)} from the true face is far enough cannot be judged.`;
  return '';
}

function notRecognised(r: ScanRecognition): string {
  const name = NETWORK_NAMES[r.network];
  if (r.viewsWithFace === 0) return `${name} finds no face in ${r.views} pictures.`;
  return `${name} does not recognise it (similarity ${two(r.similarity)}, strangers reach ${two(r.threshold)}; place ${r.rank ?? '–'} of ${r.people}).`;
}

function howFar(edited: FaceDistance, average: FaceDistance): string {
  return `The new surface lies ${mm(edited.meanMm)} from the true face; an average face would be ${mm(average.meanMm)} away.`;
}

const two = (value: number | null) => (value === null ? '–' : value.toFixed(2));
const mm = (value: number) => `${value.toFixed(1)} mm`;
const percent = (share: number) => `${Math.round(100 * share)} %`;

const PREFIX = 'audit';

/**
 * The scan's verdict with the audit in it: its numbers beside the others, and no pass for a scan at risk.
 *
 * @param base the verdict as the face step gave it; an earlier audit's part is not in it
 */
export function withAudit(base: Verdict, audit: AuditRecord, limits: AuditLimits): Verdict {
  const numbers = [...base.numbers.filter((n) => !n.name.startsWith(PREFIX)), ...auditNumbers(audit, limits)];
  const verdict = { ...base, numbers };
  if (!auditHolds(audit, limits) || base.state === 'failed') return verdict;
  const concern = Math.max(base.concern, audit.state === 'at-risk' ? 85 : 35);
  // A scan that waits for another reason keeps it and gains this one.
  if (base.state === 'needs-review')
    return { ...verdict, reason: `${base.reason} The audit: ${audit.reason}`, concern };
  return { ...verdict, state: 'needs-review', reason: audit.reason, next: audit.next, concern };
}

/** Whether a person has to look, whatever else was found. */
export function auditHolds(audit: Pick<AuditRecord, 'state'>, limits: AuditLimits): boolean {
  return audit.state === 'at-risk' || (audit.state === 'cannot-tell' && limits.cannotTell === 'review');
}

function auditNumbers(audit: AuditRecord, limits: AuditLimits): VerdictNumber[] {
  const numbers: VerdictNumber[] = [];
  for (const r of audit.recognition) {
    numbers.push({
      name: `${PREFIX}-similarity-${r.network}`,
      label: `Similarity to the own original (${NETWORK_NAMES[r.network]})`,
      value: r.similarity,
      unit: '',
      limit: r.threshold === null ? '' : `< ${two(r.threshold)}`,
      ok: r.accepted === null ? null : !r.accepted,
    });
    numbers.push({
      name: `${PREFIX}-rank-${r.network}`,
      label: `Place of the own original among ${r.people} people (${NETWORK_NAMES[r.network]})`,
      value: r.rank,
      unit: '',
      limit: '',
      ok: null,
    });
  }
  if (audit.distance) {
    const { edited, average } = audit.distance;
    const share = average ? edited.meanMm / average.meanMm : null;
    numbers.push({
      name: `${PREFIX}-distance`,
      label: 'Mean distance between the new and the true face surface',
      value: edited.meanMm,
      unit: 'mm',
      limit: average ? `≥ ${(limits.minDistanceShare * average.meanMm).toFixed(2)}` : '',
      ok: share === null ? null : share >= limits.minDistanceShare,
    });
    if (average)
      numbers.push({
        name: `${PREFIX}-average-distance`,
        label: 'The same for a population-average face',
        value: average.meanMm,
        unit: 'mm',
        limit: '',
        ok: null,
      });
  }
  return numbers;
}
