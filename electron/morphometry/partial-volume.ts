import type { BrainBox } from './brain-box.ts';
import type { TissueClass } from './histogram-init.ts';
import { type Neighbourhood, neighbourSupport } from './mrf.ts';

/**
 * What a voxel may consist of, as class weights in the order CSF, GM, WM: three pure tissues and the two
 * mixtures that share a border in the head. CSF beside WM without cortex between them is the ventricle wall,
 * one voxel thick, and is read as the mixture through GM.
 */
const KINDS: readonly (readonly [number, number, number])[] = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
  [0.5, 0.5, 0],
  [0, 0.5, 0.5],
];
const BINS = 1024;

/** Likelihood of each kind and expected share of the brighter tissue in each mixture, by intensity. */
interface KindTables {
  readonly low: number;
  readonly width: number;
  /** `KINDS.length · bin + kind`. */
  readonly likelihood: Float64Array;
  /** `2 · bin + mixture`: expected fraction of GM in CSF/GM, of WM in GM/WM. */
  readonly share: Float64Array;
}

/**
 * Tabulates p(intensity | kind) and E[fraction | intensity, mixture] over the intensity range.
 *
 * In a mixture every fraction α from 0 to 1 is equally likely beforehand; its intensity is Gaussian about
 * α·bright + (1 − α)·dark with the variance interpolated likewise. Both integrals are sums over 64 fractions.
 */
function tabulate(classes: readonly TissueClass[]): KindTables {
  const sigma = classes.map((c) => Math.sqrt(c.variance));
  const low = classes[0]!.mean - 4 * sigma[0]!;
  const high = classes[2]!.mean + 4 * sigma[2]!;
  const width = (high - low) / BINS;
  const likelihood = new Float64Array(KINDS.length * BINS);
  const share = new Float64Array(2 * BINS);
  const density = (x: number, mean: number, variance: number) =>
    Math.exp((-0.5 * (x - mean) ** 2) / variance) / Math.sqrt(variance);
  const fractions = 64;
  for (let b = 0; b < BINS; b++) {
    const x = low + (b + 0.5) * width;
    for (let c = 0; c < 3; c++)
      likelihood[KINDS.length * b + c] = density(x, classes[c]!.mean, classes[c]!.variance);
    for (let mixture = 0; mixture < 2; mixture++) {
      const dark = classes[mixture]!;
      const bright = classes[mixture + 1]!;
      let sum = 0;
      let first = 0;
      for (let f = 0; f < fractions; f++) {
        const alpha = (f + 0.5) / fractions;
        const p = density(
          x,
          alpha * bright.mean + (1 - alpha) * dark.mean,
          alpha * bright.variance + (1 - alpha) * dark.variance,
        );
        sum += p;
        first += p * alpha;
      }
      likelihood[KINDS.length * b + 3 + mixture] = sum / fractions;
      share[2 * b + mixture] = sum > 0 ? first / sum : x > bright.mean ? 1 : 0;
    }
  }
  return { low, width, likelihood, share };
}

/**
 * Partial volumes of the three tissues: how much of each voxel is CSF, GM and WM.
 *
 * Each voxel's kind (pure or mixed) is inferred from its intensity and from its neighbours: a kind is favoured
 * by the amount of its own tissues around it (weight `mixing`). The fractions are expectations over kinds rather
 * than the fractions of the best kind, so volumes do not jump with noise.
 *
 * @param values bias-corrected intensities of the brain voxels
 * @param maps in: class probabilities, interleaved `3 · v + class` for box voxel v; out: fractions that sum to 1 in
 *   every brain voxel
 * @param classes in: class models of the EM, whose variances include the mixed voxels; out: those of the pure
 *   tissues, re-estimated in each sweep from the voxels that look pure
 * @param mixing weight of the neighbours
 * @param iterations mean-field sweeps
 * @see Zhang, Brady & Smith 2001 (HMRF); Tohka et al. 2004, NeuroImage 23:84–97 (mixture densities)
 */
export function estimatePartialVolumes(
  box: BrainBox,
  neighbourhood: Neighbourhood,
  values: Float32Array,
  classes: TissueClass[],
  maps: Float32Array,
  mixing: number,
  iterations: number,
): void {
  const { inside } = box;
  const support = new Float32Array(3 * inside.length);
  const kinds = KINDS.length;
  const p = new Float64Array(kinds);
  for (let iteration = 0; iteration < iterations; iteration++) {
    const tables = tabulate(classes);
    const pure = classes.map((c) => ({ weight: 0, sum: 0, square: 0, centre: c.mean }));
    neighbourSupport(box, neighbourhood, maps, support);
    for (let m = 0; m < inside.length; m++) {
      const bin = Math.max(0, Math.min(BINS - 1, Math.floor((values[m]! - tables.low) / tables.width)));
      const [sc, sg, sw] = [support[3 * m]!, support[3 * m + 1]!, support[3 * m + 2]!];
      let sum = 0;
      for (let t = 0; t < kinds; t++) {
        const kind = KINDS[t]!;
        p[t] =
          tables.likelihood[kinds * bin + t]! *
            Math.exp(mixing * (kind[0] * sc + kind[1] * sg + kind[2] * sw)) +
          1e-300;
        sum += p[t]!;
      }
      const dark = tables.share[2 * bin]!;
      const bright = tables.share[2 * bin + 1]!;
      const v = 3 * inside[m]!;
      maps[v] = (p[0]! + p[3]! * (1 - dark)) / sum;
      maps[v + 1] = (p[1]! + p[3]! * dark + p[4]! * (1 - bright)) / sum;
      maps[v + 2] = (p[2]! + p[4]! * bright) / sum;
      for (let c = 0; c < 3; c++) {
        const d = values[m]! - pure[c]!.centre;
        const w = p[c]! / sum;
        pure[c]!.weight += w;
        pure[c]!.sum += w * d;
        pure[c]!.square += w * d * d;
      }
    }
    if (iteration < iterations - 1) refinePureClasses(classes, pure);
  }
}

/** M-step of the mixed model: mean and variance of each tissue from voxels in the measure they look pure. */
function refinePureClasses(
  classes: TissueClass[],
  pure: readonly { weight: number; sum: number; square: number; centre: number }[],
): void {
  const floor = ((classes[2]!.mean - classes[0]!.mean) * 0.01) ** 2;
  pure.forEach((p, c) => {
    if (p.weight < 100) return;
    const shift = p.sum / p.weight;
    classes[c] = { mean: p.centre + shift, variance: Math.max(p.square / p.weight - shift * shift, floor) };
  });
}
