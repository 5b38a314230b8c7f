import type { Anatomy } from './anatomy.ts';
import { type BrainShape, brainShape, FORAMEN_Z } from './brain-shape.ts';
import { blend, carve, ellipsoid, rod, sphere } from './distance.ts';
import { Tissue, type TissueId } from './tissue.ts';

/** A whole head in its own coordinates (mm, RAS, origin near the anterior commissure). */
export interface HeadShape {
  readonly brain: BrainShape;
  /** Signed distance to the skin, mm. */
  skin(x: number, y: number, z: number): number;
  /**
   * Tissue at a point inside the skin.
   *
   * @param skin signed distance to the skin there (negative)
   * @param cavity signed distance to the inside of the skull there
   */
  tissueAt(x: number, y: number, z: number, skin: number, cavity: number): TissueId;
}

export function headShape(anatomy: Anatomy): HeadShape {
  const brain = brainShape(anatomy);
  return { brain, skin: skinOf(anatomy, brain), tissueAt: insideOf(anatomy, brain) };
}

/** Outer surface: a cranium around the brain, a face on it, ears at its sides, a neck below. */
function skinOf(anatomy: Anatomy, brain: BrainShape): HeadShape['skin'] {
  const { noseLength, noseWidth, noseBend, browMm, cheek, jaw, chinMm, lips, mouthWidth, ears, neck } =
    anatomy;
  const eye = 31 * anatomy.eyeDistance;
  const coverMm = anatomy.skullMm + anatomy.scalpMm;
  const tipY = 84 + 19 * noseLength;
  const tipZ = -42 - 9 * noseLength;

  const face = (x: number, y: number, z: number, ax: number) => {
    let d = ellipsoid(ax, y, z, 0, 26, -52, 56 * cheek, 54, 62);
    d = blend(d, sphere(ax, y, z, 43, 48, -36, 20 * cheek), 12);
    d = blend(d, rod(ax, y, z, 47 * jaw, 4, -78, 18, 62, -103, 15, 13), 14);
    d = blend(d, sphere(ax, y, z, 0, 71 + chinMm, -104, 12), 12);
    d = blend(d, ellipsoid(ax, y, z, 0, 72, -77, 27, 16, 19), 10);
    d = blend(d, rod(ax, y, z, 9, 77 + browMm, -4, 38, 65 + browMm, -5, 7, 6), 9);
    d = carve(d, ellipsoid(ax, y, z, eye, 88, -21, 17, 17, 12), 8);
    d = blend(d, sphere(ax, y, z, eye, 62, -22, 13.5), 3);
    // Nose: bridge, tip and wings, bent a little to one side.
    const bent = x - noseBend * Math.max(0, (-16 - z) / 35);
    const ab = Math.abs(bent);
    d = blend(d, rod(ab, y, z, 0, 70, -18, 5, 78, tipZ - 1, 9, 13 * noseWidth), 6);
    d = blend(d, rod(bent, y, z, 0, 78, -14, 0, tipY - 2, tipZ, 5 * noseWidth, 7 * noseWidth), 8);
    d = blend(d, sphere(ab, y, z, 11 * noseWidth, tipY - 13, tipZ - 3, 7), 6);
    d = carve(d, rod(ab, y, z, 5.5 * noseWidth, tipY - 8, tipZ - 12, 5, tipY - 16, tipZ, 3, 2.5), 2);
    // Mouth: two lips and the line between them.
    d = blend(d, ellipsoid(ax, y, z, 0, 85, -73.5, 22 * mouthWidth, 6.5, 4.5 * lips), 3);
    d = blend(d, ellipsoid(ax, y, z, 0, 83.5, -82, 19 * mouthWidth, 7, 5.5 * lips), 3);
    d = carve(d, ellipsoid(ax, y, z, 0, 93, -77.6, 21 * mouthWidth, 7, 1.1), 2);
    return d;
  };
  const ear = (ax: number, y: number, z: number) => {
    // Turned about the vertical so that the rim stands off the head.
    const u = ax - 79;
    const v = y + 24;
    const across = 0.9 * u + 0.44 * v;
    const along = -0.44 * u + 0.9 * v;
    const s = ears;
    // Rim wide above and narrow below; the bowl opens forward and outward.
    const taper = 1 + 0.012 * (z + 24);
    let d = ellipsoid(across, along / taper, z, 0, 0, -24, 4, 15 * s, 28 * s);
    d = carve(d, ellipsoid(across, along / taper, z, 5, 2, -19, 5, 10.5 * s, 18 * s), 2.5);
    d = blend(d, ellipsoid(across, along, z, 0, 6, -24 - 22 * s, 4, 6, 8), 4);
    d = blend(d, sphere(ax, y, z, 73, -12, -27, 5), 5);
    return d;
  };

  return (x, y, z) => {
    const ax = Math.abs(x);
    let d = brain.cavity(x, y, Math.max(z, FORAMEN_Z + 20)) - coverMm;
    if (z < FORAMEN_Z + 20) d += 0.8 * (FORAMEN_Z + 20 - z); // the cranium closes below the occiput
    // Neck, an upright oval.
    const cx = x / (55 * neck);
    const cy = (y + 26) / (59 * neck);
    const column = (Math.sqrt(cx * cx + cy * cy) - 1) * 55 * neck;
    d = blend(d, ellipsoid(ax, y, z, 0, -60, -38, 58, 48, 42), 24); // nape
    d = blend(d, Math.max(column, z + 30), 26);
    if (y > -10) d = blend(d, face(x, y, z, ax), 16);
    else d = blend(d, face(x, -10, z, ax) + 0.7 * (-10 - y), 16);
    if (ax > 60) d = blend(d, ear(ax, y, z), 4);
    return d;
  };
}

