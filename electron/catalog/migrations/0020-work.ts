/** Jobs, what they produced, what was measured, what people decided, what was shared. */
export const version = 20;
export const name = 'work';
export const sql = `
CREATE TABLE job (
  id INTEGER PRIMARY KEY,
  batch_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('import','deidentify','measure','share')),
  series_id INTEGER REFERENCES series(id),
  label TEXT NOT NULL, payload TEXT NOT NULL,   -- JSON
  state TEXT NOT NULL DEFAULT 'queued' CHECK (state IN ('queued','running','done','failed','cancelled')),
  attempts INTEGER NOT NULL DEFAULT 0, error TEXT NOT NULL DEFAULT '', result TEXT,
  created_at TEXT NOT NULL, started_at TEXT, finished_at TEXT
) STRICT;
CREATE INDEX job_by_state ON job(state, id);
CREATE INDEX job_by_batch ON job(batch_id);

CREATE TABLE derivative (
  id INTEGER PRIMARY KEY,
  series_id INTEGER NOT NULL REFERENCES series(id),
  method TEXT NOT NULL, method_params TEXT NOT NULL, seed INTEGER NOT NULL,
  policy_name TEXT NOT NULL, policy TEXT NOT NULL,  -- JSON, the whole recipe as applied
  folder TEXT NOT NULL,                -- relative to the project
  verdict TEXT NOT NULL, state TEXT NOT NULL, concern REAL NOT NULL DEFAULT 0,
  steps TEXT NOT NULL, seconds REAL NOT NULL, created_at TEXT NOT NULL,
  current INTEGER NOT NULL DEFAULT 1 CHECK (current IN (0, 1))
) STRICT;
CREATE INDEX derivative_by_series ON derivative(series_id, current);

CREATE TABLE measurement (
  id INTEGER PRIMARY KEY,
  series_id INTEGER NOT NULL REFERENCES series(id),
  derivative_id INTEGER REFERENCES derivative(id),  -- NULL: the original
  engine TEXT NOT NULL,
  structure TEXT NOT NULL,             -- '' in the one row that records a failure
  volume_mm3 REAL, dice REAL, failure TEXT NOT NULL DEFAULT '',
  details TEXT NOT NULL DEFAULT '{}'
) STRICT;
CREATE UNIQUE INDEX measurement_once ON measurement(series_id, ifnull(derivative_id, 0), engine, structure);

CREATE TABLE review (
  id INTEGER PRIMARY KEY,
  derivative_id INTEGER NOT NULL REFERENCES derivative(id),
  decision TEXT NOT NULL CHECK (decision IN ('accept','redo','reject')),
  note TEXT NOT NULL, reviewer TEXT NOT NULL, at TEXT NOT NULL, settings TEXT NOT NULL
) STRICT;
CREATE INDEX review_by_derivative ON review(derivative_id);

CREATE TABLE share (
  id INTEGER PRIMARY KEY,
  dir TEXT NOT NULL, formats TEXT NOT NULL, state TEXT NOT NULL CHECK (state IN ('running','complete','failed')),
  message TEXT NOT NULL DEFAULT '', request TEXT NOT NULL, receipt TEXT, created_at TEXT NOT NULL
) STRICT;
`;
