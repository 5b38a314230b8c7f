import type { VerdictNumber } from '../../shared/deidentify/records.ts';
import type { CohortNumbers, SharedNumber, VolumeChange } from '../../shared/share/records.ts';
import type { Db } from '../catalog/database.ts';
import { compare, markedStructures } from '../morphometry/compare.ts';
import { readComparisonRows } from '../morphometry/comparison-rows.ts';
import type { SelectedScan } from './select-scans.ts';

const ENGINE = 'tissue-em';

/** The verdict's numbers that a receipt repeats: [name there, name here, label, unit, factor]. */
const MAIN: readonly (readonly [string, string, string, string, number])[] = [
  ['faceSurfaceChanged', 'faceSurfaceChanged', 'Face surface gone or moved', '%', 100],
  ['brainVoxelsChanged', 'brainVoxelsChanged', 'Brain voxels changed', '', 1],
  ['outsideVoxelsChanged', 'outsideVoxelsChanged', 'Voxels changed outside the edit', '', 1],
  ['brainMm3', 'brainMl', 'Brain volume', 'mL', 1e-3],
  ['editedMm3', 'editedMl', 'Edited', 'mL', 1e-3],
];

export const mainNumberLabels = MAIN.map(([, , label]) => label);

/**
 * The main numbers of a verdict, in the units of a receipt and to one decimal.
 *
 * A number the verdict does not have is left out; one it could not measure stays, with the value null.
 */
export function mainNumbers(numbers: readonly VerdictNumber[]): SharedNumber[] {
  return MAIN.flatMap(([from, name, label, unit, factor]) => {
    const found = numbers.find((n) => n.name === from);
    if (!found) return [];
    const value = found.value === null ? null : Math.round(found.value * factor * 10) / 10;
    return [{ name, label, value, unit, ok: found.ok }];
  });
}

/** What the edits did to the measured volumes of the scans that leave. */
export interface MeasuredChanges {
  /** By series; a scan that was not measured before and after is not in it. */
  readonly bySeries: ReadonlyMap<number, readonly VolumeChange[]>;
  /** null when none of the scans was measured. */
  readonly cohort: CohortNumbers | null;
}

/** GM, WM, CSF and TIV of the shared scans before and after, whatever methods edited them. */
export function measuredChanges(db: Db, shared: readonly SelectedScan[]): MeasuredChanges {
  const leaves = new Set(shared.map((s) => s.scan.seriesId));
  const methods = [...new Set(shared.map((s) => s.derivative.method))].sort();
  const rows = methods
    .flatMap((method) => readComparisonRows(db, ENGINE, method))
    .filter((row) => leaves.has(row.seriesId));
  const result = compare(ENGINE, methods.join(', '), rows);
  const structures = markedStructures.flatMap(
    (name) => result.structures.find((s) => s.structure === name) ?? [],
  );
  const bySeries = new Map<number, VolumeChange[]>();
  for (const { structure, pairs } of structures) {
    for (const { seriesId, percentChange } of pairs) {
      const list = bySeries.get(seriesId) ?? [];
      list.push({ structure, percentChange: toHundredths(percentChange) });
      bySeries.set(seriesId, list);
    }
  }
  const failed = result.scans - result.compared;
  const cohort = {
    engine: ENGINE,
    compared: result.compared,
    failed,
    over5Percent: result.scansOver5Percent,
    structures: structures.map(({ structure, n, meanPercentChange }) => ({
      structure,
      n,
      meanPercentChange: toHundredths(meanPercentChange),
    })),
  };
  return { bySeries, cohort: result.scans > 0 ? cohort : null };
}

function toHundredths(value: number): number {
  return Math.round(value * 100) / 100 + 0; // + 0: no negative zero
}
