import type { FaceNetwork } from '../../shared/risk/records.ts';
import type { Look } from './looks.ts';

/** Descriptors of one head by one network, one per view; null where no face was found. Unit length. */
export type ViewDescriptors = readonly (Float32Array | null)[];

/** The descriptors of a look, in the order of `views`. */
export function descriptorsOf(
  look: Pick<Look, 'views'>,
  network: FaceNetwork,
  views: readonly string[],
): ViewDescriptors {
  return views.map((view) => {
    const readings = look.views.find((v) => v.view === view)?.readings;
    const reading = readings?.find((r) => r.network === network);
    return reading?.found && reading.descriptor ? unit(reading.descriptor) : null;
  });
}

/** Views in which a face was found. */
export function viewsWithFace(descriptors: ViewDescriptors): number {
  return descriptors.reduce((n, d) => n + (d ? 1 : 0), 0);
}

/**
 * Similarity of one head to each head of a gallery: the mean cosine over the views in which both show a face, the same
 * view with the same view.
 *
 * The views are not picked by how well they fit: the best of five would let strangers in.
 *
 * @returns one value per head of the gallery, −1…1; −Infinity where no view shows both faces
 */
export function similarities(probe: ViewDescriptors, gallery: readonly ViewDescriptors[]): Float64Array {
  return Float64Array.from(gallery, (head) => {
    let sum = 0;
    let views = 0;
    for (let v = 0; v < probe.length; v++) {
      const a = probe[v];
      const b = head[v];
      if (!a || !b) continue;
      let dot = 0;
      for (let n = 0; n < a.length; n++) dot += a[n]! * b[n]!;
      sum += dot;
      views++;
    }
    return views > 0 ? sum / views : Number.NEGATIVE_INFINITY;
  });
}

function unit(values: readonly number[]): Float32Array {
  const length = Math.hypot(...values) || 1;
  return Float32Array.from(values, (v) => v / length);
}
