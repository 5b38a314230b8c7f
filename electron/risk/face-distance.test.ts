import { describe, expect, it } from 'vitest';
import { type Affine, fromColumns, invert, multiply, type Vec3 } from '../../shared/geometry/affine.ts';
import type { Volume } from '../volume/volume.ts';
import { faceDistance, NoFaceSurfaceError } from './face-distance.ts';
import type { FaceRegion } from './face-region.ts';
import { surfaceFromDistance } from './level-surface.ts';
import { type HeadSurface, headSurface } from './surface.ts';

/** Signed distance to a body in world mm, negative inside. */
type Body = (x: number, y: number, z: number) => number;

const ball =
  (radius: number, cx = 0, cy = 0, cz = 0): Body =>
  (x, y, z) =>
    Math.hypot(x - cx, y - cy, z - cz) - radius;
/** A block that ends at `front` in y and at 60 mm on the other sides. */
const block =
  (front: number): Body =>
  (x, y, z) =>
    Math.max(y - front, -60 - y, Math.abs(x) - 60, Math.abs(z) - 60);
/** A cylinder along y with its bottom at y = bottom. */
const drill =
  (radius: number, bottom: number): Body =>
  (x, y, z) =>
    Math.max(Math.hypot(x, z) - radius, bottom - y);
const without =
  (body: Body, hole: Body): Body =>
  (x, y, z) =>
    Math.max(body(x, y, z), -hole(x, y, z));

const everywhere: FaceRegion = { from: 'window', contains: () => true };
const front = (radius: number): FaceRegion => ({
  from: 'window',
  contains: (x, y, z) => y > 0 && Math.hypot(x, z) < radius,
});

/** The level set of a body on a RAS grid of 75 points a side about the origin. */
function levels(body: Body, spacing = 2, extent = 75): HeadSurface {
  const half = ((extent - 1) / 2) * spacing;
  const affine = fromColumns([spacing, 0, 0], [0, spacing, 0], [0, 0, spacing], [-half, -half, -half]);
  return surfaceFromDistance({
    data: sample(body, affine, [extent, extent, extent]),
    shape: [extent, extent, extent],
    affine,
    slope: 1,
    inter: 0,
  });
}

/** A scan of a body of value 800 in air, each voxel filled by its share: the mean over 4 × 4 × 4 points in it. */
function scan(
  body: Body,
  columns: [Vec3, Vec3, Vec3],
  shape: [number, number, number],
): Volume<Float32Array> {
  const origin = [0, 1, 2].map((r) => -columns.reduce((sum, c, n) => sum + (c[r]! * (shape[n]! - 1)) / 2, 0));
  const affine = fromColumns(...columns, origin as Vec3);
  const fine = multiply(
    affine,
    Float64Array.of(0.25, 0, 0, -0.375, 0, 0.25, 0, -0.375, 0, 0, 0.25, -0.375, 0, 0, 0, 1),
  );
  const data = new Float32Array(shape[0] * shape[1] * shape[2]);
  let v = 0;
  for (let k = 0; k < shape[2]; k++)
    for (let j = 0; j < shape[1]; j++)
      for (let i = 0; i < shape[0]; i++, v++) {
        const d = at(body, affine, i, j, k);
        if (d > 4) continue;
        if (d < -4) data[v] = 800;
        else
          for (let s = 0; s < 64; s++)
            if (at(body, fine, 4 * i + (s & 3), 4 * j + ((s >> 2) & 3), 4 * k + (s >> 4)) < 0)
              data[v]! += 800 / 64;
      }
  return { data, shape, affine, slope: 1, inter: 0 };
}

function at(body: Body, m: Affine, i: number, j: number, k: number): number {
  return body(
    m[0]! * i + m[1]! * j + m[2]! * k + m[3]!,
    m[4]! * i + m[5]! * j + m[6]! * k + m[7]!,
    m[8]! * i + m[9]! * j + m[10]! * k + m[11]!,
  );
}

