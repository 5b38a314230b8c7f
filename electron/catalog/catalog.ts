import type { z } from 'zod';
import type { catalogContract } from '../../shared/catalog/contract.ts';
import type { SeriesProblem, SeriesRow, StateCounts } from '../../shared/catalog/records.ts';
import type { ScanState } from '../../shared/import/records.ts';
import type { Db } from './database.ts';

export type ListQuery = z.output<(typeof catalogContract)['catalog.list']['input']>;

interface RawSeries {
  id: number;
  subject_id: number;
  subject_label: string;
  patient_id: string;
  session_label: string;
  study_id: number;
  format: 'dicom' | 'nifti';
  kind: SeriesRow['kind'];
  kind_source: SeriesRow['kindSource'];
  layout: SeriesRow['layout'];
  modality: string;
  description: string;
  series_number: number | null;
  shape: string;
  voxel_size_mm: string;
  instance_count: number;
  face_in_view: SeriesRow['faceInView'];
  face_state: SeriesRow['faceState'];
  state: ScanState;
  state_reason: string;
  state_next: string;
  quarantine: SeriesRow['quarantine'];
  problem_count: number;
  derivative_id: number | null;
}

const columns = `s.id, s.subject_id, u.label AS subject_label, u.patient_id, t.session_label, s.study_id, s.format,
  s.kind, s.kind_source, s.layout, s.modality, s.description, s.series_number, s.shape, s.voxel_size_mm,
  s.instance_count, s.face_in_view, s.face_state, s.state, s.state_reason, s.state_next, s.quarantine,
  (SELECT count(*) FROM problem p WHERE p.series_id = s.id) AS problem_count,
  (SELECT max(d.id) FROM derivative d WHERE d.series_id = s.id AND d.current = 1) AS derivative_id`;
const joined = 'series s JOIN subject u ON u.id = s.subject_id JOIN study t ON t.id = s.study_id';

const searchText =
  'u.label || char(10) || u.patient_id || char(10) || s.description || char(10) || s.kind || char(10) || t.session_label';

const order: Readonly<Record<ListQuery['sort'], string>> = {
  subject: 'u.label {dir}, t.session_label {dir}, s.series_number {dir}, s.id {dir}',
  kind: 's.kind {dir}, s.id {dir}',
  state: 's.state {dir}, s.id {dir}',
  description: 's.description {dir}, s.id {dir}',
  id: 's.id {dir}',
};

/** Reads of the catalog. Writes live beside the feature that owns them. */
export class CatalogReads {
  constructor(private readonly db: Db) {}

  counts(where = '', params: readonly unknown[] = []): StateCounts {
    const counts: StateCounts = {
      queued: 0,
      running: 0,
      'needs-review': 0,
      passed: 0,
      failed: 0,
      excluded: 0,
    };
    const from = where ? `FROM ${joined} ${where}` : 'FROM series s';
    const rows = this.db.prepare(`SELECT s.state, count(*) AS n ${from} GROUP BY s.state`).all(...params);
    for (const r of rows as { state: ScanState; n: number }[]) counts[r.state] = r.n;
    return counts;
  }

  /** One page of the table. Ids are found and ordered first; the wide columns are read for that page only. */
  list(query: ListQuery): { total: number; counts: StateCounts; rows: SeriesRow[] } {
    const { where, params } = searchClause(query);
    const counts = this.counts(where, params);
    const states = query.states.length > 0 ? query.states : (Object.keys(counts) as ScanState[]);
    const total = states.reduce((sum, state) => sum + counts[state], 0);
    const inState =
      query.states.length > 0
        ? `${where ? 'AND' : 'WHERE'} s.state IN (${query.states.map(() => '?').join(',')})`
        : '';
    const by = order[query.sort].replaceAll('{dir}', query.descending ? 'DESC' : 'ASC');
    const ids = this.db
      .prepare(`SELECT s.id FROM ${joined} ${where} ${inState} ORDER BY ${by} LIMIT ? OFFSET ?`)
      .pluck()
      .all(...params, ...query.states, query.limit, query.offset) as number[];
    return { total, counts, rows: this.readRows(ids) };
  }

  series(id: number): SeriesRow | null {
    return this.readRows([id])[0] ?? null;
  }

  private readRows(ids: readonly number[]): SeriesRow[] {
    const byId = this.db.prepare(`SELECT ${columns} FROM ${joined} WHERE s.id = ?`);
    return ids.flatMap((id) => {
      const row = byId.get(id) as RawSeries | undefined;
      return row ? toSeriesRow(row) : [];
    });
  }

  problems(filter: { seriesId?: number; search?: string; limit: number; offset: number }): {
    total: number;
    rows: SeriesProblem[];
  } {
    const clauses: string[] = [];
    const params: unknown[] = [];
    if (filter.seriesId !== undefined) {
      clauses.push('p.series_id = ?');
      params.push(filter.seriesId);
    }
    if (filter.search) {
      clauses.push('(p.subject LIKE ? OR p.message LIKE ? OR p.code LIKE ?)');
      params.push(...Array(3).fill(`%${filter.search}%`));
    }
    const where = clauses.length > 0 ? `WHERE ${clauses.join(' AND ')}` : '';
    const total = this.db
      .prepare(`SELECT count(*) FROM problem p ${where}`)
      .pluck()
      .get(...params) as number;
    const rows = this.db
      .prepare(
        `SELECT p.id, p.series_id AS seriesId, p.code, p.level, p.subject, p.message, p.fix, u.label AS subjectLabel
         FROM problem p LEFT JOIN series s ON s.id = p.series_id LEFT JOIN subject u ON u.id = s.subject_id
         ${where} ORDER BY CASE p.level WHEN 'error' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END, p.id LIMIT ? OFFSET ?`,
      )
      .all(...params, filter.limit, filter.offset) as (Omit<SeriesProblem, 'fix'> & { fix: string | null })[];
    return { total, rows: rows.map(({ fix, ...r }) => (fix === null ? r : { ...r, fix })) };
  }
}

/** Every word must occur somewhere in the row's text, taken literally. */
function searchClause(query: ListQuery): { where: string; params: string[] } {
  const clauses: string[] = [];
  const params: string[] = [];
  for (const word of query.search.trim().split(/\s+/).filter(Boolean)) {
    clauses.push(`(${searchText}) LIKE ? ESCAPE '\\'`);
    params.push(`%${word.replace(/[\\%_]/g, '\\$&')}%`);
  }
  if (query.quarantine) {
    clauses.push('s.quarantine = ?');
    params.push(query.quarantine);
  }
  return { where: clauses.length > 0 ? `WHERE ${clauses.join(' AND ')}` : '', params };
}

function toSeriesRow(r: RawSeries): SeriesRow {
  return {
    id: r.id,
    subjectId: r.subject_id,
    subjectLabel: r.subject_label,
    patientId: r.patient_id,
    sessionLabel: r.session_label,
    studyId: r.study_id,
    format: r.format,
    kind: r.kind,
    kindSource: r.kind_source,
    layout: r.layout,
    modality: r.modality,
    description: r.description,
    seriesNumber: r.series_number,
    shape: JSON.parse(r.shape),
    voxelSizeMm: JSON.parse(r.voxel_size_mm),
    instanceCount: r.instance_count,
    faceInView: r.face_in_view,
    faceState: r.face_state,
    state: r.state,
    stateReason: r.state_reason,
    stateNext: r.state_next,
    quarantine: r.quarantine,
    problemCount: r.problem_count,
    derivativeId: r.derivative_id,
  };
}
