import type { BrainBox } from './brain-box.ts';

/** The 26 neighbours of a voxel as index offsets and distance weights. */
export interface Neighbourhood {
  readonly offsets: Int32Array;
  readonly weights: Float64Array;
}

/**
 * Neighbour offsets on the box grid with weights that fall with distance in mm.
 *
 * A neighbour across a thick slice says less about a voxel than one beside it, so weights are
 * (smallest voxel edge) / (distance between the centres).
 */
export function neighbourhoodOf(box: BrainBox): Neighbourhood {
  const [nx, ny] = box.shape;
  const [sx, sy, sz] = box.voxelSizeMm;
  const edge = Math.min(sx, sy, sz);
  const offsets: number[] = [];
  const weights: number[] = [];
  for (let dk = -1; dk <= 1; dk++) {
    for (let dj = -1; dj <= 1; dj++) {
      for (let di = -1; di <= 1; di++) {
        if (di === 0 && dj === 0 && dk === 0) continue;
        offsets.push(di + nx * (dj + ny * dk));
        weights.push(edge / Math.hypot(di * sx, dj * sy, dk * sz));
      }
    }
  }
  return { offsets: Int32Array.from(offsets), weights: Float64Array.from(weights) };
}

/**
 * Weighted sum of the neighbours' class probabilities, for every brain voxel and each of three classes.
 *
 * Voxels outside the brain hold zeros and so stay silent.
 *
 * @param probabilities of the three classes, interleaved: `3 · v + class` for box voxel v
 * @param into result, `3 · m + class` for brain voxel m
 */
export function neighbourSupport(
  box: BrainBox,
  neighbourhood: Neighbourhood,
  probabilities: Float32Array,
  into: Float32Array,
): void {
  const { inside } = box;
  const { offsets, weights } = neighbourhood;
  const neighbours = offsets.length;
  for (let m = 0; m < inside.length; m++) {
    const v = inside[m]!;
    let sa = 0;
    let sb = 0;
    let sc = 0;
    for (let n = 0; n < neighbours; n++) {
      const u = 3 * (v + offsets[n]!);
      const w = weights[n]!;
      sa += w * probabilities[u]!;
      sb += w * probabilities[u + 1]!;
      sc += w * probabilities[u + 2]!;
    }
    into[3 * m] = sa;
    into[3 * m + 1] = sb;
    into[3 * m + 2] = sc;
  }
}

/**
 * E-step of the hidden Markov random field: class probabilities from intensity and neighbours.
 *
 * p(class) ∝ N(value; mean, variance) · exp(β · neighbour support), the mean-field form of a Potts prior.
 *
 * @param values bias-corrected intensities of the brain voxels
 * @param support what `neighbourSupport` gave
 * @param beta MRF weight β
 * @param probabilities written, interleaved as above
 * @see Zhang, Brady & Smith 2001, IEEE TMI 20(1):45–57
 */
export function updatePosteriors(
  box: BrainBox,
  values: Float32Array,
  classes: readonly { mean: number; variance: number }[],
  support: Float32Array,
  beta: number,
  probabilities: Float32Array,
): void {
  const { inside } = box;
  const mean = classes.map((x) => x.mean);
  const half = classes.map((x) => -0.5 / x.variance);
  const constant = classes.map((x) => -0.5 * Math.log(x.variance));
  const [ma, mb, mc] = [mean[0]!, mean[1]!, mean[2]!];
  const [ha, hb, hc] = [half[0]!, half[1]!, half[2]!];
  const [ka, kb, kc] = [constant[0]!, constant[1]!, constant[2]!];
  for (let m = 0; m < inside.length; m++) {
    const x = values[m]!;
    const ea = ha * (x - ma) * (x - ma) + ka + beta * support[3 * m]!;
    const eb = hb * (x - mb) * (x - mb) + kb + beta * support[3 * m + 1]!;
    const ec = hc * (x - mc) * (x - mc) + kc + beta * support[3 * m + 2]!;
    const top = Math.max(ea, eb, ec);
    const pa = Math.exp(ea - top);
    const pb = Math.exp(eb - top);
    const pc = Math.exp(ec - top);
    const scale = 1 / (pa + pb + pc);
    const v = 3 * inside[m]!;
    probabilities[v] = pa * scale;
    probabilities[v + 1] = pb * scale;
    probabilities[v + 2] = pc * scale;
  }
}
