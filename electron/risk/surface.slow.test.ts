import { describe, expect, it } from 'vitest';
import { anatomyFrom } from '../../build/phantom/anatomy.ts';
import {
  coilAbove,
  coilAround,
  ghosted,
  metalVoid,
  shaded,
  wrappedAround,
} from '../../build/phantom/faults.ts';
import { type HeadOptions, headPhantom } from '../../build/phantom/head.ts';
import { headShape } from '../../build/phantom/head-shape.ts';
import type { Volume } from '../volume/volume.ts';
import { levelsOf } from './levels.ts';
import { withNoise } from './look-conditions.ts';
import { frameOf, renderHead } from './render.ts';
import { type HeadSurface, headSurface } from './surface.ts';

type Point = readonly [number, number, number];

const SEED = 4;
const anatomy = anatomyFrom(SEED);
const shape = headShape(anatomy);
const [sx, sy, sz] = anatomy.scale;
/** Signed distance to the phantom's skin, mm, about right near it: the oracle of this file. */
const skin = (x: number, y: number, z: number) => shape.skin(x / sx, y / sy, z / sz);

/** Points on the phantom's skin with the outward normal there. */
const truth = skinPoints();

function skinPoints(): { at: Point; normal: Point }[] {
  const gradient = ([x, y, z]: Point): Point => [
    (skin(x + 0.25, y, z) - skin(x - 0.25, y, z)) * 2,
    (skin(x, y + 0.25, z) - skin(x, y - 0.25, z)) * 2,
    (skin(x, y, z + 0.25) - skin(x, y, z - 0.25)) * 2,
  ];
  const found: { at: Point; normal: Point }[] = [];
  const step = 4;
  for (let z = -116; z < 110; z += step)
    for (let y = -120; y < 125; y += step)
      for (let x = -95; x < 96; x += step) {
        const here = skin(x, y, z);
        if (Math.abs(here) > 2 * step) continue;
        for (const [dx, dy, dz] of [
          [step, 0, 0],
          [0, step, 0],
          [0, 0, step],
        ] as const) {
          const there = skin(x + dx, y + dy, z + dz);
          if (here > 0 === there > 0) continue;
          const t = here / (here - there);
          let at: Point = [x + t * dx, y + t * dy, z + t * dz];
          // Newton's steps onto the surface.
          for (let n = 0; n < 3; n++) {
            const g = gradient(at);
            const s = skin(...at) / (g[0] ** 2 + g[1] ** 2 + g[2] ** 2);
            at = [at[0] - s * g[0], at[1] - s * g[1], at[2] - s * g[2]];
          }
          const g = gradient(at);
          const length = Math.hypot(...g);
          if (length > 0.3) found.push({ at, normal: [g[0] / length, g[1] / length, g[2] / length] });
        }
      }
  return found;
}

function fieldAt({ field, shape: [nx, ny, nz], originRas, voxelSizeMm: h }: HeadSurface, at: Point): number {
  const [x, y, z] = [0, 1, 2].map((n) => (at[n]! - originRas[n]!) / h) as [number, number, number];
  const [i, j, k] = [Math.floor(x), Math.floor(y), Math.floor(z)];
  if (i < 0 || j < 0 || k < 0 || i >= nx - 1 || j >= ny - 1 || k >= nz - 1) return -1;
  let sum = 0;
  for (const c of [0, 1])
    for (const b of [0, 1])
      for (const a of [0, 1])
        sum +=
          field[i + a + nx * (j + b + ny * (k + c))]! *
          Math.abs(1 - a - (x - i)) *
          Math.abs(1 - b - (y - j)) *
          Math.abs(1 - c - (z - k));
  return sum;
}

/** How far the found surface lies from the true one, along its normal, outwards positive; mm. */
function errors(surface: HeadSurface, where: (at: Point) => boolean): { offsets: number[]; lost: number } {
  const offsets: number[] = [];
  let lost = 0;
  for (const { at, normal } of truth) {
    if (!where(at)) continue;
    const along = (t: number) =>
      fieldAt(surface, [at[0] + t * normal[0], at[1] + t * normal[1], at[2] + t * normal[2]]);
    let best = Number.NaN;
    let before = along(-8);
    for (let t = -7.75; t <= 8; t += 0.25) {
      const value = along(t);
      if (before > 0 && value <= 0) {
        const crossing = t - 0.25 * (value / (value - before));
        if (!(Math.abs(crossing) > Math.abs(best))) best = crossing;
      }
      before = value;
    }
    if (Number.isNaN(best)) lost += 1;
    else offsets.push(best);
  }
  return { offsets, lost };
}

const phantom = (options: Partial<HeadOptions> = {}): Volume =>
  headPhantom({ seed: SEED, voxelSizeMm: 2, ...options }).volume;
const isFace = ([, y, z]: Point) => y > 45 && z < 5 && z > -112;

