import { type AverageHead, REGION } from '../../electron/deidentify/face/face-frame.ts';
import { headShape } from '../../electron/deidentify/face/head-shape.ts';
import { headPhantom } from './head.ts';

/**
 * A stand-in for the average head where no model file is wanted: one phantom person with regions drawn by rules.
 *
 * Lies where all phantoms lie (near ICBM152), so a phantom's own frame is the identity.
 */
export function averageHeadPhantom(seed = 77): AverageHead {
  const { volume } = headPhantom({ seed, noise: 2, bias: 0, fieldOfViewMm: [216, 264, 248] });
  const { work, distance } = headShape(volume, 60);
  const { shape, affine } = work;
  const [nx, ny] = shape as [number, number, number];
  const regions = new Uint8Array(distance.length);
  for (let n = 0; n < regions.length; n++) {
    const x = Math.abs(affine[0]! * (n % nx) + affine[3]!);
    const y = affine[5]! * (((n / nx) | 0) % ny) + affine[7]!;
    const z = affine[10]! * ((n / (nx * ny)) | 0) + affine[11]!;
    const d = distance[n]!;
    let bits = 0;
    if (y > 36 && x < 64 && z > -112 && z < -8 && d > -40) bits |= REGION.face;
    if (y > 45 && x < 28 && z > -98 && z < -62) bits |= REGION.mouth;
    if (x > 62 && y > -45 && y < 14 && z > -60 && z < 16 && d > -6) bits |= REGION.ears;
    if (y > 40 && z > -8 && z < 50 && d > -8) bits |= REGION.forehead;
    if (d > 8 && (y < -112 || y > 100)) bits |= REGION.wrap;
    regions[n] = bits;
  }
  const grid = { shape, affine, slope: 1, inter: 0 };
  return {
    id: 'average-phantom',
    version: '0',
    sha256: '0'.repeat(64),
    intensity: { ...grid, data: work.data.map((v) => v / 740) },
    surface: { ...grid, data: distance },
    regions: { ...grid, data: regions },
    centroids: [],
  };
}
