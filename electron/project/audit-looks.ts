import { join } from 'node:path';
import type { Problem } from '../../shared/problem.ts';
import type { ScanDistance } from '../../shared/risk/records.ts';
import { readDerivative } from '../catalog/derivatives.ts';
import { sha256OfFile } from '../deidentify/face/face-files.ts';
import type { PrimaryScan } from '../deidentify/session/place-in-session.ts';
import { describeError } from '../describe-error.ts';
import type { JobContext } from '../jobs/runner.ts';
import type { FaceReader } from '../risk/faces/face-reader.ts';
import { LOOK_VERSION, type LookCondition, type LookPicture } from '../risk/look-conditions.ts';
import { type Look, LookCache, type LookSetting } from '../risk/looks.ts';
import type { MeasuredFaceDistance } from '../risk/surface-distance.ts';
import type { TakenPictures } from '../risk/tasks.ts';
import { distanceKey } from './distance-key.ts';
import type { ExecutorContext } from './executors.ts';
import { ensurePrimary } from './session-primary.ts';
import { ensureSegmentation, sourceSegmentationDir } from './source-segmentation.ts';
import { ensureVolume } from './source-volume.ts';

/** What was found out about one scan and its de-identified versions; kept as the result of its job. */
export interface ScanLooks {
  readonly seriesId: number;
  /** Keys of the looks in the cache; null with a reason where the head could not be looked at. */
  readonly original: {
    readonly gallery: string | null;
    readonly probe: string | null;
    readonly failure: string;
  };
  readonly attempts: readonly AttemptLooks[];
  readonly seconds: { readonly look: number | null; readonly distance: number | null };
}

export interface AttemptLooks {
  readonly derivativeId: number;
  readonly probe: string | null;
  readonly lookFailure: string;
  readonly distance: ScanDistance | null;
  readonly distanceFailure: string;
  readonly problems: readonly Problem[];
}

export function riskDir(ctx: { readonly folder: { readonly dir: string } }): string {
  return join(ctx.folder.dir, 'risk');
}

/** Says why nothing was looked for where a build has no face networks. */
export const NO_NETWORKS = 'the face networks are not in this build';

/**
 * Looks at a scan and its de-identified versions, and measures how far their face surfaces lie apart.
 *
 * What the cache holds is not done again. A head that cannot be looked at is a reason in the result, never the end of
 * the batch; a cancel is.
 */
export async function lookAtScan(
  ctx: ExecutorContext,
  seriesId: number,
  derivativeIds: readonly number[],
  context: JobContext,
): Promise<ScanLooks> {
  const { signal } = context;
  const cache = new LookCache(riskDir(ctx));
  const steps = 3 + 2 * derivativeIds.length;
  let done = 0;
  const step = (message: string) => context.progress(done++ / steps, message);

  step('reading the original');
  let volumePath: string;
  let sha: string;
  try {
    volumePath = await ensureVolume(ctx, seriesId, signal, () => {});
    sha = await sha256OfFile(volumePath);
  } catch (cause) {
    signal.throwIfAborted();
    return nothingSeen(seriesId, derivativeIds, describeError(cause));
  }

  const seconds: number[] = [];
  const taken = async (path: string, condition: LookCondition, hash: readonly string[], s?: LookSetting) => {
    const look = await takeLook(ctx, cache, path, condition, hash, s, signal);
    seconds.push(look.look.seconds);
    return look;
  };
  let original: ScanLooks['original'];
  let setting: LookSetting | undefined;
  try {
    step('the original, straight on');
    const gallery = await taken(volumePath, 'gallery', [sha]);
    setting = gallery.look.setting;
    step('the original, in another pose and light');
    const probe = await taken(volumePath, 'probe', [sha], setting);
    original = { gallery: gallery.key, probe: probe.key, failure: '' };
  } catch (cause) {
    signal.throwIfAborted();
    original = { gallery: null, probe: null, failure: describeError(cause) };
  }

  const segmentation = await ensureSegmentation(
    ctx.segmenter,
    volumePath,
    sourceSegmentationDir(ctx.folder, seriesId),
    signal,
    () => {},
  );
  const { primary } = await ensurePrimary(ctx, seriesId, signal);
  const attempts: AttemptLooks[] = [];
  const distances: number[] = [];
  for (const derivativeId of derivativeIds) {
    const derivative = readDerivative(ctx.db, derivativeId);
    if (!derivative) continue; // edited again or removed while this waited: the comparison says so
    const editedPath = join(ctx.folder.dir, derivative.folder, 'edited.nii.gz');
    step(`${derivative.method}: pictures`);
    let probe: string | null = null;
    let lookFailure = original.failure;
    let editedSha = '';
    try {
      editedSha = await sha256OfFile(editedPath);
      if (setting) probe = (await taken(editedPath, 'probe', [editedSha, sha], setting)).key;
    } catch (cause) {
      signal.throwIfAborted();
      lookFailure = describeError(cause);
    }
    step(`${derivative.method}: surface distance`);
    try {
      const found = await measuredDistance(ctx, cache, {
        hashes: [sha, editedSha],
        originalPath: volumePath,
        editedPath,
        segmentationPath: segmentation.path,
        primary,
        signal,
      });
      distances.push(found.seconds);
      const { edited, average, regionFrom, problems } = found;
      attempts.push({
        derivativeId,
        probe,
        lookFailure,
        distance: { edited, average, regionFrom },
        distanceFailure: '',
        problems,
      });
    } catch (cause) {
      signal.throwIfAborted();
      const distanceFailure = describeError(cause);
      attempts.push({ derivativeId, probe, lookFailure, distance: null, distanceFailure, problems: [] });
    }
  }
  return {
    seriesId,
    original,
    attempts,
    seconds: { look: meanOf(seconds), distance: meanOf(distances) },
  };
}

