import type { z } from 'zod';
import type { catalogContract } from '../../shared/catalog/contract.ts';
import type { EngineId } from '../../shared/morphometry/records.ts';
import type { ReviewRecord } from '../../shared/review/records.ts';
import type { Handlers } from '../../shared/rpc.ts';
import { percentChange } from '../../shared/statistics/percent-change.ts';
import { UserError } from '../dispatch.ts';
import { comparable, type MeasuredScan, readMeasuredScan } from '../morphometry/comparison-rows.ts';
import { CatalogReads } from './catalog.ts';
import type { Db } from './database.ts';
import { listDerivatives } from './derivatives.ts';

type SeriesDetail = z.input<(typeof catalogContract)['catalog.series']['output']>;

export function catalogHandlers(db: () => Db): Handlers<typeof catalogContract> {
  return {
    'catalog.list': (query) => new CatalogReads(db()).list(query),
    'catalog.problems': ({ offset, limit, search }) =>
      new CatalogReads(db()).problems({ offset, limit, search }),
    'catalog.series': ({ id }) => readSeriesDetail(db(), id),
  };
}

function readSeriesDetail(db: Db, id: number): SeriesDetail {
  const reads = new CatalogReads(db);
  const row = reads.series(id);
  if (!row) throw new UserError('no-such-series', `The catalog has no series ${id}.`, 'Reload the table.');
  const attributes = JSON.parse(
    db.prepare('SELECT attributes FROM series WHERE id = ?').pluck().get(id) as string,
  ) as Record<string, unknown>;
  const files = db
    .prepare(
      'SELECT f.path FROM instance i JOIN source_file f ON f.id = i.file_id WHERE i.series_id = ? ORDER BY i.position_mm, i.id LIMIT 20',
    )
    .pluck()
    .all(id) as string[];
  return {
    row,
    problems: reads.problems({ seriesId: id, limit: 1000, offset: 0 }).rows,
    derivatives: listDerivatives(db, id).map(({ folder: _folder, ...d }) => d),
    reviews: readReviews(db, 'd.series_id = ?', id),
    measurements: readMeasurements(db, id),
    attributes: Object.entries(attributes).map(([name, value]) => ({
      name,
      value: typeof value === 'string' ? value : JSON.stringify(value),
    })),
    files,
  };
}

/** Volumes of the original and of every version of it, with the change that the comparison would count. */
function readMeasurements(db: Db, id: number): SeriesDetail['measurements'] {
  const rows = db
    .prepare(
      `SELECT engine, structure, volume_mm3 AS volumeMm3, derivative_id AS derivativeId FROM measurement
       WHERE series_id = ? AND failure = '' AND volume_mm3 IS NOT NULL ORDER BY engine, structure, derivative_id`,
    )
    .all(id) as Omit<SeriesDetail['measurements'][number], 'percentChange'>[];
  const scans = new Map<string, MeasuredScan | null>();
  const scanOf = (engine: EngineId, derivativeId: number | null) => {
    const key = `${engine} ${derivativeId}`;
    if (!scans.has(key)) scans.set(key, readMeasuredScan(db, id, derivativeId, engine));
    return scans.get(key) ?? null;
  };
  return rows.map((row) => {
    const [before, after] = [scanOf(row.engine, null), scanOf(row.engine, row.derivativeId)];
    const original = before?.volumes[row.structure];
    const counts = row.derivativeId !== null && before && after && comparable(before, after);
    const percent = counts && original ? percentChange(original, row.volumeMm3) : null;
    return { ...row, percentChange: percent };
  });
}

/** Decisions, newest first. @param where SQL over `r` (review) and `d` (derivative) with one parameter */
export function readReviews(db: Db, where: string, param: number): ReviewRecord[] {
  const rows = db
    .prepare(
      `SELECT r.id, r.derivative_id AS derivativeId, r.decision, r.note, r.reviewer, r.at, r.settings
       FROM review r JOIN derivative d ON d.id = r.derivative_id WHERE ${where} ORDER BY r.id DESC`,
    )
    .all(param) as (Omit<ReviewRecord, 'settings'> & { settings: string })[];
  return rows.map((r) => ({ ...r, settings: JSON.parse(r.settings) as Record<string, unknown> }));
}
