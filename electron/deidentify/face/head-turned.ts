import { type Affine, apply, fromColumns, multiply } from '../../../shared/geometry/affine.ts';
import type { Problem } from '../../../shared/problem.ts';
import { signedDistance } from '../../volume/distance.ts';
import type { Mesh } from './icosphere.ts';
import { fitAverageBrain, fitToBorder, type PriorFit } from './prior-fit.ts';

/** What a surface model found, all on the working grid (RAS+, isotropic). */
export interface UprightBrain {
  /** Brain, 0/1, and the average brain fitted to it the way the header says. */
  readonly mask: Uint8Array;
  readonly fit: PriorFit;
  /** The first surface, which grew without an average brain, and the one fitted to that. */
  readonly rough: { readonly surface: Mesh; readonly fit: PriorFit };
  readonly shape: readonly number[];
  readonly spacingMm: number;
}

/**
 * A turned average brain speaks against the header when what it leaves, relative to the upright one's residual, is below
 * this: of the outline found, and of the rough surface.
 *
 * The outline grew on the leash of an upright brain, so a turned one need not be nearer to be a sign. Of 23 heads that
 * lie as their header says the outline shows 1.58 to 2.04 and once 1.29, the rough surface 0.96 and more; phantoms, whose
 * brains are nearly the same front and back, 1.14 and more.
 */
const OUTLINE_RATIO = 1.1;
const ROUGH_RATIO = 0.8;
/** A head that looks sideways shows 0.53 to 0.78 (10 of 5 people), an upright one 1.78 and more; round phantoms 1.0. */
const SIDEWAYS_RATIO = 0.9;

/** Turns of the head about the middle of its brain, in the average brain's axes (left–right, back–front, up). */
const AROUND = {
  how: 'by 180° to face the other way',
  turn: fromColumns([-1, 0, 0], [0, -1, 0], [0, 0, 1], [0, 0, 0]),
};
const TURNS: readonly { readonly how: string; readonly turn: Affine; readonly limit: number }[] = [
  { ...AROUND, limit: OUTLINE_RATIO },
  {
    how: 'by 90° backwards',
    limit: OUTLINE_RATIO,
    turn: fromColumns([1, 0, 0], [0, 0, 1], [0, -1, 0], [0, 0, 0]),
  },
  {
    how: 'by 90° forwards',
    limit: OUTLINE_RATIO,
    turn: fromColumns([1, 0, 0], [0, 0, -1], [0, 1, 0], [0, 0, 0]),
  },
  {
    how: 'by 90° to its left',
    limit: SIDEWAYS_RATIO,
    turn: fromColumns([0, 1, 0], [-1, 0, 0], [0, 0, 1], [0, 0, 0]),
  },
  {
    how: 'by 90° to its right',
    limit: SIDEWAYS_RATIO,
    turn: fromColumns([0, -1, 0], [1, 0, 0], [0, 0, 1], [0, 0, 0]),
  },
];

/** The middle of the average brain, ICBM152 mm. */
const MIDDLE = [0, -18, 8] as const;
/** As extraction fits an outline: what lies lower (ICBM152 mm) does not pull. */
const LOWEST_MM = -50;

/**
 * Does the brain lie otherwise than the header says? A surface model takes the header's word for it, and the face would be
 * looked for on the wrong side.
 *
 * Brains are egg-shaped: the average brain, fitted once more from turned starts, fits worse the wrong way round.
 */
export function headTurned({ mask, fit, rough, shape, spacingMm }: UprightBrain): Problem[] {
  const border = signedDistance(mask, shape, [spacingMm, spacingMm, spacingMm]);
  const outline = TURNS.map(({ how, turn, limit }) => {
    const start = multiply(fit.affine, aboutMiddle(turn));
    const { residualMm } = fitToBorder(border, shape, start, spacingMm, LOWEST_MM);
    return { how, residualMm, excess: residualMm / fit.residualMm / limit };
  }).reduce((a, b) => (b.excess < a.excess ? b : a));
  if (outline.excess < 1) return [turned(outline.how, outline.residualMm, fit.residualMm)];
  const start = multiply(rough.fit.affine, aboutMiddle(AROUND.turn));
  const { residualMm } = fitAverageBrain(rough.surface, start, spacingMm);
  if (residualMm < ROUGH_RATIO * rough.fit.residualMm)
    return [turned(AROUND.how, residualMm, rough.fit.residualMm)];
  return [];
}

function aboutMiddle(turn: Affine): Affine {
  const out = turn.slice();
  apply(turn, ...MIDDLE).forEach((at, row) => {
    out[4 * row + 3] = MIDDLE[row]! - at;
  });
  return out;
}

function turned(how: string, turnedMm: number, uprightMm: number): Problem {
  return {
    code: 'head-turned',
    level: 'warning',
    subject: 'brain',
    message:
      `The brain fits an average one about as well or better when the head is turned, here ${how} ` +
      `(${turnedMm.toFixed(1)} mm apart; ${uprightMm.toFixed(1)} mm as the header says): ` +
      'the face may have been looked for on the wrong side.',
    fix: 'Look at the scan’s orientation: nose, top and neck must lie where the viewer says.',
  };
}
