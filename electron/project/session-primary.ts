import type { PrimaryScan } from '../deidentify/session/place-in-session.ts';
import { readScanSession } from '../deidentify/session/sessions.ts';
import type { ExecutorContext } from './executors.ts';
import { ensureSegmentation, segmentationNotes, sourceSegmentationDir } from './source-segmentation.ts';
import { ensureVolume } from './source-volume.ts';

/** The leading scan of a series' session, made readable; undefined for itself, and where there is none or it is gone. */
export async function ensurePrimary(
  ctx: Pick<ExecutorContext, 'db' | 'folder' | 'pool' | 'segmenter'>,
  seriesId: number,
  signal: AbortSignal,
): Promise<PrimaryScan | undefined> {
  const { primary } = readScanSession(ctx.db, seriesId);
  if (primary === null || primary === seriesId) return undefined;
  try {
    const volumePath = await ensureVolume(ctx, primary, signal, () => {});
    const dir = sourceSegmentationDir(ctx.folder, primary);
    const found = await ensureSegmentation(ctx.segmenter, volumePath, dir, signal, () => {});
    return { volumePath, segmentationPath: found.path, notes: segmentationNotes(found) };
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}
