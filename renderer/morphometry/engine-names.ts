import type { EngineId } from '../../shared/morphometry/records.ts';

/** What each engine is, in the words of the field. */
export const ENGINE_NAMES: Readonly<Record<EngineId, { short: string; what: string }>> = {
  'tissue-em': {
    short: 'Tissue',
    what: 'Tissue engine: grey matter, white matter and fluid from the intensities (hidden-Markov-random-field EM with bias field) inside a brain mask.',
  },
  regional: {
    short: 'Regional',
    what: 'Regional engine: soft volumes of the structures that the head-segmentation network finds in the whole scan.',
  },
};

export const STAND_INS =
  'Both engines are this project’s own open stand-ins: their numbers are not those of MorphoBox, FIRST or FastSurfer.';
