import type { BrainBox } from './brain-box.ts';
import type { TissueClass } from './histogram-init.ts';

/**
 * Volumes between which a human brain mask lies, from infant to large adult with all CSF.
 * Adults: intracranial volume 1.0–2.0 litres; a newborn's brain 0.35.
 */
const SMALLEST_MM3 = 300_000;
const LARGEST_MM3 = 2_500_000;

/** Why this mask and these values cannot be classified, '' when they can. */
export function brainFailure(box: BrainBox): string {
  if (box.inside.length === 0) return 'The brain mask is empty: no brain was found in the scan.';
  const volumeMm3 = box.inside.length * box.voxelVolumeMm3;
  if (!(volumeMm3 >= SMALLEST_MM3 && volumeMm3 <= LARGEST_MM3)) {
    return `The brain mask holds ${millilitres(volumeMm3)}; expected ${millilitres(SMALLEST_MM3)} to ${millilitres(LARGEST_MM3)}.`;
  }
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  let positive = 0;
  for (const value of box.values) {
    if (!Number.isFinite(value)) return 'The scan holds values inside the brain that are not numbers.';
    if (value < low) low = value;
    if (value > high) high = value;
    if (value > 0) positive++;
  }
  if (!(high > low)) return `Every voxel of the brain has the value ${low}: nothing to classify.`;
  if (positive < 0.5 * box.values.length) {
    return 'More than half of the brain has values of zero or below; expected a magnitude image.';
  }
  return '';
}

/**
 * Why a finished classification is not one of a T1-weighted brain, '' when it looks like one.
 *
 * Classes are named by brightness, so another contrast (T2, FLAIR, PD, CT) gives three classes too. What gives it
 * away: classes that do not separate, shares no brain has, or a brightest class that is rarer in the depth of the
 * brain than in all of it, where a T1-weighted scan has white matter.
 *
 * @param labels 1 CSF, 2 GM, 3 WM for each brain voxel
 */
export function segmentationFailure(
  box: BrainBox,
  labels: Uint8Array,
  volumes: { GM: number; WM: number; CSF: number; TIV: number },
  classes: readonly TissueClass[],
): string {
  const [csf, gm, wm] = [classes[0]!, classes[1]!, classes[2]!];
  const ordered = csf.mean < gm.mean && gm.mean < wm.mean;
  // Cohen's d of neighbouring classes; in T1-weighted brains both lie above 2.
  const contrast = Math.min(separation(csf, gm), separation(gm, wm));
  if (!ordered || !(contrast >= 1)) {
    return `The three tissue classes do not separate (contrast ${number(contrast)} standard deviations, expected at least 1): the scan has too little T1 contrast or too much noise.`;
  }
  const share = {
    GM: volumes.GM / volumes.TIV,
    WM: volumes.WM / volumes.TIV,
    CSF: volumes.CSF / volumes.TIV,
  };
  if (!(share.GM > 0.2 && share.WM > 0.12 && share.WM < 0.7 && share.CSF < 0.5)) {
    return `The classes hold GM ${percent(share.GM)}, WM ${percent(share.WM)}, CSF ${percent(share.CSF)} of the brain, which no T1-weighted brain does.`;
  }
  const deepShare = brightestShareDeep(box, labels);
  if (deepShare !== null && deepShare <= share.WM) {
    return `The brightest class fills ${percent(deepShare)} of the deep brain and ${percent(share.WM)} of all of it; in a T1-weighted scan it is white matter, which fills more of the depth. Is this T2, FLAIR or PD?`;
  }
  return '';
}

/**
 * Share of the brightest class among voxels at least 20 mm (along the axes) inside the mask; null when the brain has
 * no such depth. The depth is used, not the surface, because masks that leak put bright fat at the surface.
 */
function brightestShareDeep(box: BrainBox, labels: Uint8Array): number | null {
  const [nx, ny] = box.shape;
  const member = new Uint8Array(box.shape[0] * box.shape[1] * box.shape[2]);
  for (const v of box.inside) member[v] = 1;
  const strides = [1, nx, nx * ny];
  const reaches = box.voxelSizeMm.map((size) => Math.max(1, Math.round(20 / size)));
  let deep = 0;
  let bright = 0;
  for (let m = 0; m < box.inside.length; m++) {
    if (!isDeep(member, box.inside[m]!, strides, reaches)) continue;
    deep++;
    if (labels[m] === 3) bright++;
  }
  return deep > 0 ? bright / deep : null;
}

/** No empty voxel within reach along any axis; the box's empty shell stops the walk before the box ends. */
function isDeep(
  member: Uint8Array,
  v: number,
  strides: readonly number[],
  reaches: readonly number[],
): boolean {
  for (let axis = 0; axis < 3; axis++) {
    const stride = strides[axis]!;
    for (let d = 1; d <= reaches[axis]!; d++) {
      if (member[v + d * stride] !== 1 || member[v - d * stride] !== 1) return false;
    }
  }
  return true;
}

function separation(dark: TissueClass, bright: TissueClass): number {
  return (bright.mean - dark.mean) / Math.sqrt((dark.variance + bright.variance) / 2);
}

const millilitres = (mm3: number) => `${Math.round(mm3 / 1000)} ml`;
const percent = (x: number) => `${Math.round(100 * x)} %`;
const number = (x: number) => (Number.isFinite(x) ? x.toFixed(1) : 'undefined');
