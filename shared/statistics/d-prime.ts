import { mean } from './mean.ts';
import { standardDeviation } from './standard-deviation.ts';

/**
 * Distance of the genuine from the impostor scores in their common spread: d′ = (mean − mean) / √(mean of the variances).
 *
 * Negative where impostors score higher. Sample variances (n − 1).
 *
 * @returns null for fewer than two scores on a side or no spread at all
 * @see Daugman 2000, Biometric decision landscapes, UCAM-CL-TR-482
 */
export function dPrime(genuine: readonly number[], impostor: readonly number[]): number | null {
  if (genuine.length < 2 || impostor.length < 2) return null;
  const spread = Math.sqrt((standardDeviation(genuine) ** 2 + standardDeviation(impostor) ** 2) / 2);
  return spread > 0 ? (mean(genuine) - mean(impostor)) / spread : null;
}
