import { z } from 'zod';
import { problem } from '../../shared/problem.ts';

/**
 * What the head-segmentation network found in one scan; written beside the scan as JSON, read by whoever needs it.
 *
 * The label map lies in `labelsFile` on the scan's own grid: FreeSurfer values (130 air … 258 head outside the brain).
 */
export const headSegmentation = z.object({
  /** Folder of the model, version and SHA-256 of its weights. */
  model: z.object({ id: z.string(), version: z.string(), sha256: z.string() }),
  /** Execution provider that ran: `cpu`, `webgpu`, `cuda`, … */
  provider: z.string(),
  /** NIfTI, same grid as the scan, beside this JSON file. */
  labelsFile: z.string(),
  /** Which voxels a volume is summed over, see soft-volumes.ts. Absent in older records: the whole head. */
  volumeRule: z.enum(['whole-head', 'near-structure']).optional(),
  structures: z.array(
    z.object({
      label: z.number(),
      structure: z.string(),
      /** Sum of probabilities, by `volumeRule`, × voxel volume. */
      volumeMm3: z.number(),
      /** Probability-weighted middle, world mm RAS+; null where nothing was found. */
      centroidRas: z.tuple([z.number(), z.number(), z.number()]).nullable(),
      /** Mean probability of the voxels given to this structure, 0…1. */
      confidence: z.number(),
    }),
  ),
  /** 0…1 over the brain; low means that the labels should not be believed. */
  confidence: z.number(),
  problems: z.array(problem),
  seconds: z.number(),
});
export type HeadSegmentation = z.infer<typeof headSegmentation>;

/** Labels that make up the brain with its ventricles and the fluid around it (inside the skull). */
export const BRAIN_LABELS: readonly number[] = [
  2, 41, 3, 42, 4, 43, 5, 44, 7, 46, 8, 47, 10, 49, 11, 50, 12, 51, 13, 52, 17, 53, 18, 54, 26, 58, 28, 60,
  14, 15, 16, 24,
];

/** What made a segmentation, network and rule of volumes, as one word: numbers of two makers are not compared. */
export function makerOf(
  sha256: string,
  volumeRule: NonNullable<HeadSegmentation['volumeRule']> = 'whole-head',
): string {
  return `${sha256} ${volumeRule}`;
}

/** Makes a segmentation of a NIfTI file; undefined where this build has no usable model. */
export interface Segmenter {
  /** See {@link makerOf}; absent where it cannot tell. A record of another maker is made again before it is used. */
  readonly maker?: string | undefined;
  /**
   * Segments a file and writes `labels.nii.gz` and `segmentation.json` into `outDir` (made when missing).
   *
   * @throws an Error whose message says what happened to the model or the scan
   */
  segment(
    volumePath: string,
    outDir: string,
    options?: { readonly signal?: AbortSignal; readonly onProgress?: (f: number, message: string) => void },
  ): Promise<HeadSegmentation>;
  close(): Promise<void>;
}
