/** Sources, subjects, studies, series, instances and the problems found in them. */
export const version = 10;
export const name = 'catalog';
export const sql = `
CREATE TABLE source_root (
  id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, added_at TEXT NOT NULL
) STRICT;

CREATE TABLE source_file (
  id INTEGER PRIMARY KEY,
  root_id INTEGER NOT NULL REFERENCES source_root(id),
  path TEXT NOT NULL,                  -- relative to the root, '/' separated
  size INTEGER NOT NULL, mtime_ms REAL NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('dicom','nifti','sidecar','dicomdir','other','unreadable')),
  state TEXT NOT NULL DEFAULT 'present' CHECK (state IN ('present','changed','missing')),
  UNIQUE (root_id, path)
) STRICT;

CREATE TABLE subject (
  id INTEGER PRIMARY KEY,
  source_key TEXT NOT NULL UNIQUE,     -- identity used for grouping; unique per study when the identity is empty
  patient_id TEXT NOT NULL DEFAULT '', patient_name TEXT NOT NULL DEFAULT '',
  birth_date TEXT NOT NULL DEFAULT '', sex TEXT NOT NULL DEFAULT '',
  label TEXT NOT NULL UNIQUE           -- pseudonym, sub-XXXXXXXX
) STRICT;

CREATE TABLE study (
  id INTEGER PRIMARY KEY,
  subject_id INTEGER NOT NULL REFERENCES subject(id),
  study_instance_uid TEXT NOT NULL,    -- for NIfTI: a key made of root and session folder
  study_date TEXT NOT NULL DEFAULT '', description TEXT NOT NULL DEFAULT '',
  accession_number TEXT NOT NULL DEFAULT '',
  session_label TEXT NOT NULL DEFAULT '',  -- ses-NN within the subject
  UNIQUE (subject_id, study_instance_uid)
) STRICT;

CREATE TABLE series (
  id INTEGER PRIMARY KEY,
  study_id INTEGER NOT NULL REFERENCES study(id),
  subject_id INTEGER NOT NULL REFERENCES subject(id),
  root_id INTEGER NOT NULL REFERENCES source_root(id),
  format TEXT NOT NULL CHECK (format IN ('dicom','nifti')),
  series_key TEXT NOT NULL UNIQUE,     -- stable identity over imports
  series_instance_uid TEXT NOT NULL DEFAULT '',
  series_number INTEGER,
  description TEXT NOT NULL DEFAULT '', protocol TEXT NOT NULL DEFAULT '',
  modality TEXT NOT NULL DEFAULT '', manufacturer TEXT NOT NULL DEFAULT '', model TEXT NOT NULL DEFAULT '',
  kind TEXT NOT NULL, kind_source TEXT NOT NULL DEFAULT 'auto' CHECK (kind_source IN ('auto','user')),
  layout TEXT NOT NULL CHECK (layout IN ('3d','thick-slice','4d','2d','none')),
  shape TEXT NOT NULL DEFAULT '[]',    -- JSON
  voxel_size_mm TEXT NOT NULL DEFAULT '[]',
  affine TEXT NOT NULL DEFAULT '[]',   -- JSON, 16 numbers, RAS+; provisional until the volume is made
  instance_count INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0,
  face_in_view TEXT NOT NULL DEFAULT 'unknown' CHECK (face_in_view IN ('yes','no','unknown')),
  face_state TEXT NOT NULL DEFAULT 'unknown' CHECK (face_state IN ('unknown','intact','removed','brain-only')),
  quarantine TEXT,
  state TEXT NOT NULL CHECK (state IN ('queued','running','needs-review','passed','failed','excluded')),
  state_reason TEXT NOT NULL DEFAULT '', state_next TEXT NOT NULL DEFAULT '',
  attributes TEXT NOT NULL DEFAULT '{}',   -- JSON: protocol attributes worth showing
  imported_at TEXT NOT NULL
) STRICT;
CREATE INDEX series_by_state ON series(state);
CREATE INDEX series_by_subject ON series(subject_id);
CREATE INDEX series_by_study ON series(study_id);

CREATE TABLE instance (
  id INTEGER PRIMARY KEY,
  series_id INTEGER NOT NULL REFERENCES series(id),
  file_id INTEGER NOT NULL REFERENCES source_file(id),
  sop_class_uid TEXT NOT NULL DEFAULT '', sop_instance_uid TEXT NOT NULL DEFAULT '',
  instance_number INTEGER, frame_count INTEGER NOT NULL DEFAULT 1,
  position_mm REAL,                    -- along the slice normal
  transfer_syntax_uid TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX instance_by_series ON instance(series_id, position_mm);
CREATE INDEX instance_by_file ON instance(file_id);
CREATE INDEX instance_by_sop ON instance(sop_instance_uid);

CREATE TABLE problem (
  id INTEGER PRIMARY KEY,
  series_id INTEGER REFERENCES series(id) ON DELETE CASCADE,
  file_id INTEGER REFERENCES source_file(id) ON DELETE CASCADE,
  code TEXT NOT NULL, level TEXT NOT NULL CHECK (level IN ('info','warning','error')),
  subject TEXT NOT NULL, message TEXT NOT NULL, fix TEXT
) STRICT;
CREATE INDEX problem_by_series ON problem(series_id);
CREATE INDEX problem_by_file ON problem(file_id);

CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
`;
