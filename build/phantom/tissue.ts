/** What a point of a phantom is made of. */
export const Tissue = {
  air: 0,
  csf: 1,
  gm: 2,
  wm: 3,
  bone: 4,
  marrow: 5,
  muscle: 6,
  fat: 7,
  skin: 8,
  vitreous: 9,
  mucosa: 10,
} as const;
export type TissueId = (typeof Tissue)[keyof typeof Tissue];
export const TISSUES = 11;

export type Contrast = 'T1w' | 'T2w' | 'FLAIR';

/** Mean signal per tissue in scanner units, indexed by {@link Tissue}: ordered as in clinical images at 3 T. */
export const SIGNAL: Readonly<Record<Contrast, readonly number[]>> = {
  //      air csf gm   wm   bone marrow muscle fat skin vitreous mucosa
  T1w: [0, 190, 520, 740, 45, 420, 400, 860, 560, 150, 430],
  T2w: [0, 980, 560, 400, 40, 380, 210, 620, 420, 930, 700],
  FLAIR: [0, 110, 560, 430, 40, 400, 260, 680, 450, 120, 560],
};
