import type { Anatomy, Wave } from './anatomy.ts';
import { blend, ellipsoid, rod } from './distance.ts';
import { Tissue, type TissueId } from './tissue.ts';

/** Where the phantom's brain ends and spinal cord begins, mm below the origin. */
export const FORAMEN_Z = -64;

/**
 * A brain in head coordinates (mm, RAS, origin near the anterior commissure): two hemispheres with a folded
 * cortex, temporal lobes, deep nuclei, ventricles, cerebellum and stem, in a cavity filled with CSF.
 */
export interface BrainShape {
  /** Signed distance to the inside of the skull, mm. */
  cavity(x: number, y: number, z: number): number;
  /** Signed distance to the closed (unfolded) outer surface of the brain, mm. */
  hull(x: number, y: number, z: number): number;
  /** Tissue at a point inside the cavity. */
  tissueAt(x: number, y: number, z: number): TissueId;
}

/** How deep sulci reach below the outer surface, mm. */
const SULCUS_DEPTH_MM = 21;

export function brainShape(anatomy: Anatomy): BrainShape {
  const { cortexMm, gapMm, ventricles, folds } = anatomy;

  const cerebrum = (x: number, y: number, z: number) => {
    const ax = Math.abs(x) * (1 + 0.0011 * (y + 17)); // narrower in front than behind
    const main = ellipsoid(ax, y, z, 0, -17, 14, 64, 82, 57);
    const temporal = ellipsoid(ax, y, z, 38, -8, -20, 23, 37, 20);
    return blend(main, temporal, 8);
  };
  const cerebellum = (x: number, y: number, z: number) => ellipsoid(x, y, z, 0, -62, -36, 49, 33, 23);
  const stem = (x: number, y: number, z: number) => rod(x, y, z, 0, -20, -8, 0, -36, -66, 13, 8);

  const hull = (x: number, y: number, z: number) =>
    Math.max(Math.min(cerebrum(x, y, z), cerebellum(x, y, z), stem(x, y, z)), FORAMEN_Z - z);
  const cavity = (x: number, y: number, z: number) =>
    Math.max(
      blend(blend(cerebrum(x, y, z), cerebellum(x, y, z), 10), stem(x, y, z), 6) - gapMm,
      FORAMEN_Z - z,
    );

  const ventricle = (ax: number, y: number, z: number) => {
    const v = ventricles;
    const horn = rod(ax, y, z, 9, 30, 4, 11, 2, 20, 4.5 * v, 5.5 * v);
    const body = rod(ax, y, z, 11, 2, 20, 24, -44, 14, 5.5 * v, 6.5 * v);
    const occipital = rod(ax, y, z, 24, -44, 14, 27, -68, 6, 6 * v, 3 * v);
    const temporal = rod(ax, y, z, 24, -44, 12, 33, -16, -16, 4 * v, 2.5 * v);
    const third = ellipsoid(ax, y, z, 0, -12, 1, 2.4 * v, 13, 9);
    const fourth = ellipsoid(ax, y, z, 0, -47, -28, 7 * v, 5, 9);
    return Math.min(horn, body, occipital, temporal, third, fourth);
  };
  const nuclei = (ax: number, y: number, z: number) =>
    Math.min(
      ellipsoid(ax, y, z, 12, -18, 6, 8, 14, 8.5), // thalamus
      ellipsoid(ax, y, z, 15, 14, 8, 5, 12, 8), // caudate
      ellipsoid(ax, y, z, 26, 2, 1, 6, 17, 9), // putamen
      ellipsoid(ax, y, z, 25, -20, -17, 6, 15, 5), // hippocampus
    );
  const callosum = (ax: number, y: number, z: number) =>
    Math.min(
      rod(ax, y, z, 0, 28, 8, 0, 8, 27, 4, 4),
      rod(ax, y, z, 0, 8, 27, 0, -34, 26, 4, 4),
      rod(ax, y, z, 0, -34, 26, 0, -42, 16, 4, 5),
    );

  const tissueAt = (x: number, y: number, z: number): TissueId => {
    const ax = Math.abs(x);
    const depth = -cerebrum(x, y, z);
    const inStem = stem(x, y, z) < 0;
    if (depth > 0 || inStem) {
      if (ventricle(ax, y, z) < 0) return Tissue.csf;
      if (nuclei(ax, y, z) < 0) return Tissue.gm;
      if (inStem || callosum(ax, y, z) < 0) return Tissue.wm;
      // The middle of the brain joins the hemispheres; elsewhere the fissure parts them.
      const core = ellipsoid(ax, y, z, 0, -14, 1, 30, 34, 19);
      if (core < -2) return Tissue.wm;
      const nearest = Math.min(depth, ax - 1.1); // outer surface, fissure
      if (nearest < 0) return Tissue.csf;
      const below = depth - SULCUS_DEPTH_MM;
      if (below > cortexMm + 1) return nearest < cortexMm ? Tissue.gm : Tissue.wm;
      const sheet = sulcus(folds, x, y, z);
      const width = 0.42 - 0.012 * Math.min(depth, SULCUS_DEPTH_MM);
      const fold = (below > 0 ? Math.hypot(sheet, below) : sheet) - width;
      if (fold < 0) return Tissue.csf;
      const surface = Math.min(nearest, fold);
      return surface < cortexMm ? Tissue.gm : Tissue.wm;
    }
    const inner = -cerebellum(x, y, z);
    if (inner > 0) {
      if (ventricle(ax, y, z) < 0) return Tissue.csf;
      // Folia: flat fissures across the midline, a core of white matter with branches.
      const layer = Math.sin(1.05 * z + 0.35 * y + 0.02 * ax * y * 0.2);
      if (inner < 5 && layer > 0.93) return Tissue.csf;
      const reach = 9 + 4 * Math.sin(0.45 * z + 0.6 * y) + 1.5 * Math.sin(0.3 * ax);
      return inner > reach ? Tissue.wm : Tissue.gm;
    }
    return Tissue.csf;
  };
  return { cavity, hull, tissueAt };
}

/** Approximate distance to the nearest zero of a sum of plane waves: |s| / |∇s|. */
function sulcus(waves: readonly Wave[], x: number, y: number, z: number): number {
  let s = 0;
  let gx = 0;
  let gy = 0;
  let gz = 0;
  for (const { kx, ky, kz, phase } of waves) {
    const angle = kx * x + ky * y + kz * z + phase;
    s += Math.sin(angle);
    const c = Math.cos(angle);
    gx += kx * c;
    gy += ky * c;
    gz += kz * c;
  }
  const steep = Math.sqrt(gx * gx + gy * gy + gz * gz);
  return Math.abs(s) / Math.max(steep, 0.45);
}
