import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { reviewContract } from '../../shared/review/contract.ts';
import type { Picture, ReviewDecision, ReviewItem } from '../../shared/review/records.ts';
import type { Handlers } from '../../shared/rpc.ts';
import { CatalogReads } from '../catalog/catalog.ts';
import type { Db } from '../catalog/database.ts';
import { listDerivatives, readDerivative } from '../catalog/derivatives.ts';
import { readReviews } from '../catalog/handlers.ts';
import { setScanState } from '../catalog/scan-state.ts';
import { UserError } from '../dispatch.ts';

export interface ReviewContext {
  readonly db: Db;
  readonly projectDir: string;
  readonly clock: () => Date;
  readonly changed: (...areas: string[]) => void;
}

export function reviewHandlers(context: () => ReviewContext): Handlers<typeof reviewContract> {
  return {
    'review.queue': ({ filter }) => readQueue(context().db, filter),
    'review.item': ({ derivativeId }) => readItem(context(), derivativeId),
    'review.decide': (input) => decide(context(), input),
  };
}

interface QueueRow {
  derivativeId: number;
  seriesId: number;
  subjectLabel: string;
  kind: string;
  state: string;
  concern: number;
  reason: string;
  decided: ReviewDecision | null;
}

/** Current derivatives, worst first. A scan waits while its state is `needs-review`. */
function readQueue(db: Db, filter: 'pending' | 'all'): QueueRow[] {
  const where = filter === 'pending' ? "AND s.state = 'needs-review'" : '';
  return db
    .prepare(
      `SELECT d.id AS derivativeId, s.id AS seriesId, u.label AS subjectLabel, s.kind, s.state, d.concern,
         s.state_reason AS reason,
         (SELECT r.decision FROM review r WHERE r.derivative_id = d.id ORDER BY r.id DESC LIMIT 1) AS decided
       FROM derivative d JOIN series s ON s.id = d.series_id JOIN subject u ON u.id = s.subject_id
       WHERE d.current = 1 ${where}
       ORDER BY s.state = 'needs-review' DESC, d.concern DESC, d.id`,
    )
    .all() as QueueRow[];
}

function readItem(ctx: ReviewContext, derivativeId: number): ReviewItem {
  const d = readDerivative(ctx.db, derivativeId);
  const row = d ? new CatalogReads(ctx.db).series(d.seriesId) : null;
  if (!d || !row) {
    throw new UserError(
      'no-such-derivative',
      `There is no de-identified scan ${derivativeId}.`,
      'Reload the review queue.',
    );
  }
  return {
    derivativeId,
    seriesId: d.seriesId,
    subjectLabel: row.subjectLabel,
    sessionLabel: row.sessionLabel,
    kind: row.kind,
    description: row.description,
    method: d.method,
    methodParams: d.methodParams,
    policyName: d.policyName,
    state: row.state,
    verdict: d.verdict,
    pictures: listPictures(join(ctx.projectDir, d.folder, 'pictures'), `/pictures/${derivativeId}`),
    reviews: readReviews(ctx.db, 'r.derivative_id = ?', derivativeId),
    attempts: listDerivatives(ctx.db, d.seriesId)
      .filter((a) => a.id !== derivativeId)
      .map((a) => ({ derivativeId: a.id, method: a.method, state: a.verdict.state, createdAt: a.createdAt })),
  };
}

const views: Readonly<Record<Picture['view'], string>> = {
  front: 'surface from the front',
  'three-quarter': 'surface in a three-quarter view',
  left: 'surface from the left',
  right: 'surface from the right',
  sagittal: 'sagittal slice',
  coronal: 'coronal slice',
  axial: 'axial slice',
};

/** Pictures in a folder by their names, `before-front.png` … `after-axial.png`. */
export function listPictures(dir: string, baseUrl: string): Picture[] {
  let names: string[];
  try {
    names = readdirSync(dir);
  } catch {
    return [];
  }
  const found = new Set(names);
  const pictures: Picture[] = [];
  for (const view of Object.keys(views) as Picture['view'][]) {
    for (const stage of ['before', 'after'] as const) {
      const name = `${stage}-${view}.png`;
      if (!found.has(name)) continue;
      const label = `${stage === 'before' ? 'Original' : 'De-identified'}, ${views[view]}`;
      pictures.push({ name, label, stage, view, url: `${baseUrl}/${name}` });
    }
  }
  return pictures;
}

function decide(
  ctx: ReviewContext,
  input: { derivativeId: number; decision: ReviewDecision; note: string; reviewer: string },
): { state: string } {
  const d = readDerivative(ctx.db, input.derivativeId);
  if (!d) throw new UserError('no-such-derivative', `There is no de-identified scan ${input.derivativeId}.`);
  if (!d.current) {
    throw new UserError(
      'superseded',
      'A later attempt on this scan exists; decide on that one.',
      'Reload the review queue.',
    );
  }
  if (input.decision === 'accept' && d.verdict.state === 'failed') {
    throw new UserError(
      'verdict-failed',
      `This attempt failed and cannot be accepted: ${d.verdict.reason}`,
      'Redo it with another method, or reject the scan.',
    );
  }
  const settings = {
    method: d.method,
    methodParams: d.methodParams,
    policyName: d.policyName,
    seed: d.seed,
    verdict: d.verdict.state,
  };
  const outcome = outcomes[input.decision];
  ctx.db.transaction(() => {
    ctx.db
      .prepare(
        'INSERT INTO review (derivative_id, decision, note, reviewer, at, settings) VALUES (?, ?, ?, ?, ?, ?)',
      )
      .run(
        d.id,
        input.decision,
        input.note,
        input.reviewer.trim(),
        ctx.clock().toISOString(),
        JSON.stringify(settings),
      );
    const note = input.note ? ` Note: ${input.note}` : '';
    setScanState(
      ctx.db,
      d.seriesId,
      outcome.state,
      `${outcome.reason} by ${input.reviewer.trim()}.${note}`,
      outcome.next,
    );
  })();
  ctx.changed('review', 'catalog', 'project', 'share');
  return { state: outcome.state };
}

const outcomes = {
  accept: { state: 'passed', reason: 'Accepted in review', next: '' },
  redo: {
    state: 'queued',
    reason: 'Sent back in review',
    next: 'De-identify it again, with other settings or another method.',
  },
  reject: {
    state: 'excluded',
    reason: 'Rejected in review',
    next: 'Include it again if this was a mistake.',
  },
} as const;
