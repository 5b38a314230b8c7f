import { LEAST_CONFIDENCE } from '../segmentation/check-structures.ts';
import { BRAIN_LABELS, type HeadSegmentation } from '../segmentation/segmentation.ts';

/** As for the tissue engine's brain mask: from an infant's head to a large adult's. */
const SMALLEST_MM3 = 300_000;
const LARGEST_MM3 = 2_500_000;

/**
 * Why a segmentation must not be measured, '' when it may.
 *
 * The same rule decides over the regional engine's numbers and over whether the tissue engine takes its brain mask.
 */
export function segmentationDoubt(segmentation: HeadSegmentation): string {
  const stopped = segmentation.problems.find((problem) => problem.level === 'error');
  if (stopped) return stopped.message;
  if (!(segmentation.confidence >= LEAST_CONFIDENCE)) {
    return `The segmentation is unsure of itself: mean probability ${segmentation.confidence.toFixed(2)} over the brain, expected at least ${LEAST_CONFIDENCE}.`;
  }
  const inside = segmentation.structures
    .filter((s) => BRAIN_LABELS.includes(s.label))
    .reduce((sum, s) => sum + s.volumeMm3, 0);
  if (!(inside >= SMALLEST_MM3 && inside <= LARGEST_MM3)) {
    return `The segmentation finds ${Math.round(inside / 1000)} ml inside the skull; expected ${SMALLEST_MM3 / 1000} to ${LARGEST_MM3 / 1000} ml.`;
  }
  return '';
}