function sample(body: Body, affine: Affine, [nx, ny, nz]: [number, number, number]): Float32Array {
  const data = new Float32Array(nx * ny * nz);
  let v = 0;
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++) for (let i = 0; i < nx; i++, v++) data[v] = at(body, affine, i, j, k);
  return data;
}

describe('distance between shapes', () => {
  it('is 0 between a surface and itself', () => {
    const surface = levels(ball(50, 3, 1, -2));
    expect(faceDistance(surface, surface, everywhere)).toMatchObject({
      meanMm: 0,
      p95Mm: 0,
      shareOver2mm: 0,
    });
  });

  it('is the difference of the radii of two balls about one centre, whichever is the original', () => {
    const [small, large] = [levels(ball(50)), levels(ball(53.5))];
    for (const [a, b] of [
      [small, large],
      [large, small],
    ] as const) {
      const { meanMm, p95Mm, shareOver2mm } = faceDistance(a, b, everywhere);
      expect(meanMm).toBeCloseTo(3.5, 1);
      expect(Math.abs(p95Mm - 3.5)).toBeLessThan(0.1);
      expect(shareOver2mm).toBe(1);
    }
  });

  it.each([1.5, 4, 9])('is half the shift on average for a ball moved by %f mm', (shift) => {
    // |√(R² + s² − 2·R·s·u) − R| over u = −1…1 has the mean s / 2, at every R.
    const { meanMm, p95Mm } = faceDistance(
      levels(ball(50)),
      levels(ball(50, 0.6 * shift, 0, 0.8 * shift)),
      everywhere,
    );
    expect(Math.abs(meanMm - shift / 2)).toBeLessThan(0.05);
    // And is nearly shift · |u|, with its 95th percentile at 0.95 of the shift.
    expect(Math.abs(p95Mm - 0.95 * shift)).toBeLessThan(0.1 + (shift * shift) / 200);
  });

  it('is the way a plane was moved, over a region of it', () => {
    const { meanMm, p95Mm, shareOver2mm, points } = faceDistance(
      levels(block(40)),
      levels(block(37)),
      front(40),
    );
    expect(meanMm).toBeCloseTo(3, 2);
    expect(p95Mm).toBeCloseTo(3, 2);
    expect(shareOver2mm).toBe(1);
    expect(points).toBeGreaterThan(1000);
  });

  it('is the depth of a dent, and 0 outside it', () => {
    const dented = levels(without(block(40), drill(20, 35)));
    const inside = faceDistance(levels(block(40)), dented, front(12));
    expect(inside.meanMm).toBeCloseTo(5, 1);
    expect(inside.p95Mm).toBeCloseTo(5, 1);
    const outside = faceDistance(levels(block(40)), dented, {
      from: 'window',
      contains: (x, y, z) => y > 0 && Math.hypot(x, z) > 24 && Math.hypot(x, z) < 45,
    });
    expect(outside.meanMm).toBeLessThan(0.05);
  });

  it('counts points by the surface they stand for', () => {
    // Half of the region was moved by 4 mm, the other half by 1 mm.
    const step: Body = (x, y, z) => Math.min(block(36)(x, y, z), Math.max(block(39)(x, y, z), x));
    const { meanMm, shareOver2mm } = faceDistance(levels(block(40)), levels(step), front(40));
    expect(Math.abs(meanMm - 2.5)).toBeLessThan(0.1);
    expect(Math.abs(shareOver2mm - 0.5)).toBeLessThan(0.02);
  });

  it('looks at the region only', () => {
    const bumped: Body = (x, y, z) => Math.min(ball(50)(x, y, z), ball(20, 0, -50, 0)(x, y, z));
    expect(faceDistance(levels(ball(50)), levels(bumped), front(40)).meanMm).toBe(0);
    expect(faceDistance(levels(ball(50)), levels(bumped), everywhere).meanMm).toBeGreaterThan(0.3);
    expect(() =>
      faceDistance(levels(ball(50)), levels(ball(50)), { from: 'window', contains: () => false }),
    ).toThrow(NoFaceSurfaceError);
  });

  it('takes a narrow, deep channel for no part of a face', () => {
    const channel = levels(without(block(40), drill(4, -20)));
    const solid = levels(block(40));
    expect(faceDistance(solid, channel, everywhere).meanMm).toBeLessThan(0.05);
    expect(faceDistance(channel, solid, everywhere).meanMm).toBeLessThan(0.05);
    // A wide hole is the shape of the head: its floor lies 25 mm in.
    const hole = levels(without(block(40), drill(26, 15)));
    expect(faceDistance(solid, hole, front(3)).p95Mm).toBeGreaterThan(24);
  });

  it('places another head by the affine it is given', () => {
    const angle = 0.3;
    const [c, s] = [1.1 * Math.cos(angle), 1.1 * Math.sin(angle)];
    const toOriginal = fromColumns([c, s, 0], [-s, c, 0], [0, 0, 1.1], [4, -3, 7]);
    const back = invert(toOriginal);
    const body: Body = (x, y, z) => Math.min(ball(50)(x, y, z), ball(15, 0, 48, 5)(x, y, z));
    const seenThere: Body = (x, y, z) => {
      const p = [0, 1, 2].map(
        (r) =>
          toOriginal[4 * r]! * x +
          toOriginal[4 * r + 1]! * y +
          toOriginal[4 * r + 2]! * z +
          toOriginal[4 * r + 3]!,
      );
      return body(p[0]!, p[1]!, p[2]!) / 1.1;
    };
    const there = levels(seenThere);
    expect(faceDistance(levels(body), there, everywhere, toOriginal).meanMm).toBeLessThan(0.05);
    expect(faceDistance(levels(body), there, everywhere).meanMm).toBeGreaterThan(1);
    expect(faceDistance(levels(body), there, everywhere, multiply(toOriginal, back)).meanMm).toBeGreaterThan(
      1,
    );
  });
});

