import type { Derivative, Policy, Verdict } from '../../shared/deidentify/records.ts';
import type { AppliedStep } from '../../shared/provenance.ts';
import type { Db } from './database.ts';

export interface DerivativeRow {
  id: number;
  series_id: number;
  method: string;
  method_params: string;
  seed: number;
  policy_name: string;
  policy: string;
  folder: string;
  verdict: string;
  state: string;
  concern: number;
  steps: string;
  seconds: number;
  created_at: string;
  current: number;
}

export interface NewDerivative {
  readonly seriesId: number;
  readonly method: string;
  readonly methodParams: Record<string, unknown>;
  readonly seed: number;
  readonly policy: Policy;
  /** Relative to the project folder. */
  readonly folder: string;
  readonly verdict: Verdict;
  readonly steps: readonly AppliedStep[];
  readonly seconds: number;
  readonly createdAt: string;
}

/** Adds an attempt and makes it the current one of its series; earlier attempts stay for comparison. */
export function addDerivative(db: Db, d: NewDerivative): number {
  return db.transaction(() => {
    db.prepare('UPDATE derivative SET current = 0 WHERE series_id = ?').run(d.seriesId);
    const { lastInsertRowid } = db
      .prepare(
        `INSERT INTO derivative (series_id, method, method_params, seed, policy_name, policy, folder, verdict, state,
           concern, steps, seconds, created_at, current) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)`,
      )
      .run(
        d.seriesId,
        d.method,
        JSON.stringify(d.methodParams),
        d.seed,
        d.policy.name,
        JSON.stringify(d.policy),
        d.folder,
        JSON.stringify(d.verdict),
        d.verdict.state,
        d.verdict.concern,
        JSON.stringify(d.steps),
        d.seconds,
        d.createdAt,
      );
    return Number(lastInsertRowid);
  })();
}

export function readDerivative(db: Db, id: number): (Derivative & { folder: string }) | null {
  const row = db.prepare('SELECT * FROM derivative WHERE id = ?').get(id) as DerivativeRow | undefined;
  return row ? toDerivative(row) : null;
}

/** All attempts on a series, newest first. */
export function listDerivatives(db: Db, seriesId: number): (Derivative & { folder: string })[] {
  const rows = db.prepare('SELECT * FROM derivative WHERE series_id = ? ORDER BY id DESC').all(seriesId);
  return (rows as DerivativeRow[]).map(toDerivative);
}

function toDerivative(r: DerivativeRow): Derivative & { folder: string } {
  return {
    id: r.id,
    seriesId: r.series_id,
    method: r.method,
    methodParams: JSON.parse(r.method_params),
    seed: r.seed,
    policyName: r.policy_name,
    verdict: JSON.parse(r.verdict),
    steps: JSON.parse(r.steps),
    seconds: r.seconds,
    createdAt: r.created_at,
    current: r.current === 1,
    folder: r.folder,
  };
}
