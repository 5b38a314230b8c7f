/** Audits of de-identified scans and of the whole project; a kind of job for them. */
export const version = 30;
export const name = 'audit';
export const sql = `
CREATE TABLE job_with_audit (
  id INTEGER PRIMARY KEY,
  batch_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('import','deidentify','measure','audit','share')),
  series_id INTEGER REFERENCES series(id),
  label TEXT NOT NULL, payload TEXT NOT NULL,   -- JSON
  state TEXT NOT NULL DEFAULT 'queued' CHECK (state IN ('queued','running','done','failed','cancelled')),
  attempts INTEGER NOT NULL DEFAULT 0, error TEXT NOT NULL DEFAULT '', result TEXT,
  created_at TEXT NOT NULL, started_at TEXT, finished_at TEXT
) STRICT;
INSERT INTO job_with_audit (id, batch_id, kind, series_id, label, payload, state, attempts, error, result,
    created_at, started_at, finished_at)
  SELECT id, batch_id, kind, series_id, label, payload, state, attempts, error, result,
    created_at, started_at, finished_at FROM job;
DROP TABLE job;
ALTER TABLE job_with_audit RENAME TO job;
CREATE INDEX job_by_state ON job(state, id);
CREATE INDEX job_by_batch ON job(batch_id);

CREATE TABLE audit (
  derivative_id INTEGER PRIMARY KEY REFERENCES derivative(id) ON DELETE CASCADE,
  state TEXT NOT NULL CHECK (state IN ('safe','at-risk','cannot-tell')),
  record TEXT NOT NULL,                -- JSON, shared/risk scanAudit without what the catalog knows
  base_verdict TEXT NOT NULL,          -- JSON, the verdict as the face step gave it
  at TEXT NOT NULL
) STRICT;
CREATE INDEX audit_by_state ON audit(state);

CREATE TABLE audit_report (
  id INTEGER PRIMARY KEY,
  report TEXT NOT NULL,                -- JSON
  at TEXT NOT NULL
) STRICT;
`;
