import { invert, multiply, type Vec3 } from '../../../shared/geometry/affine.ts';
import { linear } from '../../volume/resample.ts';
import type { EditPlan } from './edit-plan.ts';
import { drawFace, type FaceShapes } from './face-shapes.ts';
import { farFromOwn, type NewFace } from './far-from-own.ts';
import { borderSkin, joinBorder, meetBorder, outwards } from './meet-border.ts';
import { worldToAverageIndex } from './regions.ts';

/** Faces drawn at most before the farthest of them is taken, and how much wider each is drawn than the one before. */
const DRAWS = 14;
const WIDER = 0.04;
/** Draws that follow the person's size in full, and how much less of it each further draw follows. */
const SIZED = 4;
const LESS = 0.1;

/**
 * A random face in place of the person's.
 *
 * The average head in the size that the skin outside the edit asks for (`meetBorder`), its face drawn at random, and joined
 * to the own skin along the border. The size by itself brings any face nearer to the own one than chance would: so faces are
 * drawn until one is farther from the own skin, by a tenth, than the average face is that knows the brain only; later
 * draws follow the person's size less. Nothing else is taken from the own face.
 *
 * @param scale mm of the scan per mm of the average head
 * @param amount 1: as different from the average as people are
 */
export function newFace(
  plan: EditPlan,
  shapes: FaceShapes,
  scale: number,
  seed: number,
  amount: number,
  only?: number,
): NewFace {
  const own = plan.head.distance;
  const border = borderSkin(plan);
  const size = meetBorder(plan, plan.averageSkin);
  const place = outwards(plan, plan.averageSkin);
  return farFromOwn(plan, DRAWS, only, (draw) => {
    const drawn = new DrawnFace(plan, shapes, seed + 15_485_863 * draw, amount * (1 + WIDER * draw), scale);
    const share = Math.max(0, 1 - LESS * Math.max(0, draw + 1 - SIZED));
    const join = joinBorder(plan, border, (n) => own[n]! - drawn.at(place(n, share * size[n]!)));
    return (n) => drawn.at(place(n, share * size[n]! + join(n)));
  });
}

/** One drawn face: the average head's distance read where the draw displaces it to. */
class DrawnFace {
  private readonly parts: readonly [Float32Array, Float32Array, Float32Array];
  private readonly modes: readonly [number, number, number];
  private readonly toModes: Float64Array;
  private readonly toAverage: Float64Array;
  private readonly perVoxel: number;

  constructor(
    private readonly plan: EditPlan,
    shapes: FaceShapes,
    seed: number,
    amount: number,
    private readonly scale: number,
  ) {
    const field = drawFace(shapes, seed, amount);
    const [mx, my, mz] = shapes.modes.shape as [number, number, number];
    this.modes = [mx, my, mz];
    const part = (c: number) => field.subarray(c * mx * my * mz, (c + 1) * mx * my * mz);
    this.parts = [part(0), part(1), part(2)];
    const { affine } = plan.average.surface;
    this.perVoxel = 1 / affine[0]!;
    this.toAverage = worldToAverageIndex(affine, plan.frame, plan.head.work.affine);
    this.toModes = multiply(invert(shapes.modes.affine), affine);
  }

  /** Distance to the drawn skin, mm of the scan. @param p indices of the working grid */
  at(p: Vec3): number {
    const a = this.toAverage;
    const x = a[0]! * p[0] + a[1]! * p[1] + a[2]! * p[2] + a[3]!;
    const y = a[4]! * p[0] + a[5]! * p[1] + a[6]! * p[2] + a[7]!;
    const z = a[8]! * p[0] + a[9]! * p[1] + a[10]! * p[2] + a[11]!;
    const m = this.toModes;
    const [u, v, w] = [m[0]! * x + m[3]!, m[5]! * y + m[7]!, m[10]! * z + m[11]!];
    const [mx, my, mz] = this.modes;
    const [px, py, pz] = this.parts;
    const dx = linear(px, mx, my, mz, u, v, w) * this.perVoxel;
    const dy = linear(py, mx, my, mz, u, v, w) * this.perVoxel;
    const dz = linear(pz, mx, my, mz, u, v, w) * this.perVoxel;
    const { data, shape } = this.plan.average.surface;
    return this.scale * linear(data, shape[0]!, shape[1]!, shape[2]!, x + dx, y + dy, z + dz);
  }
}
