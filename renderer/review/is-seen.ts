/** A key pressed sooner than this after a scan came on screen was meant for the scan before. */
export const LEAST_LOOK_MS = 400;

/**
 * May a decision about this scan count: is it on screen, with its pictures, long enough to be meant?
 *
 * @param shownMs since when it is on screen; undefined while it is on its way
 * @param pictures those on screen; one that cannot be loaded is complete too
 */
export function isSeen(
  shownMs: number | undefined,
  pictures: readonly Pick<HTMLImageElement, 'complete'>[],
): boolean {
  return shownMs !== undefined && shownMs >= LEAST_LOOK_MS && pictures.every((picture) => picture.complete);
}
