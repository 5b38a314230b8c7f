import type { EditPlan } from './edit-plan.ts';
import type { FaceInput, FaceProposal } from './face-method.ts';
import { workingGrid } from './head-shape.ts';
import { matchBrightTail } from './match-bright-tail.ts';
import { matchDetail } from './match-detail.ts';
import { type MatchedTissue, matchTissue } from './match-tissue.ts';
import { grainField } from './noise.ts';
import { grainOf, lookAround, repaint } from './repaint.ts';

/** Share of differences over millimetres that is texture, not the borders of organs. */
const TEXTURE_SHARE = 0.5;

/**
 * The new head's tissue given the look of each frame of a scan, and put in.
 *
 * @param distance to the new skin on the working grid, mm
 * @param intensity T1-like tissue on the working grid, also a little outside the new skin
 * @param matched {@link matchTissue} of frame 0
 */
export function paintHead(
  input: FaceInput,
  plan: EditPlan,
  distance: Float32Array,
  intensity: Float32Array,
  matched: MatchedTissue,
): NonNullable<FaceProposal['values']> {
  const around = lookAround(input.volume, plan);
  return (t) => {
    const volume = input.frameAt(t);
    const work = t === 0 ? plan.head.work.data : workingGrid(volume).data;
    const tissue = (t === 0 ? matched : matchTissue(plan, work, distance, intensity)).tissue.slice();
    const seed = input.seed + 7919 * t;
    const own = grainOf(volume, around);
    const coarse = TEXTURE_SHARE * own.coarse;
    if (coarse > 0) {
      const grain = grainField(plan.head.work.shape, 0.8, seed);
      // None in the skin itself, which is even.
      for (let n = 0; n < tissue.length; n++)
        tissue[n]! += coarse * Math.min(1, Math.max(0, (-distance[n]! - 4) / 6)) * grain[n]!;
    }
    const made = repaint(volume, plan, { distance, weight: plan.weight, grain: own }, tissue, around, seed);
    matchDetail(volume, plan, distance, made);
    matchBrightTail(volume, plan, made);
    return made;
  };
}