describe('headSurface on a head whose skin is known', () => {
  // [what, scan, mean absolute error, 95th percentile], mm; 2 mm voxels unless said otherwise.
  it.each([
    ['a usual scan', () => phantom(), 0.3, 0.8],
    ['voxels of 1 mm', () => phantom({ voxelSizeMm: 1.25 }), 0.3, 0.7],
    ['slices of 3 mm', () => phantom({ voxelSizeMm: [1, 1, 3] }), 0.3, 0.8],
    ['oblique', () => phantom({ obliqueDegrees: [15, 10, 8] }), 0.4, 1.1],
    // Turned so that much of the grid was not scanned, with values below zero as filtered scans have them.
    ['oblique, air about zero', () => withNoise(phantom({ obliqueDegrees: [25, 0, 20] }), 20, 20), 0.4, 1.1],
    ['T2-weighted', () => phantom({ contrast: 'T2w' }), 0.3, 0.8],
    ['noise of an eighth of white matter', () => phantom({ noise: 90 }), 0.5, 0.9],
    ['coil above', () => coilAbove(phantom()), 0.5, 1.3],
    ['coil around', () => coilAround(phantom()), 0.3, 0.8],
    ['a ghost of 8 %', () => ghosted(phantom(), 0.08), 0.4, 1],
  ] as const)('finds it: %s', (_, scan, meanMm, highMm) => {
    const surface = headSurface(scan());
    for (const where of [isFace, () => true]) {
      const { offsets, lost } = errors(surface, where);
      const sizes = offsets.map(Math.abs).sort((a, b) => a - b);
      expect(sizes.reduce((a, b) => a + b, 0) / sizes.length).toBeLessThan(meanMm);
      expect(sizes[Math.floor(0.95 * sizes.length)]).toBeLessThan(highMm);
      expect(lost).toBeLessThan(0.015 * offsets.length);
    }
  });

  it('shows a nose cut by the field of view as flat flesh, and the rest of the head where it is', () => {
    // Two dark sheets stand in for the cartilage of a nose; where the nose is cut they open to the front.
    const cartilage = (x: number, y: number, z: number) =>
      y > 74 && z > -60 && Math.abs(Math.abs(x) - 4.5) < 1.5 ? 0.02 : 1;
    const whole = shaded(phantom({ fieldOfViewMm: [200, 228, 224] }), cartilage);
    const planes = 13;
    const surface = headSurface(wrappedAround(whole, planes));
    const cut = whole.affine[7]! + whole.affine[5]! * (whole.shape[1]! - 1 - planes);
    let [inside, hollow] = [0, 0];
    for (let z = -70; z < 0; z++)
      for (let x = -30; x <= 30; x++) {
        if (skin(x, cut, z) > -3) continue;
        inside += 1;
        if (fieldAt(surface, [x, cut - 1, z]) <= 0) hollow += 1;
      }
    expect(inside).toBeGreaterThan(150);
    expect(hollow).toBe(0);
    const { offsets, lost } = errors(surface, ([, y]) => y < cut - 4 && y > -60);
    expect(lost).toBeLessThan(20);
    expect(offsets.map(Math.abs).sort((a, b) => a - b)[Math.floor(0.95 * offsets.length)]).toBeLessThan(0.8);
  });

  it('is not moved by a metal void in the mouth, away from it', () => {
    const centre = [8, 77, -78] as const;
    const away = (at: Point) => Math.hypot(at[0] - centre[0], at[1] - centre[1], at[2] - centre[2]) > 26;
    const { offsets, lost } = errors(headSurface(metalVoid(phantom(), centre, 16)), away);
    expect(lost).toBeLessThan(15);
    expect(offsets.map(Math.abs).sort((a, b) => a - b)[Math.floor(0.95 * offsets.length)]).toBeLessThan(0.8);
  });

  it('leaves nothing floating beside the head: no pixel apart from it in the picture', () => {
    const noisy = ghosted(phantom({ noise: 90 }), 0.08);
    const surface = headSurface(noisy);
    const size = 128;
    const { gray } = renderHead(surface, { view: 'front', size, frame: frameOf(surface) });
    const seen = new Uint8Array(gray.length);
    const todo = [64 * size + 64];
    for (let p = todo.pop(); p !== undefined; p = todo.pop()) {
      if (seen[p] === 1 || gray[p] === 0) continue;
      seen[p] = 1;
      todo.push(p - 1, p + 1, p - size, p + size);
    }
    expect(gray.reduce((n, value, p) => n + (value > 0 && seen[p] === 0 ? 1 : 0), 0)).toBe(0);
  });

  it('cuts an edited scan as its original when given its levels', () => {
    const original = coilAbove(phantom({ voxelSizeMm: 4 }));
    const before = headSurface(original);
    const [nx, ny] = original.shape as [number, number];
    const data = Float32Array.from(original.data);
    // The face emptied: everything in front of 40 mm and below the brow.
    for (let v = 0; v < data.length; v++) {
      const y = original.affine[7]! + 4 * (Math.floor(v / nx) % ny);
      const z = original.affine[11]! + 4 * Math.floor(v / (nx * ny));
      if (y > 40 && z < 0) data[v] = 0;
    }
    const after = headSurface({ ...original, data }, { levels: before });
    let worst = 0;
    const [gx, gy] = before.shape;
    for (let v = 0; v < before.field.length; v++) {
      const y = before.originRas[1] + before.voxelSizeMm * (Math.floor(v / gx) % gy);
      if (y < 20) worst = Math.max(worst, Math.abs(after.field[v]! - before.field[v]!));
    }
    expect(after.tissueMap).toBe(before.tissueMap);
    expect(worst).toBeLessThan(1e-6);

    const kept = JSON.parse(JSON.stringify(levelsOf(before)));
    const again = headSurface({ ...original, data }, { levels: kept });
    const apart = again.field.reduce(
      (most, value, v) => Math.max(most, Math.abs(value - after.field[v]!)),
      0,
    );
    expect(apart).toBeLessThan(1e-3);
  });
});
