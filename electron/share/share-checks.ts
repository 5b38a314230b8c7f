import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Policy } from '../../shared/deidentify/records.ts';
import { grouped, plural } from '../../shared/share/receipt-text.ts';
import type { ChecklistItem } from '../../shared/share/records.ts';
import { type ProfileException, profileExceptions } from '../deidentify/header/ps315.ts';
import { type LeakScan, listFiles } from './leak-scan.ts';
import type { ScanSelection } from './select-scans.ts';
import type { BidsVerdict } from './validate-bids.ts';
import type { FileRecord } from './whole-file.ts';
import type { WrittenUnit } from './write-scan.ts';

/** Was everything that leaves decided by somebody or by a verdict? */
export function reviewedCheck({ shared, held }: ScanSelection, policy: Policy): ChecklistItem {
  const by = (what: string) => shared.filter((s) => s.by === what).length;
  const waiting = held.filter((h) => h.overridable).length;
  const rule = policy.review === 'all' ? 'a person looks at every scan' : 'a person looks at exceptions';
  const evidence =
    `Of ${plural(shared.length, 'scan')} that may leave, ${grouped(by('passed'))} by verdict, ${grouped(by('accepted'))} accepted in review, ` +
    `${grouped(by('override'))} by override; ${grouped(held.length)} held, of these ${grouped(waiting)} waiting for a decision (policy: ${rule}).`;
  return {
    id: 'reviewed',
    label: 'Everything that leaves was decided',
    state: shared.length > 0 ? 'ok' : 'todo',
    evidence,
  };
}

/**
 * Names every attribute that an override of the policy lets through against the profile.
 *
 * @param others of `otherRecipes`: scans that were edited under a policy that treats headers otherwise
 */
export function headersCheck(policy: Policy, others: readonly string[]): ChecklistItem {
  const exceptions = profileExceptions(policy);
  const named = (action: ProfileException['action'], words: string) => {
    const list = exceptions.filter((e) => e.action === action).map((e) => `${e.name} ${e.tag}`);
    return list.length > 0 ? ` ${words}: ${list.join(', ')}.` : '';
  };
  const names = [...new Set(others)].map((name) => `“${name}”`).join(', ');
  const edited =
    others.length > 0
      ? ` ${plural(others.length, 'scan')} ${others.length === 1 ? 'was' : 'were'} edited under another recipe for headers (${names}); this one is applied to all.`
      : '';
  const on = Object.entries(policy.options).filter(([, value]) => value).length;
  return {
    id: 'headers',
    label: 'Headers follow a named policy',
    state: 'ok',
    evidence: `“${policy.name}”: PS3.15 Basic Profile, ${plural(on, 'option')} on; unknown attributes are ${policy.unknownAttributes === 'remove' ? 'removed' : 'kept'}.${named('kept', 'Kept against the profile')}${named('cleaned', 'Cleaned where the profile removes')}${edited}`,
  };
}

export function bidsCheck(verdict: BidsVerdict): ChecklistItem {
  const label = 'BIDS tree is valid';
  if (verdict.valid === null) return { id: 'bids', label, state: 'not-checked', evidence: verdict.reason };
  const evidence = verdict.valid
    ? `bids-validator 1.15: ${plural(verdict.files, 'file')}, no errors, ${plural(verdict.warnings.length, 'kind')} of warning.`
    : `bids-validator 1.15: ${verdict.errors.slice(0, 5).join(' | ') || 'it found no files.'}`;
  return { id: 'bids', label, state: verdict.valid ? 'ok' : 'failed', evidence };
}

