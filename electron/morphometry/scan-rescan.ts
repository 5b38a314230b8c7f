import type { EngineId } from '../../shared/morphometry/records.ts';
import { median } from '../../shared/statistics/median.ts';
import type { Db } from '../catalog/database.ts';
import { comparable, type MeasuredScan, readMeasuredScan } from './comparison-rows.ts';

/** Scan–rescan variation of one structure. */
export interface Floor {
  /** Median of |difference| between two scans of one head, in percent of their mean. */
  readonly percent: number;
  /** Pairs of scans behind it. */
  readonly pairs: number;
}

/** By structure; a structure without repeat scans is not in it. */
export type Floors = ReadonlyMap<string, Floor>;

/** Repeats farther apart than this show growth or atrophy too. */
const MOST_DAYS_APART = 92;
/** Voxel sizes and sequence times may differ by this factor: another protocol is no repeat. */
const FACTOR = 1.2;

interface Repeat {
  readonly id: number;
  readonly subject: number;
  readonly study: number;
  readonly date: string;
  readonly layout: string;
  readonly voxelSizeMm: readonly number[];
  /** '' where there is none (NIfTI). */
  readonly seriesInstanceUid: string;
  readonly description: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/**
 * How much an engine's volumes differ between two scans of the same head before any edit.
 *
 * Repeats are two T1-weighted series of one subject that nobody set aside, of one study or at most three months apart by
 * known dates, made alike and not from one acquisition (`isRepeat`). Each scan is paired with the next one that repeats it,
 * so that a subject scanned ten times weighs nine pairs and not forty-five. Only originals count, and only pairs measured in
 * the same kind of brain mask and by the same network.
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
    list.forEach((a, n) => {
      const b = list
        .slice(n + 1)
        .find((later) => isRepeat(a.scan, later.scan) && comparable(a.measured, later.measured));
      if (!b) return;
      for (const [structure, first] of Object.entries(a.measured.volumes)) {
        const second = b.measured.volumes[structure];
        if (second === undefined || !(first + second > 0)) continue;
        const found = differences.get(structure) ?? [];
        found.push((200 * Math.abs(first - second)) / (first + second));
        differences.set(structure, found);
      }
    });
  }
  return new Map(
    [...differences].map(([structure, all]) => [structure, { percent: median(all), pairs: all.length }]),
  );
}

/** Measured T1-weighted originals of subjects who have more than one, in the order they were scanned. */
function readRepeats(db: Db, engine: EngineId): Repeat[] {
  const rows = db
    .prepare(
      `SELECT s.id, s.subject_id AS subject, s.study_id AS study, t.study_date AS date, s.layout,
         s.voxel_size_mm AS voxelSizeMm, s.series_instance_uid AS seriesInstanceUid, s.description, s.attributes
       FROM series s JOIN study t ON t.id = s.study_id
       WHERE s.kind = 'T1w' AND s.quarantine IS NULL AND s.state <> 'excluded'
         AND s.subject_id IN (SELECT subject_id FROM series WHERE kind = 'T1w' GROUP BY subject_id HAVING count(*) > 1)
         AND EXISTS (SELECT 1 FROM measurement m WHERE m.series_id = s.id AND m.derivative_id IS NULL AND m.engine = ?)
       ORDER BY s.subject_id, t.study_date, s.series_number, s.id`,
    )
    .all(engine) as (Omit<Repeat, 'voxelSizeMm' | 'attributes'> & {
    voxelSizeMm: string;
    attributes: string;
  })[];
  return rows.map((row) => ({
    ...row,
    voxelSizeMm: JSON.parse(row.voxelSizeMm) as number[],
    attributes: JSON.parse(row.attributes) as Record<string, unknown>,
  }));
}

/**
 * Two acquisitions of one head with one protocol, close in time.
 *
 * The catalog keeps no time of acquisition, so what is made of one acquisition (INV1, INV2 and UNI of an MP2RAGE; with and
 * without distortion correction or normalisation; echoes) is told by what its parts must differ in: the name, the image
 * type, a sequence time, or nothing but the volume of one series. Only series alike in all of these are repeats.
 */
function isRepeat(a: Repeat, b: Repeat): boolean {
  if (a.seriesInstanceUid !== '' && a.seriesInstanceUid === b.seriesInstanceUid) return false;
  if (a.layout !== b.layout || stemOf(a.description) !== stemOf(b.description)) return false;
  if (sameText.some((key) => String(a.attributes[key] ?? '') !== String(b.attributes[key] ?? '')))
    return false;
  if (sameTime.some((key) => !isAlike(Number(a.attributes[key] ?? 0), Number(b.attributes[key] ?? 0))))
    return false;
  // Sorted, so that a sagittal and an axial acquisition of the same resolution are repeats.
  const sizes = (r: Repeat) => [...r.voxelSizeMm].slice(0, 3).sort((x, y) => x - y);
  const [one, other] = [sizes(a), sizes(b)];
  if (one.some((size, n) => !isAlike(size, other[n]!))) return false;
  // Sessions of NIfTI files have no date: they may lie years apart.
  return a.study === b.study || Math.abs(dayOf(a.date) - dayOf(b.date)) <= MOST_DAYS_APART;
}

const sameText = ['ImageType', 'ContrastBolusAgent'];
const sameTime = ['EchoTime', 'InversionTime', 'RepetitionTime'];

const isAlike = (a: number, b: number) => Math.max(a, b) <= FACTOR * Math.min(a, b);

/** A series' name without what numbers its repeats: `sub-01_ses-1_run-2_T1w` → `sub-01_T1w`, `MPRAGE run 2` → `mprage`. */
function stemOf(description: string): string {
  return description
    .toLowerCase()
    .replace(/(^|[_ ])ses-[^_ ]+/g, '')
    .replace(/(^|[_ ])run[-_ ]?\d+/g, '')
    .replace(/[-_ ](repeat|rpt|rescan|retest)\d*$/, '')
    .trim();
}

/** Day number of `YYYYMMDD` or `YYYY-MM-DD`; NaN for anything else. */
function dayOf(date: string): number {
  const match = /^(\d{4})-?(\d{2})-?(\d{2})$/.exec(date);
  return match ? Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3])) / 86_400_000 : Number.NaN;
}
