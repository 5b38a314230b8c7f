/**
 * What an exclusion of one series came to, where that is not what was asked for; empty where it is.
 *
 * The host leaves a scan alone that is being worked on.
 *
 * @param changed series that were excluded
 */
export function excludeOutcome(changed: number): string {
  return changed > 0
    ? ''
    : 'Not excluded: this scan was being worked on and is left to finish. To exclude it now, cancel its batch first.';
}
