import type { Policy } from '../../shared/deidentify/records.ts';
import { NETWORK_NAMES } from '../../shared/risk/network-names.ts';
import type { AuditReport } from '../../shared/risk/records.ts';
import { galleryText, known, percent, withInterval } from '../../shared/share/audit-text.ts';
import { grouped, plural } from '../../shared/share/receipt-text.ts';
import type { ChecklistItem } from '../../shared/share/records.ts';
import type { ScanSelection, SelectedScan } from './select-scans.ts';

/**
 * Can the faces that leave still be recognised? The answer is the audit's.
 *
 * ok: every scan is safe, or at risk and accepted by somebody who knew it, or one about which nothing can be told
 * while the policy lets those go; and the audit could tell something about at least one of them. Overrides are no
 * evidence, and neither is a missing audit.
 *
 * @param report the last audit of the project; null before the first
 */
export function facesCheck(
  { shared }: Pick<ScanSelection, 'shared'>,
  policy: Pick<Policy, 'audit'>,
  report: AuditReport | null,
): ChecklistItem {
  const item = (state: ChecklistItem['state'], evidence: string): ChecklistItem => ({
    id: 'faces',
    label: 'Faces audited',
    state,
    evidence,
  });
  if (shared.length === 0) return item('todo', 'No scan may leave yet.');
  const audited = shared.filter((s) => s.derivative.audit !== null);
  if (audited.length === 0) {
    return item(
      'not-checked',
      policy.audit.beforeShare
        ? `Not audited: ${plural(shared.length, 'scan')} by override, and nobody tried to recognise ${shared.length === 1 ? 'this face' : 'these faces'}.`
        : 'The policy does not ask for an audit and none was made: nobody tried to recognise these faces.',
    );
  }
  const open = shared.filter(isOpen).length;
  const told = audited.some((s) => s.derivative.audit?.state !== 'cannot-tell');
  const figures = report ? ` ${recognitionText(report, shared)}` : '';
  return item(open === 0 && told ? 'ok' : 'not-checked', `${countsText(shared)}${figures}`);
}

/** Leaves without an answer from the audit or from somebody who knew it. */
function isOpen({ by, derivative }: SelectedScan): boolean {
  if (derivative.audit === null) return true;
  if (by !== 'override') return false;
  return derivative.audit.state !== 'safe' || derivative.verdictState !== 'passed';
}

function countsText(shared: readonly SelectedScan[]): string {
  const state = (wanted: string | undefined) => shared.filter((s) => s.derivative.audit?.state === wanted);
  const risk = state('at-risk');
  const byOverride = risk.filter((s) => s.by === 'override').length;
  const how = [
    ...(risk.length > byOverride
      ? [`${grouped(risk.length - byOverride)} accepted in review after the audit`]
      : []),
    ...(byOverride > 0 ? [`${grouped(byOverride)} by override`] : []),
  ].join(', ');
  const open = shared.filter((s) => s.derivative.audit?.state === 'safe' && isOpen(s)).length;
  return (
    `Of ${plural(shared.length, 'scan')} that may leave: ${grouped(state('safe').length)} safe` +
    `${open > 0 ? ` (${grouped(open)} by override, without a passed verdict)` : ''}, ` +
    `${grouped(risk.length)} at risk${how ? ` (${how})` : ''}, for ${grouped(state('cannot-tell').length)} the audit cannot tell, ` +
    `${grouped(state(undefined).length)} not audited.`
  );
}

/** Rank-1 of the methods that leave, beside chance and untouched heads, for the networks that can be believed. */
function recognitionText(report: AuditReport, shared: readonly SelectedScan[]): string {
  const gallery = report.galleryPeople + report.borrowed;
  if (report.sees.length === 0) {
    const { minPeople, minUpperBound } = report.limits;
    const upper = report.upperBound.map(
      (f) => `${NETWORK_NAMES[f.network]} ${known(f.rank1.value, percent)}`,
    );
    const why =
      gallery < minPeople
        ? `the audit put heads among ${galleryText(report)}, and the policy asks for ${grouped(minPeople)} at least`
        : upper.length > 0
          ? `too few untouched heads are found again in another view (${upper.join(', ')}; the policy asks for ${percent(minUpperBound)})`
          : 'no network looked at the heads';
    return `Nothing is claimed about recognition: ${why}.`;
  }
  const methods = [...new Set(shared.map((s) => s.derivative.method))].sort();
  const networks = report.sees.map((network) => {
    const upper = report.upperBound.find((f) => f.network === network);
    const found = methods.map((method) => {
      const figures = report.methods
        .find((m) => m.method === method)
        ?.recognition.find((f) => f.network === network);
      return figures ? `${method} ${withInterval(figures.rank1, percent)}` : `${method} not in that audit`;
    });
    return `${NETWORK_NAMES[network]} puts the own original first for ${withInterval(upper?.rank1, percent)} of untouched heads and, edited, for ${found.join(', ')}`;
  });
  return `In the audit of ${report.at.slice(0, 10)}, among ${galleryText(report)} (chance ${percent(report.chanceRank1)}), ${networks.join('; ')}; 95 % intervals in parentheses. Renders were compared with renders, not with photographs.`;
}
