import type { PrimaryScan } from '../deidentify/session/place-in-session.ts';
import { readScanSession } from '../deidentify/session/sessions.ts';
import { describeError } from '../describe-error.ts';
import type { ExecutorContext } from './executors.ts';
import { ensureSegmentation, segmentationNotes, sourceSegmentationDir } from './source-segmentation.ts';
import { ensureVolume } from './source-volume.ts';

export interface FoundPrimary {
  /** Undefined for the leading scan itself, and where there is none or it cannot be read. */
  readonly primary: PrimaryScan | undefined;
  /** Why there is none although the session has one; else empty. */
  readonly failure: string;
}

/** The leading scan of a series' session, made readable. */
export async function ensurePrimary(
  ctx: Pick<ExecutorContext, 'db' | 'folder' | 'pool' | 'segmenter'>,
  seriesId: number,
  signal: AbortSignal,
): Promise<FoundPrimary> {
  const { primary } = readScanSession(ctx.db, seriesId);
  if (primary === null || primary === seriesId) return { primary: undefined, failure: '' };
  try {
    const volumePath = await ensureVolume(ctx, primary, signal, () => {});
    const dir = sourceSegmentationDir(ctx.folder, primary);
    const found = await ensureSegmentation(ctx.segmenter, volumePath, dir, signal, () => {});
    const scan = { volumePath, segmentationPath: found.path, notes: segmentationNotes(found) };
    return { primary: scan, failure: '' };
  } catch (cause) {
    signal.throwIfAborted();
    const failure = `The leading scan of its session could not be read: ${describeError(cause)}`;
    return { primary: undefined, failure };
  }
}
