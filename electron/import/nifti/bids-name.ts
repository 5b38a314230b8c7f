/** What a NIfTI file's path says about whose image it is and what it shows. */
export interface NiftiName {
  /** Identity for grouping: the BIDS subject of one data set, or this very file. */
  subjectKey: string;
  /** `sub-XX` of BIDS, else the file stem; what the source calls this person. */
  subject: string;
  /** `ses-YY` of BIDS, else ''. */
  session: string;
  bids: boolean;
  /** BIDS suffix (`T1w`), else ''. */
  suffix: string;
  stem: string;
  /** Under a `derivatives` folder. */
  derivative: boolean;
}

/**
 * Reads BIDS entities from an absolute, '/'-separated path.
 *
 * Without BIDS names every file is its own subject: two people are never merged because their files are
 * called alike or lie together.
 *
 * @example parseNiftiPath('/d/sub-01/ses-a/anat/sub-01_ses-a_T1w.nii.gz').suffix // 'T1w'
 */
export function parseNiftiPath(path: string): NiftiName {
  const parts = path.split('/');
  const stem = stemOf(parts.at(-1)!);
  const folders = parts.slice(0, -1);
  const derivative = folders.includes('derivatives');
  const entity =
    /^(sub-[A-Za-z0-9]+)(?:_(ses-[A-Za-z0-9]+))?(?:_[a-zA-Z]+-[A-Za-z0-9+]+)*_([A-Za-z0-9]+)$/.exec(stem);
  const subject = entity?.[1] ?? '';
  // A folder above the data set may begin with sub- too; the subject's own folder is the last of its name.
  const folderAt = folders.lastIndexOf(subject);
  if (subject && (folderAt >= 0 || !folders.some((f) => /^sub-[A-Za-z0-9]+$/.test(f)))) {
    let dataset = folders.slice(0, folderAt < 0 ? folders.length : folderAt);
    // A derivative's subject is the raw data set's subject.
    const derivatives = dataset.indexOf('derivatives');
    if (derivatives >= 0) dataset = dataset.slice(0, derivatives);
    return {
      subjectKey: `nifti:${dataset.join('/')}|${subject}`,
      subject,
      session: entity?.[2] ?? folders.findLast((f) => /^ses-[A-Za-z0-9]+$/.test(f)) ?? '',
      bids: true,
      suffix: entity?.[3] ?? '',
      stem,
      derivative,
    };
  }
  return {
    subjectKey: `nifti:${folders.join('/')}|${stem}|file`,
    subject: stem,
    session: '',
    bids: false,
    suffix: '',
    stem,
    derivative,
  };
}

/** File name without `.nii`, `.nii.gz` or another last suffix. */
export function stemOf(name: string): string {
  return name.replace(/\.nii(\.gz)?$/i, '').replace(/\.(json|bval|bvec|gz|hdr|img)$/i, '');
}
