import { BRAIN_LABELS, type HeadSegmentation } from '../segmentation/segmentation.ts';

/** One reported structure and the FreeSurfer labels whose volumes make it up. */
export interface Region {
  readonly structure: string;
  readonly labels: readonly number[];
}

/**
 * What the regional engine counts as grey matter, white matter and fluid.
 *
 * Every label inside the skull is in exactly one of the three, so TIV = GM + WM + CSF as in the tissue engine, and the
 * two engines can be put side by side.
 *
 * - GM: cerebral cortex, cerebellar cortex, thalamus, caudate, putamen, pallidum, hippocampus, amygdala, accumbens and
 *   ventral diencephalon (FreeSurfer counts the last one into its subcortical grey matter too).
 * - WM: cerebral and cerebellar white matter and the brain stem, most of which has the intensity of white matter.
 * - CSF: the fluid around the brain and all ventricles.
 */
const GM_LABELS = [3, 42, 8, 47, 10, 49, 11, 50, 12, 51, 13, 52, 17, 53, 18, 54, 26, 58, 28, 60];
const WM_LABELS = [2, 41, 7, 46, 16];
const CSF_LABELS = [24, 4, 43, 5, 44, 14, 15];

const bilateral = (name: string, left: readonly number[], right: readonly number[]): Region[] => [
  { structure: `left ${name}`, labels: left },
  { structure: `right ${name}`, labels: right },
];

/**
 * The regional engine's structures, in the order they are reported.
 *
 * A lateral ventricle is its body and its inferior horn. The cerebellum is reported whole: the labels the network
 * learned from have no side in the vermis.
 */
export const REGIONS: readonly Region[] = [
  { structure: 'GM', labels: GM_LABELS },
  { structure: 'WM', labels: WM_LABELS },
  { structure: 'CSF', labels: CSF_LABELS },
  { structure: 'TIV', labels: BRAIN_LABELS },
  ...bilateral('lateral ventricle', [4, 5], [43, 44]),
  { structure: 'third ventricle', labels: [14] },
  { structure: 'fourth ventricle', labels: [15] },
  ...bilateral('thalamus', [10], [49]),
  ...bilateral('caudate', [11], [50]),
  ...bilateral('putamen', [12], [51]),
  ...bilateral('pallidum', [13], [52]),
  ...bilateral('hippocampus', [17], [53]),
  ...bilateral('amygdala', [18], [54]),
  ...bilateral('accumbens', [26], [58]),
  ...bilateral('ventral DC', [28], [60]),
  { structure: 'brain stem', labels: [16] },
  { structure: 'cerebellum GM', labels: [8, 47] },
  { structure: 'cerebellum WM', labels: [7, 46] },
];

export class LabelMissingError extends Error {
  override name = 'LabelMissingError';
}

/**
 * Soft volumes of all regions: sums of the network's probability volumes.
 *
 * @returns mm³ by structure, in the order of `REGIONS`
 * @throws LabelMissingError when the segmentation knows nothing of a label that a region needs
 */
export function regionVolumes(structures: HeadSegmentation['structures']): Record<string, number> {
  const byLabel = new Map(structures.map((s) => [s.label, s.volumeMm3]));
  return Object.fromEntries(
    REGIONS.map(({ structure, labels }) => [
      structure,
      labels.reduce((sum, label) => {
        const volumeMm3 = byLabel.get(label);
        if (volumeMm3 === undefined) {
          throw new LabelMissingError(
            `The segmentation has no volume for label ${label}, which ${structure} is made of; expected a model that tells all brain labels apart.`,
          );
        }
        return sum + volumeMm3;
      }, 0),
    ]),
  );
}

/** Labels are FreeSurfer values below this. */
const LABEL_COUNT = 1024;

/**
 * Dice per region between two label maps on the same grid, all regions in one pass over the voxels.
 *
 * @returns only regions that occur in at least one of the maps
 * @throws RangeError when the maps differ in length or hold values that are no labels
 */
export function regionDice(a: ArrayLike<number>, b: ArrayLike<number>): Record<string, number> {
  if (a.length !== b.length) {
    throw new RangeError(`Expected label maps on one grid, got ${a.length} and ${b.length} voxels.`);
  }
  // How many voxels have label x in one map and y in the other: everything Dice needs of any union of labels.
  const joint = new Float64Array(LABEL_COUNT * LABEL_COUNT);
  for (let v = 0; v < a.length; v++) {
    const x = a[v]!;
    const y = b[v]!;
    if (!(x >= 0 && x < LABEL_COUNT && y >= 0 && y < LABEL_COUNT)) {
      throw new RangeError(`Expected labels from 0 to ${LABEL_COUNT - 1}, got ${x} and ${y}.`);
    }
    joint[x * LABEL_COUNT + y]!++;
  }
  const inA = new Float64Array(LABEL_COUNT);
  const inB = new Float64Array(LABEL_COUNT);
  for (let x = 0; x < LABEL_COUNT; x++) {
    for (let y = 0; y < LABEL_COUNT; y++) {
      inA[x]! += joint[x * LABEL_COUNT + y]!;
      inB[y]! += joint[x * LABEL_COUNT + y]!;
    }
  }
  const overlaps: Record<string, number> = {};
  for (const { structure, labels } of REGIONS) {
    let both = 0;
    let either = 0;
    for (const x of labels) {
      either += inA[x]! + inB[x]!;
      for (const y of labels) both += joint[x * LABEL_COUNT + y]!;
    }
    if (either > 0) overlaps[structure] = (2 * both) / either;
  }
  return overlaps;
}
