import { type Affine, invert, multiply } from '../../../shared/geometry/affine.ts';
import { smoothAxes } from '../../volume/gaussian.ts';
import type { Grid } from '../../volume/resample.ts';
import { type AverageHead, type FaceFrame, REGION, type RegionName } from './face-frame.ts';
import type { ParamInfo, ParamValue } from './face-method.ts';

/** The switches every method with regions has. */
export const REGION_PARAMS: Readonly<Record<RegionName, ParamInfo>> = {
  face: {
    label: 'Face',
    unit: '',
    meaning: 'Eyes, nose, cheeks and chin with the air in front.',
    region: true,
  },
  mouth: { label: 'Mouth and teeth', unit: '', meaning: 'Lips, teeth and palate.', region: true },
  ears: { label: 'Ears', unit: '', meaning: 'Both outer ears with the air beside them.', region: true },
  forehead: { label: 'Forehead', unit: '', meaning: 'Skin of the forehead above the brow.', region: true },
  wrap: {
    label: 'Air behind and around',
    unit: '',
    meaning: 'Air away from the head, where a nose may have wrapped around.',
    region: true,
  },
};

/** Which of them are on where a method says nothing else. */
export const REGION_DEFAULTS: Readonly<Record<RegionName, boolean>> = {
  face: true,
  mouth: true,
  ears: true,
  forehead: false,
  wrap: true,
};

/** What leaving a region alone means, for the list of assumptions. */
export function regionAssumptions(params: Readonly<Record<string, ParamValue>>): string[] {
  const off = (Object.keys(REGION_PARAMS) as RegionName[]).filter((name) => params[name] === false);
  const words: Record<RegionName, string> = {
    face: 'The face was left as it is.',
    mouth: 'Mouth and teeth were left as they are.',
    ears: 'The ears were left as they are: they can identify a person too.',
    forehead: 'The forehead was left as it is.',
    wrap: 'Air away from the head was left as it is: parts of a face that wrapped around remain.',
  };
  return off.map((name) => words[name]);
}

/**
 * The average head's regions carried on to wherever a person's own face may reach.
 *
 * A nose longer than any in the average, a chin lower or an ear farther out lies in the air around the average head;
 * so each region goes on through that air: face, mouth and forehead to the front and, where the average has air below them,
 * downwards; ears to the side. Values at the border of the grid are meant to hold beyond it.
 *
 * @returns a bit set per voxel of the average head's grid
 */
export function extendedRegions(average: AverageHead): Uint8Array {
  const { data, shape } = average.regions;
  const surface = average.surface.data;
  const [nx, ny, nz] = shape as [number, number, number];
  const out = data.slice();
  const front = REGION.face | REGION.mouth | REGION.forehead;
  const slab = nx * ny;
  for (let k = 0; k < nz; k++) {
    for (let i = 0; i < nx; i++) {
      let seen = 0;
      for (let j = 0; j < ny; j++) {
        const n = i + nx * j + slab * k;
        const here = out[n]! & front;
        // The foremost region of a line goes on to the front.
        if (here) seen = here;
        else if (seen && surface[n]! > -2) out[n]! |= seen;
      }
    }
  }
  for (let j = 0; j < ny; j++) {
    for (let i = 0; i < nx; i++) {
      let seen = 0;
      for (let k = nz - 1; k >= 0; k--) {
        const n = i + nx * j + slab * k;
        const here = out[n]! & front;
        if (here) seen = here & ~REGION.forehead;
        else if (seen && surface[n]! > 0) out[n]! |= seen;
        else seen = 0;
      }
    }
  }
  const middle = nx / 2;
  for (let k = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      for (const side of [-1, 1]) {
        let seen = false;
        for (let i = Math.floor(middle); i >= 0 && i < nx; i += side) {
          const n = i + nx * j + slab * k;
          if (out[n]! & REGION.ears) seen = true;
          else if (seen && surface[n]! > 0) out[n]! |= REGION.ears;
        }
      }
    }
  }
  return out;
}

/** Smoothing of the cut of {@link flattened}, mm, and how much deeper than the regions it lies. */
const CUT_SIGMA_MM = 9;
const CUT_DEEPER_MM = 4;

