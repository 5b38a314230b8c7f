import type { SurfaceMesh } from './surface-mesh.ts';

/** Answers where on a mesh the point nearest to a given one lies. */
export interface NearestSurface {
  /**
   * Exact distance from a point to the mesh's triangles, mm; Infinity for a mesh without any.
   *
   * @param nearest receives the nearest point, x y z
   */
  distanceTo(x: number, y: number, z: number, nearest: Float64Array): number;
}

/** Triangles in a leaf of the tree. */
const LEAF = 4;

/**
 * A tree of bounding boxes over a mesh's triangles; a question is answered by looking into the boxes that can still hold
 * something nearer. Questions about neighbouring points are quick one after the other: each starts with the triangle of
 * the last answer.
 *
 * Triangles are put in Morton order, in which near ones follow each other; each node of the tree splits its stretch where the highest bit changes.
 *
 * @see Lauterbach et al. 2009, Computer Graphics Forum 28(2):375–384
 */
export function nearestSurface(mesh: SurfaceMesh): NearestSurface {
  const { corners, places } = inMortonOrder(mesh);
  const count = corners.length / 9;
  // Box of a node: low x y z, high x y z. A node's first child follows it; `second` is 0 for a leaf.
  const most = Math.max(1, 2 * count);
  const box = new Float64Array(6 * most);
  const second = new Int32Array(most);
  const from = new Int32Array(most);
  const to = new Int32Array(most);
  let nodes = 0;
  const build = (start: number, end: number): number => {
    const node = nodes++;
    from[node] = start;
    to[node] = end;
    if (end - start <= LEAF) {
      enclose(corners, start, end, box, 6 * node);
      return node;
    }
    const middle = splitOf(places, start, end);
    const a = build(start, middle);
    const b = build(middle, end);
    second[node] = b;
    for (let n = 0; n < 3; n++) {
      box[6 * node + n] = Math.min(box[6 * a + n]!, box[6 * b + n]!);
      box[6 * node + 3 + n] = Math.max(box[6 * a + 3 + n]!, box[6 * b + 3 + n]!);
    }
    return node;
  };
  if (count > 0) build(0, count);

  const stack = new Int32Array(128);
  const candidate = new Float64Array(3);
  let last = 0;
  return {
    distanceTo(x, y, z, nearest) {
      if (count === 0) return Number.POSITIVE_INFINITY;
      const start = toTriangle(corners, 9 * last, x, y, z, nearest);
      let best = start >= 0 ? start : Number.POSITIVE_INFINITY;
      let top = 0;
      stack[top++] = 0;
      while (top > 0) {
        const node = stack[--top]!;
        if (toBox(box, 6 * node, x, y, z) >= best) continue;
        if (second[node] === 0) {
          for (let n = from[node]!; n < to[node]!; n++) {
            const d = toTriangle(corners, 9 * n, x, y, z, candidate);
            // A triangle without area gives no number; its neighbours hold its edges.
            if (!(d < best)) continue;
            best = d;
            last = n;
            nearest.set(candidate);
          }
          continue;
        }
        const [a, b] = [node + 1, second[node]!];
        const aFirst = toBox(box, 6 * a, x, y, z) <= toBox(box, 6 * b, x, y, z);
        stack[top++] = aFirst ? b : a;
        stack[top++] = aFirst ? a : b;
      }
      return Math.sqrt(best);
    },
  };
}

/** Corners of all triangles, nine numbers each, in Morton order of their first corners, and those places. */
function inMortonOrder({ vertices, triangles }: SurfaceMesh): { corners: Float64Array; places: Int32Array } {
  const count = triangles.length / 3;
  const low = [Infinity, Infinity, Infinity];
  let extent = 1e-9;
  for (let n = 0; n < vertices.length; n++) low[n % 3] = Math.min(low[n % 3]!, vertices[n]!);
  for (let n = 0; n < vertices.length; n++) extent = Math.max(extent, vertices[n]! - low[n % 3]!);
  const scale = 1023 / extent;
  // One number sorts by place, then tells the triangle: 30 and 22 bits of a double's 53.
  const keys = new Float64Array(count);
  for (let n = 0; n < count; n++) {
    const v = 3 * triangles[3 * n]!;
    const place =
      spread((vertices[v]! - low[0]!) * scale) +
      2 * spread((vertices[v + 1]! - low[1]!) * scale) +
      4 * spread((vertices[v + 2]! - low[2]!) * scale);
    keys[n] = place * TRIANGLES + n;
  }
  keys.sort();
  const corners = new Float64Array(9 * count);
  const places = new Int32Array(count);
  for (let n = 0; n < count; n++) {
    const triangle = keys[n]! % TRIANGLES;
    places[n] = Math.floor(keys[n]! / TRIANGLES);
    for (let c = 0; c < 3; c++) {
      const v = 3 * triangles[3 * triangle + c]!;
      for (let axis = 0; axis < 3; axis++) corners[9 * n + 3 * c + axis] = vertices[v + axis]!;
    }
  }
  return { corners, places };
}

