import { createHash } from 'node:crypto';
import type { ImportReport, SeriesKind } from '../../shared/import/records.ts';
import type { Problem } from '../../shared/problem.ts';
import { identityName, issuerOfKey, type KnownPerson } from '../import/identity.ts';
import type { DraftInstance, SeriesDraft } from '../import/series-draft.ts';
import { asideKey, checkAcrossStudies } from './across-studies.ts';
import type { Db } from './database.ts';
import { labelSessions } from './label-sessions.ts';
import { filesOfSharedSize, replaceSameContent, type SameSizeFile } from './same-content-writes.ts';

/** A prepared statement with any number of positional values. */
export type Statement = import('better-sqlite3').Statement<unknown[]>;

export type SourceFileKind = 'dicom' | 'nifti' | 'sidecar' | 'dicomdir' | 'other' | 'unreadable';

/** A file that an earlier import met. */
export interface KnownFile {
  id: number;
  size: number;
  mtime_ms: number;
  kind: SourceFileKind;
  state: 'present' | 'changed' | 'missing';
}

/** Codes of Problems that belong to an import as a whole: they are replaced by the next one. */
const importWideCodes = [
  'unreadable-folder',
  'unreadable-file',
  'source-not-found',
  'project-folder',
  'linked-again',
];
const reportKey = 'import.report';
const uncheckedKey = 'import.content-unchecked';

/** Setting that says when an import found other files in a series than before, ISO 8601. */
export const sourceVersionKey = (seriesId: number) => `source-version:${seriesId}`;

/** Everything that import writes to the catalog; the only statements that change sources, series and instances. */
export class ImportWrites {
  readonly #db: Db;
  readonly #statements = new Map<string, Statement>();

  constructor(db: Db) {
    this.#db = db;
  }

  /** One transaction around `work`; nested calls join it. */
  transaction<T>(work: () => T): T {
    return this.#db.inTransaction ? work() : this.#db.transaction(work)();
  }

  roots(): Array<{ id: number; path: string }> {
    return this.#sql('SELECT id, path FROM source_root').all() as Array<{ id: number; path: string }>;
  }

  addRoot(path: string, at: string): number {
    this.#sql('INSERT INTO source_root (path, added_at) VALUES (?, ?) ON CONFLICT (path) DO NOTHING').run(
      path,
      at,
    );
    return (this.#sql('SELECT id FROM source_root WHERE path = ?').get(path) as { id: number }).id;
  }

