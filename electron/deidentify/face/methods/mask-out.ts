import { grow } from '../../../volume/distance.ts';
import { eachNative, nearestVoxel, planEdit } from '../edit-plan.ts';
import type { FaceMethod } from '../face-method.ts';
import { dilate, largestComponent } from '../morphology.ts';
import { REGION_DEFAULTS, REGION_PARAMS, regionAssumptions } from '../regions.ts';

/**
 * Mask out: the regions of the average head, brought to the scan and carried on to the person's own skin, are emptied.
 *
 * @see Gulban et al., pydeface; Alfaro-Almagro et al. 2018 (fsl_deface), who do the same with masks of their own
 */
export const maskOut: FaceMethod = {
  id: 'mask-out',
  kind: 'deface',
  title: 'Mask out',
  summary: 'Empties the face, and ears or forehead if wanted, where the average head has them.',
  reference:
    'The idea of pydeface and fsl_deface (Alfaro-Almagro et al., NeuroImage 2018) with an average head of our own.',
  caution:
    'Removed faces can be regrown: published attacks restore a face closer to the true one than an average face is.',
  version: '1.0.0',
  defaults: { ...REGION_DEFAULTS, growMm: 0 },
  params: {
    ...REGION_PARAMS,
    growMm: {
      label: 'Grow the regions by',
      unit: 'mm',
      meaning: 'More takes away more around the regions; the brain and 2 mm around it stay.',
      min: 0,
      max: 20,
    },
  },
  needsAverage: true,
  async propose(input) {
    const plan = planEdit(input, 1, { growMm: Number(input.params.growMm ?? 0) });
    const { head, mask } = plan;
    // What was joined to the head only through the face would float in the air: it goes too.
    const left = head.tissue.slice();
    for (let n = 0; n < left.length; n++) if (plan.workMask[n]) left[n] = 0;
    const stays = largestComponent(left, head.work.shape);
    const loose = left.map((v, n) => (v && !stays[n] && !plan.workBrain[n] ? 1 : 0));
    if (loose.some((v) => v)) {
      const near = dilate(loose, head.work.shape, 1);
      const keep = grow(stays, head.work.shape, [1, 1, 1], 1);
      const nearestOf = nearestVoxel(head.work.shape);
      eachNative(input.volume, plan.toWork, (n, x, y, z) => {
        if (mask[n]) return;
        const w = nearestOf(x, y, z);
        if (near[w] && (loose[w] || !keep[w])) mask[n] = 1;
      });
    }
    return {
      mask,
      assumptions: [
        'The regions are those of an average head, carried on to the front of this one.',
        ...regionAssumptions(input.params),
      ],
      problems: [],
    };
  },
};
