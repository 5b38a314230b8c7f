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
 * away: classes that do not separate, shares no brain has, or a brightest class that lies at the brain's surface,
 * where a T1-weighted scan has cortex and fluid.
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
  const surface = surfaceShares(box, labels);
  if (surface.brightest > surface.all) {
    return `The brightest class lies at the brain's surface (${percent(surface.brightest)} of it within 4 mm, against ${percent(surface.all)} of all voxels); in a T1-weighted scan it is white matter, inside. Is this T2, FLAIR or PD?`;
  }
  return '';
}

/** Share of the brightest class, and of all brain voxels, lying within about 4 mm of the mask's border. */
function surfaceShares(box: BrainBox, labels: Uint8Array): { brightest: number; all: number } {
  const [nx, ny] = box.shape;
  const [sx, sy, sz] = box.voxelSizeMm;
  const member = new Uint8Array(box.shape[0] * box.shape[1] * box.shape[2]);
  for (const v of box.inside) member[v] = 1;
  const steps: [number, number][] = [
    [1, Math.max(1, Math.round(4 / sx))],
    [nx, Math.max(1, Math.round(4 / sy))],
    [nx * ny, Math.max(1, Math.round(4 / sz))],
  ];
  let surface = 0;
  let bright = 0;
  let brightSurface = 0;
  for (let m = 0; m < box.inside.length; m++) {
    const v = box.inside[m]!;
    let near = false;
    for (const [stride, reach] of steps) {
      // The shell is empty, so walking outwards meets a zero before it leaves the box.
      for (let d = 1; d <= reach && !near; d++) {
        if (member[v + d * stride] === 0) near = true;
      }
      for (let d = 1; d <= reach && !near; d++) {
        if (member[v - d * stride] === 0) near = true;
      }
    }
    if (near) surface++;
    if (labels[m] === 3) {
      bright++;
      if (near) brightSurface++;
    }
  }
  return {
    brightest: bright > 0 ? brightSurface / bright : 1,
    all: surface / Math.max(1, box.inside.length),
  };
}

function separation(dark: TissueClass, bright: TissueClass): number {
  return (bright.mean - dark.mean) / Math.sqrt((dark.variance + bright.variance) / 2);
}

const millilitres = (mm3: number) => `${Math.round(mm3 / 1000)} ml`;
const percent = (x: number) => `${Math.round(100 * x)} %`;
const number = (x: number) => (Number.isFinite(x) ? x.toFixed(1) : 'undefined');
