import type { Affine } from '../../shared/geometry/affine.ts';
import type { FaceDistance } from '../../shared/risk/records.ts';
import type { FaceRegion } from './face-region.ts';
import { type NearestSurface, nearestSurface } from './nearest-surface.ts';
import type { HeadSurface } from './surface.ts';
import { type SurfaceMesh, surfaceMesh } from './surface-mesh.ts';
import { withoutCavities } from './without-cavities.ts';

/** A surface made ready for questions about distances; one head is compared with several. */
export interface MeasurableSurface {
  readonly mesh: SurfaceMesh;
  readonly nearest: NearestSurface;
}

/** No part of the original's surface lies in the face region, so there is nothing to measure from. */
export class NoFaceSurfaceError extends Error {
  override readonly name = 'NoFaceSurfaceError';
}

/**
 * Distance between the face surfaces of two heads, over the face region only.
 *
 * From every point of the original's face to the nearest point of the other head's surface, wherever on that head it
 * lies; and back from every point of the other head that is nearest to a point of the original's face. Each direction
 * counts half; points count by the surface they stand for. Where a face was removed, the cut is the surface.
 *
 * The heads are compared where they lie: two versions of one scan are aligned, and another scan is brought there by an
 * affine that knows only the brain.
 *
 * @param region of the original, world mm
 * @param toOriginalWorld edited head's mm → original's world mm; absent: they are the same
 * @throws NoFaceSurfaceError when the original has no surface in the region
 */
export function faceDistance(
  original: HeadSurface,
  edited: HeadSurface,
  region: FaceRegion,
  toOriginalWorld?: Affine,
): FaceDistance {
  return distanceBetween(measurable(original), measurable(edited, toOriginalWorld), region);
}

/**
 * A head surface as a mesh that can be asked for distances. Airways and the open mouth are filled first, see
 * {@link withoutCavities}.
 */
export function measurable(surface: HeadSurface, toWorld?: Affine): MeasurableSurface {
  const mesh = surfaceMesh(withoutCavities(surface), toWorld);
  return { mesh, nearest: nearestSurface(mesh) };
}

/** {@link faceDistance} of surfaces that were made ready before. */
export function distanceBetween(
  original: MeasurableSurface,
  edited: MeasurableSurface,
  region: FaceRegion,
): FaceDistance {
  const there = new Distances();
  const nearest = new Float64Array(3);
  const own = original.mesh;
  const box = new Box();
  for (let v = 0, at = 0; v < own.areas.length; v++, at += 3) {
    const [x, y, z] = [own.vertices[at]!, own.vertices[at + 1]!, own.vertices[at + 2]!];
    if (!region.contains(x, y, z)) continue;
    box.add(x, y, z);
    there.add(edited.nearest.distanceTo(x, y, z, nearest), own.areas[v]!);
  }
  if (there.count === 0) {
    throw new NoFaceSurfaceError('Expected some of the head’s surface in the face region, found none.');
  }
  const back = new Distances();
  const other = edited.mesh;
  for (let v = 0, at = 0; v < other.areas.length; v++, at += 3) {
    const [x, y, z] = [other.vertices[at]!, other.vertices[at + 1]!, other.vertices[at + 2]!];
    if (!box.near(x, y, z)) continue;
    const distance = original.nearest.distanceTo(x, y, z, nearest);
    if (region.contains(nearest[0]!, nearest[1]!, nearest[2]!)) back.add(distance, other.areas[v]!);
  }
  return summary(there, back);
}

const FAR_MM = 2;
/** Points of the other head this far outside the box around the face are no answer to it. */
const REACH_MM = 30;

class Distances {
  readonly mm: number[] = [];
  readonly areas: number[] = [];
  total = 0;
  get count(): number {
    return this.mm.length;
  }
  add(mm: number, area: number): void {
    this.mm.push(mm);
    this.areas.push(area);
    this.total += area;
  }
}

class Box {
  readonly low = [Infinity, Infinity, Infinity];
  readonly high = [-Infinity, -Infinity, -Infinity];
  add(...at: number[]): void {
    at.forEach((v, n) => {
      if (v < this.low[n]!) this.low[n] = v;
      if (v > this.high[n]!) this.high[n] = v;
    });
  }
  near(...at: number[]): boolean {
    return at.every((v, n) => v > this.low[n]! - REACH_MM && v < this.high[n]! + REACH_MM);
  }
}

function summary(there: Distances, back: Distances): FaceDistance {
  // The other way has no say where nothing of the other head answers to the face.
  const sides = back.total > 0 ? [there, back] : [there];
  let mean = 0;
  let far = 0;
  const all: [mm: number, weight: number][] = [];
  for (const { mm, areas, total } of sides) {
    mm.forEach((d, n) => {
      const weight = areas[n]! / (total * sides.length);
      mean += weight * d;
      if (d > FAR_MM) far += weight;
      all.push([d, weight]);
    });
  }
  all.sort((a, b) => a[0] - b[0]);
  let at = 0;
  // The last point is the answer even where rounding leaves a little of the weight.
  for (let sum = all[0]![1]; sum < 0.95 && at < all.length - 1; sum += all[at]![1]) at++;
  return { meanMm: mean, p95Mm: all[at]![0], shareOver2mm: Math.min(1, far), points: there.count };
}
