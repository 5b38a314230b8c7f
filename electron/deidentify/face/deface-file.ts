import { type Verdict, verdictLimits } from '../../../shared/deidentify/records.ts';
import type { FaceState } from '../../../shared/import/records.ts';
import type { Problem } from '../../../shared/problem.ts';
import type { AppliedStep } from '../../../shared/provenance.ts';
import { sameFile } from '../../same-file.ts';
import { readNifti, writeNifti } from '../../volume/nifti.ts';
import type { TaskContext } from '../../worker/task.ts';
import { deidentifyFace } from './deidentify-face.ts';
import { maskImage, sha256OfFile } from './face-files.ts';
import { installedAverageHead } from './installed-average-head.ts';

export interface DefaceFileInput {
  readonly input: string;
  /** `.nii` or `.nii.gz`; the compression follows the name, everything else the input. */
  readonly output: string;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly seed: number;
  /** Where to write the mask of edited voxels. It gives the border of the edit away: only on request. */
  readonly editMask?: string;
  /** `segmentation.json` of the input; without it the brain is found by a surface model. */
  readonly segmentationPath?: string | undefined;
  /** Findings from before, for the verdict's list. */
  readonly notes?: readonly Problem[] | undefined;
}

export interface DefaceFileResult {
  readonly output: string;
  readonly editMask: string | null;
  readonly faceState: FaceState;
  readonly verdict: Verdict;
  readonly steps: AppliedStep[];
  readonly seconds: number;
}

/** An output that would overwrite its own source, or has a name no reader will know. */
export class DefaceOutputError extends Error {
  override name = 'DefaceOutputError';
}

/**
 * Edits the face of one NIfTI file.
 *
 * The header is copied byte for byte, so what it says in `descrip` is kept too; headers are another step.
 *
 * @throws NiftiError, DefaceOutputError, UnknownFaceMethodError, FaceParameterError
 */
export async function defaceFile(work: DefaceFileInput, context: TaskContext): Promise<DefaceFileResult> {
  for (const path of [work.output, work.editMask]) {
    if (path === undefined) continue;
    if (!/\.nii(\.gz)?$/.test(path)) {
      throw new DefaceOutputError(`Expected an output named .nii or .nii.gz, got "${path}".`);
    }
    if (sameFile(path, work.input))
      throw new DefaceOutputError(`Expected another file than the input for the output, got "${path}".`);
  }
  if (work.editMask !== undefined && sameFile(work.editMask, work.output))
    throw new DefaceOutputError(`Expected two files for the output and its mask, got "${work.editMask}".`);
  const image = await readNifti(work.input);
  const result = await deidentifyFace(
    image,
    {
      method: work.method,
      params: work.params,
      seed: work.seed,
      limits: verdictLimits.parse({}),
      inputSha256: await sha256OfFile(work.input),
      segmentationPath: work.segmentationPath,
      notes: work.notes,
      average: await installedAverageHead(),
    },
    context,
  );
  await writeNifti(work.output, result.image);
  if (work.editMask) await writeNifti(work.editMask, maskImage(result.changedMask, image));
  context.progress(1, 'Written');
  return {
    output: work.output,
    editMask: work.editMask ?? null,
    faceState: result.faceState,
    verdict: result.verdict,
    steps: result.steps,
    seconds: result.seconds,
  };
}
