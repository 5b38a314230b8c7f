import { z } from 'zod';

export const engineId = z.enum(['tissue-em', 'regional']);
export type EngineId = z.infer<typeof engineId>;
/** In the order they are shown. */
export const ENGINES: readonly EngineId[] = engineId.options;

/** Where the tissue engine got its brain mask: from the head-segmentation network or by its own extraction. */
export const brainMaskKind = z.enum(['network', 'extraction']);
export type BrainMaskKind = z.infer<typeof brainMaskKind>;

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
  subjectId: z.number(),
  subjectLabel: z.string(),
  before: z.number(),
  after: z.number(),
  percentChange: z.number(),
});
export type Pair = z.infer<typeof pair>;

/**
 * Agreement of one structure over a cohort; statistics are null where too few people exist.
 *
 * Means, medians and counts are over scans. Scans of one person are not independent: p, ICC, bias and limits are over
 * people, each with the means of his scans.
 */
export const structureComparison = z.object({
  structure: z.string(),
  /** Scans, and the people they are of. */
  n: z.number(),
  people: z.number(),
  meanBefore: z.number(),
  meanAfter: z.number(),
  meanPercentChange: z.number(),
  medianPercentChange: z.number(),
  maxAbsPercentChange: z.number(),
  /** Median of |change|: what stands beside the scan–rescan floor, which is a median of |difference| too. */
  medianAbsPercentChange: z.number(),
  /** Median |difference| in percent between repeat scans of one subject before any edit; null without repeats. */
  floorPercent: z.number().nullable(),
  /** Pairs of repeat scans behind it. */
  floorN: z.number(),
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
  /** People that the compared scans are of. */
  people: z.number(),
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
  /** Structures with a scan–rescan floor, and how many of them moved by more than it. */
  withFloor: z.number(),
  aboveFloor: z.number(),
  structures: z.array(structureComparison),
  /** The finding in one sentence. */
  sentence: z.string(),
});
export type Comparison = z.infer<typeof comparison>;

/** A scan that an engine could not measure. */
export const engineFailure = z.object({
  seriesId: z.number(),
  subjectLabel: z.string(),
  side: z.enum(['before', 'after']),
  reason: z.string(),
});
export type EngineFailure = z.infer<typeof engineFailure>;

/** How far one engine has come with the scans of one method. */
export const engineState = z.object({
  engine: engineId,
  /** What the engine needs is in this build. */
  available: z.boolean(),
  /** Current derivatives of T1-weighted scans by this method. */
  scans: z.number(),
  measuredBefore: z.number(),
  measuredAfter: z.number(),
  /** Scans not measured on both sides yet, without a failure. */
  waiting: z.number(),
  failedBefore: z.number(),
  failedAfter: z.number(),
  failures: z.array(engineFailure),
  /** Compared scans by the brain mask that both sides were measured in; zeros for an engine without a mask. */
  brainMasks: z.object({ network: z.number(), extraction: z.number() }),
});
export type EngineState = z.infer<typeof engineState>;

/** One engine's part of a structure that both engines measure. */
export const sharedStructureSide = z.object({
  engine: engineId,
  n: z.number(),
  people: z.number(),
  meanPercentChange: z.number(),
  /** 95 % percentile-bootstrap interval of the mean, drawing people with all their scans; null with fewer than two. */
  ciLow: z.number().nullable(),
  ciHigh: z.number().nullable(),
  /** Scans in which this structure moved by more than 5 %. */
  over5Percent: z.number(),
  floorPercent: z.number().nullable(),
});

/** The two engines beside each other, over the structures both have. */
export const sideBySide = z.object({
  method: z.string(),
  engines: z.array(
    z.object({
      engine: engineId,
      scans: z.number(),
      failedBefore: z.number(),
      failedAfter: z.number(),
      compared: z.number(),
      people: z.number(),
      scansOver5Percent: z.number(),
      /** Structures of the engine with a test (none with too few people), and how many differ after Holm correction. */
      tested: z.number(),
      significantHolm: z.number(),
    }),
  ),
  structures: z.array(
    z.object({
      structure: z.string(),
      engines: z.array(sharedStructureSide),
      /** Scans that both engines compared. */
      pairs: z.array(
        z.object({
          seriesId: z.number(),
          subjectLabel: z.string(),
          tissuePercentChange: z.number(),
          regionalPercentChange: z.number(),
        }),
      ),
    }),
  ),
  /** Scans that both engines compared, and in how many of them both, one or none saw more than 5 %. */
  both: z.object({
    scans: z.number(),
    overInBoth: z.number(),
    overInTissueOnly: z.number(),
    overInRegionalOnly: z.number(),
  }),
  sentence: z.string(),
});
export type SideBySide = z.infer<typeof sideBySide>;
