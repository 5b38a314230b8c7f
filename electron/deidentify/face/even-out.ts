import { averageBlocks } from '../../volume/conform.ts';
import { smoothAxes } from '../../volume/gaussian.ts';
import { resample } from '../../volume/resample.ts';
import type { Volume } from '../../volume/volume.ts';
import { percentiles } from './head-start.ts';

const SHADING_MM = 28;

/**
 * Takes out the slow shading of the coil and caps what is far brighter than brain.
 *
 * The shading is the Gaussian mean (σ 28 mm) over tissue between the head/air threshold and a cap above the
 * brain's own median; bright scalp fat near a surface coil is left out of it. Values above the cap are folded down,
 * so that fat behind a thin skull does not look like more brain.
 *
 * @param volume RAS+, isotropic
 * @param core voxels whose median is brain
 * @param threshold head/air threshold
 * @param within voxels the shading is read from, all of them when left out; with the brain's own neighbourhood, what
 *   lies in the face or neck has no say
 * @returns a new volume in which the median of tissue is about 1 everywhere
 */
export function evenOut(
  volume: Volume<Float32Array>,
  core: Uint8Array,
  threshold: number,
  spacingMm: number,
  within?: Uint8Array,
): Volume<Float32Array> {
  let data = volume.data;
  for (let pass = 0; pass < 2; pass++) {
    const floor = pass === 0 ? threshold : 0.25;
    const source = data;
    const [median] = percentiles(source, [50], (n) => core[n] === 1 && source[n]! > floor) as [number];
    const cap = (pass === 0 ? 2.2 : 1.7) * median;
    const weight = new Float32Array(source.length);
    const tissue = new Float32Array(source.length);
    for (let n = 0; n < source.length; n++) {
      if (within && !within[n]) continue;
      const v = source[n]!;
      // Far brighter than what lies deep in the head, or far darker: fat, air, bone, not what shading is read from.
      if (v > floor && v < cap && v > 0.35 * median) {
        weight[n] = 1;
        tissue[n] = v;
      }
    }
    // Shading is smooth, so its two sums are taken on blocks of 4 voxels and read back by interpolation.
    const s = SHADING_MM / spacingMm / 4;
    const block = (values: Float32Array) => averageBlocks({ ...volume, data: values }, [4, 4, 4]);
    const [top, bottom] = [block(tissue), block(weight)];
    const field = smoothAxes(top.data, top.shape, [s, s, s]);
    const share = smoothAxes(bottom.data, bottom.shape, [s, s, s]);
    for (let n = 0; n < field.length; n++) field[n] = (field[n]! + 0.01 * median) / (share[n]! + 0.01);
    const shading = resample({ ...top, data: field }, volume);
    const next = new Float32Array(source.length);
    for (let n = 0; n < source.length; n++)
      next[n] = shading.data[n]! > 0 ? source[n]! / shading.data[n]! : 0;
    data = next;
  }
  const out = data.slice();
  const [median] = percentiles(data, [50], (n) => core[n] === 1 && data[n]! > 0.25) as [number];
  for (let n = 0; n < out.length; n++) {
    const v = out[n]! / median;
    out[n] = v > 1.9 ? Math.max(0, 1.9 - 2.5 * (v - 1.9)) : v;
  }
  return { ...volume, data: out };
}

/** Voxels within a radius (mm) of a point given in voxels. */
export function ball(
  shape: readonly number[],
  centre: readonly [number, number, number],
  radiusMm: number,
  spacingMm: number,
): Uint8Array {
  const [nx, ny, nz] = shape as [number, number, number];
  const r2 = (radiusMm / spacingMm) ** 2;
  const out = new Uint8Array(nx * ny * nz);
  const [x, y, z] = centre;
  let at = 0;
  for (let k = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++, at++) if ((i - x) ** 2 + (j - y) ** 2 + (k - z) ** 2 < r2) out[at] = 1;
    }
  }
  return out;
}
