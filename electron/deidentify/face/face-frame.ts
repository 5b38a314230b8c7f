import type { Affine, Vec3 } from '../../../shared/geometry/affine.ts';
import type { Problem } from '../../../shared/problem.ts';
import type { Volume } from '../../volume/volume.ts';

/** Parts of a head that a method may edit, as bits of `AverageHead.regions`. */
export const REGION = { face: 1, ears: 2, mouth: 4, forehead: 8, wrap: 16 } as const;
export type RegionName = keyof typeof REGION;

/** The population-average head, in its own space (mm, RAS+, near ICBM152). */
export interface AverageHead {
  readonly id: string;
  readonly version: string;
  /** SHA-256 of the files it was read from. */
  readonly sha256: string;
  /** Mean intensity; 1 is the mean of white matter, 0 is air. */
  readonly intensity: Volume<Float32Array>;
  /** Mean signed distance to the head's surface, mm, negative inside; same grid. */
  readonly surface: Volume<Float32Array>;
  /** Bit set of REGION per voxel; same grid. Regions reach beyond the skin into the air in front of it. */
  readonly regions: Volume<Uint8Array>;
  /** Structure centroids in this space by FreeSurfer label, with the weight (1 / mm²) each has in a fit. */
  readonly centroids: readonly { readonly label: number; readonly at: Vec3; readonly weight: number }[];
}

/** Where the average head lies in a scan. */
export interface FaceFrame {
  /** Average-head mm → this scan's world mm, affine. */
  readonly averageToWorld: Affine;
  /** Root mean square distance between fitted and found centroids, mm; null when fitted from the brain's outline. */
  readonly residualMm: number | null;
  readonly source: 'centroids' | 'brain-outline';
  readonly problems: readonly Problem[];
}
