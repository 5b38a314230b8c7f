import {
  type Affine,
  fromColumns,
  multiply,
  type Vec3,
  voxelVolumeMm3,
} from '../../../shared/geometry/affine.ts';
import type { Problem } from '../../../shared/problem.ts';
import { conform } from '../../volume/conform.ts';
import { resample } from '../../volume/resample.ts';
import type { Volume } from '../../volume/volume.ts';
import { growSurface } from './brain-surface.ts';
import { squaredDistanceTo } from './distance.ts';
import { evenOut } from './even-out.ts';
import { findHead, percentiles } from './head-start.ts';
import { countOnes } from './morphology.ts';
import { fitAverageBrain } from './prior-fit.ts';
import { voxelise } from './voxelise.ts';

export interface BrainExtraction {
  /** 0/1 on the scan's own grid, first three axes. */
  readonly mask: Uint8Array;
  readonly volumeMm3: number;
  /** ICBM152 millimetres → this scan's world millimetres, affine, from the brain alone; where the face is expected. */
  readonly standardToWorld: Affine;
  readonly quality: Readonly<Record<string, number>>;
  readonly problems: readonly Problem[];
}

const SPACING = 2;

export async function extractBrain(
  volume: Volume,
  options: { signal: AbortSignal },
): Promise<BrainExtraction> {
  const { signal } = options;
  const raw = conform(volume, SPACING);
  const head = findHead(raw, SPACING);
  const work = evenOut(raw, head, SPACING);
  const [nx, ny] = work.shape as [number, number, number];
  const near = (centre: readonly number[], radius: number) => (n: number) => {
    const i = n % nx;
    const j = ((n / nx) | 0) % ny;
    const k = (n / (nx * ny)) | 0;
    const d = (i - centre[0]!) ** 2 + (j - centre[1]!) ** 2 + (k - centre[2]!) ** 2;
    return d < radius * radius && work.data[n]! > 0.25;
  };
  const [median] = percentiles(work.data, [50], near(head.centre, (0.6 * head.halfWidthMm) / SPACING)) as [
    number,
  ];
  const base = { low: 0.0, threshold: 0.2, median, spacingMm: SPACING, signal, centre: head.centre };
  const f = Number(process.env.F ?? 0.5);
  const coarse = growSurface(work, {
    ...base,
    fraction: f,
    radiusMm: head.halfWidthMm * 0.5,
    iterations: 400,
    level: 3,
  });
  const s = head.halfWidthMm / 76 / SPACING;
  const [cx, cy, cz] = head.centre;
  const start: Affine = multiply(
    fromColumns([s, 0, 0], [0, s, 0], [0, 0, s], [cx, cy, cz]),
    fromColumns([1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 18, -8]),
  );
  const fit = fitAverageBrain(coarse, start, SPACING);
  const inside = voxelise(fit.mesh, work.shape);
  const out = squaredDistanceTo(inside, work.shape, [SPACING, SPACING, SPACING]);
  const inn = squaredDistanceTo(
    inside.map((v) => 1 - v),
    work.shape,
    [SPACING, SPACING, SPACING],
  );
  const leash = out.map((d, n) => Math.sqrt(d) - Math.sqrt(inn[n]!));
  const c = [0, 0, 0] as Vec3;
  const pts = fit.mesh.points;
  for (let v = 0; v < pts.length; v++) c[v % 3]! += pts[v]! / (pts.length / 3);
  const shrunk = pts.map((p, n) => c[n % 3]! + 0.85 * (p - c[n % 3]!));
  const [median2] = percentiles(work.data, [50], (n) => inside[n] === 1 && work.data[n]! > 0.25) as [number];
  const fine = growSurface(work, {
    ...base,
    centre: c,
    median: median2,
    fraction: f,
    radiusMm: 0,
    iterations: Number(process.env.IT ?? 300),
    level: 4,
    start: { points: shrunk, triangles: fit.mesh.triangles },
    leash,
    slackMm: Number(process.env.SL ?? 5),
  });
  const mask1 = voxelise(process.env.PRIOR ? fit.mesh : fine, work.shape);
  const native = resample({ ...work, data: Float32Array.from(mask1) }, volume);
  const mask = Uint8Array.from(native.data, (v) => (v >= 0.5 ? 1 : 0));
  return {
    mask,
    volumeMm3: countOnes(mask) * voxelVolumeMm3(volume.affine),
    standardToWorld: multiply(work.affine, fit.affine),
    quality: { residual: fit.residualMm },
    problems: [],
  };
}
