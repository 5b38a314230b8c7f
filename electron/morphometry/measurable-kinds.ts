/** Series kinds that the tissue engine measures: it models T1 contrast, and unnamed heads are taken as T1w. */
const measurableKinds: readonly string[] = ['T1w', 'other'];

export function isMeasurable(kind: string): boolean {
  return measurableKinds.includes(kind);
}

/** The same rule as an SQL condition on a `kind` column. */
export function measurableSql(column: string): string {
  return `${column} IN (${measurableKinds.map((kind) => `'${kind}'`).join(', ')})`;
}
