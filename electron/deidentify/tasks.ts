import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Verdict, VerdictLimits } from '../../shared/deidentify/records.ts';
import type { FaceState } from '../../shared/import/records.ts';
import type { Problem } from '../../shared/problem.ts';
import type { AppliedStep } from '../../shared/provenance.ts';
import { readNifti, writeNifti } from '../volume/nifti.ts';
import { frameOf } from '../volume/volume.ts';
import type { Task } from '../worker/task.ts';
import { deidentifyFace } from './face/deidentify-face.ts';
import { maskImage, sha256OfFile } from './face/face-files.ts';
import { installedAverageHead } from './face/installed-average-head.ts';
import { readPlace, writePlace } from './face/place-file.ts';
import { carryFromPrimary, type PrimaryScan, placeAlone } from './session/place-in-session.ts';

export interface DeidentifyFaceParams {
  readonly volumePath: string;
  readonly outDir: string;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly seed: number;
  readonly limits: VerdictLimits;
  /** Folder where {@link place} or {@link carry} kept where the head lies. */
  readonly placeDir: string;
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

export interface CarryParams {
  readonly volumePath: string;
  /** The scan of the same session that leads. */
  readonly primary: PrimaryScan;
  readonly outDir: string;
}

/** Carries brain and face from the session's primary scan into `outDir`; nothing is written where that cannot be. */
const carry: Task<CarryParams, { readonly reason: string }> = async (params, context) => {
  const image = await readNifti(params.volumePath);
  const average = await installedAverageHead();
  const { place, reason } = await carryFromPrimary(frameOf(image.volume), params.primary, average, context);
  context.signal.throwIfAborted();
  if (place) await writePlace(params.outDir, place, image);
  return { reason };
};

export interface PlaceParams {
  readonly volumePath: string;
  /** `segmentation.json` of the same volume. */
  readonly segmentationPath?: string | undefined;
  /** Findings from before, for the verdict's list. */
  readonly notes: readonly Problem[];
  readonly outDir: string;
}

/** Finds brain and face in a scan by itself and keeps them in `outDir`. */
const place: Task<PlaceParams, Record<string, never>> = async (params, context) => {
  const image = await readNifti(params.volumePath);
  const { segmentationPath, notes } = params;
  const work = { segmentationPath, average: await installedAverageHead() };
  const found = await placeAlone(frameOf(image.volume), work, context, notes);
  context.signal.throwIfAborted();
  await writePlace(params.outDir, found, image);
  return {};
};

/** One scan: `edited.nii.gz`, `edit-mask.nii.gz` and `brain.nii.gz` into `outDir`, and the verdict. */
const face: Task<DeidentifyFaceParams, DeidentifyFaceResult> = async (params, context) => {
  context.progress(0, 'Reading the scan');
  const image = await readNifti(params.volumePath);
  const inputSha256 = await sha256OfFile(params.volumePath);
  const result = await deidentifyFace(
    image,
    {
      ...params,
      inputSha256,
      average: await installedAverageHead(),
      placed: await readPlace(params.placeDir),
    },
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

export const deidentifyTasks = {
  'deidentify.carry': carry,
  'deidentify.place': place,
  'deidentify.face': face,
};
