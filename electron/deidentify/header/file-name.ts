import { gzipSync } from 'node:zlib';

/** What a BIDS file name is made of; nothing in it comes from the source's own names. */
export interface BidsName {
  /** `sub-XXXXXXXX` */
  readonly subject: string;
  /** `ses-01` */
  readonly session: string;
  /** BIDS suffix: `T1w`, `T2w`, `FLAIR`, `PDw`, … */
  readonly suffix: string;
  readonly run?: number;
  readonly extension: '.nii.gz' | '.json';
}

/**
 * File name after BIDS, `sub-X_ses-01_run-1_T1w.nii.gz`.
 *
 * @throws RangeError when a part holds anything but letters and digits
 */
export function bidsFileName(name: BidsName): string {
  for (const part of [name.subject.replace(/^sub-/, ''), name.session.replace(/^ses-/, ''), name.suffix]) {
    if (!/^[A-Za-z0-9]+$/.test(part))
      throw new RangeError(`A BIDS name holds letters and digits only; got "${part}".`);
  }
  const run = name.run === undefined ? '' : `_run-${name.run}`;
  return `sub-${name.subject.replace(/^sub-/, '')}_ses-${name.session.replace(/^ses-/, '')}${run}_${name.suffix}${name.extension}`;
}

/** An age for `participants.tsv`: ages of 89 and over are one group. */
export function participantAge(years: number | null): string {
  if (years === null || !Number.isFinite(years)) return 'n/a';
  return years >= 89 ? '89+' : String(Math.floor(years));
}

/** One row of `participants.tsv`; characteristics are `n/a` unless the policy retains them. */
export function participantRow(subject: string, age: number | null, sex: string, retain: boolean): string {
  const sexLetter = /^[MFO]$/i.test(sex) ? sex.toUpperCase() : 'n/a';
  return [subject, retain ? participantAge(age) : 'n/a', retain ? sexLetter : 'n/a'].join('\t');
}

/**
 * Gzip whose header tells nothing: no name, no time, the operating system "unknown".
 *
 * @see RFC 1952 section 2.3
 */
export function gzipWithoutTrace(bytes: Uint8Array, level = 6): Uint8Array {
  const out = gzipSync(bytes, { level });
  out.fill(0, 4, 8); // MTIME
  out[9] = 255; // OS: unknown, so that the same input gives the same file on every machine
  return out;
}

/** Whether a gzip file's header is free of name, comment and time. */
export function gzipHeaderIsClean(bytes: Uint8Array): boolean {
  const flags = bytes[3] ?? 0xff;
  return (
    bytes[0] === 0x1f &&
    bytes[1] === 0x8b &&
    (flags & 0b11100) === 0 &&
    bytes.subarray(4, 8).every((b) => b === 0)
  );
}
