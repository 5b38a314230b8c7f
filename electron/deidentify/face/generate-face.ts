/**
 * Where generated faces live, in the space of this version of the average head: a box of its grid that every generator works
 * on, axes left→right, back→front, bottom→top.
 */
export const FACE_SPACE = {
  averageHead: '1.1.0',
  /** First voxel of the box on the average head's grid. */
  low: [5, 34, 0],
  shape: [96, 96, 112],
  /** Isotropic, mm. */
  spacingMm: 2,
} as const;

/** What a generator is handed, in this order, each a box of its own. */
export const FACE_CHANNELS = ['image', 'removed', 'shape', 'noise'] as const;

export interface GeneratedFace {
  /** Tissue on the box, x fastest; 1 is the brighter half of the brain. */
  readonly tissue: Float32Array;
  /** `id version sha256:…` of the network, for the provenance step. */
  readonly model: string;
  /** Execution provider it ran on. */
  readonly provider: string;
}

/**
 * Runs a generator network on one face.
 *
 * @param model id of the model (`pix2pix-2.5d`, `cgan-3d`, or a pack's)
 * @param channels the card's input channels one after the other, each x fastest on the model's box
 * @throws Error with a reason a coordinator understands when there is no such model or it cannot run
 */
export type GenerateFace = (
  model: string,
  channels: Float32Array,
  signal: AbortSignal,
) => Promise<GeneratedFace>;
