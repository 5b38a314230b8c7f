import type { AuditLimits, FaceNetwork, ScanAudit } from '../../shared/risk/records.ts';
import type { AuditRecord } from './audit-rows.ts';
import { recognised, tooClose } from './judge-audit.ts';

/**
 * What is known about a version after another audit of it: an earlier "at risk" stands when this audit cannot tell only
 * because a witness that accused the version could not be heard again.
 *
 * The voxels of a version never change, so what was found in them does not go away because a disk is not plugged in, the
 * build has no face networks, or too few other people can be looked at to believe a network. The earlier finding is kept
 * as it was, numbers and all, with the problems of this audit and one that says that it could not be judged again.
 *
 * Each witness takes back its own accusation and no other. A version that only its distance accused, and whose distance,
 * measured again, is far enough, is "cannot tell" though nobody could look at its pictures: the networks had their say in
 * the earlier audit and did not accuse it, and to go on showing a distance that a newer measurement replaced would be a
 * claim without ground. It is not "safe" either, for that takes both witnesses in one audit. A version that the networks
 * accused stays at risk however far its surface lies. A distance without the average face's beside it is not heard.
 *
 * Which networks were believed then is not kept, so acceptance by any of them counts as an accusation: in doubt the
 * finding stands until the networks have looked again.
 *
 * @param earlier the last audit of the same version
 * @param sees networks that are believed in this audit
 * @param subject names the scan in the user's words
 * @returns the audit to keep: `earlier` with other problems, or `found` itself
 */
export function standingFinding(
  earlier: ScanAudit | null,
  found: AuditRecord,
  { sees, limits, subject }: StandingOptions,
): AuditRecord {
  if (earlier?.state !== 'at-risk' || found.state !== 'cannot-tell') return found;
  const byNetworks = recognised(earlier.recognition).length > 0;
  // A limit that was lowered since must not leave an accusation without an accuser.
  const byDistance = !byNetworks || tooClose(earlier.distance, limits).length > 0;
  const networksHeard = found.recognition.some((r) => sees.includes(r.network));
  const distanceHeard = found.distance !== null && found.distance.average !== null;
  if ((!byNetworks || networksHeard) && (!byDistance || distanceHeard)) return found;
  const { state, reason, next, recognition, distance } = earlier;
  const stands = {
    code: 'audit-finding-stands',
    level: 'warning' as const,
    subject,
    message: `Found at risk on ${earlier.at.slice(0, 10)}, and not judged again since: that finding stands. ${found.reason}`,
    fix: 'Start the audit again when the scan can be looked at.',
  };
  return { state, reason, next, recognition, distance, problems: [...found.problems, stands] };
}

export interface StandingOptions {
  readonly sees: readonly FaceNetwork[];
  readonly limits: AuditLimits;
  readonly subject: string;
}
