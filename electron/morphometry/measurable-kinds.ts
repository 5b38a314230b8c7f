/**
 * Series kinds that are measured, by both engines: unnamed heads are taken as T1w.
 *
 * The tissue engine models T1 contrast. The network segments other contrasts too, but they are not measured: the
 * comparison counts T1-weighted scans, as the published ones do, and numbers that no table shows are not worth
 * two segmentations a scan.
 */
const measurableKinds: readonly string[] = ['T1w', 'other'];

export function isMeasurable(kind: string): boolean {
  return measurableKinds.includes(kind);
}

/**
 * Series that are measured and compared, as an SQL condition: of a measurable kind, and not set aside.
 *
 * A scan that somebody excluded, or rejected in review, is shared with nobody and stands in no figure.
 *
 * @param series the name of the series table in the statement
 */
export function measurableSql(series: string): string {
  const kinds = measurableKinds.map((kind) => `'${kind}'`).join(', ');
  return `(${series}.kind IN (${kinds}) AND ${series}.state <> 'excluded')`;
}
