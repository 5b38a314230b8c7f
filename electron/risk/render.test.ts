import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { headPhantom } from '../../build/phantom/head.ts';
import { fromColumns } from '../../shared/geometry/affine.ts';
import { allAxisCodes } from '../../shared/geometry/orientation.ts';
import { reorient } from '../volume/reorient.ts';
import type { Volume } from '../volume/volume.ts';
import { frameOf, type RenderFrame, renderHead, renderSurface, type SurfaceRender } from './render.ts';
import { headSurface, NoSurfaceError } from './surface.ts';
import { SURFACE_VIEWS } from './views.ts';

type Body = (x: number, y: number, z: number) => number;

/** A body of value 800 in air, its edge blurred over one voxel; signed distance in mm about the grid's middle. */
function scan(body: Body, voxelMm = 2, extent = 90, degrees = 0, noise = 0): Volume<Int16Array> {
  const c = voxelMm * Math.cos((degrees * Math.PI) / 180);
  const s = voxelMm * Math.sin((degrees * Math.PI) / 180);
  const half = (extent - 1) / 2;
  const columns = [
    [c, s, 0],
    [-s, c, 0],
    [0, 0, voxelMm],
  ] as [number, number, number][]; // prettier-ignore
  const origin = [0, 1, 2].map((r) => -half * columns.reduce((sum, column) => sum + column[r]!, 0));
  const affine = fromColumns(columns[0]!, columns[1]!, columns[2]!, origin as [number, number, number]);
  const data = new Int16Array(extent ** 3);
  let v = 0;
  let state = 7;
  for (let k = 0; k < extent; k++)
    for (let j = 0; j < extent; j++)
      for (let i = 0; i < extent; i++, v++) {
        const [a, b] = [i - half, j - half];
        const d = body(a * c - b * s, a * s + b * c, (k - half) * voxelMm);
        state = (Math.imul(state, 1664525) + 1013904223) | 0;
        data[v] = 800 * Math.min(1, Math.max(0, 0.5 - d / voxelMm)) + (noise * (state >>> 8)) / 2 ** 24;
      }
  return { data, shape: [extent, extent, extent], affine, slope: 1, inter: 0 };
}

const ball =
  (radius: number, cx = 0, cy = 0, cz = 0): Body =>
  (x, y, z) =>
    Math.hypot(x - cx, y - cy, z - cz) - radius;
const both =
  (a: Body, b: Body): Body =>
  (x, y, z) =>
    Math.min(a(x, y, z), b(x, y, z));

const FRAME: RenderFrame = { centreRas: [0, 0, 0], fieldOfViewMm: 260 };
const SIZE = 256;
const PIXEL_MM = 260 / SIZE;

function picturedArea({ gray }: SurfaceRender): number {
  return gray.reduce((sum, value) => sum + (value > 0 ? 1 : 0), 0);
}

/** Centre of gravity of what is pictured, pixels from the middle: right and down are positive. */
function pictured({ gray, width, height }: SurfaceRender): [number, number] {
  let [n, sx, sy] = [0, 0, 0];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      if (gray[y * width + x]! > 0) {
        n += 1;
        sx += x - (width - 1) / 2;
        sy += y - (height - 1) / 2;
      }
  return [sx / n, sy / n];
}

const hash = (render: SurfaceRender) => createHash('sha256').update(render.gray).digest('hex');

