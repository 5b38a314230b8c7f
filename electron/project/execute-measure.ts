import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { BrainMaskKind, EngineId } from '../../shared/morphometry/records.ts';
import type { Db } from '../catalog/database.ts';
import { readDerivative } from '../catalog/derivatives.ts';
import { describeError } from '../describe-error.ts';
import { UserError } from '../dispatch.ts';
import type { JobContext } from '../jobs/runner.ts';
import {
  comparable,
  type MeasuredScan,
  type MeasureResult,
  maskOf,
  readMeasuredScan,
  saveMeasurements,
} from '../morphometry/comparison-rows.ts';
import { isMeasurable } from '../morphometry/measurable-kinds.ts';
import type { MeasureParams } from '../morphometry/tasks.ts';
import { segmentationDoubt } from '../morphometry/trust-segmentation.ts';
import { makerOf } from '../segmentation/segmentation.ts';
import type { ExecutorContext } from './executors.ts';
import {
  ensureSegmentation,
  type FoundSegmentation,
  readSegmentation,
  sourceSegmentationDir,
} from './source-segmentation.ts';
import { ensureVolume } from './source-volume.ts';

/** Both engines measure T1-weighted scans only; see `measurable-kinds.ts`. */
export function measurable(db: Db, seriesId: number): boolean {
  const kind = db.prepare('SELECT kind FROM series WHERE id = ?').pluck().get(seriesId) as string;
  return isMeasurable(kind);
}

/** Before and after an edit: the original and its current derivative. */
type Side = 'before' | 'after';
const SIDES: readonly Side[] = ['before', 'after'];
const sideNames: Readonly<Record<Side, string>> = { before: 'original', after: 'de-identified' };

interface SideFiles {
  readonly volumePath: string;
  /** Null: the original. */
  readonly derivativeId: number | null;
  readonly segmentationDir: string;
  readonly tissueLabels: string;
}

/** Parts of the progress bar, relative to each other: segmenting is most of the work where it is done. */
const SHARES = { segment: 3, tissue: 2, regional: 0.2 };

/**
 * Measures a scan and its current derivative with both engines, whatever has no measurement yet.
 *
 * The regional engine runs where there is a segmentation of both scans or a model to make them; the edited scan gets its
 * own. A segmentation that fails is a failure of the regional engine on that side, with its reason. The tissue engine
 * takes its brain mask from the network when both segmentations can be trusted, else from its own extraction on both
 * sides: a pair is never measured in two kinds of mask or by two networks, and where an original was, it is measured again. What stands in
 * the catalog is not measured again otherwise; a failed segmentation is tried again only when something else is missing.
 *
 * @throws UserError when the scan has not been de-identified or its source is gone
 */
export async function runMeasure(
  ctx: ExecutorContext,
  seriesId: number,
  context: JobContext,
): Promise<{ measured: number }> {
  const derivative = currentDerivative(ctx.db, seriesId);
  const stored = readStored(ctx.db, seriesId, derivative.id);
  if (isComplete(stored, ctx.segmenter !== undefined)) return { measured: 0 };

  const dir = join(ctx.folder.dir, derivative.folder);
  const files: Readonly<Record<Side, SideFiles>> = {
    before: {
      volumePath: await ensureVolume(ctx, seriesId, context.signal, () => {}),
      derivativeId: null,
      segmentationDir: sourceSegmentationDir(ctx.folder, seriesId),
      tissueLabels: join(ctx.folder.volumesDir, `${seriesId}.tissue-em.labels.nii.gz`),
    },
    after: {
      volumePath: join(dir, 'edited.nii.gz'),
      derivativeId: derivative.id,
      segmentationDir: join(dir, 'headseg'),
      tissueLabels: join(dir, 'tissue-em.labels.nii.gz'),
    },
  };
  const part = partsOf(context, ctx.segmenter !== undefined);
  const segmented = {
    before: await segmentSide(ctx, files.before, context, part('segment', 'before')),
    after: await segmentSide(ctx, files.after, context, part('segment', 'after')),
  };

  const mask = maskFor(stored, segmented);
  let measured = 0;
  const save = (side: Side, engine: EngineId, result: MeasureResult) => {
    // A crashed measurement cannot say which mask it was to use; without it, it would be tried at every start.
    const details = engine === 'tissue-em' ? { brainMask: mask, ...result.details } : result.details;
    saveMeasurements(ctx.db, seriesId, files[side].derivativeId, engine, { ...result, details });
    measured++;
  };
  let beforeFailure = stored.before['tissue-em']?.failure;
  for (const side of SIDES) {
    const network = mask === 'network' ? segmented[side].madeBy : undefined;
    if (isMeasuredIn(stored[side]['tissue-em'], mask, network)) continue;
    // A failure writes no labels: those of an earlier measurement must not be taken for this one's.
    const compareLabels = side === 'after' && beforeFailure === '' && existsSync(files.before.tissueLabels);
    rmSync(files[side].tissueLabels, { force: true });
    const params: MeasureParams = {
      volumePath: files[side].volumePath,
      engine: 'tissue-em',
      labelsOut: files[side].tissueLabels,
      ...(mask === 'network' ? { segmentationPath: segmented[side].path! } : {}),
      ...(compareLabels ? { compareLabels: files.before.tissueLabels } : {}),
    };
    const result = await measure(ctx, params, context.signal, part('tissue', side));
    save(side, 'tissue-em', result);
    if (side === 'before') beforeFailure = result.failure;
  }
  if (SIDES.every((side) => isDecided(segmented[side]))) {
    for (const side of SIDES) {
      const earlier = stored[side].regional;
      const same = earlier?.madeBy === undefined || earlier.madeBy === segmented[side].madeBy;
      if (earlier && same && (earlier.failure === '' || !segmented[side].trusted)) continue;
      const params: MeasureParams = { volumePath: files[side].volumePath, engine: 'regional' };
      const result = segmented[side].path
        ? await measure(
            ctx,
            withSegmentation(params, side, segmented),
            context.signal,
            part('regional', side),
          )
        : failureOf('regional', segmented[side].failure);
      save(side, 'regional', result);
    }
  }
  return { measured };
}

