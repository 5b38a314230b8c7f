/** Three extents along left→right, back→front, bottom→top. */
export type Shape3 = readonly [number, number, number];

/**
 * A network from one image to the probabilities of its channels.
 *
 * Both arrays are in tensor order, the last axis (bottom→top) fastest: `index = z + nz·(y + ny·x)`; the result holds
 * one such block per channel. Every extent is a multiple of the card's `multipleOf`.
 */
export type Network = (image: Float32Array, shape: Shape3) => Promise<Float32Array>;

/** The network's answer for one part of the padded image, and the part of the answer that counts. */
export interface Block {
  /** channels × x × y × z, tensor order. */
  readonly probabilities: Float32Array;
  readonly shape: Shape3;
  /** Place of this block's first voxel in the padded image. */
  readonly origin: Shape3;
  /** The part without margins, in the padded image: first voxel, and one past the last. */
  readonly from: Shape3;
  readonly to: Shape3;
}
