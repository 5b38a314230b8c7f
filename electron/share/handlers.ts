import { join, resolve } from 'node:path';
import type { Policy } from '../../shared/deidentify/records.ts';
import type { Handlers } from '../../shared/rpc.ts';
import type { shareContract } from '../../shared/share/contract.ts';
import {
  type ChecklistItem,
  type ShareFormat,
  type ShareOverride,
  type ShareRow,
  shareReceipt,
} from '../../shared/share/records.ts';
import type { Db } from '../catalog/database.ts';
import { getPolicy } from '../deidentify/policies.ts';
import { UserError } from '../dispatch.ts';
import { readReport } from '../risk/audit-rows.ts';
import { facesCheck } from './faces-check.ts';
import { loadCandidates } from './load-scans.ts';
import { otherRecipes } from './other-recipes.ts';
import { selectScans } from './select-scans.ts';
import { headersCheck, reviewedCheck } from './share-checks.ts';
import type { ShareTaskParams } from './tasks.ts';

export interface ShareHandlerContext {
  readonly db: Db;
  readonly projectDir: string;
  readonly policyName: string;
  readonly changed: (...areas: string[]) => void;
  /** Queues the job; returns its batch. */
  readonly startShare: (payload: ShareTaskParams & Record<string, unknown>, label: string) => string;
}

/** Answers about shares; the writing itself is the job `share.write`. */
export function shareHandlers(ctx: ShareHandlerContext): Handlers<typeof shareContract> {
  const policy = (): Policy => getPolicy(ctx.projectDir, ctx.policyName);
  const select = (overrides: readonly ShareOverride[]) =>
    selectScans(loadCandidates(ctx.db), policy(), overrides);
  return {
    'share.checklist': ({ overrides }) => {
      const selection = select(overrides);
      return {
        items: checklist(selection, policy(), ctx.db),
        ready: selection.shared.length,
        held: selection.held.map(({ receiptReason: _, ...h }) => h),
      };
    },
    'share.start': ({ dir, formats, overrides, resume }) => {
      const { shared, held } = select(overrides);
      if (shared.length === 0) {
        throw new UserError(
          'nothing-to-share',
          `None of ${held.length} scans may leave.`,
          'The checklist says why for each.',
        );
      }
      const running = ctx.db
        .prepare("SELECT count(*) FROM share WHERE state = 'running' AND dir = ?")
        .pluck();
      const target = resolve(dir);
      if ((running.get(target) as number) > 0 && isBusy(ctx.db)) {
        throw new UserError(
          'share-running',
          'A share to this folder is being written.',
          'Wait until it has finished.',
        );
      }
      const request = { dir: target, formats, overrides, resume, policy: policy() };
      const shareId = Number(
        ctx.db
          .prepare(
            "INSERT INTO share (dir, formats, state, request, created_at) VALUES (?, ?, 'running', ?, ?)",
          )
          .run(target, JSON.stringify(formats), JSON.stringify(request), new Date().toISOString())
          .lastInsertRowid,
      );
      const batchId = ctx.startShare(
        { ...request, shareId, projectDir: ctx.projectDir, dbPath: join(ctx.projectDir, 'catalog.sqlite') },
        `Share of ${shared.length} ${shared.length === 1 ? 'scan' : 'scans'}`,
      );
      ctx.changed('share', 'jobs');
      return { batchId, shareId };
    },
    'share.list': () => {
      const rows = ctx.db.prepare('SELECT * FROM share ORDER BY id DESC').all() as StoredShare[];
      return rows.map(toRow);
    },
    'share.receipt': ({ shareId }) => {
      const row = ctx.db.prepare('SELECT * FROM share WHERE id = ?').get(shareId) as StoredShare | undefined;
      if (!row) throw new UserError('no-share', `There is no share ${shareId} in this project.`);
      if (!row.receipt) {
        throw new UserError(
          'no-receipt',
          row.state === 'running'
            ? 'The share is still being written.'
            : `The share has no receipt: ${row.message}`,
          row.state === 'running' ? 'Wait until it has finished.' : 'Start it again to the same folder.',
        );
      }
      return {
        receipt: shareReceipt.parse(JSON.parse(row.receipt)),
        htmlUrl: `/receipts/${shareId}/receipt.html`,
      };
    },
  };
}

interface StoredShare {
  id: number;
  dir: string;
  formats: string;
  state: 'running' | 'complete' | 'failed';
  message: string;
  receipt: string | null;
  created_at: string;
}

function toRow(row: StoredShare): ShareRow {
  const receipt = row.receipt ? shareReceipt.parse(JSON.parse(row.receipt)) : null;
  return {
    id: row.id,
    dir: row.dir,
    formats: JSON.parse(row.formats) as ShareFormat[],
    state: row.state,
    message: row.message,
    createdAt: row.created_at,
    scans: receipt?.scans.length ?? 0,
    files: receipt?.files ?? 0,
  };
}

function isBusy(db: Db): boolean {
  const jobs = db
    .prepare("SELECT count(*) FROM job WHERE kind = 'share' AND state IN ('queued','running')")
    .pluck();
  return (jobs.get() as number) > 0;
}

/** What stands between the project and a share before anything is written. */
function checklist(selection: ReturnType<typeof selectScans>, policy: Policy, db: Db): ChecklistItem[] {
  const waiting = selection.held.filter((h) => h.overridable).length;
  const reviewed = reviewedCheck(selection, policy);
  const unfinished = db
    .prepare("SELECT count(*) FROM series WHERE state IN ('queued','running')")
    .pluck()
    .get() as number;
  return [
    {
      id: 'deidentified',
      label: 'Every scan was worked on',
      state: unfinished > 0 ? 'todo' : 'ok',
      evidence:
        unfinished > 0 ? `${unfinished} scans are still queued or running.` : 'No scan is queued or running.',
    },
    { ...reviewed, state: waiting > 0 || selection.shared.length === 0 ? 'todo' : 'ok' },
    headersCheck(policy, otherRecipes(db, selection, policy)),
    facesCheck(selection, policy, readReport(db)),
    {
      id: 'files',
      label: 'Files validated',
      state: 'not-checked',
      evidence: 'Done while the share is written: read back, bids-validator, dciodvfy.',
    },
    {
      id: 'bytes',
      label: 'No identifier in any name or content',
      state: 'not-checked',
      evidence: 'Done while the share is written.',
    },
    ...(policy.includeEditMask
      ? [
          {
            id: 'masks',
            label: 'Edit masks are included',
            state: 'not-checked' as const,
            evidence:
              'The policy includes edit masks. They give the border of the edit away, which makes a face easier to regrow.',
          },
        ]
      : []),
  ];
}
