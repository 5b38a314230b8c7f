import type { Problem } from '../../../shared/problem.ts';
import type { Volume } from '../../volume/volume.ts';

/**
 * What every face method, classical or learned, is handed and gives back.
 *
 * A method decides; `composite.ts` does the pasting. The method returns the edited voxels and the mask of
 * voxels it wants to change on the scan's own grid; compositing enforces the promises: nothing inside the
 * protected brain, nothing outside the mask, same shape, type, scaling and affine.
 */
export interface FaceMethod {
  readonly id: string;
  readonly kind: 'deface' | 'blur' | 'reface';
  readonly title: string;
  /** One sentence a coordinator understands. */
  readonly summary: string;
  readonly reference: string;
  /** Risk or limit that the user must know before choosing it. */
  readonly caution?: string;
  readonly version: string;
  /** Default parameters; unknown keys in a policy are refused. */
  readonly defaults: Readonly<Record<string, number | boolean | string>>;
  propose(input: FaceInput): Promise<FaceProposal>;
}

export interface FaceInput {
  /** 3-D frame the face is located in (the first frame of a 4-D file). */
  readonly volume: Volume;
  /** Brain mask on the same grid, 0 or 1. */
  readonly brain: Uint8Array;
  readonly params: Readonly<Record<string, number | boolean | string>>;
  readonly seed: number;
  readonly signal: AbortSignal;
}

export interface FaceProposal {
  /** Voxels the method wants to change, 0 or 1, native grid, first three axes. */
  readonly mask: Uint8Array;
  /** New stored value per voxel, read only where the mask is 1; `undefined` empties to the scan's air value. */
  readonly values?: Float32Array;
  /** What was assumed, in the user's words (e.g. "superior–inferior axis taken from the affine"). */
  readonly assumptions: readonly string[];
  readonly problems: readonly Problem[];
}
