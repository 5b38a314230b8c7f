import { describe, expect, it } from 'vitest';
import { fromColumns, type Vec3 } from '../../shared/geometry/affine.ts';
import { seededRandom } from '../../shared/statistics/seeded-random.ts';
import { surfaceFromDistance } from './level-surface.ts';
import { nearestSurface } from './nearest-surface.ts';
import type { HeadSurface } from './surface.ts';
import { type SurfaceMesh, surfaceMesh } from './surface-mesh.ts';

/** The level set of a signed distance on a grid of 2 mm about the origin. */
function levels(body: (x: number, y: number, z: number) => number, extent = 60): HeadSurface {
  const data = new Float32Array(extent ** 3);
  let v = 0;
  for (let k = 0; k < extent; k++)
    for (let j = 0; j < extent; j++)
      for (let i = 0; i < extent; i++, v++)
        data[v] = body(2 * i - extent + 1, 2 * j - extent + 1, 2 * k - extent + 1);
  const affine = fromColumns([2, 0, 0], [0, 2, 0], [0, 0, 2], [1 - extent, 1 - extent, 1 - extent]);
  return surfaceFromDistance({ data, shape: [extent, extent, extent], affine, slope: 1, inter: 0 });
}
const radius = (mesh: SurfaceMesh, v: number) => Math.hypot(...mesh.vertices.subarray(3 * v, 3 * v + 3));

describe('mesh of a level set', () => {
  const ball = surfaceMesh(levels((x, y, z) => Math.hypot(x, y, z) - 45));
  const ring = surfaceMesh(levels((x, y, z) => Math.hypot(Math.hypot(x, y) - 35, z) - 12));

  it('lies on the zero level and has its area', () => {
    for (let v = 0; v < ball.areas.length; v++) expect(Math.abs(radius(ball, v) - 45)).toBeLessThan(0.05);
    const area = ball.areas.reduce((sum, a) => sum + a, 0);
    expect(area / (4 * Math.PI * 45 ** 2)).toBeGreaterThan(0.995);
    expect(area / (4 * Math.PI * 45 ** 2)).toBeLessThan(1.001);
    // Torus: 4 π² R r.
    expect(ring.areas.reduce((sum, a) => sum + a, 0) / (4 * Math.PI ** 2 * 35 * 12)).toBeCloseTo(1, 2);
  });

  it.each([
    ['a ball', ball, 2],
    ['a ring', ring, 0],
  ])('is closed, with the Euler characteristic of %s', (_, mesh, characteristic) => {
    const edges = new Map<string, number>();
    for (let n = 0; n < mesh.triangles.length; n += 3)
      for (let c = 0; c < 3; c++) {
        const pair = [mesh.triangles[n + c]!, mesh.triangles[n + ((c + 1) % 3)]!].sort((a, b) => a - b);
        const edge = pair.join();
        edges.set(edge, (edges.get(edge) ?? 0) + 1);
      }
    expect([...edges.values()].every((n) => n === 2)).toBe(true);
    expect(mesh.areas.length - edges.size + mesh.triangles.length / 3).toBe(characteristic);
  });

  it('has an end where the grid cuts the body off, and nothing where there is none', () => {
    const cut = surfaceMesh(levels((x, y) => Math.hypot(x, y) - 20));
    expect(Math.max(...cut.vertices)).toBeLessThan(60);
    expect(surfaceMesh(levels(() => 5)).triangles.length).toBe(0);
  });
});

describe('nearest point of a mesh', () => {
  const point = new Float64Array(3);
  /** A square plate at z = 0, 10 mm to each side, of two triangles. */
  const plate: SurfaceMesh = {
    vertices: Float32Array.of(-10, -10, 0, 10, -10, 0, 10, 10, 0, -10, 10, 0),
    triangles: Uint32Array.of(0, 1, 2, 0, 2, 3),
    areas: new Float32Array(4).fill(100),
  };

  it.each([
    ['above its middle', [1, 2, 7], [1, 2, 0], 7],
    ['below', [-3, 8, -2], [-3, 8, 0], 2],
    ['beside an edge', [13, 5, 4], [10, 5, 0], 5],
    ['beside the diagonal’s end', [-13, -14, 12], [-10, -10, 0], 13],
    ['on it', [4, 4, 0], [4, 4, 0], 0],
  ] as [string, Vec3, Vec3, number][])('of a plate: %s', (_, from, to, mm) => {
    expect(nearestSurface(plate).distanceTo(...from, point)).toBeCloseTo(mm, 12);
    to.forEach((v, n) => {
      expect(point[n]).toBeCloseTo(v, 12);
    });
  });

  it('is the least over all triangles, whatever was asked before', () => {
    const random = seededRandom(3);
    const vertices = Float32Array.from({ length: 3 * 900 }, () => 100 * random());
    // Triangles of three near corners, of any shape, slivers and points without area among them.
    for (let n = 0; n < 300; n++)
      for (let c = 3; c < 9; c++)
        vertices[9 * n + c] = vertices[9 * n + (c % 3)]! + (n % 7 ? 8 * (random() - 0.5) : 0);
    const triangles = Uint32Array.from({ length: 900 }, (_, n) => n);
    const areas = new Float32Array(900);
    const tree = nearestSurface({ vertices, triangles, areas });
    const single = Array.from({ length: 300 }, (_, n) =>
      nearestSurface({ vertices, triangles: triangles.subarray(3 * n, 3 * n + 3), areas }),
    );
    const other = new Float64Array(3);
    for (let q = 0; q < 500; q++) {
      const at = [140 * random() - 20, 140 * random() - 20, 140 * random() - 20] as const;
      const least = Math.min(...single.map((s) => s.distanceTo(...at, other)));
      expect(tree.distanceTo(...at, point)).toBeCloseTo(least, 9);
      expect(Math.hypot(at[0] - point[0]!, at[1] - point[1]!, at[2] - point[2]!)).toBeCloseTo(least, 9);
    }
  });

  it('is infinitely far for a mesh of nothing', () => {
    const nothing = {
      vertices: new Float32Array(0),
      triangles: new Uint32Array(0),
      areas: new Float32Array(0),
    };
    expect(nearestSurface(nothing).distanceTo(0, 0, 0, point)).toBe(Number.POSITIVE_INFINITY);
  });
});
