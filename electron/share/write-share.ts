import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Policy } from '../../shared/deidentify/records.ts';
import {
  type ShareFormat,
  type ShareOverride,
  type ShareReceipt,
  shareReceipt,
} from '../../shared/share/records.ts';
import type { Db } from '../catalog/database.ts';
import { profileExceptions } from '../deidentify/header/ps315.ts';
import type { Pseudonyms } from '../deidentify/pseudonyms.ts';
import { readAudit, readReport } from '../risk/audit-rows.ts';
import type { TaskContext } from '../worker/task.ts';
import { bidsTopFiles, json } from './bids-layout.ts';
import { collectIdentifiers } from './collect-identifiers.ts';
import { facesCheck } from './faces-check.ts';
import type { SearchIdentifier } from './identifier-forms.ts';
import { listFiles, scanForLeaks, scanText } from './leak-scan.ts';
import { loadCandidates } from './load-scans.ts';
import { logText, manifestText, type ShareLogLine } from './manifest.ts';
import { otherRecipes } from './other-recipes.ts';
import { bytesNeeded, noForm, planScans, sharedScan, topOptions } from './plan-scans.ts';
import { product } from './product.ts';
import { receiptHtml } from './receipt-html.ts';
import { ownWords } from './receipt-words.ts';
import { measuredChanges } from './scan-numbers.ts';
import { selectScans } from './select-scans.ts';
import {
  bidsCheck,
  countsCheck,
  headersCheck,
  leakCheck,
  readBackChecks,
  reviewedCheck,
} from './share-checks.ts';
import { openShareFolder, publish, requireSpace, type ShareFolder } from './share-folder.ts';
import { sharedAudit, sharedAuditReport } from './shared-audit.ts';
import { validateBids } from './validate-bids.ts';
import { explainWriteFailure, type FileRecord, ShareWriteError, writeWholeFile } from './whole-file.ts';
import { type WrittenPictures, writePictures } from './write-pictures.ts';
import { type ScanToWrite, type WrittenUnit, withdrawDamaged, writeUnit } from './write-scan.ts';
import { writtenUids } from './written-uids.ts';

export interface ShareRequest {
  readonly dir: string;
  readonly formats: readonly ShareFormat[];
  readonly overrides: readonly ShareOverride[];
  readonly policy: Policy;
  /** Continue an unfinished share in the same folder; otherwise it is started over. */
  readonly resume: boolean;
}

export interface ShareContext {
  readonly db: Db;
  readonly projectDir: string;
  readonly keys: Pseudonyms;
  readonly clock?: () => Date;
  /** For tests: called between steps; may throw to stand for a process that dies there. */
  readonly checkpoint?: (place: string) => void;
}

const RECEIPT = 'refacade-receipt';

/**
 * Writes a share: selects, writes, reads back, validates, searches, and only then gives final names.
 *
 * Everything is put together in `<dir>/.refacade-partial/`. When every check has passed the top-level
 * entries are moved to `<dir>`; when one has failed they stay where they are and only the receipt, which
 * says so, appears. A process that dies is continued by the next call for the same folder: scans that are
 * whole are not written again. Sources are opened read-only.
 *
 * @returns the receipt; released only if no check in it has failed
 * @throws ShareWriteError when the folder cannot be used, the disk is full or nothing may leave
 */
