import { type Affine, apply } from '../../shared/geometry/affine.ts';
import type { HeadSurface } from './surface.ts';

/** Triangles of a surface in world mm, RAS+; neighbours share their corners. */
export interface SurfaceMesh {
  /** x, y, z per vertex. */
  readonly vertices: Float32Array;
  /** Three vertex numbers per triangle; which side is out is not kept. */
  readonly triangles: Uint32Array;
  /** mm² of surface that each vertex stands for: a third of each triangle it belongs to. */
  readonly areas: Float32Array;
}

/** Cube corners by the bits x = 1, y = 2, z = 4; six tetrahedra around the diagonal from corner 0 to corner 7. */
const TETRAHEDRA = [
  [0, 1, 3, 7],
  [0, 1, 5, 7],
  [0, 2, 3, 7],
  [0, 2, 6, 7],
  [0, 4, 5, 7],
  [0, 4, 6, 7],
] as const;

/**
 * The zero level of a head surface as triangles, by marching tetrahedra.
 *
 * Vertices lie where the field, taken as straight along the edges of the tetrahedra, is zero: a fraction of a voxel where
 * the field is smooth. The mesh is closed because the grid's outermost layer is air.
 *
 * @param toWorld surface's own mm → world mm; absent: they are the same
 * @see Doi & Koide 1991, IEICE Transactions E74(1):214–224
 */
export function surfaceMesh(surface: HeadSurface, toWorld?: Affine): SurfaceMesh {
  const { field, voxelSizeMm: h, originRas } = surface;
  const [nx, ny, nz] = surface.shape;
  const slab = nx * ny;
  const corner = Int32Array.from({ length: 8 }, (_, c) => (c & 1) + (c & 2 ? nx : 0) + (c & 4 ? slab : 0));
  const positions: number[] = [];
  const triangles: number[] = [];
  // Number + 1 of the vertex on an edge, by the edge's lower end and direction: of two slabs of points.
  const known = [new Int32Array(7 * slab), new Int32Array(7 * slab)];

  const vertexOn = (cube: number, k: number, a: number, b: number): number => {
    // Of the two ends of an edge of these tetrahedra, one's bits contain the other's.
    const [low, high] = (a & b) === a ? [a, b] : [b, a];
    const place = 7 * ((cube + corner[low]!) % slab) + (low ^ high) - 1;
    const layer = known[(k + (low >> 2)) & 1]!;
    const found = layer[place]!;
    if (found > 0) return found - 1;
    const f0 = field[cube + corner[low]!]!;
    const f1 = field[cube + corner[high]!]!;
    const t = f0 / (f0 - f1);
    const at = cube % slab;
    const step = low ^ high;
    let x = originRas[0] + h * ((at % nx) + (low & 1) + (step & 1 ? t : 0));
    let y = originRas[1] + h * (Math.floor(at / nx) + ((low >> 1) & 1) + (step & 2 ? t : 0));
    let z = originRas[2] + h * (k + (low >> 2) + (step & 4 ? t : 0));
    if (toWorld) [x, y, z] = apply(toWorld, x, y, z);
    positions.push(x, y, z);
    layer[place] = positions.length / 3;
    return positions.length / 3 - 1;
  };

  for (let k = 0; k < nz - 1; k++) {
    known[(k + 1) & 1]!.fill(0);
    for (let j = 0; j < ny - 1; j++) {
      for (let i = 0; i < nx - 1; i++) {
        const cube = i + nx * j + slab * k;
        let inside = 0;
        for (let c = 0; c < 8; c++) if (field[cube + corner[c]!]! > 0) inside |= 1 << c;
        if (inside === 0 || inside === 255) continue;
        for (const tetrahedron of TETRAHEDRA) {
          const ins = tetrahedron.filter((c) => (inside >> c) & 1);
          const outs = tetrahedron.filter((c) => !((inside >> c) & 1));
          if (ins.length === 0 || outs.length === 0) continue;
          if (ins.length === 2) {
            const [a, b, c, d] = [
              vertexOn(cube, k, ins[0]!, outs[0]!),
              vertexOn(cube, k, ins[0]!, outs[1]!),
              vertexOn(cube, k, ins[1]!, outs[1]!),
              vertexOn(cube, k, ins[1]!, outs[0]!),
            ];
            triangles.push(a, b, c, a, c, d);
          } else {
            const [lone, others] = ins.length === 1 ? [ins[0]!, outs] : [outs[0]!, ins];
            for (const other of others) triangles.push(vertexOn(cube, k, lone, other));
          }
        }
      }
    }
  }
  const vertices = Float32Array.from(positions);
  const faces = Uint32Array.from(triangles);
  return { vertices, triangles: faces, areas: vertexAreas(vertices, faces) };
}

function vertexAreas(vertices: Float32Array, triangles: Uint32Array): Float32Array {
  const areas = new Float32Array(vertices.length / 3);
  for (let n = 0; n < triangles.length; n += 3) {
    const [a, b, c] = [3 * triangles[n]!, 3 * triangles[n + 1]!, 3 * triangles[n + 2]!];
    const ux = vertices[b]! - vertices[a]!;
    const uy = vertices[b + 1]! - vertices[a + 1]!;
    const uz = vertices[b + 2]! - vertices[a + 2]!;
    const vx = vertices[c]! - vertices[a]!;
    const vy = vertices[c + 1]! - vertices[a + 1]!;
    const vz = vertices[c + 2]! - vertices[a + 2]!;
    const third = Math.hypot(uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx) / 6;
    areas[a / 3]! += third;
    areas[b / 3]! += third;
    areas[c / 3]! += third;
  }
  return areas;
}
