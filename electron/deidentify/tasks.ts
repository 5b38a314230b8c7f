import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Verdict, VerdictLimits } from '../../shared/deidentify/records.ts';
import type { FaceState } from '../../shared/import/records.ts';
import type { Problem } from '../../shared/problem.ts';
import type { AppliedStep } from '../../shared/provenance.ts';
import { readNifti, writeNifti } from '../volume/nifti.ts';
import type { Task } from '../worker/task.ts';
import { deidentifyFace } from './face/deidentify-face.ts';
import { maskImage, sha256OfFile } from './face/face-files.ts';
import { installedAverageHead } from './face/installed-average-head.ts';
import type { PrimaryScan } from './session/place-in-session.ts';

export interface DeidentifyFaceParams {
  readonly volumePath: string;
  readonly outDir: string;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly seed: number;
  readonly limits: VerdictLimits;
  /** `segmentation.json` of the same volume. */
  readonly segmentationPath?: string | undefined;
  /** The scan of the same session that leads; absent for itself. */
  readonly primary?: PrimaryScan | undefined;
  /** Findings from before, for the verdict's list. */
  readonly notes?: readonly Problem[] | undefined;
}

export interface DeidentifyFaceResult {
  readonly editedPath: string;
  readonly maskPath: string;
  readonly brainPath: string;
  readonly faceState: FaceState;
  readonly verdict: Verdict;
  readonly steps: AppliedStep[];
  readonly seconds: number;
}

/** One scan: `edited.nii.gz`, `edit-mask.nii.gz` and `brain.nii.gz` into `outDir`, and the verdict. */
const face: Task<DeidentifyFaceParams, DeidentifyFaceResult> = async (params, context) => {
  context.progress(0, 'Reading the scan');
  const image = await readNifti(params.volumePath);
  const inputSha256 = await sha256OfFile(params.volumePath);
  const result = await deidentifyFace(
    image,
    { ...params, inputSha256, average: await installedAverageHead() },
    context,
  );
  context.signal.throwIfAborted();
  await mkdir(params.outDir, { recursive: true });
  const editedPath = join(params.outDir, 'edited.nii.gz');
  const maskPath = join(params.outDir, 'edit-mask.nii.gz');
  const brainPath = join(params.outDir, 'brain.nii.gz');
  await writeNifti(editedPath, result.image);
  await writeNifti(maskPath, maskImage(result.changedMask, image));
  await writeNifti(brainPath, maskImage(result.brain, image));
  context.progress(1, 'Written');
  const { faceState, verdict, steps, seconds } = result;
  return { editedPath, maskPath, brainPath, faceState, verdict, steps, seconds };
};

export const deidentifyTasks = { 'deidentify.face': face };
