import type { Problem } from '../../../shared/problem.ts';
import type { EditPlan } from './edit-plan.ts';
import { REGION } from './face-frame.ts';
import { voxels } from './meet-border.ts';

/** How much farther from the own face than the average one a new face is to be: near it, chance and grid would decide. */
const MARGIN = 1.1;

export interface NewFace {
  /** Distance to the new skin on the working grid, mm. */
  readonly distance: Float32Array;
  /** Faces drawn until one was as far from the person's own as the average face is. */
  readonly draws: number;
  /** Mean distance between own and new skin, there and back, over the face and inside the edit, mm. */
  readonly fromOwnMm: number;
  /** The same between own skin and the average's, placed by the brain only. */
  readonly averageFromOwnMm: number;
  /** As far from the own skin as it was to be. */
  readonly farEnough: boolean;
}

/**
 * Draws faces until one lies farther from the person's own, by a tenth, than the average face does that knows the brain only;
 * the farthest where none does. Towards the border of the edit the own skin takes over.
 *
 * @param most faces drawn at most
 * @param only the number of the face, 1 first, that another scan of the session got: it is taken unseen
 * @param draw distance to the skin of the n-th face, 0 first, at a voxel of the working grid, mm
 */
export function farFromOwn(
  plan: EditPlan,
  most: number,
  only: number | undefined,
  draw: (n: number) => (voxel: number) => number,
): NewFace {
  const own = plan.head.distance;
  const average = plan.averageSkin;
  const face = voxels(
    plan,
    (n) => plan.weight[n]! > 0.5 && (plan.bits[n]! & (REGION.face | REGION.mouth)) !== 0,
  );
  const averageFromOwnMm = between(
    face,
    (n) => own[n]!,
    (n) => average[n]!,
  );
  let best: { at: (n: number) => number; draws: number; fromOwnMm: number; farEnough: boolean } | null = null;
  for (let drawn = only === undefined ? 0 : only - 1; drawn < (only ?? most); drawn++) {
    const skin = draw(drawn);
    const at = (n: number) => {
      const w = plan.weight[n]!;
      return w * skin(n) + (1 - w) * own[n]!;
    };
    const fromOwnMm = between(face, (n) => own[n]!, at);
    const farEnough = fromOwnMm >= MARGIN * averageFromOwnMm;
    if (!best || fromOwnMm > best.fromOwnMm) best = { at, draws: drawn + 1, fromOwnMm, farEnough };
    if (farEnough) break;
  }
  const { at, ...chosen } = best!;
  const distance = own.slice();
  for (const n of voxels(plan, (v) => plan.weight[v]! > 0)) distance[n] = at(n);
  return { ...chosen, distance, averageFromOwnMm };
}

/** Mean distance between two skins over some voxels, there and back, mm. */
function between(at: Int32Array, aAt: (n: number) => number, bAt: (n: number) => number): number {
  let [sum, count] = [0, 0];
  for (const n of at) {
    const [a, b] = [Math.abs(aAt(n)), Math.abs(bAt(n))];
    if (a < 1) {
      sum += b;
      count++;
    }
    if (b < 1) {
      sum += a;
      count++;
    }
  }
  return count ? sum / count : 0;
}

/** Says that no face was far enough from the person's own. */
export function nearOwn({ fromOwnMm, averageFromOwnMm }: NewFace): Problem {
  return {
    code: 'new-face-near-own',
    level: 'info',
    subject: 'face',
    message: `No face that was drawn lies clearly farther from the person’s own than the average face does (${fromOwnMm.toFixed(1)} mm, average ${averageFromOwnMm.toFixed(1)} mm).`,
    fix: 'Try another seed, or look at the audit of this scan.',
  };
}
