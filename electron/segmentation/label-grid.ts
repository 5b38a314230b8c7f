import { invert, multiply } from '../../shared/geometry/affine.ts';
import type { Grid } from '../volume/resample.ts';
import { KEPT, NONE, type ProbabilityMap } from './probability-map.ts';

/** The winning channel of every voxel of a grid. */
export interface ChannelMap {
  /** Channel per voxel, i-fastest. */
  readonly channel: Uint8Array;
  /** Voxels per channel, and the sum of their winning probabilities. */
  readonly counts: Float64Array;
  readonly confidence: Float64Array;
}

/**
 * Interpolates probabilities trilinearly on another grid and takes the likeliest channel of each voxel.
 *
 * Exact up to the dropped tails: where all eight corners give a channel more than a half it wins without a sum;
 * elsewhere the corners' kept channels are added up. Beyond the map's border the border value holds.
 */
export function labelGrid(map: ProbabilityMap, target: Grid): ChannelMap {
  const [nx, ny, nz] = target.shape as [number, number, number];
  const [sx, sy, sz] = map.grid.shape as [number, number, number];
  const m = multiply(invert(map.grid.affine), target.affine); // target index → map index
  const certain = certainCells(map);
  const out = new Uint8Array(nx * ny * nz);
  const counts = new Float64Array(map.channels);
  const confidence = new Float64Array(map.channels);
  const sums = new Float32Array(map.channels);
  const touched = new Uint8Array(map.channels);
  const { channel, value } = map;
  const corner = new Int32Array(8);
  const weight = new Float32Array(8);
  let to = 0;
  for (let k = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      let x0 = m[1]! * j + m[2]! * k + m[3]!;
      let y0 = m[5]! * j + m[6]! * k + m[7]!;
      let z0 = m[9]! * j + m[10]! * k + m[11]!;
      for (let i = 0; i < nx; i++, to++, x0 += m[0]!, y0 += m[4]!, z0 += m[8]!) {
        const x = x0 < 0 ? 0 : x0 > sx - 1 ? sx - 1 : x0;
        const y = y0 < 0 ? 0 : y0 > sy - 1 ? sy - 1 : y0;
        const z = z0 < 0 ? 0 : z0 > sz - 1 ? sz - 1 : z0;
        const [a, b, c] = [x | 0, y | 0, z | 0];
        const cell = a + sx * (b + sy * c);
        const sure = certain[cell]!;
        if (sure === 0) {
          counts[0]!++; // channel 0 is air: nobody asks how sure its voxels are
          confidence[0]! += value[cell * KEPT]!;
          continue;
        }
        const di = a < sx - 1 ? 1 : 0;
        const dj = b < sy - 1 ? sx : 0;
        const dk = c < sz - 1 ? sx * sy : 0;
        const [fx, fy, fz] = [x - a, y - b, z - c];
        const [gx, gy, gz] = [1 - fx, 1 - fy, 1 - fz];
        corner[0] = cell;
        corner[1] = cell + di;
        corner[2] = cell + dj;
        corner[3] = cell + dj + di;
        corner[4] = cell + dk;
        corner[5] = cell + dk + di;
        corner[6] = cell + dk + dj;
        corner[7] = cell + dk + dj + di;
        weight[0] = gx * gy * gz;
        weight[1] = fx * gy * gz;
        weight[2] = gx * fy * gz;
        weight[3] = fx * fy * gz;
        weight[4] = gx * gy * fz;
        weight[5] = fx * gy * fz;
        weight[6] = gx * fy * fz;
        weight[7] = fx * fy * fz;
        let best = sure;
        let p = 0;
        if (sure !== NONE) {
          for (let n = 0; n < 8; n++) p += weight[n]! * value[corner[n]! * KEPT]!;
        } else {
          let many = 0;
          for (let n = 0; n < 8; n++) {
            const w = weight[n]!;
            if (w === 0) continue;
            const first = corner[n]! * KEPT;
            for (let e = first; e < first + KEPT; e++) {
              const ch = channel[e]!;
              if (ch === NONE) break;
              if (sums[ch] === 0) touched[many++] = ch;
              sums[ch]! += w * value[e]!;
            }
          }
          best = 0;
          for (let n = 0; n < many; n++) {
            const ch = touched[n]!;
            if (sums[ch]! > p || (sums[ch] === p && ch < best)) {
              p = sums[ch]!;
              best = ch;
            }
            sums[ch] = 0;
          }
        }
        out[to] = best;
        counts[best]!++;
        confidence[best]! += p;
      }
    }
  }
  return { channel: out, counts, confidence };
}

/** Per cell of eight corners: the channel that has more than a half at each of them, or NONE. */
function certainCells(map: ProbabilityMap): Uint8Array {
  const [sx, sy, sz] = map.grid.shape as [number, number, number];
  const count = sx * sy * sz;
  // Combined axis by axis: pairs, then fours, then eights.
  const out = new Uint8Array(count);
  for (let n = 0; n < count; n++) out[n] = map.value[n * KEPT]! > 0.5 ? map.channel[n * KEPT]! : NONE;
  const steps: [number, (n: number) => boolean][] = [
    [1, (n) => n % sx < sx - 1],
    [sx, (n) => Math.floor(n / sx) % sy < sy - 1],
    [sx * sy, (n) => n < count - sx * sy],
  ];
  for (const [step, hasNext] of steps) {
    for (let n = 0; n < count; n++) if (hasNext(n) && out[n] !== out[n + step]) out[n] = NONE;
  }
  return out;
}
