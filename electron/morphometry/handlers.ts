import type { morphometryContract } from '../../shared/morphometry/contract.ts';
import type { Comparison, EngineId } from '../../shared/morphometry/records.ts';
import type { Handlers } from '../../shared/rpc.ts';
import type { Db } from '../catalog/database.ts';
import { compare } from './compare.ts';
import { derivedMethods, readComparisonRows } from './comparison-rows.ts';
import { readEngineStates } from './engine-states.ts';
import { comparisonTsv, summaryTsv } from './export-tsv.ts';
import { readFloors } from './scan-rescan.ts';
import { putSideBySide } from './side-by-side.ts';

/** What the answers need from the open project. */
export interface MorphometryContext {
  readonly db: Db;
  /** Puts measurements on the job queue; no ids means every scan that has a current derivative. */
  startMeasure(
    seriesIds: readonly number[],
  ): Promise<{ batchId: string; scans: number }> | { batchId: string; scans: number };
  /** The segmentation model that the regional engine needs is in this build. */
  readonly hasModel?: boolean;
}

/**
 * Answers for the `morphometry.*` questions.
 *
 * An empty method means the one with the most current derivatives; the answer names it.
 *
 * @param context asked for each time, so that it follows the open project
 */
export function morphometryHandlers(context: () => MorphometryContext): Handlers<typeof morphometryContract> {
  const chosen = (db: Db, method: string) => (method === '' ? (derivedMethods(db)[0] ?? '') : method);
  return {
    'morphometry.start': ({ seriesIds }) => context().startMeasure(seriesIds),
    'morphometry.methods': () => derivedMethods(context().db),
    'morphometry.comparison': (input) => {
      const { db } = context();
      return compareCohort(db, input.engine, chosen(db, input.method));
    },
    'morphometry.engines': (input) => {
      const { db, hasModel = false } = context();
      return readEngineStates(db, chosen(db, input.method), hasModel);
    },
    'morphometry.sideBySide': (input) => {
      const { db } = context();
      const method = chosen(db, input.method);
      return putSideBySide(compareCohort(db, 'tissue-em', method), compareCohort(db, 'regional', method));
    },
    'morphometry.export': (input) => {
      const { db } = context();
      const method = chosen(db, input.method);
      const rows = readComparisonRows(db, input.engine, method);
      const floors = readFloors(db, input.engine);
      return {
        fileName: `morphometry_${input.engine}_${method.replace(/[^A-Za-z0-9.-]/g, '-') || 'none'}.tsv`,
        text: comparisonTsv(rows, floors) + summaryTsv(compare(input.engine, method, rows, floors)),
      };
    },
  };
}

function compareCohort(db: Db, engine: EngineId, method: string): Comparison {
  return compare(engine, method, readComparisonRows(db, engine, method), readFloors(db, engine));
}