export async function writeShare(
  request: ShareRequest,
  context: ShareContext,
  task: TaskContext,
): Promise<ShareReceipt> {
  const { db, projectDir } = context;
  const { policy, formats } = request;
  const now = context.clock ?? (() => new Date());
  const checkpoint = context.checkpoint ?? (() => {});
  const roots = db.prepare('SELECT path FROM source_root').pluck().all() as string[];
  const folder = await openShareFolder(
    request.dir,
    projectFingerprint(projectDir),
    { sources: roots, projectDir },
    request.resume,
  );
  if (folder.journal.moving) return finishMove(folder);

  const selection = selectScans(loadCandidates(db), policy, request.overrides);
  if (selection.shared.length === 0) {
    throw new ShareWriteError(
      'nothing-to-share',
      `None of ${selection.held.length} scans may leave.`,
      'The checklist says why for each; review or de-identify them first.',
    );
  }
  const start = folder.journal.start ?? {
    project: projectFingerprint(projectDir),
    shareUid: randomUUID(),
    startedAt: now().toISOString(),
  };
  if (!folder.journal.start) folder.journal.append({ start });
  const log: ShareLogLine[] = [
    { at: start.startedAt, event: 'started', formats, policy: policy.name, scans: selection.shared.length },
  ];
  const scans = planScans(context, selection.shared, formats);
  await requireSpace(folder.dir, bytesNeeded(scans, formats));

  // 1. The scans, one at a time.
  const uids = writtenUids(db, scans, policy, context.keys);
  const outcomes: { scan: ScanToWrite; units: WrittenUnit[]; shown: WrittenPictures }[] = [];
  for (const [n, scan] of scans.entries()) {
    task.signal.throwIfAborted();
    const part: TaskContext = {
      signal: task.signal,
      progress: (f, m) =>
        task.progress((0.8 * (n + f)) / scans.length, `scan ${n + 1} of ${scans.length}: ${m}`),
    };
    part.progress(0, 'writing');
    const written: WrittenUnit[] = [];
    for (const format of formats) {
      if (format === 'bids' ? scan.bids === null : scan.dicomFolder === null) continue;
      const how = { folder, policy, keys: context.keys, written: uids, checkpoint };
      written.push(await writeUnit(scan, format, how, part));
    }
    const units = await withdrawDamaged(scan, written, folder);
    for (const unit of units) {
      if (!unit.reused) {
        const { subjectLabel, seriesId, kind } = scan.selected.scan;
        log.push({
          at: now().toISOString(),
          event: unit.files.length > 0 ? 'written' : 'held',
          subject: subjectLabel,
          series: seriesId,
          kind,
          format: unit.format,
          files: unit.files.length,
          seconds: Number(unit.facts.seconds.toFixed(2)),
          problems: unit.facts.problems.map((p) => p.code),
        });
      }
    }
    const wanted = policy.receiptPictures && units.some((u) => u.files.length > 0);
    const shown = wanted ? await writePictures(scan, folder, checkpoint) : { files: [], pictures: [] };
    outcomes.push({ scan, units, shown });
  }

  // 2. What left in at least one form is shared; the rest is held with the reason.
  const left = outcomes.filter((o) => o.units.some((u) => u.files.length > 0));
  const held = [
    ...selection.held.map(({ overridable: _, receiptReason, ...h }) => ({ ...h, reason: receiptReason })),
    ...outcomes
      .filter((o) => !left.includes(o))
      .map(({ scan, units }) => {
        const { seriesId, subjectLabel, kind, state } = scan.selected.scan;
        const said = [...new Set(units.flatMap((u) => u.facts.problems.map((p) => p.message)))];
        return { seriesId, subjectLabel, kind, state, reason: said.join(' ') || noForm(scan, formats) };
      }),
  ];
  const changes = measuredChanges(
    db,
    left.map((o) => o.scan.selected),
  );
  const manifestScans = left.map((o) => {
    const { scan, derivative } = o.scan.selected;
    return sharedScan(o, formats, {
      volumeChanges: changes.bySeries.get(scan.seriesId) ?? [],
      pictures: o.shown.pictures,
      audit: sharedAudit(readAudit(db, derivative.id), policy.audit),
    });
  });
  const report = readReport(db);
  // An audit that looked at none of these scans says nothing about them.
  const audit =
    report && manifestScans.some((s) => s.audit)
      ? sharedAuditReport(report, new Set(manifestScans.map((s) => s.method)))
      : null;
  const createdAt = now().toISOString();

  // 3. What lies at the top of the share.
  const files: FileRecord[] = left.flatMap((o) => [...o.units.flatMap((u) => u.files), ...o.shown.files]);
  const withBids = left.some((o) => o.units.some((u) => u.format === 'bids' && u.files.length > 0));
  const topFiles = withBids ? bidsTopFiles(topOptions(context, policy, left)) : new Map<string, string>();
  for (const [path, text] of topFiles) files.push(await writeWholeFile(folder.contentDir, path, text));

  // 4. The checks. Log and manifest are part of what is searched.
  const units = left.flatMap((o) => o.units);
  const released = {
    shared: left.map((o) => o.scan.selected),
    held: held.map((h) => ({
      ...h,
      receiptReason: h.reason,
      overridable: selection.held.some((s) => s.seriesId === h.seriesId && s.overridable),
    })),
  };
  const checks = [
    reviewedCheck(released, policy),
    headersCheck(policy, otherRecipes(db, released, policy)),
    facesCheck(released, policy, report),
    ...readBackChecks(units, formats),
  ];
  const identifiers = await collectIdentifiers(
    db,
    context.keys,
    policy,
    new Set(left.map((o) => o.scan.selected.scan.seriesId)),
    span(task, 0.8, 0.85),
  );
  checkpoint('before the manifest');
  log.push({
    at: now().toISOString(),
    event: 'checked',
    identifiers: identifiers.length,
    scans: left.length,
    held: held.length,
  });
  files.push(await writeWholeFile(folder.contentDir, 'refacade-log.jsonl', logText(log)));
  const exceptions = profileExceptions(policy);
  const head = { id: start.shareUid, version: product.version, createdAt, policyName: policy.name, formats };
  const manifest = await writeWholeFile(
    folder.contentDir,
    'manifest.json',
    manifestText({ ...head, exceptions, files, scans: manifestScans, audit }),
  );
  await removeStrays(folder, [...files, manifest]);
  if (withBids) {
    task.progress(0.86, 'bids-validator');
    checks.push(bidsCheck(await validateBids(folder.contentDir, task.signal)));
  }
  const ownText = [...topFiles.values(), ownWords, ...exceptions.map((e) => e.name)].join('\n');
  const search = await scanForLeaks(folder.contentDir, identifiers, span(task, 0.87, 0.98), ownText);
  checks.push(leakCheck(search));
  checks.push(
    await countsCheck(folder.contentDir, [...files, manifest], {
      candidates: selection.shared.length + selection.held.length,
      shared: left.length,
      held: held.length,
    }),
  );

  // 5. The receipt, then the final names. The pictures of a refused share do not leave its unfinished part.
  const failed = checks.some((c) => c.state === 'failed') || left.length === 0;
  const receipt = withoutIdentifiers(
    shareReceipt.parse({
      ...head,
      product: product.name,
      scans: manifestScans.map((s) => ({ ...s, pictures: failed ? [] : s.pictures })),
      held,
      checks,
      leaks: search.leaks,
      cohort: changes.cohort,
      audit,
      files: files.length + 1,
      bytes: [...files, manifest].reduce((n, f) => n + f.size, 0),
    }),
    identifiers,
    ownText,
  );
  checkpoint('before the final names');
  try {
    // A receipt of a refused share lies alone in the folder; that of a released one moves with its files.
    const target = failed ? folder.dir : folder.contentDir;
    await writeWholeFile(target, `${RECEIPT}.json`, json(receipt));
    await writeWholeFile(target, `${RECEIPT}.html`, receiptHtml(receipt));
    if (!failed) await publish(folder, checkpoint);
  } catch (cause) {
    throw explainWriteFailure(cause, folder.dir);
  }
  task.progress(1, failed ? 'not released' : 'released');
  return receipt;
}

