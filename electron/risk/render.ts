import type { Volume } from '../volume/volume.ts';
import { type HeadSurface, headSurface, type SurfaceOptions } from './surface.ts';

/** From where the head is looked at: the patient's own left and right. */
export type SurfaceView =
  | 'front'
  | 'left'
  | 'right'
  | 'front-left-30'
  | 'front-right-30'
  | 'front-left-60'
  | 'front-right-60';

/** Angle of the camera from straight ahead towards the patient's left, degrees. */
const AZIMUTH_DEGREES: Readonly<Record<SurfaceView, number>> = {
  front: 0,
  left: 90,
  right: -90,
  'front-left-30': 30,
  'front-right-30': -30,
  'front-left-60': 60,
  'front-right-60': -60,
};

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
 * The camera stands level with the head, Superior is up. In the front view the patient's right is on the
 * picture's left, as when facing somebody; in the left view the face looks to the picture's left. Two equal
 * lights stand 40° to either side of the camera and 30° above it, a third, weaker one at the camera.
 */
export function renderHead(surface: HeadSurface, options: Omit<RenderOptions, 'levels'>): SurfaceRender {
  const size = options.size ?? 512;
  const frame = options.frame ?? frameOf(surface);
  const azimuth = (AZIMUTH_DEGREES[options.view] * Math.PI) / 180;
  // Straight ahead the camera looks along −y; turning towards the patient's left moves it to −x.
  const forward = [Math.sin(azimuth), -Math.cos(azimuth), 0] as const;
  const across = [-Math.cos(azimuth), -Math.sin(azimuth), 0] as const; // picture's right = forward × up
  const lights = [
    { direction: lightDirection(forward, across, 40, 30), strength: 0.46 },
    { direction: lightDirection(forward, across, -40, 30), strength: 0.46 },
    { direction: lightDirection(forward, across, 0, 0), strength: 0.16 },
  ];

  const { field, shading, voxelSizeMm: h, originRas } = surface;
  const [nx, ny, nz] = surface.shape;
  const slab = nx * ny;
  const near = dilate(field, surface.shape);

  const pixelMm = frame.fieldOfViewMm / size;
  const gray = new Uint8Array(size * size);
  // Rays start one head's diagonal in front of the centre and end as far behind it; all in grid units.
  const reach = Math.hypot(nx, ny, nz);
  const c0 = (frame.centreRas[0] - originRas[0]) / h;
  const c1 = (frame.centreRas[1] - originRas[1]) / h;
  const c2 = (frame.centreRas[2] - originRas[2]) / h;
  const f0 = forward[0];
  const f1 = forward[1];

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

  for (let row = 0; row < size; row++) {
    const z = c2 + (((size - 1) / 2 - row) * pixelMm) / h;
    const k = Math.round(z);
    if (k < 0 || k >= nz) continue;
    for (let column = 0; column < size; column++) {
      const s = ((column - (size - 1) / 2) * pixelMm) / h;
      const x0 = c0 + s * across[0];
      const y0 = c1 + s * across[1];
      // Clip the ray to the grid.
      let from = -reach;
      let to = reach;
      if (Math.abs(f0) > 1e-9) {
        const a = (0 - x0) / f0;
        const b = (nx - 1 - x0) / f0;
        from = Math.max(from, Math.min(a, b));
        to = Math.min(to, Math.max(a, b));
      } else if (x0 < 0 || x0 > nx - 1) continue;
      if (Math.abs(f1) > 1e-9) {
        const a = (0 - y0) / f1;
        const b = (ny - 1 - y0) / f1;
        from = Math.max(from, Math.min(a, b));
        to = Math.min(to, Math.max(a, b));
      } else if (y0 < 0 || y0 > ny - 1) continue;

      let hit = Number.NaN;
      let previous = -1;
      for (let t = from; t <= to; ) {
        const x = x0 + t * f0;
        const y = y0 + t * f1;
        const v = Math.round(x) + nx * Math.round(y) + slab * k;
        if (near[v] === 0) {
          previous = -1;
          t += 1;
          continue;
        }
        const value = sample(field, x, y, z);
        if (value > 0) {
          // Regula falsi between the last point outside and the first inside.
          let outsideT = t - 0.5;
          let insideT = t;
          let outsideF = previous;
          let insideF = value;
          for (let n = 0; n < 6; n++) {
            const fraction = Math.min(0.9, Math.max(0.1, outsideF / (outsideF - insideF)));
            const middle = outsideT + fraction * (insideT - outsideT);
            const f = sample(field, x0 + middle * f0, y0 + middle * f1, z);
            if (f > 0) {
              insideT = middle;
              insideF = f;
            } else {
              outsideT = middle;
              outsideF = f;
            }
          }
          hit = (outsideT + insideT) / 2;
          break;
        }
        previous = value;
        t += 0.5;
      }
      if (Number.isNaN(hit)) continue;

      const x = x0 + hit * f0;
      const y = y0 + hit * f1;
      const step = NORMAL_STEP_MM / h;
      let g0 = sample(shading, x - step, y, z) - sample(shading, x + step, y, z);
      let g1 = sample(shading, x, y - step, z) - sample(shading, x, y + step, z);
      let g2 = sample(shading, x, y, z - step) - sample(shading, x, y, z + step);
      const length = Math.hypot(g0, g1, g2) || 1;
      g0 /= length;
      g1 /= length;
      g2 /= length;
      let light = 0.08; // ambient
      for (const { direction, strength } of lights) {
        const facing = g0 * direction[0] + g1 * direction[1] + g2 * direction[2];
        if (facing > 0) light += strength * facing;
      }
      gray[row * size + column] = Math.max(1, Math.min(255, Math.round(255 * light)));
    }
  }
  return { width: size, height: size, gray };
}

/** Half the base of the central difference that gives a surface normal, mm. */
const NORMAL_STEP_MM = 1.8;

/** Unit vector from the head towards a light, given its angles from the camera. */
function lightDirection(
  forward: readonly [number, number, number],
  across: readonly [number, number, number],
  sideDegrees: number,
  upDegrees: number,
): [number, number, number] {
  const side = (sideDegrees * Math.PI) / 180;
  const up = (upDegrees * Math.PI) / 180;
  const towards = -Math.cos(side) * Math.cos(up);
  const sideways = Math.sin(side) * Math.cos(up);
  return [
    towards * forward[0] + sideways * across[0],
    towards * forward[1] + sideways * across[1],
    Math.sin(up),
  ];
}

/** 1 wherever a voxel or one of its 26 neighbours is inside: only there need a ray look closely. */
function dilate(field: Float32Array, shape: readonly [number, number, number]): Uint8Array {
  const strides = [1, shape[0], shape[0] * shape[1]];
  let from = new Uint8Array(field.length);
  for (let v = 0; v < field.length; v++) from[v] = field[v]! > 0 ? 1 : 0;
  for (const stride of strides) {
    const to = new Uint8Array(from.length);
    for (let v = stride; v < from.length - stride; v++)
      to[v] = from[v]! | from[v - stride]! | from[v + stride]!;
    from = to;
  }
  return from;
}
