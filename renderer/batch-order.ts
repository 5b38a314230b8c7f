import type { BatchProgress } from '../shared/jobs/records.ts';

/** Batches by id: those that ended from the oldest to the newest, then those that run, then what was started since. */
export type Batches = ReadonlyMap<string, BatchProgress>;

/**
 * The host's list of batches in the order that live events append to.
 *
 * @param list running ones first, then those that ended, each the newest first
 * @param since what events told of these batches while the list was on its way: newer than it, or about to be followed by newer
 */
export function orderBatches(list: readonly BatchProgress[], since: readonly BatchProgress[] = []): Batches {
  const newer = new Map(since.map((batch) => [batch.batchId, batch]));
  return new Map([...list].reverse().map((batch) => [batch.batchId, newer.get(batch.batchId) ?? batch]));
}

/** The batch of these kinds that a screen shows when it shows one: the newest that runs, else the newest. */
export function newestBatch(
  batches: Batches,
  ...kinds: readonly BatchProgress['kind'][]
): BatchProgress | undefined {
  const own = [...batches.values()].filter((batch) => kinds.includes(batch.kind));
  return own.findLast((batch) => !batch.finished) ?? own.at(-1);
}
