import type { AppliedStep } from '../../shared/provenance.ts';
import type { SharedAuditReport } from '../../shared/share/audit-records.ts';
import type { SharedScan } from '../../shared/share/records.ts';
import type { ProfileException } from '../deidentify/header/ps315.ts';
import { json } from './bids-layout.ts';
import type { FileRecord } from './whole-file.ts';

export interface ManifestScan extends SharedScan {
  /** What was done to it, in order: kind of step, version, parameters. */
  readonly steps: readonly AppliedStep[];
  readonly paths: readonly string[];
}

/**
 * The manifest of a share: every file with size and SHA-256, every scan with its provenance.
 *
 * It holds nothing that names a person: pseudonyms, catalog numbers and parameters only.
 *
 * @param exceptions attributes that overrides of the policy let through against the profile
 * @param files every file of the share except the manifest itself and the receipt, which lie beside it
 */
export function manifestText(share: {
  id: string;
  version: string;
  createdAt: string;
  policyName: string;
  exceptions: readonly ProfileException[];
  formats: readonly string[];
  files: readonly FileRecord[];
  scans: readonly ManifestScan[];
  audit: SharedAuditReport | null;
}): string {
  const sorted = [...share.files].sort((a, b) => (a.path < b.path ? -1 : 1));
  return json({
    product: 'Refacade',
    version: share.version,
    share: share.id,
    createdAt: share.createdAt,
    policy: share.policyName,
    keptAgainstProfile: share.exceptions,
    formats: share.formats,
    totals: {
      scans: share.scans.length,
      files: sorted.length,
      bytes: sorted.reduce((n, f) => n + f.size, 0),
    },
    scans: [...share.scans].sort((a, b) => a.seriesId - b.seriesId),
    audit: share.audit && figuresOnly(share.audit),
    files: sorted,
  });
}

/** Its sentences stand in the receipt; curves are drawn there too. */
function figuresOnly({ sentence: _, caveats: __, ...audit }: SharedAuditReport) {
  const withoutCurve = <T extends { roc: unknown }>({ roc: ___, ...figures }: T) => figures;
  return {
    ...audit,
    upperBound: audit.upperBound.map(withoutCurve),
    methods: audit.methods.map((m) => ({ ...m, recognition: m.recognition.map(withoutCurve) })),
  };
}

/** One line of the log that travels with the share. */
export interface ShareLogLine {
  readonly at: string;
  readonly event: string;
  readonly [detail: string]: unknown;
}

/** The log as JSON lines; what goes in is counted and named by pseudonym before it comes here. */
export function logText(lines: readonly ShareLogLine[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}
