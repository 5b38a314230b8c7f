import { apply, invert, multiply, voxelSizes, voxelVolumeMm3 } from '../../../shared/geometry/affine.ts';
import type { FaceState } from '../../../shared/import/records.ts';
import { grow } from '../../volume/distance.ts';
import { frameOf, type Volume, type VoxelArray, voxelsPerFrame } from '../../volume/volume.ts';
import type { BrainExtraction } from './brain-extract.ts';
import { airThreshold, BACK_MM, FRONT_MM, WINDOW } from './face-view.ts';

export interface FaceStateFinding {
  readonly state: FaceState;
  readonly evidence: {
    /** Tissue farther than 8 mm from the brain, as a share of the brain's volume. Whole heads: above 0.4. */
    readonly tissueOutsideBrain: number;
    /** Share of rays from the front that meet a head at all. */
    readonly seen: number;
    /** Share of those rays that enter the scan: a few slices hold few of them. */
    readonly inView: number;
    /** Share of those where the voxel before the surface is exactly the fill value: a cut, not a skin. */
    readonly cutEdge: number;
  };
}

/** Tissue within this distance of the brain is no sign of a head, mm. */
export const NEAR_BRAIN_MM = 8;

const BRAIN_ONLY_BELOW = 0.15;
const CUT_ABOVE = 0.25;
const INTACT_BELOW = 0.15;
const SEEN_ABOVE = 0.8;
const IN_VIEW_ABOVE = 0.5;

/**
 * Whether a scan still shows a face.
 *
 * A skull-stripped scan has no tissue away from the brain, and its brain ends in a cut; without the cut the rest of the
 * head may only be dim, and nothing is concluded. In a defaced scan the face window (brow to chin, in the
 * frame of the brain) ends in a step from the fill value straight into tissue, while the skin of a real
 * face is always blurred by partial volume. A face that was blurred or replaced by other software without such a step
 * is not recognised: it counts as intact and is treated like any face. Where half of the window lies outside the scan
 * (a localiser, a slab) nothing is concluded: neither that the face is gone nor that only a brain is left.
 *
 * @param threshold head/air threshold in real values, `airThreshold(volume)`
 * @param near the brain grown by `NEAR_BRAIN_MM`
 */
export function detectFaceState(
  volume: Volume,
  brain: Pick<BrainExtraction, 'mask' | 'volumeMm3' | 'standardToWorld'>,
  threshold: number,
  near = grow(brain.mask, volume.shape, voxelSizes(volume.affine), NEAR_BRAIN_MM),
): FaceStateFinding {
  const { data, slope, inter } = volume;
  const frame = voxelsPerFrame(volume.shape);
  let outside = 0;
  let fill = Infinity;
  for (let n = 0; n < frame; n++) {
    const stored = data[n]!;
    if (stored < fill) fill = stored;
    if (!near[n] && stored * slope + inter > threshold) outside++;
  }
  const tissueOutsideBrain = (outside * voxelVolumeMm3(volume.affine)) / Math.max(1, brain.volumeMm3);

  const [nx, ny, nz] = volume.shape as [number, number, number];
  const toIndex = multiply(invert(volume.affine), brain.standardToWorld);
  const step = Math.min(...voxelSizes(volume.affine)) / 2;
  let [rays, inside, hits, cuts] = [0, 0, 0, 0];
  for (let z = -90; z <= WINDOW.top; z += WINDOW.step) {
    for (let x = -40; x <= 40; x += WINDOW.step) {
      rays++;
      let before = Number.NaN; // stored value of the voxel the ray left, NaN outside the scan
      let current = -1;
      let entered = 0;
      for (let y = FRONT_MM; y >= BACK_MM; y -= step) {
        const [fi, fj, fk] = apply(toIndex, x, y, z);
        const i = Math.round(fi);
        const j = Math.round(fj);
        const k = Math.round(fk);
        if (i < 0 || j < 0 || k < 0 || i >= nx || j >= ny || k >= nz) continue;
        const n = i + nx * (j + ny * k);
        if (n === current) continue;
        entered = 1;
        const stored = data[n]!;
        if (stored * slope + inter > threshold) {
          hits++;
          if (before === fill || (before === 0 && inter === 0)) cuts++;
          break;
        }
        before = stored;
        current = n;
      }
      inside += entered;
    }
  }
  const seen = hits / rays;
  const inView = inside / rays;
  const cutEdge = hits ? cuts / hits : 0;
  return {
    state: stateOf(tissueOutsideBrain, seen, inView, cutEdge),
    evidence: { tissueOutsideBrain, seen, inView, cutEdge },
  };
}

/**
 * The first later frame of a scan that may show more than a brain; undefined where none does.
 *
 * Each frame is held against its own threshold. A frame of one value shows nothing.
 *
 * @param volume its first frame shows a brain only
 * @param near as in {@link detectFaceState}
 */
export function frameWithMore(
  volume: Volume,
  brain: Pick<BrainExtraction, 'mask' | 'volumeMm3' | 'standardToWorld'>,
  near = grow(brain.mask, volume.shape, voxelSizes(volume.affine), NEAR_BRAIN_MM),
): number | undefined {
  const frames = volume.data.length / voxelsPerFrame(volume.shape);
  for (let t = 1; t < frames; t++) {
    const frame = frameOf(volume, t);
    if (isConstant(frame.data)) continue;
    if (detectFaceState(frame, brain, airThreshold(frame), near).state !== 'brain-only') return t;
  }
  return undefined;
}

function isConstant(data: VoxelArray): boolean {
  for (let n = 1; n < data.length; n++) if (data[n] !== data[0]) return false;
  return true;
}

function stateOf(tissueOutsideBrain: number, seen: number, inView: number, cutEdge: number): FaceState {
  if (inView < IN_VIEW_ABOVE) return 'unknown';
  // Skull-stripped heads: 0.97; a head ten times dimmer than its brain, or lit from behind: 0.06 at most.
  if (tissueOutsideBrain < BRAIN_ONLY_BELOW) return cutEdge > CUT_ABOVE ? 'brain-only' : 'unknown';
  if (cutEdge > CUT_ABOVE || seen < 0.3) return 'removed';
  if (cutEdge < INTACT_BELOW && seen > SEEN_ABOVE) return 'intact';
  return 'unknown';
}