describe('renderSurface', () => {
  it.each([
    ['isotropic', 2, 0, 0],
    ['turned by 25 degrees', 2, 25, 0],
    ['fine voxels', 1.6, 0, 0],
    ['noise of a tenth of the signal', 2, 0, 80],
  ])('pictures a ball with its true radius within a pixel: %s', (_, voxelMm, degrees, noise) => {
    const surface = headSurface(scan(ball(60), voxelMm, 90, degrees, noise));
    for (const view of ['front', 'left', 'front-left-30'] as const) {
      const area = picturedArea(renderHead(surface, { view, size: SIZE, frame: FRAME }));
      expect(Math.abs(Math.sqrt(area / Math.PI) - 60 / PIXEL_MM)).toBeLessThan(1);
    }
  });

  it('pictures a ball without a gap from every side, turned cameras and light from the side included', () => {
    const surface = headSurface(scan(ball(60), 2, 91));
    for (const view of SURFACE_VIEWS)
      for (const turnDegrees of [{}, { yaw: 12, pitch: 4 }, { yaw: -7, pitch: -20 }]) {
        const options = { view, turnDegrees, lights: 'side', size: SIZE, frame: FRAME } as const;
        const { gray } = renderHead(surface, options);
        let gaps = 0;
        for (let y = 0; y < SIZE; y++)
          for (let x = 0; x < SIZE; x++) {
            const r = Math.hypot(x - (SIZE - 1) / 2, y - (SIZE - 1) / 2) * PIXEL_MM;
            if (r < 58 && gray[y * SIZE + x] === 0) gaps += 1;
          }
        expect(gaps, `${view} ${JSON.stringify(turnDegrees)}`).toBe(0);
      }
  });

  it('moves a nose as the camera is turned: yaw to the left shows it farther left, pitch up farther down', () => {
    const surface = headSurface(scan(both(ball(50), ball(15, 0, 60, 0))));
    const look = (turnDegrees: { yaw?: number; pitch?: number }) =>
      pictured(renderHead(surface, { view: 'front', turnDegrees, size: SIZE, frame: FRAME }));
    expect(look({ yaw: 60 })).toEqual(
      pictured(renderHead(surface, { view: 'front-left-60', size: SIZE, frame: FRAME })),
    );
    expect(look({ yaw: 60 })[0]).toBeLessThan(-0.5);
    expect(look({ pitch: 60 })[1]).toBeGreaterThan(0.5);
  });

  it('lights from the side brighten the patient’s right and leave the left darker', () => {
    const { gray } = renderHead(headSurface(scan(ball(60))), {
      view: 'front',
      lights: 'side',
      size: SIZE,
      frame: FRAME,
    });
    const row = (SIZE / 2) * SIZE;
    expect(gray[row + SIZE / 2 - 40]!).toBeGreaterThan(gray[row + SIZE / 2 + 40]! + 60);
  });

  it('shades a ball alike on both sides and darker below than above', () => {
    const { gray } = renderSurface(scan(ball(60)), { view: 'front', size: SIZE, frame: FRAME });
    let worst = 0;
    for (let y = 0; y < SIZE; y++)
      for (let x = 0; x < SIZE / 2; x++)
        worst = Math.max(worst, Math.abs(gray[y * SIZE + x]! - gray[y * SIZE + SIZE - 1 - x]!));
    expect(worst).toBeLessThanOrEqual(2);
    expect(gray[(SIZE / 2 - 40) * SIZE + SIZE / 2]!).toBeGreaterThan(
      gray[(SIZE / 2 + 40) * SIZE + SIZE / 2]! + 10,
    );
  });

  it('gives the same bytes twice', () => {
    const { volume } = headPhantom({ seed: 4, voxelSizeMm: 4 });
    for (const view of ['front', 'right', 'front-right-60'] as const)
      expect(hash(renderSurface(volume, { view, size: 128 }))).toBe(
        hash(renderSurface(volume, { view, size: 128 })),
      );
  });

  // A bump where the left ear would be, and one where the nose would be.
  const ear = scan(both(ball(50), ball(15, -60, 0, 0)));
  const nose = scan(both(ball(50), ball(15, 0, 60, 0)));
  const crown = scan(both(ball(50), ball(15, 0, 0, 60)));
  it.each([
    ['left ear', ear, 'front', 1, 0],
    ['left ear', ear, 'left', 0, 0],
    ['left ear', ear, 'front-right-30', 1, 0],
    ['nose', nose, 'left', -1, 0],
    ['nose', nose, 'right', 1, 0],
    ['nose', nose, 'front', 0, 0],
    ['nose', nose, 'front-left-60', -1, 0],
    ['nose', nose, 'front-right-60', 1, 0],
    ['crown', crown, 'front', 0, -1],
    ['crown', crown, 'left', 0, -1],
  ] as const)('shows a bump on the proper side: %s, view %#', (_, volume, view, side, down) => {
    const [x, y] = pictured(renderSurface(volume, { view, size: SIZE, frame: FRAME }));
    for (const [found, expected] of [
      [x, side],
      [y, down],
    ] as const) // prettier-ignore
      if (expected === 0) expect(Math.abs(found)).toBeLessThan(0.3);
      else expect(found * expected).toBeGreaterThan(0.5);
  });

  it('pictures the same head whichever of the 48 axis orders it is stored in', () => {
    const volume = scan(both(both(ball(50), ball(15, -60, 0, 0)), ball(12, 10, 55, -20)), 4, 45);
    const options = { view: 'front-left-30', size: 96, voxelSizeMm: 4 } as const;
    const expected = renderSurface(volume, options).gray;
    for (const codes of allAxisCodes()) {
      const got = renderSurface(reorient(volume, codes), options).gray;
      const worst = got.reduce((most, value, p) => Math.max(most, Math.abs(value - expected[p]!)), 0);
      expect(worst, codes).toBeLessThanOrEqual(2);
    }
  });

  it('aims at the cranium, so that a longer neck does not move the head', () => {
    const head = ball(50, 0, 0, 20);
    const neck =
      (end: number): Body =>
      (x, y, z) =>
        Math.max(Math.hypot(x, y) - 25, z, end - z);
    const short = frameOf(headSurface(scan(both(head, neck(-50)))));
    const long = frameOf(headSurface(scan(both(head, neck(-80)))));
    expect(short).toEqual(long);
  });
});

