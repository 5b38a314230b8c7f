import * as tf from '@tensorflow/tfjs-core';
import type { GrayPicture } from './face-reader.ts';

/** As a network takes it: shape (height, width, 3), three equal channels of 0…255. To be disposed of. */
export function toTensor({ width, height, gray }: GrayPicture): tf.Tensor3D {
  if (gray.length !== width * height)
    throw new RangeError(`Expected ${width} × ${height} pixels, got ${gray.length}.`);
  const rgb = new Float32Array(3 * gray.length);
  for (let p = 0; p < gray.length; p++) rgb.fill(gray[p]!, 3 * p, 3 * p + 3);
  return tf.tensor3d(rgb, [height, width, 3]);
}

/** The picture made smaller in the middle of a black frame of its old size. To be disposed of. */
export function shrink(picture: tf.Tensor3D, factor: number): tf.Tensor3D {
  const [height, width] = picture.shape;
  const [low, high] = [0.5 - 0.5 / factor, 0.5 + 0.5 / factor];
  return tf.tidy(() =>
    tf.squeeze<tf.Tensor3D>(
      tf.image.cropAndResize(
        tf.expandDims<tf.Tensor4D>(picture),
        [[low, low, high, high]],
        [0],
        [height, width],
        'bilinear',
        0,
      ),
      [0],
    ),
  );
}
