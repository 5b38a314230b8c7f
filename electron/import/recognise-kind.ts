import type { SeriesKind } from '../../shared/import/records.ts';

/** What is known about a series when its kind is judged; every part may be missing. */
export interface KindEvidence {
  format: 'dicom' | 'nifti';
  sopClassUid: string;
  modality: string;
  imageType: readonly string[];
  /** Series description, protocol and sequence name, or the file name of a NIfTI image. */
  words: string;
  acquisitionContrast: string;
  photometric: string;
  samplesPerPixel: number;
  hasImage: boolean;
  repetitionTimeMs?: number;
  echoTimeMs?: number;
  inversionTimeMs?: number;
  scanningSequence: readonly string[];
  bValue?: number;
  volumes: number;
}

/** A kind and whether it was read from something that says so, rather than from timing alone or not at all. */
export interface RecognisedKind {
  kind: SeriesKind;
  sure: boolean;
}

const imageStorage = '1.2.840.10008.5.1.4.1.1.';
const secondaryCapture = /^1\.2\.840\.10008\.5\.1\.4\.1\.1\.7(\.|$)/;
/** Reports, presentation states, waveforms, plans, structure sets, encapsulated documents. */
const nonImage = new Set([
  'SR',
  'PR',
  'KO',
  'AU',
  'ECG',
  'HD',
  'RTSTRUCT',
  'RTPLAN',
  'RTRECORD',
  'DOC',
  'REG',
  'FID',
  'PLAN',
]);
const derivedTypes =
  /^(MPR|MIP|MINIP|MIN IP|PROJECTION IMAGE|ADC|FA|TRACEW|TRACE|CBF|CBV|MTT|TTP|RCBV|RELCBF|SUBTRACT(ION)?|T1 MAP|T2 MAP|T2_STAR|RESAMPLED|REFORMATTED|3D RENDERING|VOLUME RENDER|COLFA|EADC|MPR THICK|CSA MPR.*|CSA 3D EDITOR|ISODWI|SEGMENTATION)$/;

/**
 * Says what a series shows: by what it claims outright (class, modality, image type, name), and for MR
 * without a telling name by its timing.
 */
export function recogniseKind(e: KindEvidence): RecognisedKind {
  const sure = (kind: SeriesKind): RecognisedKind => ({ kind, sure: true });
  const types = e.imageType.map((t) => t.toUpperCase());
  const words = ` ${e.words.toLowerCase().replaceAll(/[^a-z0-9*]+/g, ' ')} `;
  if (e.format === 'dicom') {
    if (
      !e.hasImage ||
      nonImage.has(e.modality) ||
      (e.sopClassUid !== '' && !e.sopClassUid.startsWith(imageStorage))
    )
      return sure('non-image');
    if (secondaryCapture.test(e.sopClassUid) || e.modality === 'SC' || e.modality === 'OT')
      return sure('secondary-capture');
    if (e.modality === 'SEG' || e.modality === 'RTDOSE') return sure('derived');
  }
  const localiser =
    / (localizer|localiser|loc|scout|survey|pilot|topogram|scanogram|surview|3 ?plane|3pl|tri ?plane|aahead ?scout|aascout) /;
  if (types.includes('LOCALIZER') || localiser.test(words)) return sure('localizer');
  if (e.format === 'dicom') {
    if (types.some((t) => derivedTypes.test(t)) || (types[0] === 'DERIVED' && types[1] === 'SECONDARY'))
      return sure('derived');
    if (e.samplesPerPixel > 1 || /^(RGB|YBR|PALETTE)/.test(e.photometric)) return sure('derived');
    if (e.modality === 'CT') return sure('CT');
    if (e.modality === 'PT') return sure('PET');
    if (e.modality !== 'MR' && e.modality !== '') return sure('other');
  } else {
    if (e.modality === 'CT' || / ct /.test(words)) return sure('CT');
    if (e.modality === 'PT' || / pet /.test(words)) return sure('PET');
    if (/ (mask|dseg|aseg|aparc|seg|probseg|label|labels|dlmuse|warp|xfm|jacobian) /.test(words))
      return sure('derived');
  }
  return mrKind(e, types, words);
}

