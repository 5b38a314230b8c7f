import { groupBy } from '../../shared/group-by.ts';
import type { BrainMaskKind, EngineId, Measurement } from '../../shared/morphometry/records.ts';
import type { Db } from '../catalog/database.ts';
import { type HeadSegmentation, makerOf } from '../segmentation/segmentation.ts';
import { measurableSql } from './measurable-kinds.ts';

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
  /** How the tissue engine found the brain; undefined where the engine needs no mask or did not say. */
  readonly brainMask?: BrainMaskKind;
  /** What made the segmentation the numbers rest on; undefined where they rest on none, or did not say. */
  readonly madeBy?: string;
}

/** One scan before and after; null where it has not been measured yet. */
export interface ComparisonRow {
  readonly seriesId: number;
  readonly subjectId: number;
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

/** Methods that have current derivatives of scans that are compared, the most used first. */
export function derivedMethods(db: Db): string[] {
  return (
    db
      .prepare(
        `SELECT d.method FROM derivative d JOIN series s ON s.id = d.series_id
         WHERE d.current = 1 AND ${measurableSql('s')} GROUP BY d.method ORDER BY count(*) DESC, d.method`,
      )
      .all() as { method: string }[]
  ).map((row) => row.method);
}

/**
 * Every T1-weighted scan whose current derivative is by this method, with what the engine measured before and after;
 * those set aside are left out.
 *
 * An original whose brain was found in another way than in the edited scan, or by another network, counts as not measured
 * yet: the difference of the two would be taken for an effect of the edit.
 *
 * @returns ordered by subject label, then series
 */
export function readComparisonRows(db: Db, engine: EngineId, method: string): ComparisonRow[] {
  const scans = db
    .prepare(
      `SELECT d.series_id AS seriesId, d.id AS derivativeId, subject.id AS subjectId, subject.label AS subjectLabel
       FROM derivative d JOIN series s ON s.id = d.series_id JOIN subject ON subject.id = s.subject_id
       WHERE d.current = 1 AND d.method = ? AND ${measurableSql('s')} ORDER BY subject.label, d.series_id`,
    )
    .all(method) as { seriesId: number; derivativeId: number; subjectId: number; subjectLabel: string }[];
  const found = db
    .prepare(
      `SELECT m.series_id AS seriesId, m.derivative_id AS derivativeId, m.structure, m.volume_mm3 AS volumeMm3,
         m.dice, m.failure, ${wayFrom('m.details')}
       FROM measurement m JOIN derivative d
         ON d.series_id = m.series_id AND (m.derivative_id IS NULL OR m.derivative_id = d.id)
       WHERE d.current = 1 AND d.method = ? AND m.engine = ? ORDER BY m.id`,
    )
    .all(method, engine) as StoredMeasurement[];
  const bySide = groupBy(found, (row) => `${row.seriesId} ${row.derivativeId ?? 0}`);
  return scans.map(({ seriesId, subjectId, subjectLabel, derivativeId }) => {
    const before = measuredScan(bySide.get(`${seriesId} 0`));
    const after = measuredScan(bySide.get(`${seriesId} ${derivativeId}`));
    const unlike = before && after && !comparable(before, after);
    return { seriesId, subjectId, subjectLabel, before: unlike ? null : before, after };
  });
}

/** What an engine measured in one scan; null when it has not looked at it. @param derivativeId null: the original */
export function readMeasuredScan(
  db: Db,
  seriesId: number,
  derivativeId: number | null,
  engine: EngineId,
): MeasuredScan | null {
  const rows = db
    .prepare(
      `SELECT series_id AS seriesId, derivative_id AS derivativeId, structure, volume_mm3 AS volumeMm3, dice, failure,
         ${wayFrom('details')}
       FROM measurement WHERE series_id = ? AND ifnull(derivative_id, 0) = ? AND engine = ? ORDER BY id`,
    )
    .all(seriesId, derivativeId ?? 0, engine) as StoredMeasurement[];
  return measuredScan(rows.length > 0 ? rows : undefined);
}

/** The kind of brain mask of a scan; those that do not say are from before there was another way. */
export function maskOf(scan: MeasuredScan): BrainMaskKind {
  return scan.brainMask ?? 'extraction';
}

/** Both sides rest on the same kind of mask and the same network; a side that failed has no numbers to compare. */
export function comparable(before: MeasuredScan, after: MeasuredScan): boolean {
  if (maskOf(before) !== maskOf(after)) return false;
  return before.failure !== '' || after.failure !== '' || before.madeBy === after.madeBy;
}

/** Columns that say how a measurement came about. */
function wayFrom(details: string): string {
  return `json_extract(${details}, '$.brainMask') AS brainMask, json_extract(${details}, '$.model.sha256') AS network,
         json_extract(${details}, '$.volumeRule') AS volumeRule`;
}

interface StoredMeasurement {
  readonly seriesId: number;
  readonly derivativeId: number | null;
  readonly structure: string;
  readonly volumeMm3: number | null;
  readonly dice: number | null;
  readonly failure: string;
  readonly brainMask: BrainMaskKind | null;
  readonly network: string | null;
  readonly volumeRule: HeadSegmentation['volumeRule'] | null;
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
  const [first] = rows;
  const way = {
    ...(first?.brainMask ? { brainMask: first.brainMask } : {}),
    ...(first?.network ? { madeBy: makerOf(first.network, first.volumeRule ?? undefined) } : {}),
  };
  return failure === '' ? { failure, volumes, dice, ...way } : { failure, volumes: {}, dice: {}, ...way };
}
