import { seededRandom } from '../../shared/statistics/seeded-random.ts';
import type { Volume } from '../volume/volume.ts';

export interface BrainPhantomOptions {
  readonly shape?: readonly [number, number, number];
  readonly voxelSizeMm?: readonly [number, number, number];
  /** Standard deviation of the noise as a share of WM intensity. */
  readonly noise?: number;
  /** Peak-to-peak multiplicative bias, e.g. 0.4 for factors from 0.8 to 1.2. */
  readonly bias?: number;
  /** Scale of the whole brain (1: about 1.3 litres). */
  readonly scale?: number;
  /** Radial thickness of the cortex, mm; across the folds it is about half of that. */
  readonly cortexMm?: number;
  /** Intensities of CSF, GM and WM. */
  readonly intensities?: readonly [number, number, number];
  readonly seed?: number;
}

export interface BrainPhantom {
  readonly volume: Volume<Float32Array>;
  readonly brain: Uint8Array;
  /** True fractions per voxel. */
  readonly csf: Float32Array;
  readonly gm: Float32Array;
  readonly wm: Float32Array;
  readonly bias: Float32Array;
  /** True volumes in mm³. */
  readonly volumes: { GM: number; WM: number; CSF: number; TIV: number };
}

/**
 * A brain of known volumes: folded concentric tissues with partial-volume edges, for tests and benchmarks.
 *
 * Inside out: ventricle (CSF), two deep grey nuclei in white matter whose surface is folded, cortex, a layer of CSF
 * up to a smooth ellipsoid that is the brain mask. Fractions come from 3 × 3 × 3 points per voxel; noise is
 * Gaussian, the bias field one smooth wave per axis.
 */
export function brainPhantom(options: BrainPhantomOptions = {}): BrainPhantom {
  const [sx, sy, sz] = options.voxelSizeMm ?? [2, 2, 2];
  const scale = options.scale ?? 1;
  const semi = [66 * scale, 82 * scale, 62 * scale] as const;
  const shape =
    options.shape ??
    ([
      Math.ceil((2 * semi[0]) / sx) + 8,
      Math.ceil((2 * semi[1]) / sy) + 8,
      Math.ceil((2 * semi[2]) / sz) + 8,
    ] as const);
  const [nx, ny, nz] = shape;
  const cortex = (options.cortexMm ?? 11) * scale;
  const noise = options.noise ?? 0.03;
  const depth = options.bias ?? 0;
  const [iCsf, iGm, iWm] = options.intensities ?? [300, 650, 900];
  const voxels = nx * ny * nz;
  const data = new Float32Array(voxels);
  const brain = new Uint8Array(voxels);
  const maps = { csf: new Float32Array(voxels), gm: new Float32Array(voxels), wm: new Float32Array(voxels) };
  const bias = new Float32Array(voxels).fill(1);
  const random = seededRandom(options.seed ?? 1);
  const gaussian = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const third = [-1 / 3, 0, 1 / 3];
  const sum = { csf: 0, gm: 0, wm: 0 };

  for (let k = 0, v = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++, v++) {
        const [cx, cy, cz] = [(i - (nx - 1) / 2) * sx, (j - (ny - 1) / 2) * sy, (k - (nz - 1) / 2) * sz];
        if (Math.hypot(cx / semi[0], cy / semi[1], cz / semi[2]) > 1) continue;
        brain[v] = 1;
        let [csf, gm, wm] = [0, 0, 0];
        for (const dx of third) {
          for (const dy of third) {
            for (const dz of third) {
              const [x, y, z] = [cx + dx * sx, cy + dy * sy, cz + dz * sz];
              const r = Math.hypot(x / semi[0], y / semi[1], z / semi[2]);
              const radiusMm = r * semi[0];
              // Folds: two crossing waves over the sphere of directions.
              const fold = Math.sin(9 * Math.atan2(y, x)) * Math.sin((9 * z) / (r * semi[2] + 1e-6));
              const wmEdge = semi[0] * 0.73 + 6 * scale * fold;
              const ventricle = Math.hypot(x / 14, y / 34, (z - 4) / 11) < scale;
              const nucleus = Math.hypot((Math.abs(x) - 26 * scale) / 9, y / 20, z / 13) < scale;
              if (ventricle) csf++;
              else if (nucleus) gm++;
              else if (radiusMm < wmEdge) wm++;
              else if (radiusMm < wmEdge + cortex) gm++;
              else csf++;
            }
          }
        }
        maps.csf[v] = csf / 27;
        maps.gm[v] = gm / 27;
        maps.wm[v] = wm / 27;
        sum.csf += csf / 27;
        sum.gm += gm / 27;
        sum.wm += wm / 27;
        bias[v] =
          1 + (depth / 2) * ((Math.sin(cx / 45) + Math.cos(cy / 50 + 1) + Math.sin(cz / 40 + 0.5)) / 3) * 1.3;
        const signal = (csf * iCsf + gm * iGm + wm * iWm) / 27;
        data[v] = bias[v]! * signal + noise * iWm * gaussian();
      }
    }
  }
  const voxelMm3 = sx * sy * sz;
  const [CSF, GM, WM] = [sum.csf * voxelMm3, sum.gm * voxelMm3, sum.wm * voxelMm3];
  const affine = Float64Array.from([sx, 0, 0, 0, 0, sy, 0, 0, 0, 0, sz, 0, 0, 0, 0, 1]);
  return {
    volume: { data, shape: [nx, ny, nz], affine, slope: 1, inter: 0 },
    brain,
    ...maps,
    bias,
    volumes: { GM, WM, CSF, TIV: GM + WM + CSF },
  };
}
