/**
 * P(Z > z) for a standard normal Z, with small relative error far into the tail.
 *
 * Power series of erf up to |z| = 3; beyond it the continued fraction of the Mills ratio.
 *
 * @see Abramowitz & Stegun 1964, 26.2.11 and 26.2.14
 * @example normalTail(1.959963985) // 0.025
 */
export function normalTail(z: number): number {
  if (Number.isNaN(z)) return Number.NaN;
  if (z < 0) return 1 - normalTail(-z);
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  if (z < 3) {
    let term = z;
    let sum = z;
    for (let n = 1; n < 200 && term > sum * 1e-17; n++) {
      term *= (z * z) / (2 * n + 1);
      sum += term;
    }
    return 0.5 - density * sum;
  }
  let fraction = 0;
  for (let n = 120; n >= 1; n--) fraction = n / (z + fraction);
  return density / (z + fraction);
}
