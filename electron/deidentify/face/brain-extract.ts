import { voxelVolumeMm3 } from '../../../shared/geometry/affine.ts';
import type { Problem } from '../../../shared/problem.ts';
import { conform } from '../../volume/conform.ts';
import { resample } from '../../volume/resample.ts';
import type { Volume } from '../../volume/volume.ts';
import { growSurface } from './brain-surface.ts';
import { findHead, percentiles } from './head-start.ts';
import { countOnes } from './morphology.ts';
import { voxelise } from './voxelise.ts';

export interface BrainExtraction {
  /** 0/1 on the scan's own grid, first three axes. */
  readonly mask: Uint8Array;
  readonly volumeMm3: number;
  readonly quality: Readonly<Record<string, number>>;
  readonly problems: readonly Problem[];
}

const SPACING = 2;

/**
 * The brain of a whole-head T1-weighted scan.
 *
 * @param volume any orientation and resolution; the first frame is used
 */
export async function extractBrain(
  volume: Volume,
  options: { signal: AbortSignal },
): Promise<BrainExtraction> {
  const { signal } = options;
  const work = conform(volume, SPACING);
  const head = findHead(work, SPACING);
  const [nx, ny] = work.shape as [number, number, number];
  const near = (centre: readonly number[], radius: number) => (n: number) => {
    const i = n % nx;
    const j = ((n / nx) | 0) % ny;
    const k = (n / (nx * ny)) | 0;
    const d = (i - centre[0]!) ** 2 + (j - centre[1]!) ** 2 + (k - centre[2]!) ** 2;
    return d < radius * radius && work.data[n]! > head.threshold;
  };
  const [median] = percentiles(work.data, [50], near(head.centre, (0.6 * head.halfWidthMm) / SPACING)) as [
    number,
  ];
  const base = {
    low: head.low,
    threshold: head.threshold,
    median,
    spacingMm: SPACING,
    signal,
    centre: head.centre,
  };
  const coarse = growSurface(work, {
    ...base,
    fraction: 0.5,
    radiusMm: head.halfWidthMm * 0.5,
    iterations: 400,
    level: 3,
  });
  const mask0 = voxelise(coarse, work.shape);
  // second start
  let [sx, sy, sz, sn] = [0, 0, 0, 0];
  for (let n = 0; n < mask0.length; n++) {
    if (!mask0[n]) continue;
    sx += n % nx;
    sy += ((n / nx) | 0) % ny;
    sz += (n / (nx * ny)) | 0;
    sn++;
  }
  const centre: [number, number, number] = [sx / sn, sy / sn, sz / sn];
  const [median2] = percentiles(work.data, [50], (n) => mask0[n] === 1 && work.data[n]! > head.threshold) as [
    number,
  ];
  const fine = growSurface(work, {
    ...base,
    centre,
    median: median2,
    fraction: 0.5,
    radiusMm: head.halfWidthMm * 0.5,
    iterations: 700,
    level: 4,
  });
  const mask1 = voxelise(fine, work.shape);
  const native = resample({ ...work, data: Float32Array.from(mask1) }, volume);
  const mask = Uint8Array.from(native.data, (v) => (v >= 0.5 ? 1 : 0));
  return {
    mask,
    volumeMm3: countOnes(mask) * voxelVolumeMm3(volume.affine),
    quality: { x: sn },
    problems: [],
  };
}
