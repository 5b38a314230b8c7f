import { z } from 'zod';

export const engineId = z.enum(['tissue-em', 'regional']);
export type EngineId = z.infer<typeof engineId>;

/** One structure's volume in one scan. */
export const measurement = z.object({
  engine: engineId,
  structure: z.string(),
  volumeMm3: z.number(),
});
export type Measurement = z.infer<typeof measurement>;

/** One structure in one scan, before and after. */
export const pair = z.object({
  seriesId: z.number(),
  subjectLabel: z.string(),
  before: z.number(),
  after: z.number(),
  percentChange: z.number(),
});
export type Pair = z.infer<typeof pair>;

/** Agreement of one structure over a cohort; statistics are null where too few pairs exist. */
export const structureComparison = z.object({
  structure: z.string(),
  n: z.number(),
  meanBefore: z.number(),
  meanAfter: z.number(),
  meanPercentChange: z.number(),
  medianPercentChange: z.number(),
  maxAbsPercentChange: z.number(),
  /** Paired Wilcoxon signed-rank, two-sided, raw and Holm-corrected over structures. */
  p: z.number().nullable(),
  pHolm: z.number().nullable(),
  /** ICC(A,1): two-way, absolute agreement, single measurement. */
  icc: z.number().nullable(),
  biasMm3: z.number(),
  limitLowMm3: z.number().nullable(),
  limitHighMm3: z.number().nullable(),
  /** Mean Dice between the structure in the original and in the edited scan; null where not segmented. */
  dice: z.number().nullable(),
  pairs: z.array(pair),
});
export type StructureComparison = z.infer<typeof structureComparison>;

export const comparison = z.object({
  engine: engineId,
  method: z.string(),
  /** Scans looked at; failures are counted before anything is averaged. */
  scans: z.number(),
  failedBefore: z.number(),
  failedAfter: z.number(),
  compared: z.number(),
  /** Scans whose GM, WM, CSF or TIV moved by more than 5 %. */
  over5Percent: z.array(
    z.object({
      seriesId: z.number(),
      subjectLabel: z.string(),
      structure: z.string(),
      percentChange: z.number(),
    }),
  ),
  scansOver5Percent: z.number(),
  significantRaw: z.number(),
  significantHolm: z.number(),
  structures: z.array(structureComparison),
  /** The finding in one sentence. */
  sentence: z.string(),
});
export type Comparison = z.infer<typeof comparison>;
