import { apply, determinant, invert, multiply } from '../../../../shared/geometry/affine.ts';
import type { Problem } from '../../../../shared/problem.ts';
import { conform } from '../../../volume/conform.ts';
import { linear } from '../../../volume/resample.ts';
import type { EditPlan } from '../edit-plan.ts';
import { planEdit } from '../edit-plan.ts';
import type { FaceMethod } from '../face-method.ts';
import { SHAPE_MM } from '../head-shape.ts';
import { matchTissue } from '../match-tissue.ts';
import { grainField } from '../noise.ts';
import { REGION_DEFAULTS, REGION_PARAMS, regionAssumptions } from '../regions.ts';
import { grainOf, lookAround, repaint, SKIN_MM } from '../repaint.ts';
import { smoothWide } from '../smooth-wide.ts';

/** Millimetres over which a variation of the shape swells and sinks: a cheek, a chin, a nose; finer would be lumps. */
const VARY_SIGMA_MM = 13;
const VARY_MM = 2;

/**
 * Template: the average head's face is put in place of the person's.
 *
 * Shape: the skin of the average head, brought to the scan by an affine that knows only the brain, blended into the
 * person's own skin within `seamMm` of the border. Tissue: the average's, read at its depth below the skin and given the
 * scan's intensities, edge, noise and air.
 *
 * @see Schwarz et al. 2021 (mri_reface), NeuroImage 231; afni_refacer_run
 */
export const template: FaceMethod = {
  id: 'template',
  kind: 'reface',
  title: 'Average face',
  summary: 'Replaces face and ears by those of an average head, matched to the scan in brightness and noise.',
  reference:
    'The idea of mri_reface (Schwarz et al., NeuroImage 2021;231:117845) and afni_refacer, with an average head of our own.',
  caution:
    'On contrasts other than T1-weighted the tissue of the new face is only ranked like the scan’s: it looks less natural there.',
  version: '1.1.0',
  defaults: { ...REGION_DEFAULTS, seamMm: 14, varyMm: VARY_MM },
  params: {
    ...REGION_PARAMS,
    seamMm: {
      label: 'Width of the seam',
      unit: 'mm',
      meaning: 'Inside the border of the edit the own skin turns into the average one over this distance.',
      min: 4,
      max: 30,
    },
    varyMm: {
      label: 'Variation of the shape',
      unit: 'mm',
      meaning: 'Random swelling and sinking of the new face by the seed, so that no two scans get the same.',
      min: 0,
      max: 5,
    },
  },
  needsAverage: true,
  async propose(input) {
    const plan = planEdit(input, Number(input.params.seamMm ?? 14));
    const original = averageDistance(plan);
    const shift = meetBorder(plan, original);
    vary(shift, plan, Number(input.params.varyMm ?? VARY_MM), input.seed);
    const average = shifted(plan, original, shift);
    const distance = new Float32Array(average.length);
    for (let n = 0; n < distance.length; n++) {
      const w = plan.weight[n]!;
      distance[n] = w * average[n]! + (1 - w) * plan.head.distance[n]!;
    }
    input.signal.throwIfAborted();
    const intensity = averageIntensity(plan, original, distance);
    const around = lookAround(input.volume, plan);
    const first = matchTissue(plan, plan.head.work.data, distance, intensity);
    return {
      mask: plan.mask,
      values: (t) => {
        const volume = input.frameAt(t);
        const work = t === 0 ? plan.head.work.data : conform(volume, SHAPE_MM).data;
        const tissue = (t === 0 ? first : matchTissue(plan, work, distance, intensity)).tissue.slice();
        const seed = input.seed + 7919 * t;
        const { coarse } = grainOf(volume, around);
        if (coarse > 0) {
          const grain = grainField(plan.head.work.shape, 0.8, seed);
          // None in the skin itself, which is even.
          for (let n = 0; n < tissue.length; n++)
            tissue[n]! += coarse * Math.min(1, Math.max(0, (-distance[n]! - 4) / 6)) * grain[n]!;
        }
        return repaint(volume, plan, { distance, weight: plan.weight, grain: true }, tissue, around, seed);
      },
      replaced: { ...plan.head.work, data: plan.weight },
      assumptions: [
        'The new face is an average one, placed and sized by the brain alone.',
        ...(first.likeT1
          ? []
          : ['The contrast is not T1: tissue of the new face was ranked like the scan’s own.']),
        ...regionAssumptions(input.params),
      ],
      problems: first.likeT1 ? [] : [otherContrast()],
    };
  },
};

