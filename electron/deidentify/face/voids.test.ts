import { describe, expect, it } from 'vitest';
import type { HeadShape } from './head-shape.ts';
import { SHAPE_MM, skinOf } from './head-shape.ts';
import { fillVoids, skinVoids, withoutVoids } from './voids.ts';

const SHAPE = [90, 110, 110] as const;
const CENTRE = [90, 110, 120] as const;

/** Every voxel's place in mm: left to right, back to front, up. */
function fill(inside: (x: number, y: number, z: number) => boolean): Uint8Array {
  const [nx, ny, nz] = SHAPE;
  const out = new Uint8Array(nx * ny * nz);
  let n = 0;
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, n++)
        if (inside(i * SHAPE_MM - CENTRE[0], j * SHAPE_MM - CENTRE[1], k * SHAPE_MM - CENTRE[2])) out[n] = 1;
  return out;
}

const at = (x: number, y: number, z: number) =>
  Math.round((x + CENTRE[0]) / SHAPE_MM) +
  SHAPE[0] * (Math.round((y + CENTRE[1]) / SHAPE_MM) + SHAPE[1] * Math.round((z + CENTRE[2]) / SHAPE_MM));

const ball = (x: number, y: number, z: number) => Math.hypot(x / 0.8, y, z) < 85;
const neck = (x: number, y: number, z: number) => z < 0 && Math.hypot(x, y + 30) < 40;
const whole = (x: number, y: number, z: number) => ball(x, y, z) || neck(x, y, z);
/** Metal at the mouth: a ball without signal that reaches through the skin. */
const metal = (x: number, y: number, z: number) => Math.hypot(x, y - 64, z + 25) < 22;

function head(inside: (x: number, y: number, z: number) => boolean): HeadShape {
  const solid = fill(inside);
  const affine = Float64Array.from([2, 0, 0, -90, 0, 2, 0, -110, 0, 0, 2, -120, 0, 0, 0, 1]);
  const work = { data: Float32Array.from(solid), shape: [...SHAPE], affine, slope: 1, inter: 0 };
  return { work, tissue: solid, solid, ...skinOf(solid, SHAPE) };
}

const average = skinOf(fill(whole), SHAPE).distance;
const front = fill((_x, y) => y > 0);

describe('voids that break the skin', () => {
  it('are found where metal took the signal, and nowhere else', () => {
    const voids = skinVoids(
      head((x, y, z) => whole(x, y, z) && !metal(x, y, z)),
      average,
      front,
    )!;
    const truth = fill((x, y, z) => whole(x, y, z) && metal(x, y, z));
    let [hit, extra, size] = [0, 0, 0];
    for (let n = 0; n < truth.length; n++) {
      size += truth[n]!;
      hit += truth[n]! & voids[n]!;
      if (voids[n] && !truth[n]) extra++;
    }
    expect(hit / size).toBeGreaterThan(0.85);
    expect(extra / size).toBeLessThan(0.05);
  });

  it('let the skin go on in front of them', () => {
    const holed = head((x, y, z) => whole(x, y, z) && !metal(x, y, z));
    const skin = at(0, 80, -26);
    expect(holed.distance[skin]!).toBeGreaterThan(12);
    const closed = withoutVoids(holed, skinVoids(holed, average, front)!);
    // A ball of 48 mm sinks a little into a hole of 44 mm.
    expect(Math.abs(closed.distance[skin]! - average[skin]!)).toBeLessThan(10);
    const far = at(0, -80, 20);
    expect(closed.distance[far]!).toBeCloseTo(holed.distance[far]!, 1);
  });

  it('are not there in a whole head, a smaller one, or below a chin', () => {
    expect(skinVoids(head(whole), average, front)).toBeNull();
    expect(
      skinVoids(
        head((x, y, z) => whole(x / 0.85, y / 0.85, z / 0.85)),
        average,
        front,
      ),
    ).toBeNull();
    // The average's chin goes on where this person has air: tissue above and behind, none below.
    const heavy = skinOf(
      fill((x, y, z) => whole(x, y, z) || (z < -20 && z > -100 && Math.abs(x) < 50 && y > 0 && y < 80)),
      SHAPE,
    ).distance;
    expect(skinVoids(head(whole), heavy, front)).toBeNull();
  });

  it('are neither an airway behind the face nor specks that a filled void leaves', () => {
    const airway = (x: number, y: number, z: number) => z < -20 && Math.hypot(x, y + 12) < 10;
    expect(
      skinVoids(
        head((x, y, z) => whole(x, y, z) && !airway(x, y, z)),
        average,
        front,
      ),
    ).toBeNull();
    const holed = head((x, y, z) => whole(x, y, z) && !metal(x, y, z));
    const voids = skinVoids(holed, average, front)!;
    voids[at(0, 60, -24)] = 0;
    expect(withoutVoids(holed, voids).distance[at(0, 60, -24)]!).toBeLessThan(-4);
  });

  it('take new tissue in full inside the edit, less around it, none outside', () => {
    const voids = fill((x, y, z) => Math.hypot(x, y, z) < 20);
    const mask = fill((x) => x < 10);
    const weight = new Float32Array(mask.length).fill(0.25);
    fillVoids(weight, mask, voids, SHAPE);
    expect(weight[at(0, 0, 0)]).toBe(1);
    expect(weight[at(16, 0, 0)]).toBe(0.25);
    expect(weight[at(0, 22, 0)]!).toBeGreaterThan(0.25);
    expect(weight[at(0, 22, 0)]!).toBeLessThan(1);
    expect(weight[at(0, 60, 0)]).toBe(0.25);
  });
});
