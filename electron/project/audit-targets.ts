import type { Db } from '../catalog/database.ts';
import { VERSIONS_BY_METHOD } from '../risk/audit-rows.ts';

/** One de-identified version that an audit looks at. */
export interface AuditTarget {
  readonly derivativeId: number;
  readonly seriesId: number;
  readonly subjectId: number;
  readonly label: string;
  readonly method: string;
  readonly current: boolean;
}

/**
 * What an audit looks at: of every scan that is not excluded the current version, or one of every method, which is the
 * current one where it is of that method and the newest else. Never two of one scan and method, so that no figure
 * counts a scan twice.
 *
 * T1-weighted scans of a subject come first: where several scans of a person exist, the first one that shows a face
 * stands for the person in the gallery.
 */
export function auditTargets(db: Db, attempts: 'current' | 'all'): AuditTarget[] {
  const rows = db
    .prepare(
      `SELECT d.id AS derivativeId, d.series_id AS seriesId, s.subject_id AS subjectId,
         u.label || ' ' || s.kind AS label, d.method, d.current
       FROM derivative d JOIN series s ON s.id = d.series_id JOIN subject u ON u.id = s.subject_id
       WHERE s.state <> 'excluded' AND (d.current = 1 OR (? AND d.id IN (${VERSIONS_BY_METHOD})))
       ORDER BY s.kind <> 'T1w', s.id, d.id`,
    )
    .all(attempts === 'all' ? 1 : 0) as (Omit<AuditTarget, 'current'> & { current: number })[];
  return rows.map((row) => ({ ...row, current: row.current === 1 }));
}
