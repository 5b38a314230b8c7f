import type { Problem } from '../../shared/problem.ts';
import { type Volume, voxelsPerFrame } from '../volume/volume.ts';
import { estimateBiasField } from './bias-field.ts';
import { type BrainBox, cutBrainBox } from './brain-box.ts';
import { classesFromHistogram, type TissueClass } from './histogram-init.ts';
import { neighbourhoodOf, neighbourSupport, updatePosteriors } from './mrf.ts';
import { estimatePartialVolumes } from './partial-volume.ts';
import { brainFailure, segmentationFailure } from './tissue-checks.ts';

/** Settings of the tissue engine; the defaults follow FSL FAST's published ones. */
export interface TissueOptions {
  /** Rounds of bias-field estimation. */
  readonly biasIterations: number;
  /** EM sweeps within each round and after the last. */
  readonly emIterations: number;
  /** Full width at half maximum of the bias field's smoothing, mm. */
  readonly biasFwhmMm: number;
  /** Smoothing of the first, class-free field, mm; 0 starts from the scan as it is. */
  readonly startFwhmMm: number;
  /** β of the Markov random field during EM. */
  readonly mrfWeight: number;
  /** Weight of the neighbours on pure or mixed kind in the partial-volume step. */
  readonly mixing: number;
  readonly partialVolumeIterations: number;
  readonly signal?: AbortSignal;
}

export const defaultTissueOptions: TissueOptions = {
  biasIterations: 12,
  emIterations: 2,
  biasFwhmMm: 20,
  startFwhmMm: 60,
  mrfWeight: 0.1,
  mixing: 0.3,
  partialVolumeIterations: 3,
};

/** Volumes in mm³; TIV = GM + WM + CSF, all inside the brain mask. */
export interface TissueVolumes {
  readonly GM: number;
  readonly WM: number;
  readonly CSF: number;
  readonly TIV: number;
}

export interface TissueSegmentation {
  /** Partial volumes 0…1 on the scan's grid (first frame); they sum to 1 inside the brain, 0 outside. */
  readonly gm: Float32Array;
  readonly wm: Float32Array;
  readonly csf: Float32Array;
  /** Largest partial volume: 0 outside, 1 CSF, 2 GM, 3 WM. */
  readonly labels: Uint8Array;
  readonly volumes: TissueVolumes;
  /** Multiplicative bias factor on the scan's grid, geometric mean 1 inside the brain, 1 outside. */
  readonly bias: Float32Array;
  /** Mean and variance of CSF, GM, WM after bias correction, in the scan's units. */
  readonly classes: readonly TissueClass[];
  readonly iterations: number;
  /** Why the result must not be used, '' when it may. Volumes are then 0. */
  readonly failure: string;
  readonly problems: readonly Problem[];
}

/** Label values of `TissueSegmentation.labels`. */
export const tissueLabels = { CSF: 1, GM: 2, WM: 3 } as const;

/**
 * Classifies the brain of a T1-weighted scan into CSF, grey and white matter with partial volumes.
 *
 * Hidden-Markov-random-field EM with bias-field estimation: K-means start; rounds of (EM sweeps, bias field);
 * partial-volume fractions on the corrected intensities. Needs only voxel sizes, so any orientation and
 * anisotropic voxels do. Linear in the number of brain voxels.
 *
 * @param volume T1-weighted scan; only the first frame is read
 * @param brain 0 or 1 per voxel of that frame
 * @throws RangeError when the mask is not on the scan's grid; AbortError when cancelled
 * @see Zhang, Brady & Smith 2001, IEEE TMI 20(1):45–57
 */
export function segmentTissue(
  volume: Volume,
  brain: Uint8Array,
  options: Partial<TissueOptions> = {},
): TissueSegmentation {
  const settings = { ...defaultTissueOptions, ...options };
  const box = cutBrainBox(volume, brain);
  const early = brainFailure(box);
  if (early) return failed(volume, early);

  const [nx, ny, nz] = box.shape;
  // Interleaved, 3 · v + class: the neighbours' three probabilities lie beside each other in memory.
  const maps = new Float32Array(3 * nx * ny * nz);
  const count = box.inside.length;
  const field = new Float32Array(count).fill(1);
  const corrected = Float32Array.from(box.values);
  const support = new Float32Array(3 * count);
  const neighbourhood = neighbourhoodOf(box);
  evenOutForStart(box, maps, field, settings.startFwhmMm);
  for (let m = 0; m < count; m++) corrected[m] = box.values[m]! / field[m]!;
  let classes = classesFromHistogram(corrected, 3);
  let iterations = 0;

  // The first sweep has no neighbours to listen to: support is zero and intensity alone decides.
  updatePosteriors(box, corrected, classes, support, 0, maps);
  for (let round = 0; round <= settings.biasIterations; round++) {
    for (let sweep = 0; sweep < settings.emIterations; sweep++) {
      settings.signal?.throwIfAborted();
      neighbourSupport(box, neighbourhood, maps, support);
      updatePosteriors(box, corrected, classes, support, settings.mrfWeight, maps);
      classes = estimateClasses(box, corrected, maps);
      iterations++;
    }
    if (round === settings.biasIterations) break;
    estimateBiasField(box, box.values, classes, maps, settings.biasFwhmMm, field);
    for (let m = 0; m < count; m++) corrected[m] = box.values[m]! / field[m]!;
    classes = estimateClasses(box, corrected, maps);
  }

  estimatePartialVolumes(
    box,
    neighbourhood,
    corrected,
    classes,
    maps,
    settings.mixing,
    settings.partialVolumeIterations,
  );
  const result = assemble(volume, box, maps, field, classes, iterations);
  const failure = segmentationFailure(box, result.labelsInside, result.segmentation.volumes, classes);
  return failure ? failed(volume, failure) : result.segmentation;
}

