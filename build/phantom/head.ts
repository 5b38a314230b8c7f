import type { Volume } from '../../electron/volume/volume.ts';
import { type Affine, apply, fromColumns, type Vec3 } from '../../shared/geometry/affine.ts';
import { parseAxisCodes } from '../../shared/geometry/orientation.ts';
import { anatomyFrom } from './anatomy.ts';
import { type HeadShape, headShape } from './head-shape.ts';
import { type Random, randomFrom } from './random.ts';
import { type Contrast, SIGNAL, TISSUES, Tissue } from './tissue.ts';

export interface HeadOptions {
  /** Which phantom person; every seed is another head. */
  readonly seed: number;
  readonly contrast?: Contrast;
  /** Voxel edges along the array axes, mm; default 2. */
  readonly voxelSizeMm?: number | readonly [number, number, number];
  /** Body directions the array axes grow in; default `RAS`. */
  readonly axisCodes?: string;
  /** Turn of the acquisition grid about x, y, z, degrees. */
  readonly obliqueDegrees?: readonly [number, number, number];
  /** Where the head's origin lies in the scanner, mm. */
  readonly offsetRas?: readonly [number, number, number];
  /** Field of view along x, y, z, mm; default 200 × 240 × 224. */
  readonly fieldOfViewMm?: readonly [number, number, number];
  /** Standard deviation of the noise in each channel, scanner units (white matter is 740 in T1w); default 14. */
  readonly noise?: number;
  /** Strength of the receive-coil shading; 0 is none, 1 (default) about ±20 %. */
  readonly bias?: number;
  /** Only the brain, everything else 0. */
  readonly skullStripped?: boolean;
}

export interface BrainTruth {
  /** Volumes in mm³, partial voxels counted by their share; TIV = GM + WM + CSF. */
  readonly GM: number;
  readonly WM: number;
  readonly CSF: number;
  readonly TIV: number;
}

export interface HeadPhantom {
  readonly volume: Volume<Int16Array>;
  readonly truth: BrainTruth;
  /** Inside the closed outer surface of the brain, 0 or 1: sulci and ventricles included. */
  readonly brainMask: Uint8Array;
  /** Skin and soft tissue in front of the orbits' depth, from brow to chin, outside the skull; 0 or 1. */
  readonly faceMask: Uint8Array;
  /** Share of each voxel that is CSF, GM and WM inside the skull, in 255ths. */
  readonly fractions: { readonly CSF: Uint8Array; readonly GM: Uint8Array; readonly WM: Uint8Array };
}

/** The head's origin sits this far from the middle of the field of view: there is more head below and behind. */
const CENTRE_OF_VIEW: Vec3 = [0, -4, -17];

/**
 * A synthetic head scan: no real person, but a skull, a face, ears, a neck and a brain whose volumes are known.
 *
 * The head is a set of signed distances in millimetres, sampled at four points of a 2 mm voxel (one below
 * 1.5 mm), given a signal per tissue, multiplied with a smooth bias field and buried in Rician noise. int16,
 * slope 1, inter 0. Same options, same voxels.
 *
 * @example headPhantom({ seed: 1 }).truth.TIV // about 1.5e6
 */
export function headPhantom(options: HeadOptions): HeadPhantom {
  const { shape, affine } = gridOf(options);
  const anatomy = anatomyFrom(options.seed);
  const sampled = sampleHead(headShape(anatomy), anatomy.scale, shape, affine, options);
  const signal = SIGNAL[options.contrast ?? 'T1w'];
  const random = randomFrom(options.seed * 104729 + signal[1]!);
  const data = acquire(sampled, signal, shape, affine, options, random);
  const volume = { data, shape, affine, slope: 1, inter: 0 };
  const { brainMask, faceMask, CSF, GM, WM } = sampled;
  return { volume, truth: truthOf(sampled, affine), brainMask, faceMask, fractions: { CSF, GM, WM } };
}

/** Extents and affine of the acquisition that the options describe. */
function gridOf(options: HeadOptions): { shape: [number, number, number]; affine: Affine } {
  const size = options.voxelSizeMm ?? 2;
  const zooms: readonly [number, number, number] = typeof size === 'number' ? [size, size, size] : size;
  const view = options.fieldOfViewMm ?? [200, 240, 224];
  const turn = rotation(options.obliqueDegrees ?? [0, 0, 0]);
  const columns: Vec3[] = [];
  const shape: [number, number, number] = [0, 0, 0];
  parseAxisCodes(options.axisCodes ?? 'RAS').forEach(({ axis, flip }, n) => {
    shape[n] = Math.max(1, Math.round(view[axis]! / zooms[n]!));
    columns.push([0, 1, 2].map((row) => turn[row]![axis]! * flip * zooms[n]!) as Vec3);
  });
  const [i, j, k] = columns as [Vec3, Vec3, Vec3];
  const offset = options.offsetRas ?? [0, 0, 0];
  const half = shape.map((n) => (n - 1) / 2) as Vec3;
  const origin = [0, 1, 2].map(
    (r) => CENTRE_OF_VIEW[r]! + offset[r]! - i[r]! * half[0] - j[r]! * half[1] - k[r]! * half[2],
  ) as Vec3;
  return { shape, affine: fromColumns(i, j, k, origin) };
}

