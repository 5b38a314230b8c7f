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

/** The same rule as an SQL condition on a `kind` column. */
export function measurableSql(column: string): string {
  return `${column} IN (${measurableKinds.map((kind) => `'${kind}'`).join(', ')})`;
}
