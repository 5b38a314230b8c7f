/** Scan values (after slope and intercept) that tell air from tissue. */
export interface SurfaceLevels {
  /** Separates air from tissue where the coil is of average strength. */
  readonly threshold: number;
  /** Typical air and tissue values of the scan. */
  readonly airValue: number;
  readonly tissueValue: number;
  /** How bright tissue is in each part of the scan; without it the scan's own is found. */
  readonly tissueMap?: TissueMap;
}

/** Tissue values on a coarse RAS grid: point (a, b, c) lies at `originRas + stepMm · (a, b, c)`. */
export interface TissueMap {
  /** Tissue value above air, scan units, a-fastest. */
  readonly excess: ArrayLike<number>;
  readonly shape: readonly [number, number, number];
  readonly stepMm: number;
  readonly originRas: readonly [number, number, number];
}

/** Share of the tissue's excess over air from which a value counts as tissue. */
export const TISSUE_SHARE = 0.25;

/** A surface's levels as plain numbers, to be kept as JSON and handed in for an edited version of the scan. */
export function levelsOf(surface: Required<SurfaceLevels>): Required<SurfaceLevels> {
  const { threshold, airValue, tissueValue, tissueMap } = surface;
  const excess = Array.from(tissueMap.excess, (value) => Number(value.toPrecision(6)));
  return { threshold, airValue, tissueValue, tissueMap: { ...tissueMap, excess } };
}

/** Air value, tissue value and the threshold between them, from the histogram of a smoothed scan. */
export function findLevels(values: Float32Array): SurfaceLevels {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (!(high > low)) return { threshold: low, airValue: low, tissueValue: low };

  // Two passes: the first finds where the brightest thousandth begins, so that a few hot voxels do not
  // squeeze everything else into one bin.
  const wide = histogram(values, low, high);
  const top = quantileOf(wide, 0.999, low, high);
  const bins = histogram(values, low, top);
  const otsu = otsuBin(bins);
  const width = (top - low) / bins.length;
  const airValue = low + (medianBin(bins, 0, otsu) + 0.5) * width;
  const tissueValue = low + (medianBin(bins, otsu + 1, bins.length - 1) + 0.5) * width;

  // Noise of the air: the 90th percentile of what lies below Otsu's threshold is still air in every scan
  // with a margin around the head, and is a fraction of skin.
  const airTop = low + (fractionBin(bins, 0, otsu, 0.9) + 1) * width;
  const quarter = airValue + TISSUE_SHARE * (tissueValue - airValue);
  const threshold = Math.max(quarter, Math.min(airTop, airValue + 0.4 * (tissueValue - airValue)));
  return { threshold, airValue, tissueValue };
}

/**
 * Excess over the air value that noise in the air may reach, scan units.
 *
 * Four standard deviations, told by the darker half of the air, which no ghost and no dim tissue brightens.
 *
 * @param outside the value of what was not scanned, which has no noise
 */
export function airNoise(
  values: Float32Array,
  { airValue, threshold }: SurfaceLevels,
  outside: number,
): number {
  const spread = threshold - airValue;
  const bins = new Float64Array(BINS);
  let below = 0;
  const filler = Math.fround(outside);
  for (const value of values) {
    const off = airValue - value;
    if (off < 0 || off > spread || value === filler) continue;
    bins[Math.min(BINS - 1, Math.floor((off / spread) * BINS))]! += 1;
    below += 1;
  }
  // Of a Gaussian, half lies within 0.6745 standard deviations.
  return below === 0 ? 0 : ((medianBin(bins, 0, BINS - 1) + 0.5) / BINS) * spread * (4 / 0.6745);
}

const BINS = 512;

function histogram(values: Float32Array, low: number, high: number): Float64Array {
  const bins = new Float64Array(BINS);
  const scale = BINS / (high - low);
  for (const value of values) {
    const bin = Math.floor((value - low) * scale);
    bins[bin < 0 ? 0 : bin >= BINS ? BINS - 1 : bin]! += 1;
  }
  return bins;
}

function quantileOf(bins: Float64Array, fraction: number, low: number, high: number): number {
  return low + ((fractionBin(bins, 0, BINS - 1, fraction) + 1) * (high - low)) / BINS;
}

function fractionBin(bins: Float64Array, from: number, to: number, fraction: number): number {
  let total = 0;
  for (let b = from; b <= to; b++) total += bins[b]!;
  let seen = 0;
  for (let b = from; b <= to; b++) {
    seen += bins[b]!;
    if (seen >= fraction * total) return b;
  }
  return to;
}

function medianBin(bins: Float64Array, from: number, to: number): number {
  return fractionBin(bins, from, to, 0.5);
}

/** Last bin of the darker class that maximises the variance between two classes. */
function otsuBin(bins: Float64Array): number {
  let total = 0;
  let sum = 0;
  for (let b = 0; b < bins.length; b++) {
    total += bins[b]!;
    sum += b * bins[b]!;
  }
  let best = 0;
  let bestVariance = -1;
  let count = 0;
  let partial = 0;
  for (let b = 0; b < bins.length - 1; b++) {
    count += bins[b]!;
    partial += b * bins[b]!;
    if (count === 0 || count === total) continue;
    const difference = partial / count - (sum - partial) / (total - count);
    const variance = count * (total - count) * difference * difference;
    if (variance > bestVariance) {
      bestVariance = variance;
      best = b;
    }
  }
  return best;
}
