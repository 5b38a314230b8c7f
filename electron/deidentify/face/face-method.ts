import type { Problem } from '../../../shared/problem.ts';
import type { Volume } from '../../volume/volume.ts';
import type { AverageHead, FaceFrame } from './face-frame.ts';
import type { GenerateFace } from './generate-face.ts';

export type ParamValue = number | boolean | string;

/** How one parameter of a method is shown and held in bounds. */
export interface ParamInfo {
  readonly label: string;
  /** `mm`, `voxels`, …; empty for switches. */
  readonly unit: string;
  /** One sentence: what more or less of it does. */
  readonly meaning: string;
  readonly min?: number;
  readonly max?: number;
  /** Part of the head that is edited when the switch is on. */
  readonly region?: boolean;
}

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
  readonly defaults: Readonly<Record<string, ParamValue>>;
  /** One entry for each default. */
  readonly params: Readonly<Record<string, ParamInfo>>;
  /** The method needs the average head and its place in the scan. */
  readonly needsAverage: boolean;
  /** Model whose network makes the face; absent for methods without one. */
  readonly model?: string;
  propose(input: FaceInput): Promise<FaceProposal>;
}

export interface FaceInput {
  /** 3-D frame the face is located in (the first frame of a 4-D file). */
  readonly volume: Volume;
  /** That frame on the working grid of head shapes. */
  readonly work?: Volume<Float32Array> | undefined;
  /** Brain mask on the same grid, 0 or 1. */
  readonly brain: Uint8Array;
  /** The average head and where it lies; both null where this build has none, and then only for methods that do without. */
  readonly average: AverageHead | null;
  readonly frame: FaceFrame | null;
  /** Head/air threshold of the original scan, real values. */
  readonly threshold: number;
  /** Frame t of the scan; frame 0 is `volume`. Shapes come from frame 0, values from each frame. */
  readonly frameAt: (t: number) => Volume;
  readonly params: Readonly<Record<string, ParamValue>>;
  readonly seed: number;
  /** The scan that leads the session, where this is another one: a face that is drawn for it is drawn for both. */
  readonly leading?: (() => Promise<FaceInput>) | undefined;
  /** Runs a generator network; absent where none can be run. */
  readonly generate?: GenerateFace | undefined;
  readonly signal: AbortSignal;
}

export interface FaceProposal {
  /** Voxels the method wants to change, 0 or 1, native grid, first three axes. */
  readonly mask: Uint8Array;
  /**
   * New stored value per voxel of frame t, read only where the mask is 1; `undefined` empties to the scan's air value.
   * A function, so that only one frame of a long series is in memory.
   */
  readonly values?: ((t: number) => Float32Array) | undefined;
  /**
   * Share of the new head, 0…1, on a grid of its own, for methods that replace: where it is 1 nothing depends on the
   * person's own shape, even where both happen to coincide.
   */
  readonly replaced?: Volume<Float32Array> | undefined;
  /** `id version sha256:…` of the network that made the face. */
  readonly model?: string | undefined;
  /** What was assumed, in the user's words (e.g. "superior–inferior axis taken from the affine"). */
  readonly assumptions: readonly string[];
  readonly problems: readonly Problem[];
}
