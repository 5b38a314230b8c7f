import type { riskContract } from '../../shared/risk/contract.ts';
import type { AuditState, ScanAudit } from '../../shared/risk/records.ts';
import type { Handlers } from '../../shared/rpc.ts';
import type { Scenario } from './fake-answers.ts';
import { type AuditVariant, type FakeAudit, makeAudit } from './fake-audit.ts';

/** Which audit a scenario shows; the others have none. */
const VARIANTS: Partial<Record<Scenario, AuditVariant>> = {
  full: 'usual',
  'audit-running': 'usual',
  'audit-stale': 'usual',
  'audit-few': 'few',
  'audit-blind': 'blind',
  'audit-no-networks': 'no-networks',
  'audit-failures': 'failures',
};
const WAITING: Partial<Record<Scenario, number>> = {
  busy: 212,
  unaudited: 40,
  'audit-running': 17,
  'audit-stale': 17,
};

export function fakeAuditOf(scenario: Scenario): FakeAudit | null {
  const variant = VARIANTS[scenario];
  return variant ? makeAudit(variant) : null;
}

function countsOf(scans: readonly ScanAudit[]) {
  const counts: Record<AuditState, number> = { safe: 0, 'at-risk': 0, 'cannot-tell': 0 };
  for (const scan of scans) counts[scan.state]++;
  return counts;
}

/** Where a scenario's audit stands; for `risk.state` and the rail. */
export function fakeAuditState(scenario: Scenario) {
  const waiting = WAITING[scenario] ?? 0;
  const audit = fakeAuditOf(scenario);
  const states = countsOf((audit?.scans ?? []).filter((scan) => scan.current).slice(waiting));
  const audited = states.safe + states['at-risk'] + states['cannot-tell'];
  return {
    available: scenario !== 'audit-no-networks',
    scans: audited + waiting,
    waiting,
    states,
    stale: audit !== null && waiting > 0,
  };
}

export function riskAnswers(scenario: Scenario): Handlers<typeof riskContract> {
  const audit = fakeAuditOf(scenario);
  const state = fakeAuditState(scenario);
  return {
    'risk.state': () => state,
    'risk.start': () => ({ batchId: 'batch-audit', scans: state.scans }),
    'risk.report': () => audit?.report ?? null,
    'risk.scans': ({ method, states, offset, limit }) => {
      const matching = (audit?.scans ?? []).filter((scan) =>
        method === '' ? scan.current : scan.method === method,
      );
      const shown = states.length > 0 ? matching.filter((scan) => states.includes(scan.state)) : matching;
      return { total: shown.length, counts: countsOf(matching), rows: shown.slice(offset, offset + limit) };
    },
    'risk.scan': ({ derivativeId }) => {
      const scans = audit?.scans ?? [];
      const found = scans.find((scan) => scan.derivativeId === derivativeId);
      if (found) return found;
      // Other scans of the made-up project look like one of the audited people; some wait still.
      const like = scans[derivativeId % Math.max(1, scans.length)];
      return like && derivativeId % 4 !== 3 ? { ...like, derivativeId } : null;
    },
    'risk.export': ({ what }) => ({
      fileName: `audit_${what}.tsv`,
      text: what === 'scans' ? 'subject\tverdict\nsub-A\tsafe\n' : 'method\trank1\ntemplate\t0.05\n',
    }),
  };
}
