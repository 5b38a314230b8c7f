import { type Random, randomFrom } from './random.ts';

/** What differs from one phantom person to the next; 1 or 0 is the middle of the range. */
export interface Anatomy {
  /** Size of the head along x, y, z. */
  readonly scale: readonly [number, number, number];
  readonly noseLength: number;
  readonly noseWidth: number;
  /** Sideways deviation of the nose tip, mm; no face is symmetric. */
  readonly noseBend: number;
  readonly browMm: number;
  readonly eyeDistance: number;
  readonly cheek: number;
  readonly jaw: number;
  readonly chinMm: number;
  readonly mouthWidth: number;
  readonly lips: number;
  readonly ears: number;
  readonly neck: number;
  /** Thickness of skull and scalp, mm. */
  readonly skullMm: number;
  readonly scalpMm: number;
  /** Cortical thickness, mm. */
  readonly cortexMm: number;
  /** CSF between brain and skull, mm. */
  readonly gapMm: number;
  readonly ventricles: number;
  /** Plane waves whose zero sets are the sulci: direction × 2π/λ, phase. */
  readonly folds: readonly Wave[];
  readonly texture: readonly Wave[];
}

export interface Wave {
  readonly kx: number;
  readonly ky: number;
  readonly kz: number;
  readonly phase: number;
}

/** The anatomy of the phantom person with this seed. */
export function anatomyFrom(seed: number): Anatomy {
  const random = randomFrom(seed * 7919 + 17);
  const around = (middle: number, spread: number) => random.between(middle - spread, middle + spread);
  const size = around(1, 0.03);
  return {
    scale: [size * around(1, 0.02), size * around(1, 0.02), size * around(1, 0.02)],
    noseLength: around(1, 0.22),
    noseWidth: around(1, 0.22),
    noseBend: around(0, 2.5),
    browMm: around(0, 2.5),
    eyeDistance: around(1, 0.07),
    cheek: around(1, 0.09),
    jaw: around(1, 0.12),
    chinMm: around(0, 5),
    mouthWidth: around(1, 0.15),
    lips: around(1, 0.3),
    ears: around(1, 0.15),
    neck: around(1, 0.12),
    skullMm: around(6, 0.8),
    scalpMm: around(6, 1),
    cortexMm: around(2.75, 0.2),
    gapMm: around(2.3, 0.4),
    ventricles: around(1, 0.25),
    folds: waves(random, 7, 14, 19),
    texture: waves(random, 3, 18, 34),
  };
}

/** Plane waves in directions spread evenly over the half sphere, so that folds run every way. */
function waves(random: Random, count: number, shortestMm: number, longestMm: number): Wave[] {
  const turn = random.between(0, 2 * Math.PI);
  return Array.from({ length: count }, (_, n) => {
    const z = (n + random.between(0.2, 0.8)) / count;
    const angle = turn + n * 2.39996 + random.between(-0.3, 0.3); // golden angle
    const r = Math.sqrt(1 - z * z);
    const k = (2 * Math.PI) / random.between(shortestMm, longestMm);
    const phase = random.between(0, 2 * Math.PI);
    return { kx: k * r * Math.cos(angle), ky: k * r * Math.sin(angle), kz: k * z, phase };
  });
}
