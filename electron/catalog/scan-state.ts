import type { ScanState } from '../../shared/import/records.ts';
import type { Db } from './database.ts';

/** Puts a scan in a state, with why and what to do next. A scan is never without one. */
export function setScanState(db: Db, seriesId: number, state: ScanState, reason: string, next = ''): void {
  db.prepare('UPDATE series SET state = ?, state_reason = ?, state_next = ? WHERE id = ?').run(
    state,
    reason,
    next,
    seriesId,
  );
}
