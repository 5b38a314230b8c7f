import { seededRandom } from '../../shared/statistics/seeded-random.ts';
import { type Volume, voxelsPerFrame } from '../volume/volume.ts';
import { findLevels, type SurfaceLevels } from './levels.ts';
import { smooth } from './neighbourhood.ts';
import { resampleToRas } from './ras-grid.ts';
import { frameOf, type RenderFrame, type RenderOptions, renderHead, type SurfaceRender } from './render.ts';
import { type HeadSurface, headSurface } from './surface.ts';
import type { SurfaceView } from './views.ts';

/** Raise it whenever a picture of an unchanged scan may change: it is part of every cache key. */
export const LOOK_VERSION = 4;

/** The views from which a face is looked for. */
export const AUDIT_VIEWS: readonly SurfaceView[] = [
  'front',
  'front-left-30',
  'front-right-30',
  'front-left-60',
  'front-right-60',
];

/**
 * How a head is pictured for recognition. `gallery`: even light, no noise. `probe`: as if another scan of the
 * head had been pictured by somebody else: the camera turned, light from the side, noise added to the scan.
 */
export type LookCondition = 'gallery' | 'probe';

/** What defines a probe; the turn is that of the pretest, about what a second visit brings. */
export const PROBE = {
  turnDegrees: { yaw: 12, pitch: 4 },
  lights: 'side',
  /** Standard deviation of the added noise, of the typical tissue value. */
  noiseOfTissue: 0.03,
  noiseSeed: 20,
} as const;

export interface LookOptions {
  /** Default: {@link AUDIT_VIEWS}. */
  readonly views?: readonly SurfaceView[];
  /** Pixels along each side; default 512. */
  readonly size?: number;
  /** Camera frame of the original, for a scan that was edited; default the head's own. */
  readonly frame?: RenderFrame;
  /** Levels of the original, so that both are cut alike; default the scan's own. */
  readonly levels?: SurfaceLevels;
}

export interface LookPicture {
  readonly view: SurfaceView;
  readonly picture: SurfaceRender;
}

/**
 * Pictures of a head under one of the two fixed conditions, byte for byte the same every time.
 *
 * @returns one picture per view, in the order of the views
 * @throws NoSurfaceError when the scan holds nothing brighter than air
 */
export function picturesOf(
  volume: Volume,
  condition: LookCondition,
  options: LookOptions = {},
): LookPicture[] {
  const surface = lookSurface(volume, condition, options);
  const frame = options.frame ?? frameOf(surface);
  return (options.views ?? AUDIT_VIEWS).map((view) => ({
    view,
    picture: renderHead(surface, { ...lookRender(condition), view, frame, size: options.size }),
  }));
}

/** The surface that {@link picturesOf} pictures, for callers that yield between views. */
export function lookSurface(
  volume: Volume,
  condition: LookCondition,
  options: Pick<LookOptions, 'levels'> = {},
): HeadSurface {
  if (condition === 'gallery') return headSurface(volume, { levels: options.levels });
  const { tissueValue, airValue } = options.levels ?? levelsOf(volume);
  const noisy = withNoise(volume, PROBE.noiseOfTissue * (tissueValue - airValue), PROBE.noiseSeed);
  return headSurface(noisy, { levels: options.levels });
}

/** Camera turn and lights of a condition. */
export function lookRender(condition: LookCondition): Pick<RenderOptions, 'turnDegrees' | 'lights'> {
  return condition === 'gallery'
    ? { lights: 'even' }
    : { turnDegrees: PROBE.turnDegrees, lights: PROBE.lights };
}

function levelsOf(volume: Volume): SurfaceLevels {
  const grid = resampleToRas(volume);
  return findLevels(smooth(grid.data, grid.shape));
}

/**
 * The first frame with Gaussian noise added to its real values.
 *
 * Deviates come from a table of 65 536 that is entered at random places: quick, and as good for this.
 */
export function withNoise(volume: Volume, sigma: number, seed: number): Volume<Float32Array> {
  const { data, shape, affine, slope, inter } = volume;
  const next = seededRandom(seed);
  // Twelve uniform numbers make a normal one without a logarithm, whose last digit is the machine's affair.
  const table = Float32Array.from({ length: 1 << 16 }, () => {
    let sum = -6;
    for (let n = 0; n < 12; n++) sum += next();
    return sigma * sum;
  });
  const noisy = new Float32Array(voxelsPerFrame(shape));
  let state = seed | 0;
  for (let v = 0; v < noisy.length; v++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0; // Numerical Recipes' quick generator
    noisy[v] = slope * data[v]! + inter + table[state >>> 16]!;
  }
  return { data: noisy, shape: shape.slice(0, 3), affine, slope: 1, inter: 0 };
}