/**
 * Regions whose back is one smooth sheet.
 *
 * The regions follow the average skin at a depth, so emptying them would leave a face in relief. Here, for each line from
 * front to back, the face ends at a smoothed depth that knows neither nose nor eyes.
 *
 * @param bits from {@link extendedRegions}
 */
export function flattened(bits: Uint8Array, average: AverageHead): Uint8Array {
  const { shape, affine } = average.regions;
  const [nx, ny, nz] = shape as [number, number, number];
  const spacing = Math.abs(affine[5]!);
  const front = REGION.face | REGION.mouth;
  const depth = new Float32Array(nx * nz);
  const known = new Float32Array(nx * nz);
  for (let k = 0; k < nz; k++) {
    for (let i = 0; i < nx; i++) {
      for (let j = 0; j < ny; j++) {
        if (!(bits[i + nx * (j + ny * k)]! & front)) continue;
        depth[i + nx * k] = j;
        known[i + nx * k] = 1;
        break;
      }
    }
  }
  const sigma = CUT_SIGMA_MM / spacing;
  const top = smoothAxes(depth, [nx, 1, nz], [sigma, 0, sigma]);
  const bottom = smoothAxes(known, [nx, 1, nz], [sigma, 0, sigma]);
  const out = bits.slice();
  for (let k = 0; k < nz; k++) {
    for (let i = 0; i < nx; i++) {
      const at = i + nx * k;
      if (!known[at]) continue;
      const from = Math.max(0, Math.floor(top[at]! / bottom[at]! - CUT_DEEPER_MM / spacing));
      for (let j = from; j < depth[at]!; j++) out[i + nx * (j + ny * k)]! |= REGION.face;
    }
  }
  return out;
}

/**
 * Voxels of a grid that the chosen regions cover.
 *
 * A region that is switched off is kept even where another one covers it (teeth inside the face). `wrap` is left out here:
 * it means air, see {@link regionBits}.
 */
export function chosenRegions(bits: Uint8Array, params: Readonly<Record<string, ParamValue>>): Uint8Array {
  let wanted = 0;
  let kept = 0;
  for (const name of ['face', 'mouth', 'ears', 'forehead'] as const) {
    if (params[name] === true) wanted |= REGION[name];
    else if (name !== 'face') kept |= REGION[name];
  }
  const out = new Uint8Array(bits.length);
  for (let n = 0; n < out.length; n++) if (bits[n]! & wanted && !(bits[n]! & kept)) out[n] = 1;
  return out;
}

/** Bit sets of the average head's grid looked up for every voxel of another grid; beyond its border the border holds. */
export function regionBits(bits: Uint8Array, average: AverageHead, frame: FaceFrame, grid: Grid): Uint8Array {
  const [nx, ny, nz] = grid.shape as [number, number, number];
  const [ax, ay, az] = average.regions.shape as [number, number, number];
  const m = worldToAverageIndex(average.regions.affine, frame, grid.affine);
  const out = new Uint8Array(nx * ny * nz);
  let at = 0;
  for (let k = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      let x = m[1]! * j + m[2]! * k + m[3]! + 0.5;
      let y = m[5]! * j + m[6]! * k + m[7]! + 0.5;
      let z = m[9]! * j + m[10]! * k + m[11]! + 0.5;
      for (let i = 0; i < nx; i++, at++, x += m[0]!, y += m[4]!, z += m[8]!) {
        const p = x < 0 ? 0 : x >= ax ? ax - 1 : x | 0;
        const q = y < 0 ? 0 : y >= ay ? ay - 1 : y | 0;
        const r = z < 0 ? 0 : z >= az ? az - 1 : z | 0;
        out[at] = bits[p + ax * (q + ay * r)]!;
      }
    }
  }
  return out;
}

/** Voxel index of a scan → voxel index of a grid of the average head. */
export function worldToAverageIndex(averageGrid: Affine, frame: FaceFrame, grid: Affine): Affine {
  return multiply(invert(averageGrid), multiply(invert(frame.averageToWorld), grid));
}