/** Reach of the border's say over the size of the new face, mm; wider than any feature of a face. */
const MEET_SIGMA_MM = 24;
/** Farthest the skin of the average is moved to meet the border, mm. */
const MEET_MM = 15;

/**
 * How far the average skin is to be moved in, very smoothly, so that it meets the person's own skin along the border of
 * the edit, mm; negative: out.
 *
 * A brain tells little about the size of a face: a child's is smaller than an adult's for the same brain. Only skin that
 * stays visible anyway is asked, outside the edit, and the answer is far too smooth to hold a feature.
 */
function meetBorder(plan: EditPlan, average: Float32Array): Float32Array {
  const { shape } = plan.head.work;
  const own = plan.head.distance;
  const gap = new Float32Array(own.length);
  const here = new Float32Array(own.length);
  for (let n = 0; n < own.length; n++) {
    if (plan.workMask[n] || plan.anyRegion[n] || Math.abs(own[n]!) > 8) continue;
    const d = own[n]! - average[n]!;
    if (Math.abs(d) > 2 * MEET_MM) continue;
    gap[n] = d;
    here[n] = 1;
  }
  const sigma = MEET_SIGMA_MM / SHAPE_MM;
  const top = smoothWide(gap, shape, sigma);
  const bottom = smoothWide(here, shape, sigma);
  return top.map((sum, n) => Math.max(-MEET_MM, Math.min(MEET_MM, sum / (bottom[n]! + 1e-4))));
}

/** Over this distance the skin's direction is averaged for a shift, mm: wider than a nose. */
const DIRECTION_SIGMA_MM = 16;

/**
 * The average skin moved in by `shift` along the direction of the head as a whole.
 *
 * Along its own normals a nose that is moved in would lose its sides and leave a fin.
 */
function shifted(plan: EditPlan, average: Float32Array, shift: Float32Array): Float32Array {
  const { shape } = plan.head.work;
  const [nx, ny, nz] = shape as [number, number, number];
  const slab = nx * ny;
  const wide = smoothWide(average, shape, DIRECTION_SIGMA_MM / SHAPE_MM);
  const out = new Float32Array(average.length);
  let n = 0;
  for (let k = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++, n++) {
        const gx = wide[n + (i < nx - 1 ? 1 : 0)]! - wide[n - (i > 0 ? 1 : 0)]!;
        const gy = wide[n + (j < ny - 1 ? nx : 0)]! - wide[n - (j > 0 ? nx : 0)]!;
        const gz = wide[n + (k < nz - 1 ? slab : 0)]! - wide[n - (k > 0 ? slab : 0)]!;
        const by = shift[n]! / ((Math.hypot(gx, gy, gz) || 1) * SHAPE_MM);
        out[n] = linear(average, nx, ny, nz, i + by * gx, j + by * gy, k + by * gz);
      }
    }
  }
  return out;
}

/** Adds a smooth random field to a shift, the same on both sides of the face, so that scans do not all get one face. */
function vary(shift: Float32Array, plan: EditPlan, deviationMm: number, seed: number): void {
  if (!(deviationMm > 0)) return;
  const { shape, affine } = plan.average.surface;
  const [nx, ny, nz] = shape as [number, number, number];
  const spacing = Math.cbrt(Math.abs(determinant(affine)));
  const field = grainField(shape, VARY_SIGMA_MM / spacing, seed + 104_729);
  const even = new Float32Array(field.length);
  // Index of the mirrored voxel along x: x = a·i + o, so −x lies at −2·o/a − i.
  const mirror = (-2 * affine[3]!) / affine[0]!;
  for (let n = 0; n < field.length; n++) {
    const i = n % nx;
    const other = Math.min(nx - 1, Math.max(0, Math.round(mirror - i)));
    // Both sides of one face are alike the nearer they lie: what that adds to the deviation is taken back.
    const x = (affine[0]! * i + affine[3]!) / VARY_SIGMA_MM;
    even[n] = (field[n]! + field[n - i + other]!) / Math.sqrt(2 + 2 * Math.exp(-x * x));
  }
  const here = sampleAverage(plan, even, affine, [nx, ny, nz]);
  for (let n = 0; n < shift.length; n++) shift[n]! += deviationMm * here[n]!;
}

