import { findDist } from '../dist-dir.ts';
import { createSegmenter, type ModelSegmenter } from '../inference/create-segmenter.ts';
import { modelsDir } from '../inference/model-card.ts';

/** The segmentation network of this build for a command on one file; undefined where there is none. */
export function openSegmenter(): ModelSegmenter | undefined {
  const distDir = findDist();
  return createSegmenter({ modelsDir: modelsDir(distDir), distDir });
}
