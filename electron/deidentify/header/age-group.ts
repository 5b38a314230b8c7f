/** Years of one unit of an age string (PS3.5, AS); without a unit it is years. */
const YEARS = { Y: 1, M: 1 / 12, W: 7 / 365.25, D: 1 / 365.25 };

/**
 * Years of an age as scanners and people write it: `095Y`, `95Y`, `95`, `18M`; null when it is none of these.
 *
 * @see PS3.5 section 6.2, AS: three digits and a unit; not everybody keeps to it
 */
export function yearsOf(text: string): number | null {
  const match = /^0*(\d{1,5}(?:\.\d+)?)([YMWD]?)$/i.exec(text.trim());
  if (!match) return null;
  return Number(match[1]) * YEARS[(match[2]!.toUpperCase() || 'Y') as 'Y'];
}

/** Ages of 90 and more are rare enough to tell who somebody is; they become 89. */
export function isGroupedAge(text: string): boolean {
  return (yearsOf(text) ?? 0) >= 90;
}
