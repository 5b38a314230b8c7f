import { type SurfaceLevels, TISSUE_SHARE, type TissueMap } from './levels.ts';
import type { RasGrid } from './ras-grid.ts';

/** Edge of the blocks in which tissue is averaged, mm: fine enough for a coil's profile. */
const BLOCK_MM = 8;
/** Rounds of binomial smoothing over the blocks; 10 are a Gaussian of sigma 18 mm. */
const SMOOTHING = 5;
/** Each round lets dimmer tissue beside what is known already count as tissue. */
const ROUNDS = 3;
/** Tissue is nowhere taken to be dimmer than this share of the scan's typical tissue, or ghosts would be heads. */
const DIMMEST = 0.4;

/**
 * How bright tissue is in each part of a scan, so that skin far from the coil is found as well as skin at it.
 *
 * Means of what is above the local threshold, over blocks, smoothed and carried on into the air around; starting
 * from one threshold for all, each round follows the tissue into dimmer parts.
 *
 * @param values smoothed scan values on the grid
 * @param airNoise excess over the air value that noise alone may reach
 */
export function findTissueMap(
  values: Float32Array,
  grid: Pick<RasGrid, 'shape' | 'voxelSizeMm' | 'originRas'>,
  levels: SurfaceLevels,
  airNoise: number,
): TissueMap {
  const [nx, ny, nz] = grid.shape;
  const edge = Math.max(1, Math.round(BLOCK_MM / grid.voxelSizeMm));
  const shape = [nx, ny, nz].map((n) => Math.ceil(n / edge)) as [number, number, number];
  const [bx, by] = shape;
  const blocks = shape[0] * shape[1] * shape[2];
  const { airValue } = levels;
  const typical = levels.tissueValue - airValue;
  const least = Math.max(DIMMEST * typical, airNoise / TISSUE_SHARE);
  const excess = new Float32Array(blocks).fill((levels.threshold - airValue) / TISSUE_SHARE);
  const blockOf = Int32Array.from({ length: nx }, (_, i) => Math.floor(i / edge));
  for (let round = 0; round < ROUNDS; round++) {
    const square = new Float32Array(blocks);
    const sum = new Float32Array(blocks);
    let v = 0;
    for (let k = 0; k < nz; k++)
      for (let j = 0; j < ny; j++) {
        const row = bx * (Math.floor(j / edge) + by * Math.floor(k / edge));
        for (let i = 0; i < nx; i++, v++) {
          const e = values[v]! - airValue;
          const b = row + blockOf[i]!;
          if (e <= TISSUE_SHARE * excess[b]!) continue;
          square[b]! += e * e;
          sum[b]! += e;
        }
      }
    for (let n = 0; n < SMOOTHING; n++) {
      binomial(square, shape);
      binomial(sum, shape);
    }
    // Far from all tissue the typical value holds.
    const prior = 1e-3 * edge ** 3 * typical;
    for (let b = 0; b < blocks; b++)
      excess[b] = Math.max(least, (square[b]! + prior * typical) / (sum[b]! + prior));
  }
  const toCentre = ((edge - 1) / 2) * grid.voxelSizeMm;
  return {
    excess,
    shape,
    stepMm: edge * grid.voxelSizeMm,
    originRas: grid.originRas.map((mm) => mm + toCentre) as [number, number, number],
  };
}

/** Excess over air as a share of the local tissue's: 0 is air, about 1 is tissue wherever it lies. */
export function shareOfTissue(
  values: Float32Array,
  grid: Pick<RasGrid, 'shape' | 'voxelSizeMm' | 'originRas'>,
  airValue: number,
  map: TissueMap,
): Float32Array {
  const [nx, ny, nz] = grid.shape;
  const [bx, by] = map.shape;
  const [x, y, z] = [0, 1, 2].map((axis) => places(grid, map, axis)) as [Places, Places, Places];
  const out = new Float32Array(values.length);
  const line = new Float64Array(bx);
  let v = 0;
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++) {
      // Interpolated over y and z once a row, along x once a point.
      const p = bx * (y.at[j]! + by * z.at[k]!);
      const dy = bx * y.step[j]!;
      const dz = bx * by * z.step[k]!;
      const fy = y.fraction[j]!;
      const fz = z.fraction[k]!;
      for (let a = 0; a < bx; a++) {
        const near = map.excess[p + a]! * (1 - fy) + map.excess[p + a + dy]! * fy;
        const far = map.excess[p + a + dz]! * (1 - fy) + map.excess[p + a + dy + dz]! * fy;
        line[a] = near * (1 - fz) + far * fz;
      }
      for (let i = 0; i < nx; i++, v++) {
        const a = x.at[i]!;
        const tissue = line[a]! + x.fraction[i]! * (line[a + x.step[i]!]! - line[a]!);
        out[v] = (values[v]! - airValue) / tissue;
      }
    }
  return out;
}

/** For every grid point along an axis: the block before it, the step to the next one (0 at the end), the way there. */
interface Places {
  readonly at: Int32Array;
  readonly step: Uint8Array;
  readonly fraction: Float64Array;
}

function places(
  grid: Pick<RasGrid, 'shape' | 'voxelSizeMm' | 'originRas'>,
  map: TissueMap,
  axis: number,
): Places {
  const n = grid.shape[axis]!;
  const last = map.shape[axis]! - 1;
  const out = { at: new Int32Array(n), step: new Uint8Array(n), fraction: new Float64Array(n) };
  for (let i = 0; i < n; i++) {
    const mm = grid.originRas[axis]! + i * grid.voxelSizeMm - map.originRas[axis]!;
    const at = Math.min(last, Math.max(0, mm / map.stepMm));
    out.at[i] = Math.floor(at);
    out.step[i] = out.at[i]! < last ? 1 : 0;
    out.fraction[i] = at - out.at[i]!;
  }
  return out;
}

/** One round of ¼ ½ ¼ along every axis, in place; beyond the grid there is nothing. */
function binomial(data: Float32Array, shape: readonly [number, number, number]): void {
  const strides = [1, shape[0], shape[0] * shape[1]];
  for (let axis = 0; axis < 3; axis++) {
    const stride = strides[axis]!;
    const block = stride * shape[axis]!;
    for (let start = 0; start < data.length; start += block)
      for (let offset = 0; offset < stride; offset++) {
        let before = 0;
        for (let v = start + offset; v < start + block; v += stride) {
          const here = data[v]!;
          const after = v + stride < start + block ? data[v + stride]! : 0;
          data[v] = 0.5 * here + 0.25 * (before + after);
          before = here;
        }
      }
  }
}
