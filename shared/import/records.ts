import { z } from 'zod';

/** What a series shows. BIDS suffixes where BIDS has one; the user may correct it. */
export const seriesKind = z.enum([
  'T1w',
  'T2w',
  'FLAIR',
  'PDw',
  'dwi',
  'bold',
  'angio',
  'swi',
  'fieldmap',
  'localizer',
  'derived',
  'secondary-capture',
  'CT',
  'PET',
  'non-image',
  'other',
]);
export type SeriesKind = z.infer<typeof seriesKind>;

export const seriesLayout = z.enum(['3d', 'thick-slice', '4d', '2d', 'none']);
export type SeriesLayout = z.infer<typeof seriesLayout>;

/** Is a face inside the field of view, judged from geometry (and corrected once voxels are read)? */
export const faceInView = z.enum(['yes', 'no', 'unknown']);

/** What voxels say about the face: not looked at yet, there, already removed, or only a brain left. */
export const faceState = z.enum(['unknown', 'intact', 'removed', 'brain-only']);
export type FaceState = z.infer<typeof faceState>;

/** A scan's state. Every imported scan is in exactly one; there is no implicit state. */
export const scanState = z.enum(['queued', 'running', 'needs-review', 'passed', 'failed', 'excluded']);
export type ScanState = z.infer<typeof scanState>;

/** Why a series was set aside on import. */
export const quarantineClass = z.enum([
  'not-a-head-volume',
  'localizer',
  'secondary-capture',
  'derived',
  'non-image',
  'missing-geometry',
  'inconsistent-geometry',
  'identity',
  'unreadable',
  'duplicate',
  'unsupported-contrast',
]);
export type QuarantineClass = z.infer<typeof quarantineClass>;

/** Totals of one import; the parts add up to `filesSeen`. */
export const importReport = z.object({
  roots: z.array(z.string()),
  filesSeen: z.number(),
  filesUnchanged: z.number(),
  filesNew: z.number(),
  filesChanged: z.number(),
  filesMissing: z.number(),
  dicomFiles: z.number(),
  niftiFiles: z.number(),
  sidecarFiles: z.number(),
  /** DICOMDIR, text, archives and the like: looked at, not data. */
  otherFiles: z.number(),
  unreadableFiles: z.number(),
  series: z.number(),
  quarantined: z.number(),
  problems: z.number(),
  seconds: z.number(),
});
export type ImportReport = z.infer<typeof importReport>;
