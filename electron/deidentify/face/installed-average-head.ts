import { AverageHeadError, averageHead } from './average-head.ts';
import type { AverageHead } from './face-frame.ts';

/** The average head of this installation; null when it is missing or damaged, which the methods that need it say. */
export async function installedAverageHead(): Promise<AverageHead | null> {
  try {
    return (await averageHead()) ?? null;
  } catch (error) {
    if (error instanceof AverageHeadError) return null;
    throw error;
  }
}
