/**
 * How fast a batch goes and when it will be done, from the finish times of its last items.
 *
 * @param finishedAtMs finish times in ms, ascending
 * @param startedAtMs when the batch started (or resumed), ms
 * @param left items still to do
 * @returns rate per minute and seconds left; null until at least one item has finished
 */
export function estimatePace(
  finishedAtMs: readonly number[],
  startedAtMs: number,
  nowMs: number,
  left: number,
): { itemsPerMinute: number | null; secondsLeft: number | null } {
  const recent = finishedAtMs.slice(-20);
  if (recent.length === 0) return { itemsPerMinute: null, secondsLeft: null };
  const from = finishedAtMs.length > recent.length ? finishedAtMs.at(-recent.length - 1)! : startedAtMs;
  const seconds = Math.max(0.001, (nowMs - from) / 1000);
  const perSecond = recent.length / seconds;
  return { itemsPerMinute: perSecond * 60, secondsLeft: left === 0 ? 0 : left / perSecond };
}
