import { z } from 'zod';
import { problem } from '../problem.ts';
import { appliedStep } from '../provenance.ts';
import { auditLimits } from '../risk/records.ts';

/** PS3.15 Annex E options as switches; the Basic Profile is always on. */
export const ps315Options = z.object({
  /** Without effect, kept so that stored policies stay valid: burned-in text is not looked for, code 113101 never given. */
  cleanPixelData: z.boolean().default(false),
  /** Without effect, kept likewise: faces are always edited, and code 113102 is given to the scans that passed. */
  cleanRecognizableVisualFeatures: z.boolean().default(true),
  cleanGraphics: z.boolean().default(false),
  cleanStructuredContent: z.boolean().default(false),
  cleanDescriptors: z.boolean().default(false),
  retainLongitudinalFullDates: z.boolean().default(false),
  retainLongitudinalModifiedDates: z.boolean().default(true),
  retainPatientCharacteristics: z.boolean().default(false),
  retainDeviceIdentity: z.boolean().default(false),
  retainUids: z.boolean().default(false),
  retainSafePrivate: z.boolean().default(false),
  retainInstitutionIdentity: z.boolean().default(false),
});
export type Ps315Options = z.infer<typeof ps315Options>;

/** Limits the automatic verdict compares a scan's numbers with. */
export const verdictLimits = z.object({
  /**
   * Least share of the anterior face surface that must have moved or gone, 0…1. Of 29 heads looked at, the two
   * below 0.65 had kept brow and eyelids.
   */
  minFaceSurfaceChanged: z.number().min(0).max(1).default(0.65),
  /** A brain volume outside this range (mm³) means that brain extraction failed. */
  minBrainMm3: z.number().default(700_000),
  maxBrainMm3: z.number().default(2_100_000),
});
export type VerdictLimits = z.infer<typeof verdictLimits>;

const paramValue = z.union([z.number(), z.boolean(), z.string()]);

/** One more try: the method and what it is set to; parameters left out keep the method's defaults. */
export const rung = z.strictObject({
  method: z.string().min(1),
  params: z.record(z.string(), paramValue).default({}),
});
export type Rung = z.infer<typeof rung>;

/** The whole recipe: headers, faces, limits and what may leave. One readable JSON file. */
export const policy = z.strictObject({
  name: z.string().min(1).max(80),
  description: z.string().default(''),
  options: ps315Options.prefault({}),
  /** Per-attribute exceptions: tag `GGGGEEEE` or keyword → action. */
  overrides: z.record(z.string(), z.enum(['D', 'Z', 'X', 'K', 'C', 'U'])).default({}),
  /** Attributes that no table lists. */
  unknownAttributes: z.enum(['remove', 'keep']).default('remove'),
  method: z.string().default('quickshear'),
  methodParams: z.record(z.string(), paramValue).default({}),
  /** Tried in this order while the method before failed or changed too little of the face. */
  ladder: z.array(rung).max(8).default([]),
  limits: verdictLimits.prefault({}),
  audit: auditLimits.prefault({}),
  /** Series kinds that may leave; all others are excluded with that reason. */
  shareKinds: z.array(z.string()).default(['T1w', 'T2w', 'FLAIR', 'PDw']),
  /** `exceptions`: a passed verdict may leave; `all`: a person looks at every scan. */
  review: z.enum(['exceptions', 'all']).default('exceptions'),
  includeEditMask: z.boolean().default(false),
  /** Small pictures of the de-identified scans lie beside the receipt. No picture of a face leaves unless asked for. */
  receiptPictures: z.boolean().default(false),
});
export type Policy = z.infer<typeof policy>;

export const headerAction = z.enum([
  'keep',
  'remove',
  'empty',
  'dummy',
  'clean',
  'replace-uid',
  'shift-date',
  'stamp',
]);
/** What happens to one attribute of one series; `before`/`after` are printable and cut at 120 characters. */
export const headerChange = z.object({
  /** `(GGGG,EEEE)`; nested ones as a path, `(0008,1115)[0].(0020,000E)`. BIDS and NIfTI fields by name. */
  tag: z.string(),
  name: z.string(),
  vr: z.string(),
  action: headerAction,
  before: z.string(),
  after: z.string(),
  /** Which rule decided: `PS3.15 basic: X`, `option 113107`, `policy override`, `unknown attribute`. */
  rule: z.string(),
});
export type HeaderChange = z.infer<typeof headerChange>;

/** One number behind a verdict, beside the limit it was held against. */
export const verdictNumber = z.object({
  name: z.string(),
  label: z.string(),
  value: z.number().nullable(),
  unit: z.string(),
  /** Printable limit, e.g. `≥ 0.5`; empty when it is only information. */
  limit: z.string(),
  ok: z.boolean().nullable(),
});
export type VerdictNumber = z.infer<typeof verdictNumber>;

export const verdict = z.object({
  state: z.enum(['passed', 'needs-review', 'failed']),
  /** One sentence that says why. */
  reason: z.string(),
  /** One sentence that says what to do next; empty when nothing is needed. */
  next: z.string(),
  numbers: z.array(verdictNumber),
  assumptions: z.array(z.string()),
  problems: z.array(problem),
  /** Higher is worse; review shows the worst first. */
  concern: z.number(),
});
export type Verdict = z.infer<typeof verdict>;

/** How one parameter of a method is shown. */
export const methodParam = z.object({
  name: z.string(),
  label: z.string(),
  unit: z.string(),
  meaning: z.string(),
  min: z.number().nullable(),
  max: z.number().nullable(),
  /** A part of the head that can be switched on and off. */
  region: z.boolean(),
});
export type MethodParam = z.infer<typeof methodParam>;

export const methodInfo = z.object({
  id: z.string(),
  kind: z.enum(['deface', 'blur', 'reface']),
  title: z.string(),
  summary: z.string(),
  reference: z.string(),
  caution: z.string().nullable(),
  version: z.string(),
  defaults: z.record(z.string(), paramValue),
  /** One for each default, in the order to show them. */
  params: z.array(methodParam).default([]),
  /** Model (`models.list`) whose network makes the face; null for methods without one. */
  model: z.string().nullable().default(null),
  /** Why the method cannot be used in this installation; empty when it can. */
  unavailable: z.string().default(''),
});
export type MethodInfo = z.infer<typeof methodInfo>;

/** A produced scan: the edited volume beside the source it came from. */
export const derivative = z.object({
  id: z.number(),
  seriesId: z.number(),
  method: z.string(),
  methodParams: z.record(z.string(), z.unknown()),
  seed: z.number(),
  policyName: z.string(),
  verdict,
  steps: z.array(appliedStep),
  seconds: z.number(),
  createdAt: z.string(),
  /** Superseded by a later attempt on the same series. */
  current: z.boolean(),
});
export type Derivative = z.infer<typeof derivative>;

/** The scans of one imaging session and the one whose brain and face the others take over. */
export const scanSession = z.object({
  studyId: z.number(),
  scans: z.array(
    z.object({
      seriesId: z.number(),
      kind: z.string(),
      layout: z.string(),
      description: z.string(),
      voxelSizeMm: z.array(z.number()),
    }),
  ),
  /** Series of the leading scan; null when no scan of the session can lead. */
  primary: z.number().nullable(),
  chosenBy: z.enum(['rule', 'user']),
  /** Why this one, or why none; a sentence. */
  reason: z.string(),
});
export type ScanSession = z.infer<typeof scanSession>;
