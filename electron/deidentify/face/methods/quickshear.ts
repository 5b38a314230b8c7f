import type { Problem } from '../../../../shared/problem.ts';
import { voxelsPerFrame } from '../../../volume/volume.ts';
import { convexHull, sagittalProfile, shearPlane } from '../brain-hull.ts';
import type { FaceMethod } from '../face-method.ts';

/**
 * Quickshear: everything in front of and below one plane under the brain is emptied.
 *
 * @see Schimke & Hale 2011, "Quickshear Defacing for Neuroimages", USENIX HealthSec
 */
export const quickshear: FaceMethod = {
  id: 'quickshear',
  kind: 'deface',
  title: 'Quickshear',
  summary: 'Cuts off the face with one flat plane that keeps a chosen distance from the brain.',
  reference: 'Schimke N, Hale J. Quickshear Defacing for Neuroimages. USENIX HealthSec 2011.',
  caution:
    'Removed faces can be regrown: published attacks restore a face closer to the true one than an average face is. ' +
    'Forehead and ears remain.',
  version: '1.0.0',
  defaults: { bufferMm: 10 },
  params: {
    bufferMm: {
      label: 'Distance from the brain',
      unit: 'mm',
      meaning: 'Smaller takes more of the face and comes closer to the brain.',
      min: 2,
      max: 40,
    },
  },
  needsAverage: false,
  async propose({ volume, brain, params }) {
    const bufferMm = Number(params.bufferMm ?? 10);
    const mask = new Uint8Array(voxelsPerFrame(volume.shape));
    const plane = shearPlane(convexHull(sagittalProfile(volume, brain)));
    const assumptions = [
      'Forwards and upwards are taken from the affine in the file.',
      `The plane keeps ${bufferMm} mm from the brain.`,
    ];
    if (!plane) return { mask, assumptions, problems: [noPlane()] };
    const a = volume.affine;
    const [nx, ny, nz] = volume.shape as [number, number, number];
    // n·(A·index) − offset − buffer as one linear form of the voxel index: exact for any axis order and obliqueness.
    const form = (column: number) => plane.ny * a[4 + column]! + plane.nz * a[8 + column]!;
    const [di, dj, dk] = [form(0), form(1), form(2)];
    const constant = form(3) - plane.offset - bufferMm;
    let at = 0;
    for (let k = 0; k < nz; k++) {
      for (let j = 0; j < ny; j++) {
        const row = dj * j + dk * k + constant;
        for (let i = 0; i < nx; i++, at++) if (row + di * i > 0) mask[at] = 1;
      }
    }
    return { mask, assumptions, problems: [] };
  },
};

function noPlane(): Problem {
  return {
    code: 'no-shear-plane',
    level: 'error',
    subject: 'face',
    message: 'Expected a brain whose profile has an edge facing forwards and downwards, found none.',
    fix: 'Look at the brain outline; the scan may be upside down or not a head.',
  };
}