/** BIDS voxels and DICOM pixels and headers, read back after writing. */
export function readBackChecks(units: readonly WrittenUnit[], formats: readonly string[]): ChecklistItem[] {
  const items: ChecklistItem[] = [];
  const total = (values: readonly (number | undefined)[]) => values.reduce<number>((a, b) => a + (b ?? 0), 0);
  if (formats.includes('bids')) {
    const bids = units.filter((u) => u.format === 'bids' && u.files.length > 0);
    items.push({
      id: 'voxels',
      label: 'NIfTI voxels read back',
      state: bids.length > 0 ? 'ok' : 'not-checked',
      evidence:
        bids.length > 0
          ? `${grouped(total(bids.map((u) => u.facts.bids?.voxels)))} voxels of ${plural(bids.length, 'scan')}: ${grouped(total(bids.map((u) => u.facts.bids?.edited)))} edited, no voxel outside the edit differs from the source.`
          : 'Nothing was written as BIDS.',
    });
  }
  if (formats.includes('dicom')) {
    const dicom = units.filter((u) => u.format === 'dicom' && u.files.length > 0);
    const facts = dicom.map((u) => u.facts.dicom);
    items.push({
      id: 'dicom-readback',
      label: 'DICOM read back by a second parser',
      state: dicom.length > 0 ? 'ok' : 'not-checked',
      evidence:
        dicom.length > 0
          ? `${plural(total(facts.map((f) => f?.instances)), 'instance')}, ${grouped(total(facts.map((f) => f?.pixels)))} pixels: ${grouped(total(facts.map((f) => f?.edited)))} as edited, all others as in the source; ${grouped(total(facts.map((f) => f?.tagsCompared)))} attributes compared, ${grouped(total(facts.map((f) => f?.tagsChanged)))} changed, each by a rule.`
          : 'Nothing was written as DICOM.',
    });
    items.push(dciodvfyCheck(dicom));
  }
  return items;
}

function dciodvfyCheck(units: readonly WrittenUnit[]): ChecklistItem {
  const label = 'dciodvfy finds nothing new';
  const diffs = units.flatMap((u) => (u.facts.dciodvfy ? [u.facts.dciodvfy] : []));
  if (diffs.length === 0 || diffs.some((d) => !d.available)) {
    const evidence =
      units.length === 0 ? 'Nothing was written as DICOM.' : 'dciodvfy is not installed on this computer.';
    return { id: 'dciodvfy', label, state: 'not-checked', evidence };
  }
  const added = diffs.flatMap((d) => d.added);
  const compared = diffs.reduce((n, d) => n + d.compared, 0);
  const consequences = diffs.reduce((n, d) => n + d.consequences, 0);
  const removed = diffs.reduce((n, d) => n + d.removed, 0);
  const aside =
    consequences > 0
      ? ` ${plural(consequences, 'remark')} that acquisition attributes stay in an object now marked DERIVED ${consequences === 1 ? 'is' : 'are'} not counted.`
      : '';
  return {
    id: 'dciodvfy',
    label,
    state: added.length === 0 ? 'ok' : 'failed',
    evidence:
      added.length === 0
        ? `${plural(compared, 'file')} compared with the source; ${plural(removed, 'finding')} of the source went away.${aside}`
        : `${plural(added.length, 'new finding')}: ${added
            .slice(0, 5)
            .map((a) => a.finding)
            .join(' | ')}`,
  };
}

export function leakCheck(scan: LeakScan): ChecklistItem {
  const searched = `${plural(scan.identifiers, 'identifier')} in ${grouped(scan.patterns)} byte forms, ${plural(scan.files, 'file')}, ${grouped(scan.bytes)} bytes around voxels and inside gzip`;
  const passed =
    scan.notSearched > 0
      ? ` ${plural(scan.notSearched, 'text')} too short or too ordinary to search for.`
      : '';
  return {
    id: 'bytes',
    label: 'No identifier in any name or content',
    state: scan.leaks.length === 0 ? 'ok' : 'failed',
    evidence:
      scan.leaks.length === 0
        ? `Searched ${searched}: nothing found.${passed}`
        : `Searched ${searched}: ${plural(scan.leaks.length, 'finding')}.${passed}`,
  };
}

/** Reads the folder again: every file of the manifest is there with its size, and no other. */
export async function countsCheck(
  contentDir: string,
  expected: readonly FileRecord[],
  scans: { candidates: number; shared: number; held: number },
): Promise<ChecklistItem> {
  const onDisk = new Set(await listFiles(contentDir));
  let wrong = 0;
  for (const file of expected) {
    const size = await stat(join(contentDir, ...file.path.split('/'))).then(
      (s) => s.size,
      () => -1,
    );
    if (size !== file.size) wrong++;
    onDisk.delete(file.path);
  }
  const balanced = scans.candidates === scans.shared + scans.held;
  const ok = wrong === 0 && onDisk.size === 0 && balanced;
  return {
    id: 'counts',
    label: 'Counts in equal counts out',
    state: ok ? 'ok' : 'failed',
    evidence: `${plural(scans.candidates, 'scan')} in the project = ${grouped(scans.shared)} shared + ${grouped(scans.held)} held; ${plural(expected.length, 'file')} in the manifest, ${grouped(wrong)} missing or of another size, ${grouped(onDisk.size)} unknown.`,
  };
}