type Stored = Readonly<Record<Side, Readonly<Record<EngineId, MeasuredScan | null>>>>;

function readStored(db: Db, seriesId: number, derivativeId: number): Stored {
  const side = (id: number | null) => ({
    'tissue-em': readMeasuredScan(db, seriesId, id, 'tissue-em'),
    regional: readMeasuredScan(db, seriesId, id, 'regional'),
  });
  return { before: side(null), after: side(derivativeId) };
}

/** Nothing is left to do: both sides stand in the catalog and can be compared. */
function isComplete(stored: Stored, hasModel: boolean): boolean {
  const paired = (engine: EngineId) => {
    const [before, after] = [stored.before[engine], stored.after[engine]];
    return before !== null && after !== null && comparable(before, after);
  };
  return paired('tissue-em') && (paired('regional') || !hasModel);
}

/**
 * The kind of mask a pair is measured in.
 *
 * An edited scan that has been measured keeps its mask, so that adding a model to a project does not measure everything
 * again; otherwise the network's where both segmentations can be trusted.
 */
function maskFor(stored: Stored, segmented: Readonly<Record<Side, SegmentedSide>>): BrainMaskKind {
  const trusted = SIDES.every((side) => segmented[side].trusted);
  const kept = stored.after['tissue-em'];
  return trusted && (!kept || maskOf(kept) === 'network') ? 'network' : 'extraction';
}

/** @param madeBy of the segmentation that would be taken now; undefined where none is, or the record does not say */
function isMeasuredIn(scan: MeasuredScan | null, mask: BrainMaskKind, madeBy: string | undefined): boolean {
  if (scan === null || maskOf(scan) !== mask) return false;
  // A mask owes nothing to the rule of volumes, only to the network.
  if (madeBy === undefined || scan.madeBy === undefined) return true;
  return scan.madeBy.split(' ')[0] === madeBy.split(' ')[0];
}

interface SegmentedSide extends FoundSegmentation {
  /** There is a segmentation and nothing speaks against measuring it. */
  readonly trusted: boolean;
  /** See `makerOf`; undefined where there is no segmentation. */
  readonly madeBy: string | undefined;
}

/** A model has run on this side, whether it succeeded or not. */
function isDecided(side: SegmentedSide): boolean {
  return side.path !== undefined || side.failure !== '';
}

async function segmentSide(
  ctx: ExecutorContext,
  files: SideFiles,
  context: JobContext,
  onProgress: (fraction: number, message: string) => void,
): Promise<SegmentedSide> {
  const found = await ensureSegmentation(
    ctx.segmenter,
    files.volumePath,
    files.segmentationDir,
    context.signal,
    onProgress,
  );
  if (!found.path) return { ...found, trusted: false, madeBy: undefined };
  try {
    const segmentation = readSegmentation(found.path);
    const madeBy = makerOf(segmentation.model.sha256, segmentation.volumeRule);
    return { ...found, trusted: segmentationDoubt(segmentation) === '', madeBy };
  } catch (cause) {
    return { path: undefined, failure: describeError(cause), trusted: false, madeBy: undefined };
  }
}

function withSegmentation(
  params: MeasureParams,
  side: Side,
  segmented: Readonly<Record<Side, SegmentedSide>>,
): MeasureParams {
  const original = side === 'after' && segmented.before.trusted ? segmented.before.path : undefined;
  return {
    ...params,
    segmentationPath: segmented[side].path!,
    ...(original ? { compareSegmentation: original } : {}),
  };
}

function currentDerivative(db: Db, seriesId: number) {
  const id = db
    .prepare('SELECT id FROM derivative WHERE series_id = ? AND current = 1')
    .pluck()
    .get(seriesId) as number | undefined;
  const derivative = id === undefined ? null : readDerivative(db, id);
  if (!derivative) {
    throw new UserError(
      'not-deidentified',
      `Series ${seriesId} has no de-identified version to compare with.`,
      'De-identify it first.',
    );
  }
  return derivative;
}

type Step = keyof typeof SHARES;

/** Gives each step its part of the bar, in the order of the work; without a model there are fewer steps. */
function partsOf(context: JobContext, hasModel: boolean) {
  const steps: Step[] = hasModel ? ['segment', 'tissue', 'regional'] : ['tissue'];
  const whole = steps.reduce((sum, step) => sum + 2 * SHARES[step], 0);
  return (step: Step, side: Side) => {
    const before = steps.slice(0, steps.indexOf(step)).reduce((sum, s) => sum + 2 * SHARES[s], 0);
    const from = before + (side === 'after' ? SHARES[step] : 0);
    return (fraction: number, message: string) =>
      context.progress((from + fraction * SHARES[step]) / whole, `${sideNames[side]}: ${message}`);
  };
}

/** One measurement. A crash of the engine is a failure that is counted, not the end of the scan. */
async function measure(
  ctx: ExecutorContext,
  params: MeasureParams,
  signal: AbortSignal,
  onProgress: (fraction: number, message: string) => void,
): Promise<MeasureResult> {
  try {
    return await ctx.pool.run<MeasureResult>('morphometry.measure', params, { signal, onProgress });
  } catch (error) {
    signal.throwIfAborted();
    return failureOf(params.engine, describeError(error));
  }
}

function failureOf(engine: EngineId, failure: string): MeasureResult {
  return { engine, measurements: [], failure, details: {}, seconds: 0 };
}
