import type { RocPoint } from './roc-curve.ts';

/**
 * The error rate at the operating point where as many impostors are accepted as genuine comparisons are rejected.
 *
 * Defined as the false-accept share where the ROC, taken as straight between its points, meets the line
 * trueAccept = 1 − falseAccept. With few scores the step curve itself may jump over that line; the straight piece is what
 * drawing lots between the two neighbouring thresholds would give.
 *
 * @param curve from (0, 0) to (1, 1), as `rocCurve` gives it
 * @returns 0…1 (0.5 is chance); null for an empty curve
 * @see ISO/IEC 19795-1:2021, equal error rate
 */
export function equalErrorRate(
  curve: readonly Pick<RocPoint, 'falseAccept' | 'trueAccept'>[],
): number | null {
  for (let n = 1; n < curve.length; n++) {
    const [a, b] = [curve[n - 1]!, curve[n]!];
    // Rejected minus accepted wrongly falls from 1 to −1 along the curve.
    const before = 1 - a.trueAccept - a.falseAccept;
    const after = 1 - b.trueAccept - b.falseAccept;
    if (after > 0) continue;
    const share = before > after ? before / (before - after) : 0;
    return a.falseAccept + share * (b.falseAccept - a.falseAccept);
  }
  return null;
}
