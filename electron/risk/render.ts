import type { Volume } from '../volume/volume.ts';
import { BLOCK, emptySpace } from './empty-space.ts';
import { type HeadSurface, headSurface, type SurfaceOptions } from './surface.ts';
import { type CameraTurn, cameraOf, type LightSet, lightsOf, type SurfaceView } from './views.ts';

export type { SurfaceView } from './views.ts';

/** What the camera is pointed at, so that two scans of one head can be pictured alike. */
export interface RenderFrame {
  /** The point in the middle of the picture, RAS mm. */
  readonly centreRas: readonly [number, number, number];
  /** Millimetres across the picture. */
  readonly fieldOfViewMm: number;
}

export interface RenderOptions extends SurfaceOptions {
  readonly view: SurfaceView;
  /** Pixels along each side; default 512. */
  readonly size?: number;
  /** Default: the head's own frame, see {@link frameOf}. */
  readonly frame?: RenderFrame;
  /** Turns the camera away from the view's own place. */
  readonly turnDegrees?: CameraTurn;
  /** Default `even`. */
  readonly lights?: LightSet;
}

/** A square gray picture, row by row from the top left; 0 is background. */
export interface SurfaceRender {
  readonly width: number;
  readonly height: number;
  readonly gray: Uint8Array;
}

/** The surface of a scan as a picture, see {@link headSurface} and {@link renderHead}. */
export function renderSurface(volume: Volume, options: RenderOptions): SurfaceRender {
  return renderHead(headSurface(volume, options), options);
}

const DEFAULT_FIELD_OF_VIEW_MM = 260;

/**
 * Where to point the camera: the middle of the cranium sideways and lengthwise, 105 mm below its top.
 *
 * Only the upper 80 mm are used, which no face edit reaches; the neck's length does not matter.
 */
export function frameOf(surface: HeadSurface): RenderFrame {
  const [nx, ny, nz] = surface.shape;
  const { field, voxelSizeMm: h, originRas } = surface;
  const slab = nx * ny;
  // The top is where a slice first holds 10 cm² of head, so that a stray voxel does not count.
  let top = nz - 1;
  for (; top > 0; top--) {
    let inside = 0;
    for (let v = top * slab; v < (top + 1) * slab; v++) if (field[v]! > 0) inside += 1;
    if (inside * h * h > 1000) break;
  }
  const from = Math.max(0, Math.ceil(top - 80 / h));
  let left = nx;
  let right = -1;
  let back = ny;
  let front = -1;
  for (let k = from; k <= top; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++) {
        if (!(field[i + nx * j + slab * k]! > 0)) continue;
        if (i < left) left = i;
        if (i > right) right = i;
        if (j < back) back = j;
        if (j > front) front = j;
      }
  return {
    centreRas: [
      originRas[0] + ((left + right) / 2) * h,
      originRas[1] + ((back + front) / 2) * h,
      originRas[2] + top * h - 105,
    ],
    fieldOfViewMm: DEFAULT_FIELD_OF_VIEW_MM,
  };
}

/**
 * Parallel projection of a head surface onto a square picture, on the CPU and reproducible byte for byte.
 *
 * The camera looks from the view's side, level with the head unless turned; see {@link cameraOf} for what is up
 * and what is left, {@link lightsOf} for the lamps.
 */
