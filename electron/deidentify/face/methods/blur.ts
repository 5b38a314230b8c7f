import { type EditPlan, planEdit } from '../edit-plan.ts';
import type { FaceMethod } from '../face-method.ts';
import { SHAPE_MM, workingGrid } from '../head-shape.ts';
import { REGION_DEFAULTS, REGION_PARAMS, regionAssumptions } from '../regions.ts';
import { lookAround, repaint, SKIN_MM } from '../repaint.ts';
import { smoothWide } from '../smooth-wide.ts';

/** Depths at which the layer is smoothed along the surface, mm apart. */
const SHEET_MM = 4;
/** Share of the smoothing of the shape that is given to intensities. */
const INTENSITY_SHARE = 0.5;
/** The border of the edit over which the blur fades in, mm. */
const SEAM_MM = 10;

/**
 * Blur: the outer layer of the face is smoothed along the surface, its shape and what lies in it.
 *
 * The skin becomes the zero line of the smoothed distance map, set so that the face keeps its volume; intensities are
 * averaged within sheets of equal depth below it.
 *
 * @see Milchenko & Marcus 2013, "Obscuring surface anatomy in volumetric imaging data", Neuroinformatics 11
 */
export const blur: FaceMethod = {
  id: 'blur',
  kind: 'blur',
  title: 'Blur',
  summary: 'Smooths the outer layer of the face along the skin, so that a face without features is left.',
  reference:
    'Milchenko M, Marcus D. Obscuring surface anatomy in volumetric imaging data. Neuroinformatics 2013;11:65–75.',
  caution:
    'Published attacks undo blur: a blurred face can be restored better than a removed or replaced one.',
  version: '1.1.0',
  defaults: { ...REGION_DEFAULTS, ears: false, smoothMm: 20, layerMm: 24 },
  params: {
    ...REGION_PARAMS,
    smoothMm: {
      label: 'Smoothing along the skin',
      unit: 'mm',
      meaning: 'Standard deviation; features smaller than about twice this vanish.',
      min: 4,
      max: 30,
    },
    layerMm: {
      label: 'Thickness of the layer',
      unit: 'mm',
      meaning: 'Tissue deeper than this below the skin stays as it is.',
      min: 6,
      max: 60,
    },
  },
  needsAverage: true,
  async propose(input) {
    const smoothMm = Number(input.params.smoothMm ?? 20);
    const layerMm = Number(input.params.layerMm ?? 24);
    const plan = planEdit(input, SEAM_MM);
    const distance = smoothShape(plan, smoothMm);
    input.signal.throwIfAborted();
    const weight = plan.weight.slice();
    for (let n = 0; n < weight.length; n++) {
      const nearer = Math.max(distance[n]!, plan.head.distance[n]!);
      weight[n]! *= Math.min(1, Math.max(0, (layerMm + nearer) / (0.3 * layerMm)));
    }
    const around = lookAround(input.volume, plan);
    return {
      mask: plan.mask,
      values: (t) => {
        const volume = input.frameAt(t);
        const work = t === 0 ? plan.head.work.data : workingGrid(volume).data;
        const tissue = smoothSheets(plan, work, distance, smoothMm * INTENSITY_SHARE, layerMm);
        return repaint(
          volume,
          plan,
          { distance, weight, grain: null },
          tissue,
          around,
          input.seed + 7919 * t,
        );
      },
      assumptions: [
        'The face is where an average head has it; its skin is this scan’s own.',
        ...regionAssumptions(input.params),
      ],
      problems: [],
    };
  },
};

/** The smoothed skin, blended into the old one towards the border of the edit; the face keeps its volume. */
function smoothShape(plan: EditPlan, smoothMm: number): Float32Array {
  const { shape } = plan.head.work;
  const old = plan.head.distance;
  const sigma = smoothMm / SHAPE_MM;
  const smooth = smoothWide(old, shape, sigma);
  const inside = (f: Float32Array, offset: number) => {
    let sum = 0;
    for (let n = 0; n < f.length; n++) if (plan.weight[n]! > 0.5 && f[n]! < offset) sum++;
    return sum;
  };
  const target = inside(old, 0);
  let [low, high] = [-20, 20];
  for (let step = 0; step < 20; step++) {
    const middle = (low + high) / 2;
    if (inside(smooth, middle) < target) low = middle;
    else high = middle;
  }
  const out = new Float32Array(old.length);
  for (let n = 0; n < out.length; n++) {
    const w = plan.weight[n]!;
    out[n] = w > 0 ? w * (smooth[n]! - high) + (1 - w) * old[n]! : old[n]!;
  }
  return out;
}

/** Intensities averaged within sheets of equal depth, read at the depth below the new skin. */
function smoothSheets(
  plan: EditPlan,
  work: Float32Array,
  distance: Float32Array,
  sigmaMm: number,
  layerMm: number,
): Float32Array {
  const { shape } = plan.head.work;
  const old = plan.head.distance;
  const sigma = sigmaMm / SHAPE_MM;
  const sheets = Math.ceil(layerMm / SHEET_MM) + 1;
  const out = new Float32Array(work.length);
  let all = 0;
  let count = 0;
  for (let n = 0; n < work.length; n++) {
    if (plan.workMask[n] && old[n]! < -SKIN_MM) {
      all += work[n]!;
      count++;
    }
  }
  const mean = count ? all / count : 0;
  const num = new Float32Array(work.length);
  const den = new Float32Array(work.length);
  for (let s = 0; s < sheets; s++) {
    const centre = SKIN_MM + s * SHEET_MM;
    for (let n = 0; n < work.length; n++) {
      const w = Math.max(0, 1 - Math.abs(-old[n]! - centre) / SHEET_MM);
      num[n] = w * work[n]!;
      den[n] = w;
    }
    const top = smoothWide(num, shape, sigma);
    const bottom = smoothWide(den, shape, sigma);
    for (let n = 0; n < out.length; n++) {
      const depth = Math.max(SKIN_MM, -distance[n]!);
      const deepest = s === sheets - 1 && depth > centre;
      const share = deepest ? 1 : Math.max(0, 1 - Math.abs(depth - centre) / SHEET_MM);
      if (share > 0) out[n]! += share * ((top[n]! + 1e-3 * mean) / (bottom[n]! + 1e-3));
    }
  }
  return out;
}
