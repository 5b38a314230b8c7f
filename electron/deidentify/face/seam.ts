import type { Volume } from '../../volume/volume.ts';

/**
 * How visible the border of an edit is: steps across it, relative to the steps just outside it.
 *
 * For every pair of neighbours of which one was edited and the other is untouched tissue, the difference of the two is set
 * against the difference of the untouched one and the next one farther out in the same direction. 1 means that nobody could
 * tell the border from the tissue beside it; a cut edge gives several times that.
 *
 * @param original the scan before, first frame
 * @param edited the scan after, first frame, same grid
 * @param mask voxels that were edited
 * @param threshold head/air threshold, real values: an untouched voxel above it is tissue
 * @returns null when the edit has no border in tissue
 */
export function seamScore(
  original: Volume,
  edited: Volume,
  mask: Uint8Array,
  threshold: number,
): number | null {
  const [nx, ny, nz] = original.shape as [number, number, number];
  const { data, slope, inter } = edited;
  const stored = (threshold - inter) / (slope || 1);
  let [across, beside, pairs] = [0, 0, 0];
  const strides = [1, nx, nx * ny];
  const extents = [nx, ny, nz];
  let n = 0;
  for (let k = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++, n++) {
        if (mask[n] || !(data[n]! > stored)) continue;
        const at = [i, j, k];
        for (let axis = 0; axis < 3; axis++) {
          for (const side of [-1, 1]) {
            const there = at[axis]! + side;
            const back = at[axis]! - side;
            if (there < 0 || back < 0 || there >= extents[axis]! || back >= extents[axis]!) continue;
            const e = n + side * strides[axis]!;
            const b = n - side * strides[axis]!;
            if (!mask[e] || mask[b]) continue;
            const step = Math.abs(data[e]! - data[n]!);
            const other = Math.abs(data[n]! - data[b]!);
            if (!Number.isFinite(step) || !Number.isFinite(other)) continue;
            across += step;
            beside += other;
            pairs++;
          }
        }
      }
    }
  }
  return pairs >= 100 && beside > 0 ? across / beside : null;
}