export function renderHead(surface: HeadSurface, options: Omit<RenderOptions, 'levels'>): SurfaceRender {
  const size = options.size ?? 512;
  const frame = options.frame ?? frameOf(surface);
  const camera = cameraOf(options.view, options.turnDegrees);
  const lights = lightsOf(options.lights ?? 'even', camera);
  const { field, shading, voxelSizeMm: h, originRas } = surface;
  const [nx, ny, nz] = surface.shape;
  const slab = nx * ny;
  const empty = emptySpace(field, surface.shape);
  const { distance } = empty;
  const blockRow = empty.shape[0];
  const blockSlab = empty.shape[0] * empty.shape[1];

  const sample = (data: Float32Array, x: number, y: number, z: number): number => {
    const i = Math.floor(x);
    const j = Math.floor(y);
    const k = Math.floor(z);
    if (i < 0 || j < 0 || k < 0 || i >= nx - 1 || j >= ny - 1 || k >= nz - 1) return -1;
    const a = x - i;
    const b = y - j;
    const c = z - k;
    const p = i + nx * j + slab * k;
    const v00 = data[p]! + a * (data[p + 1]! - data[p]!);
    const v10 = data[p + nx]! + a * (data[p + nx + 1]! - data[p + nx]!);
    const v01 = data[p + slab]! + a * (data[p + slab + 1]! - data[p + slab]!);
    const v11 = data[p + slab + nx]! + a * (data[p + slab + nx + 1]! - data[p + slab + nx]!);
    const v0 = v00 + b * (v10 - v00);
    const v1 = v01 + b * (v11 - v01);
    return v0 + c * (v1 - v0);
  };

  // All in grid units; a ray is at (x0, y0, z0) + t · forward.
  const pixel = frame.fieldOfViewMm / size / h;
  const centre = frame.centreRas.map((mm, n) => (mm - originRas[n]!) / h) as [number, number, number];
  const [f0, f1, f2] = camera.forward;
  const normalStep = NORMAL_STEP_MM / h;
  const extents = [nx - 1, ny - 1, nz - 1];
  const start = [0, 0, 0];
  const gray = new Uint8Array(size * size);
  for (let row = 0; row < size; row++) {
    const upwards = ((size - 1) / 2 - row) * pixel;
    for (let column = 0; column < size; column++) {
      const sideways = (column - (size - 1) / 2) * pixel;
      let from = Number.NEGATIVE_INFINITY;
      let to = Number.POSITIVE_INFINITY;
      for (let n = 0; n < 3; n++) {
        const at = centre[n]! + sideways * camera.across[n]! + upwards * camera.up[n]!;
        start[n] = at;
        const f = camera.forward[n]!;
        if (Math.abs(f) > 1e-9) {
          const a = -at / f;
          const b = (extents[n]! - at) / f;
          from = Math.max(from, Math.min(a, b));
          to = Math.min(to, Math.max(a, b));
        } else if (at < 0 || at > extents[n]!) to = Number.NEGATIVE_INFINITY;
      }
      const x0 = start[0]!;
      const y0 = start[1]!;
      const z0 = start[2]!;

      let t = from;
      let hit = false;
      while (t <= to) {
        const x = x0 + t * f0;
        const y = y0 + t * f1;
        const z = z0 + t * f2;
        const block =
          1 +
          Math.floor(x / BLOCK) +
          blockRow * (1 + Math.floor(y / BLOCK)) +
          blockSlab * (1 + Math.floor(z / BLOCK));
        const blocks = distance[block]!;
        if (blocks === 0 && sample(field, x, y, z) > 0) {
          hit = true;
          break;
        }
        // No part of a step but the last half point can lie in a block that the head reaches.
        t += blocks > 1 ? STEP + BLOCK * (blocks - 1) : STEP;
      }
      if (!hit) continue;

      // Regula falsi between the last point outside and the first inside.
      let outsideT = t - STEP;
      let insideT = t;
      let outsideF = sample(field, x0 + outsideT * f0, y0 + outsideT * f1, z0 + outsideT * f2);
      let insideF = sample(field, x0 + insideT * f0, y0 + insideT * f1, z0 + insideT * f2);
      for (let n = 0; n < 5 && outsideF <= 0; n++) {
        const fraction = Math.min(0.9, Math.max(0.1, outsideF / (outsideF - insideF)));
        const middle = outsideT + fraction * (insideT - outsideT);
        const f = sample(field, x0 + middle * f0, y0 + middle * f1, z0 + middle * f2);
        if (f > 0) {
          insideT = middle;
          insideF = f;
        } else {
          outsideT = middle;
          outsideF = f;
        }
      }
      const at = (outsideT + insideT) / 2;
      const x = x0 + at * f0;
      const y = y0 + at * f1;
      const z = z0 + at * f2;
      const g0 = sample(shading, x - normalStep, y, z) - sample(shading, x + normalStep, y, z);
      const g1 = sample(shading, x, y - normalStep, z) - sample(shading, x, y + normalStep, z);
      const g2 = sample(shading, x, y, z - normalStep) - sample(shading, x, y, z + normalStep);
      const length = Math.sqrt(g0 * g0 + g1 * g1 + g2 * g2) || 1;
      let light = AMBIENT;
      for (const { direction, strength } of lights) {
        const facing = (g0 * direction[0] + g1 * direction[1] + g2 * direction[2]) / length;
        if (facing > 0) light += strength * facing;
      }
      gray[row * size + column] = Math.max(1, Math.min(255, Math.round(255 * light)));
    }
  }
  return { width: size, height: size, gray };
}

/** Grid points between two looks at the field. */
const STEP = 0.5;
/** Half the base of the central difference that gives a surface normal, mm. */
const NORMAL_STEP_MM = 1.8;
/** Brightness of what no lamp reaches, of 1. */
const AMBIENT = 0.08;
