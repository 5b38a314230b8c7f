import type { QuarantineClass, SeriesKind, SeriesLayout } from '../../shared/import/records.ts';
import { type Vector, worldExtentMm } from './slice-geometry.ts';

export type FaceInView = 'yes' | 'no' | 'unknown';

/** Kinds whose faces can be handled as images of a head. */
export const faceKinds: readonly SeriesKind[] = ['T1w', 'T2w', 'FLAIR', 'PDw'];

/** Fewer slices than this are never a whole head, however thick. */
export const leastSlices = 10;

const headParts =
  /^(HEAD|BRAIN|SKULL|FACE|HEADNECK|WHOLEHEAD|ORBIT|SELLA|PITUITARY|IAC|TMJ|JAW|EAR|EYE|SINUS|PARANASALSINUS)/;
const otherWords =
  /\b(knee|ankle|foot|hip|pelvis|abdomen|abdominal|liver|prostate|heart|cardiac|chest|thorax|lung|shoulder|elbow|wrist|hand|breast|lumbar|thoracic|l-?spine|t-?spine|spine|kidney|whole ?body|extremity|femur|thigh)\b/i;

/** Is it a head? By BodyPartExamined first, by the words of the protocol otherwise. */
export function showsHead(bodyPart: string, words: string): FaceInView {
  const part = bodyPart.toUpperCase().replaceAll(/[^A-Z]/g, '');
  if (headParts.test(part)) return 'yes';
  if (part !== '' && part !== 'UNKNOWN' && part !== 'NECK') return 'no';
  if (/\b(head|brain|neuro|cranial|skull|face|mprage|memprage)\b/i.test(words)) return 'yes';
  if (otherWords.test(words)) return 'no';
  return 'unknown';
}

/**
 * Is a face inside the box that was imaged?
 *
 * Geometry alone: a head that is imaged over at least 160 mm from top to bottom, 150 mm from front to
 * back and 120 mm from side to side has its face (or a good part of it) in view. A smaller box may or may
 * not cut it: `unknown`, to be settled from the voxels.
 */
export function judgeFaceInView(
  head: FaceInView,
  affine: readonly number[],
  shape: readonly number[],
): FaceInView {
  if (head === 'no') return 'no';
  if (affine.length !== 16 || shape.length < 3) return 'unknown';
  const [side, front, height] = worldExtentMm(affine, shape);
  return height >= 160 && front >= 150 && side >= 120 ? 'yes' : 'unknown';
}

/** Could a box of this size hold an adult's or a child's whole brain? */
export function isHeadSized(extentMm: Vector): boolean {
  return extentMm.every((e) => e >= 90 && e <= 500) && Math.max(...extentMm) >= 120;
}

/** How the grid is laid out. */
export function judgeLayout(shape: readonly number[], voxelSizeMm: readonly number[]): SeriesLayout {
  if (shape.length < 2) return 'none';
  if ((shape[3] ?? 1) > 1 && (shape[2] ?? 1) > 1) return '4d';
  if ((shape[2] ?? 1) < 3) return '2d';
  const sizes = voxelSizeMm.slice(0, 3);
  if (sizes.length < 3) return 'none';
  const finest = Math.min(...sizes);
  const coarsest = Math.max(...sizes);
  return coarsest <= 2.5 || (coarsest <= 4 && coarsest / finest <= 1.5) ? '3d' : 'thick-slice';
}

export interface InitialState {
  state: 'queued' | 'excluded';
  quarantine: QuarantineClass | null;
  reason: string;
  next: string;
}

/** Of localizers and reformats: what they show follows from another scan. */
const asLeading = 'by what the leading scan of its session shows';
const includeIt = 'Set its kind and include it if that is wrong.';

/**
 * Where a series starts: head volumes of a contrast that is handled are queued, everything else is set
 * aside with its class, a reason and what to do.
 *
 * @param found a class that the checks already gave, with its reason
 */
export function initialState(
  series: {
    kind: SeriesKind;
    layout: SeriesLayout;
    shape: readonly number[];
    affine: readonly number[];
    format: 'dicom' | 'nifti';
    head: FaceInView;
  },
  found: { quarantine: QuarantineClass; reason: string } | undefined,
): InitialState {
  const aside = (quarantine: QuarantineClass, reason: string, next: string): InitialState => ({
    state: 'excluded',
    quarantine,
    reason,
    next,
  });
  const { kind, layout } = series;
  if (kind === 'non-image')
    return aside(
      'non-image',
      'It holds no image: a report, a plan or another kind of object.',
      'Nothing to do; it does not leave.',
    );
  if (kind === 'secondary-capture')
    return aside(
      'secondary-capture',
      'A screen capture or converted picture; it may show names in its pixels.',
      'Nothing to do; it does not leave.',
    );
  if (found?.quarantine === 'duplicate')
    return aside('duplicate', found.reason, 'Nothing to do; the first copy is used.');
  if (kind === 'localizer')
    return aside(
      'localizer',
      'A localizer: a few planning slices, not a volume.',
      `Nothing to do; or include it, to have it edited ${asLeading}.`,
    );
  if (kind === 'derived')
    return aside(
      'derived',
      'Computed from other images rather than acquired.',
      `Handle the acquired image; or include it, to have it edited ${asLeading}.`,
    );
  if (found)
    return aside(
      found.quarantine,
      found.reason,
      'Look at its problems; include it if it is usable as it is.',
    );
  if (series.head === 'no')
    return aside(
      'not-a-head-volume',
      'The body part is not a head.',
      'Include it if it shows a head after all.',
    );
  if (layout === 'none')
    return aside(
      'missing-geometry',
      'No image grid with positions could be made of it.',
      'Import it again from a source that kept the geometry.',
    );
  const size = worldExtentMm(series.affine, series.shape);
  const box = size.map((v) => Math.round(v)).join(' × ');
  const slices = Math.min(...series.shape.slice(0, 3));
  if (layout === '2d' || slices < leastSlices) {
    return aside(
      'not-a-head-volume',
      `Only ${slices} slice${slices === 1 ? '' : 's'}; that is not a whole head.`,
      'Include it if it is usable after all.',
    );
  }
  if (!isHeadSized(size)) {
    return aside(
      'not-a-head-volume',
      `The imaged box is ${box} mm (side × front-back × height); that is not a whole head.`,
      'Include it if it is a head after all.',
    );
  }
  if (kind === 'CT' || kind === 'PET')
    return aside(
      'unsupported-contrast',
      `${kind} of a head: its face is not handled by the present methods.`,
      'It does not leave. Handle it with another tool.',
    );
  if (layout === '4d')
    return aside(
      'unsupported-contrast',
      'Several volumes over time or direction; only single volumes are handled on their own.',
      includeIt,
    );
  if (faceKinds.includes(kind)) return { state: 'queued', quarantine: null, reason: '', next: '' };
  if (kind === 'other' && series.format === 'nifti')
    return {
      state: 'queued',
      quarantine: null,
      reason: '',
      next: 'Confirm what it shows by setting its kind.',
    };
  if (kind === 'other')
    return aside(
      'unsupported-contrast',
      'Its contrast was not recognised.',
      'Set its kind (T1w, T2w, FLAIR or PDw) and include it.',
    );
  return aside(
    'unsupported-contrast',
    `A ${kind} image of a head: its face is not handled by the present methods.`,
    `It does not leave. ${includeIt}`,
  );
}
