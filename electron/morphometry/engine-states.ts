import { ENGINES, type EngineFailure, type EngineState } from '../../shared/morphometry/records.ts';
import type { Db } from '../catalog/database.ts';
import { type ComparisonRow, readComparisonRows } from './comparison-rows.ts';

/**
 * Both engines: how far they have come with the scans of one method, and what failed and why.
 *
 * @param hasModel the segmentation model that the regional engine needs is in this build
 */
export function readEngineStates(db: Db, method: string, hasModel: boolean): EngineState[] {
  return ENGINES.map((engine) => {
    const rows = readComparisonRows(db, engine, method);
    const failures = rows.flatMap(failuresOf);
    const measured = (side: 'before' | 'after') => rows.filter((row) => row[side]?.failure === '').length;
    const failed = (side: 'before' | 'after') => failures.filter((f) => f.side === side).length;
    const compared = rows.filter((row) => row.before?.failure === '' && row.after?.failure === '');
    const masked = (kind: string) => compared.filter((row) => row.after?.brainMask === kind).length;
    return {
      engine,
      available: engine === 'tissue-em' || hasModel,
      scans: rows.length,
      measuredBefore: measured('before'),
      measuredAfter: measured('after'),
      waiting: rows.filter((row) => failuresOf(row).length === 0 && (!row.before || !row.after)).length,
      failedBefore: failed('before'),
      failedAfter: failed('after'),
      failures,
      brainMasks: { network: masked('network'), extraction: masked('extraction') },
    };
  });
}

function failuresOf({ seriesId, subjectLabel, before, after }: ComparisonRow): EngineFailure[] {
  return [
    { side: 'before' as const, reason: before?.failure ?? '' },
    { side: 'after' as const, reason: after?.failure ?? '' },
  ]
    .filter(({ reason }) => reason !== '')
    .map(({ side, reason }) => ({ seriesId, subjectLabel, side, reason }));
}
