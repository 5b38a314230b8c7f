import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Problem } from '../../shared/problem.ts';
import { describeError } from '../describe-error.ts';
import { oneAtATime } from '../one-at-a-time.ts';
import {
  type HeadSegmentation,
  headSegmentation,
  makerOf,
  type Segmenter,
} from '../segmentation/segmentation.ts';
import type { ProjectFolder } from './project-folder.ts';

/** Where the segmentation of a source series is kept. */
export function sourceSegmentationDir(folder: ProjectFolder, seriesId: number): string {
  return join(folder.volumesDir, `${seriesId}.headseg`);
}

export interface FoundSegmentation {
  /** Path of `segmentation.json`; undefined when the scan has none. */
  readonly path: string | undefined;
  /** Why there is none, in one sentence; empty when there is one or the build has no model. */
  readonly failure: string;
}

/**
 * The network's segmentation of a volume, made once and kept in `dir`; made again when the volume was written after it, or when
 * another network or another rule of volumes made it, so that an original and its edited version are never compared across two.
 *
 * A scan that cannot be segmented is no reason to stop: everything has a way without it, and the reason is passed on.
 */
export async function ensureSegmentation(
  segmenter: Segmenter | undefined,
  volumePath: string,
  dir: string,
  signal: AbortSignal,
  onProgress: (fraction: number, message: string) => void,
): Promise<FoundSegmentation> {
  const path = join(dir, 'segmentation.json');
  // Every scan of a session asks for the one that leads it, at the same time.
  return oneAtATime(path, signal, async () => {
    if (existsSync(path) && isYounger(path, volumePath) && !isOutdated(path, segmenter?.maker))
      return { path, failure: '' };
    if (!segmenter) return { path: undefined, failure: '' };
    try {
      await segmenter.segment(volumePath, dir, { signal, onProgress });
      return { path, failure: '' };
    } catch (cause) {
      signal.throwIfAborted();
      rmSync(dir, { recursive: true, force: true });
      return { path: undefined, failure: describeError(cause) };
    }
  });
}

/** Was the record made after the volume? A volume that is gone cannot be read anyway. */
function isYounger(record: string, volumePath: string): boolean {
  return !existsSync(volumePath) || statSync(volumePath).ctimeMs <= statSync(record).mtimeMs;
}

/** A record that cannot be read is left to its readers, who say why. */
function isOutdated(path: string, maker: string | undefined): boolean {
  if (maker === undefined) return false;
  try {
    const { model, volumeRule } = readSegmentation(path);
    return makerOf(model.sha256, volumeRule) !== maker;
  } catch {
    return false;
  }
}

/** A scan that could not be segmented, as a finding that stops nothing but asks a person to look: a surface model takes the header's word for where the face is. */
export function segmentationNotes(found: FoundSegmentation): Problem[] {
  if (!found.failure) return [];
  return [
    {
      code: 'segmentation-failed',
      level: 'warning',
      subject: 'brain',
      message: `The segmentation network could not work on this scan (${found.failure}); a surface model found the brain instead.`,
      fix: 'Look at the outline of the brain and whether the face is gone, or try again when the network works.',
    },
  ];
}

/** @throws ZodError for a file that is not a segmentation record */
export function readSegmentation(path: string): HeadSegmentation {
  return headSegmentation.parse(JSON.parse(readFileSync(path, 'utf8')));
}
