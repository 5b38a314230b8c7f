/**
 * Clean Descriptors (PS3.15 E.3.5): free text survives only as words that mean something in imaging and
 * nothing about a person. An allow-list, because no list of names is ever complete.
 */

const words = new Set(
  `
  t1 t2 t1w t2w pd pdw t2star t2s flair stir dixon dwi dti dki diff diffusion ivim adc fa trace trk swi swan venobold tof mra mrv ctv cta pc
  phase magnitude mag real imag quant map t1map t2map field fieldmap gre b0 b1 epi ep2d se tse fse frfse fast turbo spin
  echo gradient grad mprage mp2rage memprage mpr rage fspgr spgr bravo cube space vista vibe thrive flash tfe ffe tfl
  ir ti te tr fl inv inversion recovery spoiled ultrafast ultra multi multiecho mecho rms mean combined sos norm
  normalized nd dis2d dis3d uniform filtered unfiltered intensity bias pre post without with contrast gd gado enhanced
  native delayed dynamic perfusion dsc dce asl pasl pcasl cbf cbv mtt ttp rest resting task bold fmri func functional
  anat anatomical structural localizer localiser scout survey loc calibration calib ref reference scan sense grappa
  ipat asset arc cs caipi smartspeed deep recon reconstruction axial ax tra transverse transversal sag sagittal cor
  coronal oblique obl iso isotropic 2d 3d 4d plane planes mip minip vol volume vols slab slice slices thin thick whole
  full partial brain head neck skull face facial orbit orbits iac temporal bone pituitary sella spine cervical
  hippocampus cerebellum stem epilepsy stroke tumor tumour dementia ms protocol routine standard research study series
  localizers test phantom qa qc mr mri ct pet nm xr us sc pt high low res resolution hires lowres fat sat fs fatsat
  water ws suppressed saturated nofs mt mtc mtr ax2 kernel soft hard bones window wl axials helical spiral sequential
  angio angiography venography carotid cow willis arterial venous native thorax fdg av45 pib tau amyloid dynamic static
  ac nac attenuation corrected correction mocomotion moco motion coil ch channel siemens philips ge toshiba hitachi
  canon left right lt rt bilateral anterior posterior superior inferior ap pa rl lr fh hf dir directions dirs b bval
  bvec derived secondary screen save capture report reformat reformatted resample ave average nex nsa acq run rep repeat
  new old first second v1 v2 v3 of and the to for in on off or no non up down
  `
    .split(/\s+/)
    .filter(Boolean),
);

/**
 * Numbers that describe an acquisition: short counts, sizes, factors, echo and repetition times.
 *
 * A letter before a number is how subjects are numbered too (P0173, X12): acceleration has one digit, times have no
 * leading zero, and nothing that carries a unit has more than three digits before it.
 */
const measures =
  /^(?:\d{1,2}|\d{1,2}\.\d{1,3}|\d{1,3}(?:[.p]\d{1,3})?(?:mm|cm|ms|sl|slc|ch|dir|dirs|deg|t|min|sec|s)|p\d(?:\.\d)?|x\d|te[1-9]\d{0,2}|t[ir][1-9]\d{0,3}|fa\d{1,3}|\d(?:\.\d{1,3})?x\d(?:\.\d{1,3})?(?:x\d(?:\.\d{1,3})?)?(?:mm)?|t[12]w?\d?)$/;

/** Words beside which `b1000` is a b-value; each of them is an allowed word. */
const diffusion = new Set('dwi dti dki diff diffusion ivim adc trace bval bvec ep2d'.split(' '));

/** A b-value in s/mm²: 0, or a multiple of 50 in a text about diffusion. Anything else may number a person. */
function isBValue(word: string, ofDiffusion: boolean): boolean {
  const value = /^b=?(0|[1-9]\d{1,3})$/.exec(word)?.[1];
  return value !== undefined && (value === '0' || (ofDiffusion && Number(value) % 50 === 0));
}

/**
 * The allowed words of a text in their order, separators kept as blank or underscore; '' when none is left.
 *
 * @param forbidden lower-case words that are this subject's identifiers, even if they are imaging words
 * @example cleanDescriptor('MPRAGE_T1_Smith 1mm', new Set()) // 'MPRAGE_T1_1mm'
 */
export function cleanDescriptor(text: string, forbidden: ReadonlySet<string>): string {
  let out = '';
  let separator = '';
  const parts = text.match(/[\p{L}\p{N}.=]+|[^\p{L}\p{N}.=]+/gu) ?? [];
  const bare = (part: string) => part.replace(/^[.=]+|[.=]+$/g, '');
  const ofDiffusion = parts.some((part) => {
    const word = bare(part).toLowerCase();
    return diffusion.has(word) && !forbidden.has(word);
  });
  for (const part of parts) {
    if (!/[\p{L}\p{N}]/u.test(part)) {
      if (out !== '' && separator === '') separator = /^[_-]+$/.test(part) ? '_' : ' ';
      continue;
    }
    const word = bare(part).toLowerCase();
    const means = words.has(word) || measures.test(word) || isBValue(word, ofDiffusion);
    if (forbidden.has(word) || !means) {
      if (out !== '') separator ||= ' ';
      continue;
    }
    out += (out === '' ? '' : separator || ' ') + bare(part);
    separator = '';
  }
  // Two bare numbers in a row could be the rest of a date or telephone number.
  return out
    .replace(/(?<![^\s_])\d{1,2}(?:[\s_]\d{1,2})+(?![^\s_])/g, '')
    .replace(/\s{2,}/g, ' ')
    .trim();
}
