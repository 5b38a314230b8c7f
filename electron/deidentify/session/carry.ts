import { type Affine, invert, multiply, voxelSizes } from '../../../shared/geometry/affine.ts';
import type { Problem } from '../../../shared/problem.ts';
import { grow } from '../../volume/distance.ts';
import { RegistrationError, type RigidRegistration, registerRigid } from '../../volume/register-rigid.ts';
import { resample } from '../../volume/resample.ts';
import type { Volume } from '../../volume/volume.ts';

export interface CarriedPlace {
  /** The primary scan's brain on this scan's grid, 0 or 1, first three axes. */
  readonly brain: Uint8Array;
  /** Average-head mm → this scan's world mm. */
  readonly averageToWorld: Affine;
  readonly registration: RigidRegistration;
  readonly problems: readonly Problem[];
}

/** Least normalised mutual information of two scans of one head; unrelated images reach about 1.02. */
const LEAST_NMI = 1.05;
/** A head does not move farther than this within a session without somebody noticing, mm. */
const FAR_MM = 40;
/** A scan thinner than this along one axis is a few slices: it cannot hold enough of the head to be searched for widely. */
const FEW_SLICES_MM = 40;
/** Slices of another head, put where they fit best, moved by 21 mm or more in every one of six trials. */
const FAR_SLICES_MM = 15;

/**
 * Brings what was found on a session's primary scan to another scan of the session.
 *
 * The two are registered rigidly in world space, so thick slices, other contrasts, other grids and a head that moved
 * in between are covered. The carried brain is grown by half a slice of this scan: where a thick slice
 * holds brain at all, it is protected. Of a scan of a few slices (a localiser) the slices are looked for in the primary
 * scan, near where the scanner had them.
 *
 * @param primary first frame of the primary scan
 * @param found on the primary scan: brain mask on its grid, average-head mm → its world mm
 * @param scan first frame of the other scan
 * @returns null with the reason where the scans cannot be brought together; the scan then takes its own way
 */
export function carryToScan(
  primary: Volume,
  found: { readonly brain: Uint8Array; readonly averageToWorld: Affine },
  scan: Volume,
  signal: AbortSignal,
): { place: CarriedPlace; reason: '' } | { place: null; reason: string } {
  const sizes = voxelSizes(scan.affine);
  const fewSlices = sizes.some((size, axis) => size * scan.shape[axis]! < FEW_SLICES_MM);
  let registration: RigidRegistration;
  try {
    registration = fewSlices
      ? registerSlices(primary, scan, signal)
      : registerRigid(primary, scan, { signal });
  } catch (cause) {
    if (cause instanceof RegistrationError) return { place: null, reason: cause.message };
    throw cause;
  }
  const far = fewSlices ? FAR_SLICES_MM : FAR_MM;
  if (registration.nmi < LEAST_NMI || registration.movedMm > far) {
    const nmi = registration.nmi.toFixed(3);
    return {
      place: null,
      reason:
        `Registration with the session's primary scan is not trusted: similarity ${nmi} (at least ${LEAST_NMI} is ` +
        `expected), moved by ${registration.movedMm.toFixed(0)} mm (at most ${far} mm is expected).`,
    };
  }
  const { fixedToMoving } = registration;
  // The primary's voxels, seen from this scan's world.
  const moved = {
    ...primary,
    data: Float32Array.from(found.brain),
    slope: 1,
    inter: 0,
    shape: primary.shape.slice(0, 3),
    affine: multiply(fixedToMoving, primary.affine),
  };
  const onScan = resample(moved, scan).data;
  const thickest = Math.max(...sizes);
  const core = Uint8Array.from(onScan, (share) => (share > 0.3 ? 1 : 0));
  const brain = thickest > 2 ? grow(core, scan.shape, sizes, thickest / 2) : core;
  const problems: Problem[] = [];
  if (registration.movedMm > 10) {
    problems.push({
      code: 'session-moved',
      level: 'warning',
      subject: 'face',
      message: `The head lies ${registration.movedMm.toFixed(0)} mm away from where the session's primary scan has it.`,
      fix: 'Look whether the outline of the edit fits this scan.',
    });
  }
  return {
    place: { brain, averageToWorld: multiply(fixedToMoving, found.averageToWorld), registration, problems },
    reason: '',
  };
}

/** Each slice is found in the primary scan; what comes back reads the other way round, as {@link registerRigid} has it. */
function registerSlices(primary: Volume, scan: Volume, signal: AbortSignal): RigidRegistration {
  const found = registerRigid(scan, primary, { signal, fewSlices: true });
  return { ...found, fixedToMoving: invert(found.fixedToMoving) };
}
