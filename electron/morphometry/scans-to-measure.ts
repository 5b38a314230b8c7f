import type { Db } from '../catalog/database.ts';
import { measurableSql } from './measurable-kinds.ts';

/** Scans that have something to compare: what "Measure what is missing" looks through, in the order of the catalog. */
export function readScansToMeasure(db: Db): { id: number; label: string }[] {
  return db
    .prepare(
      `SELECT s.id, u.label || ' ' || s.kind AS label FROM series s JOIN subject u ON u.id = s.subject_id
       JOIN derivative d ON d.series_id = s.id AND d.current = 1
       WHERE ${measurableSql('s')} ORDER BY s.id`,
    )
    .all() as { id: number; label: string }[];
}