/**
 * A coarse field for the start: whatever is very smooth in the scan is taken for bias, tissue or not.
 *
 * Without it a strong coil profile decides the first classes and EM stays there. It takes some contrast
 * away with it, which the later rounds, that estimate the field afresh from the classes, give back.
 */
function evenOutForStart(box: BrainBox, scratch: Float32Array, field: Float32Array, fwhmMm: number): void {
  const middle = Float32Array.from(box.values).sort()[box.values.length >> 1]!;
  if (!(middle > 0) || !(fwhmMm > 0)) return;
  scratch.fill(1);
  estimateBiasField(box, box.values, [{ mean: middle, variance: 1 }], scratch, fwhmMm, field);
  scratch.fill(0);
}

/** M-step: mean and variance of each class, weighted by its probabilities; classes stay in ascending order. */
function estimateClasses(box: BrainBox, values: Float32Array, maps: Float32Array): TissueClass[] {
  const { inside } = box;
  const classes = [0, 1, 2].map((c) => {
    let weight = 0;
    let sum = 0;
    for (let m = 0; m < inside.length; m++) {
      const p = maps[3 * inside[m]! + c]!;
      weight += p;
      sum += p * values[m]!;
    }
    const mean = weight > 0 ? sum / weight : 0;
    let square = 0;
    for (let m = 0; m < inside.length; m++) {
      const d = values[m]! - mean;
      square += maps[3 * inside[m]! + c]! * d * d;
    }
    return { mean, variance: weight > 0 ? square / weight : 0 };
  });
  // A class that collapses onto one value would win there with infinite likelihood.
  const span = Math.max(...classes.map((c) => c.mean)) - Math.min(...classes.map((c) => c.mean));
  for (const c of classes) c.variance = Math.max(c.variance, (span * 0.01) ** 2, 1e-12);
  return classes;
}

function assemble(
  volume: Volume,
  box: BrainBox,
  maps: Float32Array,
  field: Float32Array,
  classes: TissueClass[],
  iterations: number,
): { segmentation: TissueSegmentation; labelsInside: Uint8Array } {
  const voxels = voxelsPerFrame(volume.shape);
  const csf = new Float32Array(voxels);
  const gm = new Float32Array(voxels);
  const wm = new Float32Array(voxels);
  const bias = new Float32Array(voxels).fill(1);
  const labels = new Uint8Array(voxels);
  const labelsInside = new Uint8Array(box.inside.length);
  const sum = [0, 0, 0];
  for (let m = 0; m < box.inside.length; m++) {
    const v = 3 * box.inside[m]!;
    const s = box.source[m]!;
    const [c, g, w] = [maps[v]!, maps[v + 1]!, maps[v + 2]!];
    csf[s] = c;
    gm[s] = g;
    wm[s] = w;
    bias[s] = field[m]!;
    sum[0]! += c;
    sum[1]! += g;
    sum[2]! += w;
    labelsInside[m] = g >= c && g >= w ? tissueLabels.GM : w > c ? tissueLabels.WM : tissueLabels.CSF;
    labels[s] = labelsInside[m]!;
  }
  const [CSF, GM, WM] = sum.map((x) => x * box.voxelVolumeMm3) as [number, number, number];
  const segmentation = {
    gm,
    wm,
    csf,
    labels,
    volumes: { GM, WM, CSF, TIV: GM + WM + CSF },
    bias,
    classes,
    iterations,
    failure: '',
    problems: [],
  };
  return { segmentation, labelsInside };
}

/** An empty segmentation that says why there is none. */
function failed(volume: Volume, failure: string): TissueSegmentation {
  const voxels = voxelsPerFrame(volume.shape);
  const problem: Problem = {
    code: 'tissue-failed',
    level: 'error',
    subject: 'tissue segmentation',
    message: failure,
    fix: 'Look at the scan and its brain mask; exclude the scan from the comparison if it is not a T1-weighted head.',
  };
  return {
    gm: new Float32Array(voxels),
    wm: new Float32Array(voxels),
    csf: new Float32Array(voxels),
    labels: new Uint8Array(voxels),
    volumes: { GM: 0, WM: 0, CSF: 0, TIV: 0 },
    bias: new Float32Array(voxels).fill(1),
    classes: [],
    iterations: 0,
    failure,
    problems: [problem],
  };
}
