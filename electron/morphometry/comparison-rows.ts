import type { EngineId, Measurement } from '../../shared/morphometry/records.ts';
import type { Db } from '../catalog/database.ts';

/** What the task `morphometry.measure` gives back for one scan. */
export interface MeasureResult {
  readonly engine: EngineId;
  readonly measurements: readonly Measurement[];
  /** Overlap with the original's label map per structure, where both exist. */
  readonly dice?: Readonly<Record<string, number>>;
  /** Why there are no measurements, '' when there are. */
  readonly failure: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly seconds: number;
}

/** One scan as one engine measured it. */
export interface MeasuredScan {
  readonly failure: string;
  /** mm³ per structure; empty after a failure. */
  readonly volumes: Readonly<Record<string, number>>;
  readonly dice: Readonly<Record<string, number>>;
}

/** One scan before and after; null where it has not been measured yet. */
export interface ComparisonRow {
  readonly seriesId: number;
  readonly subjectLabel: string;
  readonly before: MeasuredScan | null;
  readonly after: MeasuredScan | null;
}

/**
 * Keeps what an engine found in one scan, replacing what it found there before.
 *
 * A failure is one row with an empty structure; `details` and the time stand in every row.
 *
 * @param derivativeId null for the original
 */
export function saveMeasurements(
  db: Db,
  seriesId: number,
  derivativeId: number | null,
  engine: EngineId,
  result: MeasureResult,
): void {
  const insert = db.prepare(
    `INSERT INTO measurement (series_id, derivative_id, engine, structure, volume_mm3, dice, failure, details)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const details = JSON.stringify({ ...result.details, seconds: result.seconds });
  db.transaction(() => {
    db.prepare('DELETE FROM measurement WHERE series_id = ? AND derivative_id IS ? AND engine = ?').run(
      seriesId,
      derivativeId,
      engine,
    );
    if (result.failure !== '') {
      insert.run(seriesId, derivativeId, engine, '', null, null, result.failure, details);
      return;
    }
    for (const m of result.measurements) {
      const overlap = result.dice?.[m.structure] ?? null;
      insert.run(seriesId, derivativeId, engine, m.structure, m.volumeMm3, overlap, '', details);
    }
  })();
}

/** Methods that have current derivatives, the most used first. */
export function derivedMethods(db: Db): string[] {
  return (
    db
      .prepare(
        'SELECT method FROM derivative WHERE current = 1 GROUP BY method ORDER BY count(*) DESC, method',
      )
      .all() as { method: string }[]
  ).map((row) => row.method);
}

/**
 * Every scan with a current derivative by this method, with what the engine measured before and after.
 *
 * @returns ordered by subject label, then series
 */
export function readComparisonRows(db: Db, engine: EngineId, method: string): ComparisonRow[] {
  const scans = db
    .prepare(
      `SELECT d.series_id AS seriesId, d.id AS derivativeId, subject.label AS subjectLabel
       FROM derivative d JOIN series s ON s.id = d.series_id JOIN subject ON subject.id = s.subject_id
       WHERE d.current = 1 AND d.method = ? ORDER BY subject.label, d.series_id`,
    )
    .all(method) as { seriesId: number; derivativeId: number; subjectLabel: string }[];
  const found = db
    .prepare(
      `SELECT m.series_id AS seriesId, m.derivative_id AS derivativeId, m.structure, m.volume_mm3 AS volumeMm3,
         m.dice, m.failure
       FROM measurement m JOIN derivative d
         ON d.series_id = m.series_id AND (m.derivative_id IS NULL OR m.derivative_id = d.id)
       WHERE d.current = 1 AND d.method = ? AND m.engine = ? ORDER BY m.id`,
    )
    .all(method, engine) as StoredMeasurement[];
  const bySide = new Map<string, StoredMeasurement[]>();
  for (const row of found) {
    const key = `${row.seriesId} ${row.derivativeId ?? 0}`;
    const list = bySide.get(key);
    if (list) list.push(row);
    else bySide.set(key, [row]);
  }
  return scans.map((scan) => ({
    seriesId: scan.seriesId,
    subjectLabel: scan.subjectLabel,
    before: measuredScan(bySide.get(`${scan.seriesId} 0`)),
    after: measuredScan(bySide.get(`${scan.seriesId} ${scan.derivativeId}`)),
  }));
}

interface StoredMeasurement {
  readonly seriesId: number;
  readonly derivativeId: number | null;
  readonly structure: string;
  readonly volumeMm3: number | null;
  readonly dice: number | null;
  readonly failure: string;
}

function measuredScan(rows: readonly StoredMeasurement[] | undefined): MeasuredScan | null {
  if (!rows) return null;
  const volumes: Record<string, number> = {};
  const dice: Record<string, number> = {};
  let failure = '';
  for (const row of rows) {
    if (row.failure !== '') failure = row.failure;
    else if (row.volumeMm3 !== null) volumes[row.structure] = row.volumeMm3;
    if (row.dice !== null) dice[row.structure] = row.dice;
  }
  return failure === '' ? { failure, volumes, dice } : { failure, volumes: {}, dice: {} };
}
