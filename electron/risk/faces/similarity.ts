import type { FaceNetwork } from './face-reader.ts';

/**
 * How alike two descriptors of one network are: the cosine of the angle between them, at most 1.
 *
 * @throws RangeError when the descriptors do not belong together
 */
export function similarity(network: FaceNetwork, a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length || a.length === 0)
    throw new RangeError(
      `Expected two ${network} descriptors of one length, got ${a.length} and ${b.length}.`,
    );
  let dot = 0;
  let aa = 0;
  let bb = 0;
  for (let n = 0; n < a.length; n++) {
    dot += a[n]! * b[n]!;
    aa += a[n]! * a[n]!;
    bb += b[n]! * b[n]!;
  }
  return aa === 0 || bb === 0 ? 0 : dot / Math.sqrt(aa * bb);
}
