import type { BrainMaskKind, Measurement } from '../../shared/morphometry/records.ts';
import type { Problem } from '../../shared/problem.ts';
import { dice } from '../../shared/statistics/dice.ts';
import { extractBrain } from '../deidentify/face/brain-extract.ts';
import { readSegmentation } from '../project/source-segmentation.ts';
import { BRAIN_LABELS } from '../segmentation/segmentation.ts';
import { newNifti, readNifti, writeNifti } from '../volume/nifti.ts';
import { frameOf, type Volume } from '../volume/volume.ts';
import type { TaskContext } from '../worker/task.ts';
import type { MeasureResult } from './comparison-rows.ts';
import { readLabels } from './measure-regional.ts';
import { segmentTissue, tissueLabels } from './tissue-em.ts';
import { segmentationDoubt } from './trust-segmentation.ts';

export interface TissueParams {
  readonly volumePath: string;
  /** `segmentation.json` of this very volume; its brain is the mask when it can be trusted. */
  readonly segmentationPath?: string;
  /** Where to write the label map (1 CSF, 2 GM, 3 WM) on the scan's grid. */
  readonly labelsOut?: string;
  /** The original's label map on the same grid, to compare with. */
  readonly compareLabels?: string;
}

/**
 * The tissue engine on one file: finds the brain, classifies it, writes and compares label maps.
 *
 * Finding the brain is part of the measured pipeline: it is the way by which an edited face can reach a volume.
 *
 * @throws when a file cannot be read or written
 */
export async function measureTissue(
  params: TissueParams,
  context: TaskContext,
): Promise<Pick<MeasureResult, 'measurements' | 'dice' | 'failure' | 'details'>> {
  context.progress(0, 'reading');
  const image = await readNifti(params.volumePath);
  const frame = frameOf(image.volume);
  context.progress(0.1, 'finding the brain');
  const brain = await findBrain(frame, params.segmentationPath, context);
  const found = { brainMask: brain.kind, ...brain.details };
  const stopped = brain.problems.find((problem) => problem.level === 'error');
  if (stopped) {
    return { measurements: [], failure: stopped.message, details: { ...found, problems: brain.problems } };
  }
  context.progress(0.5, 'classifying tissue');
  const tissue = segmentTissue(frame, brain.mask, { signal: context.signal });
  const problems: Problem[] = [...brain.problems, ...tissue.problems];
  if (tissue.failure !== '') {
    return { measurements: [], failure: tissue.failure, details: { ...found, problems } };
  }

  context.progress(0.9, 'writing and comparing labels');
  if (params.labelsOut) {
    const { shape, affine } = frame;
    await writeNifti(
      params.labelsOut,
      newNifti({ data: tissue.labels, shape, affine, slope: 1, inter: 0 }, 2, image),
    );
  }
  let overlaps: Record<string, number> | undefined;
  if (params.compareLabels) {
    const original = await readNifti(params.compareLabels);
    overlaps = tissueDice(tissue.labels, original.volume.data);
  }
  const measurements: Measurement[] = Object.entries(tissue.volumes).map(([structure, volumeMm3]) => ({
    engine: 'tissue-em',
    structure,
    volumeMm3,
  }));
  context.progress(1, 'measured');
  return {
    measurements,
    ...(overlaps ? { dice: overlaps } : {}),
    failure: '',
    details: { ...found, classes: tissue.classes, iterations: tissue.iterations, problems },
  };
}

interface FoundBrain {
  readonly kind: BrainMaskKind;
  readonly mask: Uint8Array;
  readonly problems: readonly Problem[];
  readonly details: Readonly<Record<string, unknown>>;
}

/** The network's brain where its segmentation can be trusted, the classical extraction otherwise. */
async function findBrain(
  frame: Volume,
  segmentationPath: string | undefined,
  context: TaskContext,
): Promise<FoundBrain> {
  if (segmentationPath) {
    const segmentation = readSegmentation(segmentationPath);
    const doubt = segmentationDoubt(segmentation);
    if (doubt === '') {
      const labels = await readLabels(segmentationPath);
      const { model, confidence } = segmentation;
      return {
        kind: 'network',
        mask: brainOf(labels),
        problems: [],
        details: { model, confidence },
      };
    }
    return { ...(await extracted(frame, context)), details: { networkDoubt: doubt } };
  }
  return extracted(frame, context);
}

async function extracted(frame: Volume, context: TaskContext): Promise<FoundBrain> {
  const brain = await extractBrain(frame, { signal: context.signal });
  return {
    kind: 'extraction',
    mask: brain.mask,
    problems: brain.problems,
    details: { brainMm3: brain.volumeMm3 },
  };
}

/** 1 where a label is one of those inside the skull. */
function brainOf(labels: ArrayLike<number>): Uint8Array {
  const inside = new Set(BRAIN_LABELS);
  return Uint8Array.from(labels, (label) => (inside.has(label) ? 1 : 0));
}

/** Dice of CSF, GM, WM and of everything together (TIV) between two label maps of the tissue engine. */
function tissueDice(labels: Uint8Array, original: ArrayLike<number>): Record<string, number> {
  const result: Record<string, number> = {};
  for (const [structure, label] of Object.entries(tissueLabels)) {
    const overlap = dice(original, labels, label);
    if (overlap !== null) result[structure] = overlap;
  }
  const inside = (map: ArrayLike<number>) => Uint8Array.from(map, (value) => (value > 0 ? 1 : 0));
  const whole = dice(inside(original), inside(labels), 1);
  if (whole !== null) result.TIV = whole;
  return result;
}