function otherContrast(): Problem {
  return {
    code: 'template-other-contrast',
    level: 'info',
    subject: 'face',
    message:
      'The scan does not look T1-weighted; the new face has the shape of the average but only similar tissue.',
    fix: 'Look at the slices; mask out or blur work on any contrast.',
  };
}

/** Distance to the average head's skin on the working grid, in the scan's millimetres. */
function averageDistance(plan: EditPlan): Float32Array {
  const { surface } = plan.average;
  const scale = Math.cbrt(Math.abs(determinant(plan.frame.averageToWorld)));
  return sampleAverage(plan, surface.data, surface.affine, surface.shape).map((d) => d * scale);
}

function sampleAverage(
  plan: EditPlan,
  data: Float32Array,
  affine: Float64Array,
  shape: readonly number[],
): Float32Array {
  const [nx, ny, nz] = plan.head.work.shape as [number, number, number];
  const [ax, ay, az] = shape as [number, number, number];
  const m = multiply(invert(affine), multiply(invert(plan.frame.averageToWorld), plan.head.work.affine));
  const out = new Float32Array(nx * ny * nz);
  let at = 0;
  for (let k = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      let x = m[1]! * j + m[2]! * k + m[3]!;
      let y = m[5]! * j + m[6]! * k + m[7]!;
      let z = m[9]! * j + m[10]! * k + m[11]!;
      for (let i = 0; i < nx; i++, at++, x += m[0]!, y += m[4]!, z += m[8]!)
        out[at] = linear(data, ax, ay, az, x, y, z);
    }
  }
  return out;
}

/** How far around the edit the average's tissue is needed for matching, mm; farther in it is not computed. */
const TISSUE_REACH_MM = 4;
/** Longest way along the normal from a voxel to the tissue it takes, mm. */
const FARTHEST_MM = 25;

/** The average head's intensity at the depth each voxel has below the new skin, working grid; 0 far outside. */
function averageIntensity(plan: EditPlan, average: Float32Array, distance: Float32Array): Float32Array {
  const { intensity } = plan.average;
  const [nx, ny, nz] = plan.head.work.shape as [number, number, number];
  const [ax, ay, az] = intensity.shape as [number, number, number];
  const m = multiply(
    invert(intensity.affine),
    multiply(invert(plan.frame.averageToWorld), plan.head.work.affine),
  );
  const out = new Float32Array(distance.length);
  const slab = nx * ny;
  let n = 0;
  for (let k = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++, n++) {
        if (distance[n]! > TISSUE_REACH_MM + SHAPE_MM) continue;
        const wanted = Math.min(distance[n]!, -SKIN_MM);
        const way = Math.max(-FARTHEST_MM, Math.min(FARTHEST_MM, wanted - average[n]!));
        let [x, y, z] = [i, j, k];
        if (Math.abs(way) > 0.1) {
          const gx = average[n + (i < nx - 1 ? 1 : 0)]! - average[n - (i > 0 ? 1 : 0)]!;
          const gy = average[n + (j < ny - 1 ? nx : 0)]! - average[n - (j > 0 ? nx : 0)]!;
          const gz = average[n + (k < nz - 1 ? slab : 0)]! - average[n - (k > 0 ? slab : 0)]!;
          const by = way / ((Math.hypot(gx, gy, gz) || 1) * SHAPE_MM);
          x += gx * by;
          y += gy * by;
          z += gz * by;
        }
        const p = apply(m, x, y, z);
        out[n] = linear(intensity.data, ax, ay, az, p[0], p[1], p[2]);
      }
    }
  }
  return out;
}