  knownFile(rootId: number, path: string): KnownFile | undefined {
    return this.#sql(
      'SELECT id, size, mtime_ms, kind, state FROM source_file WHERE root_id = ? AND path = ?',
    ).get(rootId, path) as never;
  }

  /** Inserts or refreshes a file's row and drops what was said about it before. */
  putFile(rootId: number, path: string, size: number, mtimeMs: number, kind: SourceFileKind): number {
    const { id } = this.#sql(
      `INSERT INTO source_file (root_id, path, size, mtime_ms, kind, state) VALUES (?, ?, ?, ?, ?, 'present')
       ON CONFLICT (root_id, path) DO UPDATE SET size = excluded.size, mtime_ms = excluded.mtime_ms, kind = excluded.kind, state = 'present'
       RETURNING id`,
    ).get(rootId, path, size, mtimeMs, kind) as { id: number };
    return id;
  }

  replaceFileProblems(fileId: number, problems: readonly Problem[]): void {
    this.#sql('DELETE FROM problem WHERE file_id = ?').run(fileId);
    for (const p of problems) this.#addProblem(p, null, fileId);
  }

  /** A file that used to hold an image no longer does: its series loses it. */
  dropInstancesOfFile(fileId: number): void {
    this.#sql('DELETE FROM instance WHERE file_id = ?').run(fileId);
  }

  seriesOfFile(fileId: number): number[] {
    return (
      this.#sql('SELECT DISTINCT series_id AS id FROM instance WHERE file_id = ?').all(fileId) as Array<{
        id: number;
      }>
    ).map((r) => r.id);
  }

  markMissing(fileId: number): void {
    this.#sql(`UPDATE source_file SET state = 'missing' WHERE id = ?`).run(fileId);
  }

  replaceImportProblems(problems: readonly Problem[]): void {
    const codes = importWideCodes.map((c) => `'${c}'`).join(',');
    this.#sql(`DELETE FROM problem WHERE series_id IS NULL AND file_id IS NULL AND code IN (${codes})`).run();
    for (const p of problems) this.#addProblem(p, null, null);
  }

  /**
   * Writes the volumes of one group (one SeriesInstanceUID or one file), replacing what the catalog had
   * of it. A volume whose files are the same as before is left alone, whatever state it is in; one whose
   * files changed starts again, and says so.
   *
   * @param groupKey the SeriesInstanceUID, or `file:<path>`
   * @param changed paths (`rootId|path`) whose content changed or came back since the last import
   */
  writeGroup(
    groupKey: string,
    drafts: readonly SeriesDraft[],
    changed: ReadonlySet<string>,
    at: string,
    pseudonym: (sourceKey: string) => string,
  ): void {
    const existing = new Map<string, ExistingSeries>();
    for (const row of this.#existingSeries(groupKey, drafts)) existing.set(row.series_key, row);
    for (const draft of drafts) {
      const key = seriesKey(groupKey, draft);
      const row = existing.get(key);
      existing.delete(key);
      const fileIds = draft.instances.map((i) =>
        this.putFile(i.rootId, i.path, i.size, i.mtimeMs, draft.format),
      );
      if (changed.size > 0) for (const id of fileIds) this.replaceFileProblems(id, []);
      const touched = draft.instances.some((i) => changed.has(`${i.rootId}|${i.path}`));
      if (row && !touched && this.#hasExactly(row.id, fileIds)) continue;
      const id = row
        ? this.#updateSeries(row, draft, at, pseudonym)
        : this.#insertSeries(key, draft, at, pseudonym);
      this.#sql('DELETE FROM instance WHERE series_id = ?').run(id);
      for (const [n, fileId] of fileIds.entries()) {
        this.#sql('DELETE FROM instance WHERE file_id = ?').run(fileId);
        this.#insertInstance(id, fileId, draft.instances[n]!);
      }
      this.#sql('DELETE FROM problem WHERE series_id = ?').run(id);
      for (const p of draft.problems) this.#addProblem(p, id, null);
      if (row) {
        this.#addProblem(
          {
            code: 'source-changed',
            level: 'warning',
            subject: draft.description || draft.modality,
            message:
              'Files of this series changed, came or went since the last import. It was read again and starts over.',
            fix: 'De-identify it again; earlier results belong to the earlier files.',
          },
          id,
          null,
        );
      }
    }
    for (const left of existing.values()) this.#retire(left.id, at);
  }

  /** All files of a series have gone: it keeps its results but cannot be worked on. */
  markSeriesMissing(seriesId: number): void {
    const row = this.#sql('SELECT state, description FROM series WHERE id = ?').get(seriesId) as
      | { state: string; description: string }
      | undefined;
    if (!row || this.#hasProblem(seriesId, 'source-regrouped')) return;
    this.#sql(`DELETE FROM problem WHERE series_id = ? AND code = 'source-missing'`).run(seriesId);
    this.#addProblem(
      {
        code: 'source-missing',
        level: 'error',
        subject: row.description || 'series',
        message: 'The files of this series are no longer where they were imported from.',
        fix: 'Bring the folder back (or connect the drive) and import again.',
      },
      seriesId,
      null,
    );
    if (row.state === 'queued' || row.state === 'running') {
      this.#sql(
        `UPDATE series SET state = 'excluded', state_reason = 'Its files are missing.', state_next = 'Bring the folder back and import again.' WHERE id = ?`,
      ).run(seriesId);
    }
  }

  labelSessions(): void {
    labelSessions(this.#db);
  }

  checkAcrossStudies(): void {
    checkAcrossStudies(this.#db, (problem, seriesId) => this.#addProblem(problem, seriesId, null));
  }

  /** The people with a usable Patient ID that the catalog has this study under. */
  peopleOfStudy(studyUid: string): KnownPerson[] {
    const rows = this.#sql(
      `SELECT DISTINCT u.source_key AS key, u.patient_id AS id, u.patient_name AS name, u.birth_date AS birth
       FROM study t JOIN subject u ON u.id = t.subject_id JOIN series s ON s.study_id = t.id
       WHERE t.study_instance_uid = ? AND u.source_key LIKE 'dicom:%' AND s.instance_count > 0`,
    ).all(studyUid) as Array<{ key: string; id: string; name: string; birth: string }>;
    return rows.map((r) => ({
      key: r.key,
      patientId: r.id.trim(),
      issuer: issuerOfKey(r.key, r.id, r.birth),
      birthDate: r.birth,
      name: identityName(r.name),
    }));
  }

  /** NIfTI files of these sizes (all of them for null) that share their size with another one. */
  filesOfSharedSize(sizes: ReadonlySet<number> | null): SameSizeFile[] {
    return filesOfSharedSize(this.#db).filter((f) => sizes === null || sizes.has(f.size));
  }

  replaceSameContent(
    sizes: ReadonlySet<number> | null,
    groups: ReadonlyArray<ReadonlyArray<SameSizeFile>>,
  ): void {
    replaceSameContent(this.#db, sizes, groups, (problem, seriesId) =>
      this.#addProblem(problem, seriesId, null),
    );
  }

  /** An import that ends before it compared its images leaves this behind, and the next one compares all. */
  get contentUnchecked(): boolean {
    return this.setting(uncheckedKey) !== undefined;
  }

  set contentUnchecked(unchecked: boolean) {
    if (unchecked) this.saveSetting(uncheckedKey, '1');
    else this.#sql('DELETE FROM setting WHERE key = ?').run(uncheckedKey);
  }

  /** Removes studies and subjects that lost their last series. */
  sweep(): void {
    this.#sql(
      'DELETE FROM study WHERE NOT EXISTS (SELECT 1 FROM series WHERE series.study_id = study.id)',
    ).run();
    this.#sql(
      'DELETE FROM subject WHERE NOT EXISTS (SELECT 1 FROM series WHERE series.subject_id = subject.id) AND NOT EXISTS (SELECT 1 FROM study WHERE study.subject_id = subject.id)',
    ).run();
  }

  totals(rootIds: readonly number[]): { series: number; quarantined: number; problems: number } {
    const inRoots = `root_id IN (${rootIds.map(Number).join(',') || '0'})`;
    const one = (sql: string) => (this.#db.prepare(sql).get() as { n: number }).n;
    return {
      series: one(`SELECT count(*) AS n FROM series WHERE ${inRoots}`),
      quarantined: one(`SELECT count(*) AS n FROM series WHERE quarantine IS NOT NULL AND ${inRoots}`),
      problems: one('SELECT count(*) AS n FROM problem'),
    };
  }

  saveReport(report: ImportReport): void {
    this.saveSetting(reportKey, JSON.stringify(report));
  }

  report(): ImportReport | null {
    const text = this.setting(reportKey);
    return text ? (JSON.parse(text) as ImportReport) : null;
  }

  /** Records a person's word on what series show. */
  setKind(seriesIds: readonly number[], kind: SeriesKind): number {
    // The question what the series shows is answered; it must not hold the scan any longer.
    this.#each(
      seriesIds,
      `DELETE FROM problem WHERE ? <> '' AND series_id = ? AND code = 'unknown-kind'`,
      kind,
    );
    return this.#each(seriesIds, `UPDATE series SET kind = ?, kind_source = 'user' WHERE id = ?`, kind);
  }

  /** Sets series aside by a person's decision; running ones are left to finish. */
  exclude(seriesIds: readonly number[], reason: string): number {
    return this.#each(
      seriesIds,
      `UPDATE series SET state = 'excluded', quarantine = NULL, state_reason = ?, state_next = 'Include it again if it should be handled.' WHERE id = ? AND state <> 'running'`,
      reason,
    );
  }

  /** Takes series out of exclusion and queues them; those that hold no image cannot be queued. */
  include(seriesIds: readonly number[]): number {
    return this.#each(
      seriesIds,
      `UPDATE series SET state = 'queued', quarantine = NULL, state_reason = ?, state_next = ''
       WHERE id = ? AND state = 'excluded' AND layout <> 'none' AND ifnull(quarantine, '') NOT IN ('non-image', 'duplicate')`,
      '',
    );
  }

  #each(seriesIds: readonly number[], sql: string, value: string): number {
    return this.transaction(() => seriesIds.reduce((n, id) => n + this.#sql(sql).run(value, id).changes, 0));
  }

  setting(key: string): string | undefined {
    return (this.#sql('SELECT value FROM setting WHERE key = ?').get(key) as { value: string } | undefined)
      ?.value;
  }

  saveSetting(key: string, value: string): void {
    this.#sql(
      'INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
    ).run(key, value);
  }

  #existingSeries(groupKey: string, drafts: readonly SeriesDraft[]): ExistingSeries[] {
    const columns = 'id, series_key, state, quarantine, kind, kind_source';
    const rows = new Map<number, ExistingSeries>();
    if (!groupKey.startsWith('file:')) {
      for (const row of this.#sql(`SELECT ${columns} FROM series WHERE series_instance_uid = ?`).all(
        groupKey,
      ) as ExistingSeries[])
        rows.set(row.id, row);
    } else {
      for (const draft of drafts) {
        for (const i of draft.instances) {
          const found = this.#sql(
            `SELECT DISTINCT ${columns
              .split(', ')
              .map((c) => `s.${c}`)
              .join(
                ', ',
              )} FROM series s JOIN instance n ON n.series_id = s.id JOIN source_file f ON f.id = n.file_id WHERE f.root_id = ? AND f.path = ?`,
          ).all(i.rootId, i.path) as ExistingSeries[];
          for (const row of found) rows.set(row.id, row);
        }
      }
    }
    for (const draft of drafts) {
      const row = this.#sql(`SELECT ${columns} FROM series WHERE series_key = ?`).get(
        seriesKey(groupKey, draft),
      ) as ExistingSeries | undefined;
      if (row) rows.set(row.id, row);
    }
    return [...rows.values()];
  }

  #hasExactly(seriesId: number, fileIds: readonly number[]): boolean {
    const now = this.#sql('SELECT file_id AS id FROM instance WHERE series_id = ?').all(seriesId) as Array<{
      id: number;
    }>;
    if (now.length !== fileIds.length) return false;
    const ids = new Set(now.map((r) => r.id));
    return fileIds.every((id) => ids.has(id));
  }

  #insertSeries(
    key: string,
    draft: SeriesDraft,
    at: string,
    pseudonym: (sourceKey: string) => string,
  ): number {
    const { subjectId, studyId } = this.#owners(draft, pseudonym);
    const result = this.#sql(
      `INSERT INTO series (study_id, subject_id, root_id, format, series_key, series_instance_uid, series_number, description, protocol,
         modality, manufacturer, model, kind, layout, shape, voxel_size_mm, affine, instance_count, bytes, face_in_view,
         quarantine, state, state_reason, state_next, attributes, imported_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ).run(
      studyId,
      subjectId,
      draft.instances[0]!.rootId,
      draft.format,
      key,
      draft.seriesInstanceUid,
      wholeNumber(draft.seriesNumber),
      draft.description,
      draft.protocol,
      draft.modality,
      draft.manufacturer,
      draft.model,
      draft.kind,
      draft.layout,
      ...gridColumns(draft),
      draft.faceInView,
      draft.quarantine,
      draft.state,
      draft.stateReason,
      draft.stateNext,
      JSON.stringify(draft.attributes),
      at,
    );
    return Number(result.lastInsertRowid);
  }

  #updateSeries(
    row: ExistingSeries,
    draft: SeriesDraft,
    at: string,
    pseudonym: (sourceKey: string) => string,
  ): number {
    const { subjectId, studyId } = this.#owners(draft, pseudonym);
    const byUser = row.kind_source === 'user';
    // A person's exclusion outlives a new reading; an inclusion does not, since what was included has changed.
    const excludedByUser =
      row.state === 'excluded' &&
      row.quarantine === null &&
      draft.state === 'queued' &&
      !this.#hasProblem(row.id, 'source-missing') &&
      !this.#hasProblem(row.id, 'source-regrouped');
    const state = excludedByUser ? 'excluded' : draft.state;
    this.#sql(
      `UPDATE series SET study_id = ?, subject_id = ?, root_id = ?, series_number = ?, description = ?, protocol = ?, modality = ?,
         manufacturer = ?, model = ?, kind = ?, layout = ?, shape = ?, voxel_size_mm = ?, affine = ?, instance_count = ?, bytes = ?,
         face_in_view = ?, face_state = 'unknown', quarantine = ?, state = ?,
         state_reason = CASE WHEN ? THEN state_reason ELSE ? END, state_next = CASE WHEN ? THEN state_next ELSE ? END,
         attributes = ?, imported_at = ? WHERE id = ?`,
    ).run(
      studyId,
      subjectId,
      draft.instances[0]!.rootId,
      wholeNumber(draft.seriesNumber),
      draft.description,
      draft.protocol,
      draft.modality,
      draft.manufacturer,
      draft.model,
      byUser ? row.kind : draft.kind,
      draft.layout,
      ...gridColumns(draft),
      draft.faceInView,
      state === 'queued' || excludedByUser ? null : draft.quarantine,
      state,
      excludedByUser ? 1 : 0,
      state === 'queued' ? '' : draft.stateReason,
      excludedByUser ? 1 : 0,
      state === 'queued' ? '' : draft.stateNext,
      JSON.stringify(draft.attributes),
      at,
      row.id,
    );
    this.#forgetResults(row.id, at);
    this.#sql('DELETE FROM setting WHERE key = ?').run(asideKey(row.id));
    return row.id;
  }

  /** What was made of a series' earlier files is history: nobody can accept it, and nothing is measured against it. */
  #forgetResults(seriesId: number, at: string): void {
    this.#sql('UPDATE derivative SET current = 0 WHERE series_id = ?').run(seriesId);
    this.#sql('DELETE FROM measurement WHERE series_id = ? AND derivative_id IS NULL').run(seriesId);
    this.saveSetting(sourceVersionKey(seriesId), at);
  }

  #hasProblem(seriesId: number, code: string): boolean {
    return (
      this.#sql('SELECT 1 FROM problem WHERE series_id = ? AND code = ?').get(seriesId, code) !== undefined
    );
  }

  #owners(
    draft: SeriesDraft,
    pseudonym: (sourceKey: string) => string,
  ): { subjectId: number; studyId: number } {
    const { subject, study } = draft;
    let found = this.#sql('SELECT id FROM subject WHERE source_key = ?').get(subject.key) as
      | { id: number }
      | undefined;
    if (!found) {
      let label = pseudonym(subject.key);
      // Two keys may meet in one short label; the second takes the next of its own sequence.
      for (let n = 2; this.#sql('SELECT 1 FROM subject WHERE label = ?').get(label) !== undefined; n++)
        label = pseudonym(`${subject.key}|${n}`);
      found = this.#sql(
        'INSERT INTO subject (source_key, patient_id, patient_name, birth_date, sex, label) VALUES (?, ?, ?, ?, ?, ?) RETURNING id',
      ).get(subject.key, subject.patientId, subject.patientName, subject.birthDate, subject.sex, label) as {
        id: number;
      };
    }
    const known = this.#sql('SELECT id FROM study WHERE subject_id = ? AND study_instance_uid = ?').get(
      found.id,
      study.uid,
    ) as { id: number } | undefined;
    if (known) {
      if (study.time)
        this.#sql(`UPDATE study SET study_time = ? WHERE id = ? AND study_time = ''`).run(
          study.time,
          known.id,
        );
      return { subjectId: found.id, studyId: known.id };
    }
    const added = this.#sql(
      'INSERT INTO study (subject_id, study_instance_uid, study_date, study_time, description, accession_number) VALUES (?, ?, ?, ?, ?, ?) RETURNING id',
    ).get(found.id, study.uid, study.date, study.time, study.description, study.accessionNumber) as {
      id: number;
    };
    return { subjectId: found.id, studyId: added.id };
  }

  #insertInstance(seriesId: number, fileId: number, i: DraftInstance): void {
    this.#sql(
      `INSERT INTO instance (series_id, file_id, sop_class_uid, sop_instance_uid, instance_number, frame_count, position_mm, transfer_syntax_uid)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    ).run(
      seriesId,
      fileId,
      i.sopClassUid,
      i.sopInstanceUid,
      i.instanceNumber,
      i.frameCount,
      i.positionMm,
      i.transferSyntaxUid,
    );
  }

  /** A series that regrouping no longer makes: deleted when nothing hangs on it, set aside with its history otherwise. */
  #retire(seriesId: number, at: string): void {
    const used = this.#sql(
      'SELECT 1 FROM derivative WHERE series_id = ? UNION SELECT 1 FROM measurement WHERE series_id = ? UNION SELECT 1 FROM job WHERE series_id = ?',
    ).get(seriesId, seriesId, seriesId);
    this.#sql('DELETE FROM instance WHERE series_id = ?').run(seriesId);
    if (!used) {
      this.#sql('DELETE FROM series WHERE id = ?').run(seriesId);
      return;
    }
    this.#forgetResults(seriesId, at);
    // Without a layout it cannot be included again; a new reading gives it one.
    const { description } = this.#sql(
      `UPDATE series SET state = 'excluded', quarantine = NULL, state_reason = 'Its files are gone or now belong to another series.',
         state_next = 'Use the series that holds them, or bring them back and import again.', layout = 'none', instance_count = 0
       WHERE id = ? RETURNING description`,
    ).get(seriesId) as { description: string };
    this.#sql('DELETE FROM problem WHERE series_id = ?').run(seriesId);
    this.#addProblem(
      {
        code: 'source-regrouped',
        level: 'info',
        subject: description || 'series',
        message: 'The files of this series are gone or make another series now; earlier results are history.',
      },
      seriesId,
      null,
    );
  }

  #addProblem(p: Problem, seriesId: number | null, fileId: number | null): void {
    this.#sql(
      'INSERT INTO problem (series_id, file_id, code, level, subject, message, fix) VALUES (?, ?, ?, ?, ?, ?, ?)',
    ).run(seriesId, fileId, p.code, p.level, p.subject, p.message, p.fix ?? null);
  }

  #sql(text: string): Statement {
    let statement = this.#statements.get(text);
    if (!statement) {
      statement = this.#db.prepare(text);
      this.#statements.set(text, statement);
    }
    return statement;
  }
}

interface ExistingSeries {
  id: number;
  series_key: string;
  state: string;
  quarantine: string | null;
  kind: string;
  kind_source: 'auto' | 'user';
}

function seriesKey(groupKey: string, draft: SeriesDraft): string {
  return createHash('sha256')
    .update([draft.format, groupKey, draft.subject.key, draft.study.uid, draft.splitKey].join('\n'))
    .digest('hex')
    .slice(0, 32);
}

/** SeriesNumber is an integer string, which some writers give decimals; the column takes none. */
function wholeNumber(seriesNumber: number | null): number | null {
  return seriesNumber === null ? null : Math.trunc(seriesNumber);
}

function gridColumns(draft: SeriesDraft): [string, string, string, number, number] {
  return [
    JSON.stringify(draft.shape),
    JSON.stringify(draft.voxelSizeMm),
    JSON.stringify(draft.affine),
    draft.instances.length,
    draft.instances.reduce((n, i) => n + i.size, 0),
  ];
}
