/** What tells that a file is still the one that was read. */
export interface FileStamp {
  readonly size: number;
  readonly mtimeMs: number;
}

/** Times less than a millisecond apart are one time: that is the rounding of a file system or of a catalog. */
export function sameStamp(a: FileStamp, b: FileStamp): boolean {
  return a.size === b.size && Math.abs(a.mtimeMs - b.mtimeMs) < 1;
}