const TRIANGLES = 2 ** 22;

/** First triangle whose place differs from the start's in the highest bit that changes at all; the middle if none does. */
function splitOf(places: Int32Array, start: number, end: number): number {
  const differing = places[start]! ^ places[end - 1]!;
  if (differing === 0) return (start + end) >> 1;
  const bit = 31 - Math.clz32(differing);
  let [low, high] = [start, end - 1];
  while (low < high) {
    const at = (low + high) >> 1;
    if ((places[at]! >> bit) & 1) high = at;
    else low = at + 1;
  }
  return low;
}

/** The ten bits of a number with two zeros between each. */
function spread(value: number): number {
  let v = value & 1023;
  v = (v | (v << 16)) & 0x030000ff;
  v = (v | (v << 8)) & 0x0300f00f;
  v = (v | (v << 4)) & 0x030c30c3;
  return (v | (v << 2)) & 0x09249249;
}

function enclose(corners: Float64Array, start: number, end: number, box: Float64Array, at: number): void {
  box.fill(Infinity, at, at + 3);
  box.fill(-Infinity, at + 3, at + 6);
  for (let n = 9 * start; n < 9 * end; n++) {
    const axis = at + (n % 3);
    if (corners[n]! < box[axis]!) box[axis] = corners[n]!;
    if (corners[n]! > box[axis + 3]!) box[axis + 3] = corners[n]!;
  }
}

/** Squared distance to a box, 0 inside. */
function toBox(box: Float64Array, at: number, x: number, y: number, z: number): number {
  const x0 = box[at]!;
  const x1 = box[at + 3]!;
  const dx = x < x0 ? x0 - x : x > x1 ? x - x1 : 0;
  const y0 = box[at + 1]!;
  const y1 = box[at + 4]!;
  const dy = y < y0 ? y0 - y : y > y1 ? y - y1 : 0;
  const z0 = box[at + 2]!;
  const z1 = box[at + 5]!;
  const dz = z < z0 ? z0 - z : z > z1 ? z - z1 : 0;
  return dx * dx + dy * dy + dz * dz;
}

/**
 * Squared distance to a triangle and the point on it.
 *
 * @see Ericson 2005, "Real-Time Collision Detection", 5.1.5
 */
function toTriangle(
  corners: Float64Array,
  at: number,
  x: number,
  y: number,
  z: number,
  nearest: Float64Array,
): number {
  const ax = corners[at]!;
  const ay = corners[at + 1]!;
  const az = corners[at + 2]!;
  const ux = corners[at + 3]! - ax;
  const uy = corners[at + 4]! - ay;
  const uz = corners[at + 5]! - az;
  const vx = corners[at + 6]! - ax;
  const vy = corners[at + 7]! - ay;
  const vz = corners[at + 8]! - az;
  const px = x - ax;
  const py = y - ay;
  const pz = z - az;
  const d1 = ux * px + uy * py + uz * pz;
  const d2 = vx * px + vy * py + vz * pz;
  const uu = ux * ux + uy * uy + uz * uz;
  const uv = ux * vx + uy * vy + uz * vz;
  const vv = vx * vx + vy * vy + vz * vz;
  // The same products seen from the other two corners.
  const d3 = d1 - uu;
  const d4 = d2 - uv;
  const d5 = d1 - uv;
  const d6 = d2 - vv;
  let s = 0;
  let t = 0;
  const vc = d1 * d4 - d3 * d2;
  const vb = d5 * d2 - d1 * d6;
  const va = d3 * d6 - d5 * d4;
  if (d1 <= 0 && d2 <= 0) {
    // corner a
  } else if (d3 >= 0 && d4 <= d3) s = 1;
  else if (d6 >= 0 && d5 <= d6) t = 1;
  else if (vc <= 0 && d1 >= 0 && d3 <= 0) s = uu > 0 ? d1 / uu : 0;
  else if (vb <= 0 && d2 >= 0 && d6 <= 0) t = vv > 0 ? d2 / vv : 0;
  else if (va <= 0 && d4 - d3 >= 0 && d5 - d6 >= 0) {
    t = (d4 - d3) / (d4 - d3 + d5 - d6);
    s = 1 - t;
  } else {
    const scale = 1 / (va + vb + vc);
    s = vb * scale;
    t = vc * scale;
  }
  nearest[0] = ax + s * ux + t * vx;
  nearest[1] = ay + s * uy + t * vy;
  nearest[2] = az + s * uz + t * vz;
  return (x - nearest[0]!) ** 2 + (y - nearest[1]!) ** 2 + (z - nearest[2]!) ** 2;
}