function mrKind(e: KindEvidence, types: readonly string[], words: string): RecognisedKind {
  const sure = (kind: SeriesKind): RecognisedKind => ({ kind, sure: true });
  const contrast = e.acquisitionContrast;
  if (
    (e.bValue ?? 0) > 0 ||
    types.includes('DIFFUSION') ||
    contrast === 'DIFFUSION' ||
    / (dwi|dti|diff|diffusion|hardi|noddi|ep ?b\d*|b1000|b0|sbref dwi) /.test(words)
  )
    return sure('dwi');
  if (
    / (field ?map|fmap|b0 ?map|gre ?field( ?mapping)?|phasediff|magnitude[12]?|epi|b1 ?map|fieldmap) /.test(
      words,
    ) &&
    !/ (bold|fmri) /.test(words)
  )
    return sure('fieldmap');
  if (
    / (bold|fmri|rest|resting|rsfmri|task|func|sbref|fmri\w*) /.test(words) ||
    (types.includes('FMRI') && e.volumes > 1)
  )
    return sure('bold');
  if (
    / (swi|swan|swip|susceptibility|qsm|venobold|t2 ?star|t2\*|t2s|t2starw) /.test(words) ||
    contrast === 'SUSCEPTIBILITY'
  )
    return sure('swi');
  if (
    / (tof|angio|mra|mrv|mip|venc|pc3d|pcmra|phase ?contrast) /.test(words) ||
    contrast === 'TIME_OF_FLIGHT' ||
    contrast === 'PHASE_CONTRAST'
  )
    return sure('angio');
  if (types.some((t) => t === 'P' || t === 'PHASE' || t === 'PHASE MAP')) return sure('other');
  if (/ (asl|pcasl|pasl|perfusion|dsc|dce|spectro\w*|mrs|svs|csi) /.test(words)) return sure('other');
  const t1Word =
    / (t1|t1w|t1 ?w\w*|mprage|memprage|\w*mprage|mp ?rage|mp2rage|uni|inv1|inv2|spgr|fspgr|bravo|ir ?spgr|t1 ?tfe|tfe|tfl\w*|mdeft|turboflash|vibe|3d ?t1\w*|sag ?t1|anat) /;
  const t2Word = / (t2|t2w|t2 ?w\w*|t2 ?tse|t2 ?fse|space|cube|vista|3d ?t2\w*) /;
  const flairWord = / (flair|\w*flair\w*|dark ?fluid|tirm) /;
  if (flairWord.test(words) || contrast === 'FLAIR') {
    // "T1 FLAIR" is an inversion-prepared T1; its inversion time is far below the one that nulls CSF.
    return t1Word.test(words) && (e.inversionTimeMs ?? 2000) < 1300 ? sure('T1w') : sure('FLAIR');
  }
  if (t1Word.test(words) || contrast === 'T1') return sure('T1w');
  if (/ (pd|pdw|proton|pd ?w|protondensity|dual ?echo) /.test(words) || contrast === 'PROTON_DENSITY') {
    return t2Word.test(words) && (e.echoTimeMs ?? 0) >= 60 ? sure('T2w') : sure('PDw');
  }
  if (t2Word.test(words) || contrast === 'T2') return sure('T2w');
  return { kind: byTiming(e), sure: false };
}

/** Contrast from timing: only the regions of (TR, TE, TI) where there is little doubt at 1–3 T. */
function byTiming(e: KindEvidence): SeriesKind {
  const { repetitionTimeMs: tr, echoTimeMs: te, inversionTimeMs: ti } = e;
  if (tr === undefined || te === undefined) return 'other';
  const gradient = e.scanningSequence.includes('GR') && !e.scanningSequence.includes('SE');
  if (e.scanningSequence.includes('EP')) return 'other';
  if (ti !== undefined && ti >= 1300 && te >= 60) return 'FLAIR';
  if (gradient) {
    if (ti !== undefined && ti >= 300 && ti <= 1300 && te < 10) return 'T1w';
    return tr <= 50 && te <= 10 ? 'T1w' : 'other';
  }
  if (te <= 30 && tr <= 1000) return 'T1w';
  if (te >= 60 && tr >= 1500) return 'T2w';
  if (te < 40 && tr >= 1500 && (ti ?? 0) === 0) return 'PDw';
  return 'other';
}
