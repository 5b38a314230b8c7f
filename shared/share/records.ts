import { z } from 'zod';

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
export const shareOverride = z.object({ seriesId: z.number(), reason: z.string().min(3), by: z.string().min(1) });
export type ShareOverride = z.infer<typeof shareOverride>;

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
});
export type SharedScan = z.infer<typeof sharedScan>;

/** One finding of the byte search; the identifier itself is never written down, only its kind. */
export const leak = z.object({ file: z.string(), identifierKind: z.string(), where: z.enum(['name', 'content']) });
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
  held: z.array(z.object({ seriesId: z.number(), subjectLabel: z.string(), kind: z.string(), state: z.string(), reason: z.string() })),
  checks: z.array(checklistItem),
  leaks: z.array(leak),
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