/** What lies under the skin: skull, airways, eyes, jaw, teeth, spine, fat and muscle. */
function insideOf(anatomy: Anatomy, brain: BrainShape): HeadShape['tissueAt'] {
  const eye = 31 * anatomy.eyeDistance;
  const { skullMm, texture } = anatomy;
  const grain = (x: number, y: number, z: number) => {
    let sum = 0;
    for (const { kx, ky, kz, phase } of texture) sum += Math.sin(kx * x + ky * y + kz * z + phase);
    return sum;
  };

  const airway = (ax: number, y: number, z: number) => {
    const nasal = Math.max(ellipsoid(ax, y, z, 0, 55, -38, 12, 22, 18), 1.6 - ax);
    const maxillary = ellipsoid(ax, y, z, 28, 48, -47, 12, 14, 14);
    const sphenoid = ellipsoid(ax, y, z, 0, 43, -30, 9, 9, 7);
    const frontal = ellipsoid(ax, y, z, 9, 71, -4, 7, 3.5, 6);
    const throat = Math.min(
      rod(ax, y, z, 0, 32, -52, 0, 14, -84, 7, 8),
      rod(ax, y, z, 0, 14, -84, 0, 8, -160, 8, 8),
    );
    const canal = rod(ax, y, z, 80, -17, -28, 56, -17, -26, 3, 2);
    const mastoid = ellipsoid(ax, y, z, 58, -32, -42, 7, 8, 9);
    return Math.min(nasal, maxillary, sphenoid, frontal, throat, canal, mastoid);
  };

  return (x, y, z, skin, cavity) => {
    if (cavity < 0) return brain.tissueAt(x, y, z);
    const ax = Math.abs(x);
    if (z > -10 && y < 60) {
      // Above the face there is only skull and scalp.
      if (cavity < skullMm) return skullLayer(cavity);
      return skin > -2 ? Tissue.skin : Tissue.fat;
    }
    const air = airway(ax, y, z);
    if (air < 0 && (skin < -5 || ax > 50)) return Tissue.air;
    const globe = sphere(ax, y, z, eye, 62, -22, 12);
    if (globe < 0) {
      if (globe > -1.2) return Tissue.muscle;
      return ellipsoid(ax, y, z, eye, 71, -22, 5, 2.5, 5) < 0 ? Tissue.muscle : Tissue.vitreous;
    }
    if (cavity < skullMm && z > FORAMEN_Z) return skullLayer(cavity);
    if (globe < 14 && y < 72 && y > 34 && Math.hypot(ax - eye, z + 22) < 16) {
      // Orbit: optic nerve and muscles in fat.
      if (rod(ax, y, z, eye, 52, -22, 14, 30, -18, 2.2, 2.2) < 0) return Tissue.wm;
      const spread = Math.hypot(ax - eye, z + 22);
      return spread > 9 && spread < 12.5 && grain(x, 0, z) > 0.4 ? Tissue.muscle : Tissue.fat;
    }
    if (air < 2.2 && y > 10) return y > 70 && skin > -6 ? Tissue.skin : air < 1 ? Tissue.mucosa : Tissue.bone;
    // Spine with its canal.
    if (z < -58 && y < 0) {
      const cord = rod(ax, y, z, 0, -36, -58, 0, -52, -160, 5.5, 5);
      if (cord < 0) return Tissue.wm;
      if (cord < 4) return Tissue.csf;
      if (cord < 7) return Tissue.bone;
      const vertebra = rod(ax, y, z, 0, -18, -72, 0, -30, -160, 11, 12);
      if (vertebra < 0) {
        if (Math.abs(((z + 400) % 19) - 9.5) > 8) return Tissue.muscle; // discs
        return vertebra > -2 ? Tissue.bone : Tissue.marrow;
      }
    }
    const mandible = Math.min(
      rod(ax, y, z, 46, 2, -50, 44, 10, -84, 6, 6),
      rod(ax, y, z, 44, 10, -84, 8, 68, -100, 6.5, 7),
    );
    if (mandible < 0) return mandible > -3 ? Tissue.bone : Tissue.marrow;
    if (z > -90 && z < -66 && y > 40) {
      const arch = (Math.hypot(ax / 24, (y - 42) / 34) - 1) * 26;
      if (Math.abs(arch) < 4) return Tissue.bone; // teeth
      if (arch < -4) return Tissue.muscle; // tongue
    }
    if (skin > -2) return Tissue.skin;
    const fatMm = 5 + 0.8 * grain(x, y, z);
    if (skin > -fatMm) return Tissue.fat;
    // Muscles parted by sheets of fat.
    return Math.abs(grain(x, y, z)) < 0.22 ? Tissue.fat : Tissue.muscle;
  };

  function skullLayer(depth: number): TissueId {
    const t = depth / skullMm;
    return t > 0.42 && t < 0.7 ? Tissue.marrow : Tissue.bone;
  }
}
