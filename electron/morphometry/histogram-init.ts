/** Gaussian intensity model of one tissue class. */
export interface TissueClass {
  mean: number;
  variance: number;
}

/**
 * First guess of the class means and variances: one-dimensional K-means on the histogram.
 *
 * Starts from the 1/6, 3/6 and 5/6 quantiles (equal shares), ignores the darkest and brightest percent, which
 * are vessels and mask leaks, and runs Lloyd's iteration on 512 bins.
 *
 * @param values intensities of the brain voxels, any order
 * @param classes how many classes
 * @returns classes by ascending mean; the variance is that of each cluster, at least (range/100)²
 * @see Lloyd 1982, "Least squares quantization in PCM"
 */
export function classesFromHistogram(values: Float32Array, classes: number): TissueClass[] {
  const sorted = Float32Array.from(values).sort();
  const low = sorted[Math.floor(sorted.length * 0.01)]!;
  const high = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.99))]!;
  const bins = 512;
  const width = (high - low) / bins || 1;
  const histogram = new Float64Array(bins);
  for (const value of sorted) {
    if (value < low || value > high) continue;
    histogram[Math.min(bins - 1, Math.floor((value - low) / width))]! += 1;
  }
  const centre = (b: number) => low + (b + 0.5) * width;
  let means = Array.from(
    { length: classes },
    (_, c) => sorted[Math.floor((sorted.length * (2 * c + 1)) / (2 * classes))]!,
  );
  let variances = means.map(() => width * width);
  for (let iteration = 0; iteration < 100; iteration++) {
    const count = new Float64Array(classes);
    const sum = new Float64Array(classes);
    const square = new Float64Array(classes);
    for (let b = 0; b < bins; b++) {
      const x = centre(b);
      let best = 0;
      for (let c = 1; c < classes; c++) if (Math.abs(x - means[c]!) < Math.abs(x - means[best]!)) best = c;
      const n = histogram[b]!;
      count[best]! += n;
      sum[best]! += n * x;
      square[best]! += n * x * x;
    }
    const moved = means.map((old, c) => (count[c]! > 0 ? sum[c]! / count[c]! : old));
    variances = moved.map((mean, c) =>
      count[c]! > 0 ? square[c]! / count[c]! - mean * mean : width * width,
    );
    const shift = Math.max(...moved.map((mean, c) => Math.abs(mean - means[c]!)));
    means = moved;
    if (shift < width * 1e-3) break;
  }
  const floor = ((high - low) / 100) ** 2 || 1e-12;
  return means
    .map((mean, c) => ({ mean, variance: Math.max(variances[c]!, floor) }))
    .sort((a, b) => a.mean - b.mean);
}