function rotation(degrees: readonly [number, number, number]): number[][] {
  const [a, b, c] = degrees.map((d) => (d * Math.PI) / 180) as Vec3;
  const x = [
    [1, 0, 0],
    [0, Math.cos(a), -Math.sin(a)],
    [0, Math.sin(a), Math.cos(a)],
  ]; // prettier-ignore
  const y = [
    [Math.cos(b), 0, Math.sin(b)],
    [0, 1, 0],
    [-Math.sin(b), 0, Math.cos(b)],
  ]; // prettier-ignore
  const z = [
    [Math.cos(c), -Math.sin(c), 0],
    [Math.sin(c), Math.cos(c), 0],
    [0, 0, 1],
  ]; // prettier-ignore
  const times = (p: number[][], q: number[][]) =>
    p.map((row) => [0, 1, 2].map((n) => row.reduce((sum, v, m) => sum + v * q[m]![n]!, 0)));
  return times(z, times(y, x));
}

/** The first three rows of an affine. */
type Matrix = [
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
];

interface SampledHead {
  /** Share of every tissue in every voxel, in 255ths, tissue-fastest. */
  readonly shares: Uint8Array;
  readonly CSF: Uint8Array;
  readonly GM: Uint8Array;
  readonly WM: Uint8Array;
  readonly brainMask: Uint8Array;
  readonly faceMask: Uint8Array;
}

function sampleHead(
  head: HeadShape,
  scale: readonly [number, number, number],
  shape: readonly [number, number, number],
  affine: Affine,
  options: HeadOptions,
): SampledHead {
  const [nx, ny, nz] = shape;
  const voxels = nx * ny * nz;
  const out = {
    shares: new Uint8Array(voxels * TISSUES),
    CSF: new Uint8Array(voxels),
    GM: new Uint8Array(voxels),
    WM: new Uint8Array(voxels),
    brainMask: new Uint8Array(voxels),
    faceMask: new Uint8Array(voxels),
  };
  const offset = options.offsetRas ?? [0, 0, 0];
  // Voxel index → head coordinates, mm.
  const m = affine.map((value, n) => {
    const row = n >> 2;
    if (row === 3) return value;
    return (n % 4 === 3 ? value - offset[row]! : value) / scale[row]!;
  });
  const edge = (c: number) => Math.hypot(m[c]!, m[4 + c]!, m[8 + c]!);
  const h = (edge(0) + edge(1) + edge(2)) / 3;
  const radius = Math.hypot(edge(0), edge(1), edge(2)) / 2;
  // Points per voxel along each axis, so that samples are about 1 mm apart.
  const per = [0, 1, 2].map((c) => (edge(c) < 1.5 ? 1 : Math.min(4, Math.round(edge(c)))));
  const [si, sj, sk] = (per[0]! * per[1]! * per[2]! > 16 ? [2, 2, 2] : per) as Vec3;
  const points: number[] = [];
  for (let c = 0; c < sk; c++)
    for (let b = 0; b < sj; b++)
      for (let a = 0; a < si; a++) {
        // Of a 2 × 2 × 2 pattern every other corner is enough: four points that see every face alike.
        if (si > 1 && sj > 1 && sk > 1 && (a + b + c) % 2 === 1) continue;
        points.push((a + 0.5) / si - 0.5, (b + 0.5) / sj - 0.5, (c + 0.5) / sk - 0.5);
      }
  const samples = points.length / 3;
  const count = new Float64Array(TISSUES);

  const [mxi, mxj, mxk, mx, myi, myj, myk, my, mzi, mzj, mzk, mz] = m as unknown as number[] as Matrix;

  const voxel = (v: number, i: number, j: number, k: number, deep: number) => {
    const x = mxi * i + mxj * j + mxk * k + mx;
    const y = myi * i + myj * j + myk * k + my;
    const z = mzi * i + mzj * j + mzk * k + mz;
    const skin = deep < 0 ? deep : head.skin(x, y, z);
    // Share of the voxel inside the skin, from the distance of its centre.
    const inside = Math.min(1, Math.max(0, 0.5 - skin / h));
    if (inside === 0) return;
    const cavity = head.brain.cavity(x, y, z);
    count.fill(0);
    if (cavity > 14 && y < 25) {
      count[head.tissueAt(x, y, z, Math.min(skin, -0.01), cavity)] = samples;
    } else {
      for (let p = 0; p < points.length; p += 3) {
        const a = points[p]!;
        const b = points[p + 1]!;
        const c = points[p + 2]!;
        const px = x + mxi * a + mxj * b + mxk * c;
        const py = y + myi * a + myj * b + myk * c;
        const pz = z + mzi * a + mzj * b + mzk * c;
        const pointCavity = Math.abs(cavity) > radius + 1 ? cavity : head.brain.cavity(px, py, pz);
        const tissue = head.tissueAt(px, py, pz, Math.min(skin, -0.01), pointCavity);
        count[tissue]! += 1;
        if (pointCavity < 0) {
          if (tissue === Tissue.csf) out.CSF[v]! += 1;
          else if (tissue === Tissue.gm) out.GM[v]! += 1;
          else if (tissue === Tissue.wm) out.WM[v]! += 1;
        }
      }
    }
    for (let t = 0; t < TISSUES; t++)
      out.shares[v * TISSUES + t] = Math.round((255 * inside * count[t]!) / samples);
    for (const share of [out.CSF, out.GM, out.WM]) share[v] = Math.round((255 * share[v]!) / samples);
    if (cavity < 1 && head.brain.hull(x, y, z) < 0) out.brainMask[v] = 1;
    if (inside > 0.25 && cavity > 4 && y > 36 && z < 4 && z > -122) out.faceMask[v] = 1;
  };

  // Blocks whose middle is far outside the skin hold only air: most of the grid.
  const BLOCK = 4;
  const reach = (BLOCK / 2) * Math.hypot(edge(0), edge(1), edge(2));
  for (let k0 = 0; k0 < nz; k0 += BLOCK)
    for (let j0 = 0; j0 < ny; j0 += BLOCK)
      for (let i0 = 0; i0 < nx; i0 += BLOCK) {
        const [x, y, z] = apply(m, i0 + 1.5, j0 + 1.5, k0 + 1.5);
        const skin = head.skin(x, y, z);
        if (skin > 1.6 * reach + 4) continue;
        // Far below the skin its exact depth no longer matters.
        const deep = skin < -18 - 2 * reach ? skin + reach : 0;
        for (let k = k0; k < Math.min(nz, k0 + BLOCK); k++)
          for (let j = j0; j < Math.min(ny, j0 + BLOCK); j++)
            for (let i = i0; i < Math.min(nx, i0 + BLOCK); i++) voxel(i + nx * (j + ny * k), i, j, k, deep);
      }
  return out;
}

