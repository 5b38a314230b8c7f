/** A closed triangle mesh: `points` xyz per vertex, `triangles` three vertex numbers each, outward counter-clockwise. */
export interface Mesh {
  readonly points: Float64Array;
  readonly triangles: Uint32Array;
}

/**
 * A unit sphere by repeated division of the icosahedron.
 *
 * @param level 0 gives 12 vertices, each level about four times as many (4 → 2562)
 */
export function icosphere(level: number): Mesh {
  const t = (1 + Math.sqrt(5)) / 2;
  const points: number[] = [];
  const push = (x: number, y: number, z: number) => {
    const n = Math.hypot(x, y, z);
    points.push(x / n, y / n, z / n);
    return points.length / 3 - 1;
  };
  for (const [x, y, z] of [
    [-1, t, 0],
    [1, t, 0],
    [-1, -t, 0],
    [1, -t, 0],
    [0, -1, t],
    [0, 1, t],
    [0, -1, -t],
    [0, 1, -t],
    [t, 0, -1],
    [t, 0, 1],
    [-t, 0, -1],
    [-t, 0, 1],
  ] as const) {
    push(x, y, z);
  }
  let triangles = [
    ...[0, 11, 5, 0, 5, 1, 0, 1, 7, 0, 7, 10, 0, 10, 11],
    ...[1, 5, 9, 5, 11, 4, 11, 10, 2, 10, 7, 6, 7, 1, 8],
    ...[3, 9, 4, 3, 4, 2, 3, 2, 6, 3, 6, 8, 3, 8, 9],
    ...[4, 9, 5, 2, 4, 11, 6, 2, 10, 8, 6, 7, 9, 8, 1],
  ];
  for (let step = 0; step < level; step++) {
    const middles = new Map<number, number>();
    const middle = (a: number, b: number) => {
      const key = Math.min(a, b) * 1_000_000 + Math.max(a, b);
      let m = middles.get(key);
      if (m === undefined) {
        const p = (n: number) => points[a * 3 + n]! + points[b * 3 + n]!;
        m = push(p(0), p(1), p(2));
        middles.set(key, m);
      }
      return m;
    };
    const next: number[] = [];
    for (let n = 0; n < triangles.length; n += 3) {
      const [a, b, c] = [triangles[n]!, triangles[n + 1]!, triangles[n + 2]!];
      const [ab, bc, ca] = [middle(a, b), middle(b, c), middle(c, a)];
      next.push(a, ab, ca, b, bc, ab, c, ca, bc, ab, bc, ca);
    }
    triangles = next;
  }
  return { points: Float64Array.from(points), triangles: Uint32Array.from(triangles) };
}

/** Neighbours of each vertex, as one flat list with starts. */
export function neighbours(mesh: Mesh): { start: Uint32Array; list: Uint32Array } {
  const sets = Array.from({ length: mesh.points.length / 3 }, () => new Set<number>());
  for (let n = 0; n < mesh.triangles.length; n += 3) {
    const [a, b, c] = [mesh.triangles[n]!, mesh.triangles[n + 1]!, mesh.triangles[n + 2]!];
    sets[a]!.add(b).add(c);
    sets[b]!.add(a).add(c);
    sets[c]!.add(a).add(b);
  }
  const start = new Uint32Array(sets.length + 1);
  sets.forEach((s, n) => {
    start[n + 1] = start[n]! + s.size;
  });
  return { start, list: Uint32Array.from(sets.flatMap((s) => Array.from(s))) };
}
