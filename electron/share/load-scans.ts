import { verdictNumber } from '../../shared/deidentify/records.ts';
import type { AuditState } from '../../shared/risk/records.ts';
import type { Db } from '../catalog/database.ts';
import type { CandidateScan } from './select-scans.ts';

interface Row {
  seriesId: number;
  subjectId: number;
  subjectLabel: string;
  sessionLabel: string;
  kind: string;
  format: 'dicom' | 'nifti';
  seriesNumber: number | null;
  state: string;
  stateReason: string;
  changedFiles: number;
  derivativeId: number | null;
  method: string | null;
  folder: string | null;
  verdict: string | null;
  steps: string | null;
  auditState: AuditState | null;
  auditReason: string | null;
  auditAt: string | null;
}

/** Every scan of the catalog with its current derivative, its audit and what people decided about it, in a fixed order. */
export function loadCandidates(db: Db): CandidateScan[] {
  const rows = db
    .prepare(
      `SELECT s.id AS seriesId, s.subject_id AS subjectId, u.label AS subjectLabel,
         t.session_label AS sessionLabel, s.kind, s.format, s.series_number AS seriesNumber, s.state,
         s.state_reason AS stateReason,
         (SELECT count(*) FROM instance i JOIN source_file f ON f.id = i.file_id
            WHERE i.series_id = s.id AND f.state != 'present') AS changedFiles,
         d.id AS derivativeId, d.method, d.folder, d.verdict, d.steps,
         a.state AS auditState, json_extract(a.record, '$.reason') AS auditReason, a.at AS auditAt
       FROM series s JOIN subject u ON u.id = s.subject_id JOIN study t ON t.id = s.study_id
       LEFT JOIN derivative d ON d.series_id = s.id AND d.current = 1
       LEFT JOIN audit a ON a.derivative_id = d.id
       ORDER BY u.label, t.session_label, s.series_number, s.id`,
    )
    .all() as Row[];
  const reviews = db.prepare(
    'SELECT decision, reviewer, at FROM review WHERE derivative_id = ? ORDER BY at, id',
  );
  return rows.map((row) => {
    const verdict = row.verdict
      ? (JSON.parse(row.verdict) as { state: string; reason: string; numbers?: unknown })
      : null;
    return {
      seriesId: row.seriesId,
      subjectId: row.subjectId,
      subjectLabel: row.subjectLabel,
      sessionLabel: row.sessionLabel,
      kind: row.kind,
      format: row.format,
      seriesNumber: row.seriesNumber,
      state: row.state,
      stateReason: row.stateReason,
      sourceChanged: row.changedFiles > 0,
      derivative:
        row.derivativeId === null
          ? null
          : {
              id: row.derivativeId,
              method: row.method!,
              folder: row.folder!,
              verdictState: verdict?.state ?? 'failed',
              verdictReason: verdict?.reason ?? 'No verdict was recorded.',
              numbers: verdictNumber.array().safeParse(verdict?.numbers).data ?? [],
              steps: JSON.parse(row.steps ?? '[]') as unknown[],
              reviews: reviews.all(row.derivativeId) as { decision: string; reviewer: string; at: string }[],
              audit: row.auditState
                ? { state: row.auditState, reason: row.auditReason ?? '', at: row.auditAt ?? '' }
                : null,
            },
    };
  });
}