function truthOf({ CSF, GM, WM }: SampledHead, affine: Affine): BrainTruth {
  const voxelMm3 = Math.abs(
    affine[0]! * (affine[5]! * affine[10]! - affine[6]! * affine[9]!) -
      affine[1]! * (affine[4]! * affine[10]! - affine[6]! * affine[8]!) +
      affine[2]! * (affine[4]! * affine[9]! - affine[5]! * affine[8]!),
  );
  const total = (share: Uint8Array) => (share.reduce((sum, value) => sum + value, 0) / 255) * voxelMm3;
  const truth = { GM: total(GM), WM: total(WM), CSF: total(CSF) };
  return { ...truth, TIV: truth.GM + truth.WM + truth.CSF };
}

/** Signal of the tissues, shaded by the coil, with Rician noise, as int16. */
function acquire(
  sampled: SampledHead,
  signal: readonly number[],
  shape: readonly [number, number, number],
  affine: Affine,
  options: HeadOptions,
  random: Random,
): Int16Array {
  const [nx, ny, nz] = shape;
  const { shares, brainMask } = sampled;
  const out = new Int16Array(nx * ny * nz);
  const strength = options.bias ?? 1;
  const sigma = options.noise ?? 14;
  const offset = options.offsetRas ?? [0, 0, 0];
  // Coefficients of a quadratic in x/100, y/100, z/100, plus the fall-off towards the neck.
  const [bx, by, bz, bxx, byy, bzz] = Array.from(
    { length: 6 },
    () => strength * random.between(-0.13, 0.13),
  ) as [number, number, number, number, number, number]; // prettier-ignore
  // A table of normal deviates is drawn from at random places: far quicker, and as good here.
  const normals = Float32Array.from({ length: 1 << 16 }, () => sigma * random.normal());
  let state = random.below(2 ** 31);
  let v = 0;
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, v++) {
        let value = 0;
        for (let t = 1; t < TISSUES; t++) value += (shares[v * TISSUES + t]! / 255) * signal[t]!;
        if (value > 0 && strength !== 0) {
          const x = (affine[0]! * i + affine[1]! * j + affine[2]! * k + affine[3]! - offset[0]) / 100;
          const y = (affine[4]! * i + affine[5]! * j + affine[6]! * k + affine[7]! - offset[1]) / 100;
          const z = (affine[8]! * i + affine[9]! * j + affine[10]! * k + affine[11]! - offset[2]) / 100;
          const low = z < -0.6 ? strength * 0.5 * (z + 0.6) : 0;
          value *= Math.exp(bx * x + by * y + bz * z + bxx * x * x + byy * y * y + bzz * z * z + low);
        }
        if (options.skullStripped && brainMask[v] === 0) continue;
        if (sigma > 0) {
          state = (Math.imul(state, 1664525) + 1013904223) | 0; // Numerical Recipes' quick generator
          const real = value + normals[state >>> 16]!;
          state = (Math.imul(state, 1664525) + 1013904223) | 0;
          const imaginary = normals[state >>> 16]!;
          value = Math.sqrt(real * real + imaginary * imaginary);
        }
        out[v] = Math.round(value);
      }
  return out;
}
