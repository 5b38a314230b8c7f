import { z } from 'zod';
import { sharedAudit, sharedAuditReport } from './audit-records.ts';

export const shareFormat = z.enum(['bids', 'dicom']);
export type ShareFormat = z.infer<typeof shareFormat>;

/** One line of the checklist: turns green by evidence only. */
export const checklistItem = z.object({
  id: z.string(),
  label: z.string(),
  state: z.enum(['ok', 'todo', 'failed', 'not-checked']),
  evidence: z.string(),
});
export type ChecklistItem = z.infer<typeof checklistItem>;

/** An explicit decision to let a held scan leave. */
export const shareOverride = z.object({
  seriesId: z.number(),
  reason: z.string().min(3),
  by: z.string().min(1),
});
export type ShareOverride = z.infer<typeof shareOverride>;

/** One number of the verdict, in the unit a person reads; null when it could not be measured. */
export const sharedNumber = z.object({
  name: z.string(),
  label: z.string(),
  value: z.number().nullable(),
  unit: z.string(),
  /** Within the policy's limit; null when it is only information. */
  ok: z.boolean().nullable(),
});
export type SharedNumber = z.infer<typeof sharedNumber>;

/** How much the volume of one structure (GM, WM, CSF, TIV) moved by the edit, % of the original. */
export const volumeChange = z.object({ structure: z.string(), percentChange: z.number() });
export type VolumeChange = z.infer<typeof volumeChange>;

/** A picture of the shared scan; `path` is relative to the share. */
export const sharedPicture = z.object({ view: z.enum(['front', 'sagittal']), path: z.string() });
export type SharedPicture = z.infer<typeof sharedPicture>;

/** What the edits did to the measured volumes over the scans of one share. */
export const cohortNumbers = z.object({
  engine: z.string(),
  /** Shared scans measured before and after. */
  compared: z.number(),
  /** Shared scans in which measuring failed before or after the edit. */
  failed: z.number(),
  /** Of those compared: GM, WM, CSF or TIV moved by more than 5 %. */
  over5Percent: z.number(),
  structures: z.array(z.object({ structure: z.string(), n: z.number(), meanPercentChange: z.number() })),
});
export type CohortNumbers = z.infer<typeof cohortNumbers>;

export const sharedScan = z.object({
  seriesId: z.number(),
  subjectLabel: z.string(),
  sessionLabel: z.string(),
  kind: z.string(),
  method: z.string(),
  verdict: z.string(),
  override: z.string().nullable(),
  files: z.number(),
  bytes: z.number(),
  /** Forms in which it left, and why one that was asked for is missing. */
  formats: z.array(shareFormat).default([]),
  notes: z.array(z.string()).default([]),
  /** The main numbers of the verdict; empty in receipts of before they were carried. */
  numbers: z.array(sharedNumber).default([]),
  /** Empty when the scan was not measured before and after. */
  volumeChanges: z.array(volumeChange).default([]),
  pictures: z.array(sharedPicture).default([]),
  /** null when nobody tried to recognise the face of this scan. */
  audit: sharedAudit.nullable().default(null),
});
export type SharedScan = z.infer<typeof sharedScan>;

/** One finding of the byte search; the identifier itself is never written down, only its kind. */
export const leak = z.object({
  file: z.string(),
  identifierKind: z.string(),
  where: z.enum(['name', 'content']),
});
export type Leak = z.infer<typeof leak>;

export const shareReceipt = z.object({
  id: z.string(),
  product: z.string(),
  version: z.string(),
  createdAt: z.string(),
  policyName: z.string(),
  formats: z.array(shareFormat),
  scans: z.array(sharedScan),
  /** Scans that stay, with the reason: counts in = shared + held. */
  held: z.array(
    z.object({
      seriesId: z.number(),
      subjectLabel: z.string(),
      kind: z.string(),
      state: z.string(),
      reason: z.string(),
    }),
  ),
  checks: z.array(checklistItem),
  leaks: z.array(leak),
  /** null when no shared scan was measured. */
  cohort: cohortNumbers.nullable().default(null),
  /** null when none of the shared scans was audited. */
  audit: sharedAuditReport.nullable().default(null),
  files: z.number(),
  bytes: z.number(),
});
export type ShareReceipt = z.infer<typeof shareReceipt>;

export const shareRow = z.object({
  id: z.number(),
  dir: z.string(),
  formats: z.array(shareFormat),
  state: z.enum(['running', 'complete', 'failed']),
  message: z.string(),
  createdAt: z.string(),
  scans: z.number(),
  files: z.number(),
});
export type ShareRow = z.infer<typeof shareRow>;