describe('headSurface', () => {
  it('drops a wrapped-around piece and fills what air cannot reach', () => {
    const hollow: Body = (x, y, z) => Math.abs(Math.hypot(x, y, z) - 45) - 8;
    const { field, shape, voxelSizeMm: h, originRas } = headSurface(scan(both(hollow, ball(9, 0, -78, 0))));
    const at = (x: number, y: number, z: number) =>
      field[
        Math.round((x - originRas[0]) / h) +
          shape[0] * (Math.round((y - originRas[1]) / h) + shape[1] * Math.round((z - originRas[2]) / h))
      ]!;
    expect(at(0, 0, 0)).toBe(1);
    expect(at(0, -78, 0)).toBeLessThan(0);
    expect(at(0, 45, 0)).toBeGreaterThan(0);
  });

  it('reads scaled values: slope and intercept move the levels, not the surface', () => {
    const plain = scan(ball(40), 3, 50);
    const scaled = { ...plain, slope: 0.5, inter: -1000 };
    const [a, b] = [headSurface(plain), headSurface(scaled)];
    expect(b.threshold).toBeCloseTo(0.5 * a.threshold - 1000, 2);
    expect(renderHead(b, { view: 'front', size: 64 })).toEqual(renderHead(a, { view: 'front', size: 64 }));
  });

  it('finds the brain where only a brain is left', () => {
    const area = (skullStripped: boolean) =>
      picturedArea(
        renderSurface(headPhantom({ seed: 2, voxelSizeMm: 4, skullStripped }).volume, {
          view: 'left',
          size: 128,
        }),
      );
    expect(area(true)).toBeGreaterThan(0.25 * area(false));
    expect(area(true)).toBeLessThan(0.75 * area(false));
  });

  it('names a scan without anything in it', () => {
    expect(() => headSurface(scan(() => 1e3, 4, 20))).toThrow(NoSurfaceError);
  });
});