/** A project without saying where it is: the journal of an unfinished share may be seen by others. */
function projectFingerprint(projectDir: string): string {
  const marker = join(projectDir, 'refacade-project.json');
  const text = existsSync(marker) ? readFileSync(marker, 'utf8') : resolve(projectDir);
  return createHash('sha256').update(text).digest('hex');
}

async function finishMove(folder: ShareFolder): Promise<ShareReceipt> {
  await publish(folder);
  return shareReceipt.parse(JSON.parse(readFileSync(join(folder.dir, `${RECEIPT}.json`), 'utf8')));
}

/** Takes away what an interrupted or different earlier start left behind. */
async function removeStrays(folder: ShareFolder, files: readonly FileRecord[]): Promise<void> {
  const wanted = new Set(files.map((f) => f.path));
  for (const path of await listFiles(folder.contentDir)) {
    if (!wanted.has(path)) await rm(join(folder.contentDir, ...path.split('/')), { force: true });
  }
}

/** The last net under a receipt that names nobody: a sentence in which an identifier is found is withheld. */
function withoutIdentifiers(
  receipt: ShareReceipt,
  identifiers: readonly SearchIdentifier[],
  ownText: string,
): ShareReceipt {
  if (scanText(identifiers, JSON.stringify(receipt), ownText).length === 0) return receipt;
  const clean = (text: string) =>
    scanText(identifiers, text, ownText).length > 0 ? 'Withheld: the text contained an identifier.' : text;
  return {
    ...receipt,
    held: receipt.held.map((h) => ({ ...h, reason: clean(h.reason) })),
    scans: receipt.scans.map((s) => ({
      ...s,
      override: s.override && clean(s.override),
      notes: s.notes.map(clean),
    })),
    checks: receipt.checks.map((c) => ({ ...c, evidence: clean(c.evidence) })),
    audit: receipt.audit && {
      ...receipt.audit,
      sentence: clean(receipt.audit.sentence),
      caveats: receipt.audit.caveats.map(clean),
      tools: clean(receipt.audit.tools),
    },
  };
}

function span(task: TaskContext, from: number, to: number): TaskContext {
  return { signal: task.signal, progress: (f, m) => task.progress(from + f * (to - from), m) };
}
