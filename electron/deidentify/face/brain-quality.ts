import { apply, invert } from '../../../shared/geometry/affine.ts';
import type { Problem } from '../../../shared/problem.ts';
import type { PriorFit } from './prior-fit.ts';

/** Numbers by which a failed brain extraction shows itself. */
export interface BrainQuality {
  /** Mean distance (mm) of the average brain, fitted, to the surface found; trimmed to 80 %. */
  readonly residualMm: number;
  /** Share of the brain's border that lies within 4 mm of the outside of the head. */
  readonly onSkin: number;
  /** (left − right) / (left + right) about the middle of the fitted average brain. */
  readonly asymmetry: number;
  /** Smallest and largest scale of the average brain that fitted; 1 is the average adult. */
  readonly scaleMin: number;
  readonly scaleMax: number;
  /** Intensity fraction the surface was grown with. */
  readonly fraction: number;
}

/** @param outsideHead signed distance to the head's border, mm, negative inside the head */
export function measureBrain(
  mask: Uint8Array,
  outsideHead: Float32Array,
  fit: PriorFit,
  shape: readonly number[],
  spacingMm: number,
  fraction: number,
): BrainQuality {
  const [nx, ny, nz] = shape as [number, number, number];
  const toStandard = invert(fit.affine);
  let [border, skin, left, right] = [0, 0, 0, 0];
  let at = 0;
  for (let k = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++, at++) {
        if (!mask[at]) continue;
        if (apply(toStandard, i, j, k)[0] < 0) left++;
        else right++;
        const inner = i > 0 && j > 0 && k > 0 && i < nx - 1 && j < ny - 1 && k < nz - 1;
        if (
          inner &&
          mask[at - 1]! +
            mask[at + 1]! +
            mask[at - nx]! +
            mask[at + nx]! +
            mask[at - nx * ny]! +
            mask[at + nx * ny]! ===
            6
        ) {
          continue;
        }
        border++;
        if (outsideHead[at]! > -4.1) skin++;
      }
    }
  }
  const a = fit.affine;
  const scales = [0, 1, 2].map((c) => Math.hypot(a[c]!, a[4 + c]!, a[8 + c]!) * spacingMm);
  return {
    residualMm: fit.residualMm,
    onSkin: border ? skin / border : 1,
    asymmetry: left + right ? (left - right) / (left + right) : 0,
    scaleMin: Math.min(...scales),
    scaleMax: Math.max(...scales),
    fraction,
  };
}

/** Limits: beyond what 133 adult heads with a Dice of 0.9 and more against a reference showed. */
export function brainProblems(q: BrainQuality, topCut: boolean): Problem[] {
  const out: Problem[] = [];
  const doubt = (code: string, message: string) =>
    out.push({
      code,
      level: 'warning',
      subject: 'brain',
      message,
      fix: 'Look at the outline of the brain before you trust the edit and the volumes.',
    });
  if (q.onSkin > 0.08 && q.onSkin < 0.6) {
    doubt(
      'brain-on-skin',
      `${Math.round(100 * q.onSkin)} % of the brain's outline lies within 4 mm of the skin: the outline may include skull.`,
    );
  }
  if (!(q.residualMm < 4)) {
    doubt(
      'brain-unlike-average',
      `The outline differs by ${q.residualMm.toFixed(1)} mm from any head-shaped brain.`,
    );
  }
  if (Math.abs(q.asymmetry) > 0.06) {
    doubt(
      'brain-asymmetric',
      `The outline holds ${Math.round(100 * Math.abs(q.asymmetry))} % more on one side than on the other.`,
    );
  }
  if (q.scaleMin < 0.7 || q.scaleMax > 1.3) {
    doubt(
      'brain-size',
      `The outline is ${q.scaleMin.toFixed(2)} to ${q.scaleMax.toFixed(2)} times an average adult brain.`,
    );
  }
  if (topCut) {
    out.push({
      code: 'head-touches-top',
      level: 'info',
      subject: 'brain',
      message: 'The head reaches the upper border of the scan; its top may be cut off.',
    });
  }
  return out;
}