/** A scan whose original cannot be read any more. */
function nothingSeen(seriesId: number, derivativeIds: readonly number[], failure: string): ScanLooks {
  return {
    seriesId,
    original: { gallery: null, probe: null, failure },
    attempts: derivativeIds.map((derivativeId) => ({
      derivativeId,
      probe: null,
      lookFailure: failure,
      distance: null,
      distanceFailure: failure,
      problems: [],
    })),
    seconds: { look: null, distance: null },
  };
}

function meanOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, v) => sum + v, 0) / values.length;
}

interface TakenLook {
  readonly key: string;
  readonly look: Look;
}

/** One head under one condition, from the cache where it has been looked at with the same tools. */
async function takeLook(
  ctx: ExecutorContext,
  cache: LookCache,
  volumePath: string,
  condition: LookCondition,
  hashes: readonly string[],
  setting: LookSetting | undefined,
  signal: AbortSignal,
): Promise<TakenLook> {
  const reader = requireReader(ctx.faceReader);
  const key = LookCache.key('look', ...hashes, condition, String(LOOK_VERSION), reader.version);
  const known = cache.read<Look>(key);
  if (known) return { key, look: known };
  const started = Date.now();
  const taken = await ctx.pool.run<TakenPictures>(
    'risk.pictures',
    { volumePath, condition, setting },
    { signal },
  );
  const look: Look = {
    condition,
    views: await readViews(reader, taken.pictures, signal),
    setting: taken.setting,
    seconds: (Date.now() - started) / 1000,
  };
  cache.write(key, look);
  return { key, look };
}

/** What the networks find in each of the pictures. */
export async function readViews(
  reader: FaceReader,
  pictures: readonly LookPicture[],
  signal: AbortSignal,
): Promise<Look['views']> {
  const readings = await reader.read(
    pictures.map((p) => p.picture),
    { signal },
  );
  return pictures.map(({ view }, n) => ({ view, readings: readings[n]! }));
}

function requireReader(reader: FaceReader | undefined): FaceReader {
  if (!reader) throw new Error(NO_NETWORKS);
  return reader;
}

async function measuredDistance(
  ctx: ExecutorContext,
  cache: LookCache,
  order: {
    readonly hashes: readonly string[];
    readonly originalPath: string;
    readonly editedPath: string;
    readonly segmentationPath: string | undefined;
    readonly primary: PrimaryScan | undefined;
    readonly signal: AbortSignal;
  },
): Promise<MeasuredFaceDistance> {
  const { hashes: _, signal, ...params } = order;
  const key = await distanceKey(order);
  const known = cache.read<MeasuredFaceDistance>(key);
  if (known) return known;
  const found = await ctx.pool.run<MeasuredFaceDistance>('risk.distance', params, { signal });
  cache.write(key, found);
  return found;
}
