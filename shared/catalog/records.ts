import { z } from 'zod';
import {
  faceInView,
  faceState,
  quarantineClass,
  scanState,
  seriesKind,
  seriesLayout,
} from '../import/records.ts';
import { problem } from '../problem.ts';

/** One row of the project's table: a series and where it stands. */
export const seriesRow = z.object({
  id: z.number(),
  subjectId: z.number(),
  /** Pseudonym within the project, `sub-XXXXXXXX`; what every screen shows instead of a name. */
  subjectLabel: z.string(),
  /** Identity in the source; shown only inside the lab. */
  patientId: z.string(),
  sessionLabel: z.string(),
  studyId: z.number(),
  format: z.enum(['dicom', 'nifti']),
  kind: seriesKind,
  kindSource: z.enum(['auto', 'user']),
  layout: seriesLayout,
  modality: z.string(),
  description: z.string(),
  seriesNumber: z.number().nullable(),
  /** [nx, ny, nz, …], empty when there is no grid. */
  shape: z.array(z.number()),
  voxelSizeMm: z.array(z.number()),
  instanceCount: z.number(),
  faceInView,
  faceState,
  state: scanState,
  /** Why it is in this state, a sentence. */
  stateReason: z.string(),
  /** What to do next, a sentence; empty when nothing is needed. */
  stateNext: z.string(),
  quarantine: quarantineClass.nullable(),
  problemCount: z.number(),
  /** Latest derivative, if any. */
  derivativeId: z.number().nullable(),
});
export type SeriesRow = z.infer<typeof seriesRow>;

export const stateCounts = z.object({
  queued: z.number(),
  running: z.number(),
  'needs-review': z.number(),
  passed: z.number(),
  failed: z.number(),
  excluded: z.number(),
});
export type StateCounts = z.infer<typeof stateCounts>;

export const seriesProblem = problem.extend({
  id: z.number(),
  seriesId: z.number().nullable(),
  subjectLabel: z.string().nullable(),
});
export type SeriesProblem = z.infer<typeof seriesProblem>;