describe('distance between scans', () => {
  const turned = (degrees: number, a: number, b: number, c: number): [Vec3, Vec3, Vec3] => {
    const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
    return [
      [a * cos, a * sin, 0],
      [-b * sin * cos, b * cos * cos, b * sin],
      [c * sin * sin, -c * sin * cos, c * cos],
    ];
  };

  it.each([
    ['2 mm', turned(0, 2, 2, 2), [50, 50, 50], 0.1],
    ['1.5 mm', turned(0, 1.5, 1.5, 1.5), [66, 66, 66], 0.1],
    ['oblique, 2 mm', turned(17, 2, 2, 2), [56, 56, 56], 0.1],
    ['slices of 3 mm', turned(0, 1, 1, 3), [98, 98, 34], 0.1],
    ['oblique, slices of 3 mm', turned(17, 1, 1, 3), [104, 104, 40], 0.1],
    [
      'stored right to left and upside down',
      [
        [-2, 0, 0],
        [0, 2, 0],
        [0, 0, -2],
      ],
      [50, 50, 50],
      0.1,
    ],
  ] as [string, [Vec3, Vec3, Vec3], [number, number, number], number][])(
    'finds 3 mm between two balls and half the shift of a moved one: %s',
    (_, columns, shape, tolerance) => {
      const original = headSurface(scan(ball(36), columns, shape));
      const of = (body: Body) =>
        faceDistance(original, headSurface(scan(body, columns, shape), { levels: original }), everywhere);
      expect(of(ball(36)).meanMm).toBe(0);
      expect(Math.abs(of(ball(39)).meanMm - 3)).toBeLessThan(tolerance);
      expect(Math.abs(of(ball(33)).meanMm - 3)).toBeLessThan(tolerance);
      expect(Math.abs(of(ball(36, 2.4, 3.2, 0)).meanMm - 2)).toBeLessThan(tolerance);
    },
  );
});
