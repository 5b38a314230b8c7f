import type { EngineId } from '../../shared/morphometry/records.ts';
import { median } from '../../shared/statistics/median.ts';
import type { Db } from '../catalog/database.ts';
import { type MeasuredScan, maskOf, readMeasuredScan } from './comparison-rows.ts';

/** Scan–rescan variation of one structure. */
export interface Floor {
  /** Median of |difference| between two scans of one head, in percent of their mean. */
  readonly percent: number;
  /** Pairs of scans behind it. */
  readonly pairs: number;
}

/** By structure; a structure without repeat scans is not in it. */
export type Floors = ReadonlyMap<string, Floor>;

/** Repeats farther apart than this show growth or atrophy too; only where both dates are known. */
const MOST_DAYS_APART = 92;
/** Voxel sizes may differ by this factor: another protocol is no repeat. */
const SIZE_FACTOR = 1.2;

interface Repeat {
  readonly id: number;
  readonly subject: number;
  readonly date: string;
  readonly layout: string;
  readonly voxelSizeMm: readonly number[];
}

/**
 * How much an engine's volumes differ between two scans of the same head before any edit.
 *
 * Repeats are two T1-weighted series of one subject that nobody set aside, with the same layout and alike voxels, within
 * three months where dates are known. Each scan is paired with the one after it, so that a subject scanned ten times
 * weighs nine pairs and not forty-five. Only originals count, and only pairs measured in the same kind of brain mask.
 */
export function readFloors(db: Db, engine: EngineId): Floors {
  const bySubject = new Map<number, { scan: Repeat; measured: MeasuredScan }[]>();
  for (const scan of readRepeats(db, engine)) {
    const measured = readMeasuredScan(db, scan.id, null, engine);
    if (measured?.failure !== '') continue;
    const list = bySubject.get(scan.subject) ?? [];
    list.push({ scan, measured });
    bySubject.set(scan.subject, list);
  }
  const differences = new Map<string, number[]>();
  for (const list of bySubject.values()) {
    for (let n = 1; n < list.length; n++) {
      const [a, b] = [list[n - 1]!, list[n]!];
      if (!isRepeat(a.scan, b.scan) || maskOf(a.measured) !== maskOf(b.measured)) continue;
      for (const [structure, first] of Object.entries(a.measured.volumes)) {
        const second = b.measured.volumes[structure];
        if (second === undefined || !(first + second > 0)) continue;
        const found = differences.get(structure) ?? [];
        found.push((200 * Math.abs(first - second)) / (first + second));
        differences.set(structure, found);
      }
    }
  }
  return new Map(
    [...differences].map(([structure, all]) => [structure, { percent: median(all), pairs: all.length }]),
  );
}

/** Measured T1-weighted originals of subjects who have more than one, in the order they were scanned. */
function readRepeats(db: Db, engine: EngineId): Repeat[] {
  const rows = db
    .prepare(
      `SELECT s.id, s.subject_id AS subject, t.study_date AS date, s.layout, s.voxel_size_mm AS voxelSizeMm
       FROM series s JOIN study t ON t.id = s.study_id
       WHERE s.kind = 'T1w' AND s.quarantine IS NULL AND s.state <> 'excluded'
         AND s.subject_id IN (SELECT subject_id FROM series WHERE kind = 'T1w' GROUP BY subject_id HAVING count(*) > 1)
         AND EXISTS (SELECT 1 FROM measurement m WHERE m.series_id = s.id AND m.derivative_id IS NULL AND m.engine = ?)
       ORDER BY s.subject_id, t.study_date, s.series_number, s.id`,
    )
    .all(engine) as (Omit<Repeat, 'voxelSizeMm'> & { voxelSizeMm: string })[];
  return rows.map((row) => ({ ...row, voxelSizeMm: JSON.parse(row.voxelSizeMm) as number[] }));
}

function isRepeat(a: Repeat, b: Repeat): boolean {
  if (a.layout !== b.layout) return false;
  // Sorted, so that a sagittal and an axial acquisition of the same resolution are repeats.
  const sizes = (r: Repeat) => [...r.voxelSizeMm].slice(0, 3).sort((x, y) => x - y);
  const [one, other] = [sizes(a), sizes(b)];
  if (one.some((size, n) => Math.max(size, other[n]!) > SIZE_FACTOR * Math.min(size, other[n]!)))
    return false;
  const days = Math.abs(dayOf(a.date) - dayOf(b.date));
  return Number.isNaN(days) || days <= MOST_DAYS_APART;
}

/** Day number of `YYYYMMDD` or `YYYY-MM-DD`; NaN for anything else. */
function dayOf(date: string): number {
  const match = /^(\d{4})-?(\d{2})-?(\d{2})$/.exec(date);
  return match ? Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3])) / 86_400_000 : Number.NaN;
}
