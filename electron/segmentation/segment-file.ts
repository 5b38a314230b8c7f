import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ModelCard } from '../inference/model-card.ts';
import { newNifti, readNifti, writeNifti } from '../volume/nifti.ts';
import { type RunBlocks, segmentVolume } from './segment-volume.ts';
import type { HeadSegmentation } from './segmentation.ts';
import { VOLUME_RULE } from './soft-volumes.ts';

export const LABELS_FILE = 'labels.nii.gz';
export const RECORD_FILE = 'segmentation.json';

/** Where a segmentation is made before it gets its final names. */
export function partialDir(outDir: string): string {
  return `${outDir}.partial`;
}

/**
 * Segments a NIfTI file into `outDir`: labels first, the record last, so that a record means a whole result.
 *
 * @throws NiftiError, SegmentationInputError or what the network threw; nothing half-written keeps a final name
 */
export async function segmentFile(
  volumePath: string,
  outDir: string,
  card: ModelCard,
  run: RunBlocks,
  provider: () => string,
  onStep: (fraction: number, message: string) => void | Promise<void>,
): Promise<HeadSegmentation> {
  const started = performance.now();
  await onStep(0, 'reading the scan');
  const image = await readNifti(volumePath);
  const found = await segmentVolume(image.volume, card, run, basename(volumePath), onStep);
  await onStep(0.95, 'writing the labels');
  const work = partialDir(outDir);
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { recursive: true });
  try {
    await writeNifti(join(work, LABELS_FILE), newNifti(found.labels, 4, image));
    const record: HeadSegmentation = {
      model: { id: card.id, version: card.version, sha256: card.sha256 },
      provider: provider(),
      labelsFile: LABELS_FILE,
      volumeRule: VOLUME_RULE,
      structures: found.structures,
      confidence: found.confidence,
      problems: found.problems,
      seconds: (performance.now() - started) / 1000,
    };
    await writeSynced(join(work, RECORD_FILE), `${JSON.stringify(record, null, 1)}\n`);
    await mkdir(outDir, { recursive: true });
    await rm(join(outDir, RECORD_FILE), { force: true }); // an old record must not describe new labels
    await rename(join(work, LABELS_FILE), join(outDir, LABELS_FILE));
    await rename(join(work, RECORD_FILE), join(outDir, RECORD_FILE));
    return record;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}
