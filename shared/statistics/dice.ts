/**
 * Dice overlap of one label in two label maps on the same grid: 2·|A∩B| / (|A| + |B|).
 *
 * @param label the value that counts as inside
 * @returns null when the label occurs in neither map
 * @throws RangeError when the maps differ in length
 * @see Dice 1945, Ecology 26:297–302
 */
export function dice(a: ArrayLike<number>, b: ArrayLike<number>, label = 1): number | null {
  if (a.length !== b.length) {
    throw new RangeError(`Expected label maps on one grid, got ${a.length} and ${b.length} voxels.`);
  }
  let inA = 0;
  let inB = 0;
  let both = 0;
  for (let v = 0; v < a.length; v++) {
    const isA = a[v] === label;
    const isB = b[v] === label;
    if (isA) inA++;
    if (isB) inB++;
    if (isA && isB) both++;
  }
  return inA + inB > 0 ? (2 * both) / (inA + inB) : null;
}
