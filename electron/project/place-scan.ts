import { rmSync } from 'node:fs';
import { hasPlace } from '../deidentify/face/place-file.ts';
import { ownWay } from '../deidentify/session/place-in-session.ts';
import { describeError } from '../describe-error.ts';
import { UserError } from '../dispatch.ts';
import { faceKinds } from '../import/initial-state.ts';
import type { JobContext } from '../jobs/runner.ts';
import type { ExecutorContext } from './executors.ts';
import { ensurePrimary } from './session-primary.ts';
import { ensureSegmentation, segmentationNotes, sourceSegmentationDir } from './source-segmentation.ts';

/**
 * Finds once, for all attempts on a scan, where its brain and face lie; `dir` keeps it.
 *
 * Carried from the session's primary scan where that can be; only then is the scan itself not segmented. A scan of a few
 * slices shows too little to be looked at on its own: without a primary scan that it fits, it is refused.
 *
 * @throws UserError for a scan of a few slices that cannot be carried to, or whose slices lie in several orientations
 */
export async function placeScan(
  ctx: Pick<ExecutorContext, 'db' | 'folder' | 'pool' | 'segmenter'>,
  scan: { readonly seriesId: number; readonly volumePath: string; readonly dir: string },
  context: JobContext,
): Promise<void> {
  const { seriesId, volumePath, dir } = scan;
  const { signal } = context;
  if (hasPlace(dir)) return;
  rmSync(dir, { recursive: true, force: true });
  const { kind, layout } = ctx.db.prepare('SELECT kind, layout FROM series WHERE id = ?').get(seriesId) as {
    kind: string;
    layout: string;
  };
  if (layout === '2d' && hasSeveralVolumes(ctx.db, seriesId)) {
    throw new UserError(
      'several-orientations',
      'The slices of this series lie in several orientations; only those of one would be edited, so none is.',
      'Exclude it, or split it at its source into one series for each orientation.',
    );
  }
  const { primary, failure } = await ensurePrimary(ctx, seriesId, signal);
  let reason = failure || 'Its session has no T1-weighted 3-D scan to lead it.';
  if (primary) {
    try {
      const carried = await ctx.pool.run<{ reason: string }>(
        'deidentify.carry',
        { volumePath, primary, outDir: dir },
        { signal, onProgress: (f, m) => context.progress(f, m) },
      );
      if (hasPlace(dir)) return;
      reason = carried.reason;
    } catch (cause) {
      signal.throwIfAborted();
      rmSync(dir, { recursive: true, force: true });
      // A file that is no image is only noticed now.
      reason = `Nothing could be carried from the leading scan of its session: ${describeError(cause)}`;
    }
  }
  if (layout === '2d') {
    throw new UserError(
      'too-few-slices',
      `A scan of a few slices is edited by what the leading scan of its session shows, and that did not work here. ${reason}`,
      'Exclude it, or choose another leading scan on the de-identify screen.',
    );
  }
  const segmentation = await ensureSegmentation(
    ctx.segmenter,
    volumePath,
    sourceSegmentationDir(ctx.folder, seriesId),
    signal,
    (f, m) => context.progress(0.7 * f, m),
  );
  const known = kind === 'other' || faceKinds.some((k) => k === kind);
  const notes = segmentationNotes(segmentation);
  if (primary || failure || !known) notes.push(ownWay(reason, known ? 'info' : 'warning'));
  await ctx.pool.run(
    'deidentify.place',
    { volumePath, segmentationPath: segmentation.path, notes, outDir: dir },
    { signal, onProgress: (f, m) => context.progress(0.7 + 0.3 * f, m) },
  );
}

/** Found when the series was converted; see `convert-series.ts`. */
function hasSeveralVolumes(db: ExecutorContext['db'], seriesId: number): boolean {
  return (
    db
      .prepare("SELECT 1 FROM problem WHERE series_id = ? AND code = 'several-volumes'")
      .pluck()
      .get(seriesId) === 1
  );
}
