import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { BatchContext } from './batch-handlers.ts';
import { hasPlace } from './face/place-file.ts';

/** A new run of the application may find a head in another way: it looks again. */
const RUN = Date.now().toString(36);
/** How long each place took, by folder. */
const tookSeconds = new Map<string, number>();

/**
 * Where brain and face of a scan lie, found once for all previews of it: finding them takes longer than most methods.
 *
 * Found anew when the application was started again, the scan was converted again, or another scan leads its session.
 *
 * @param parent folder of the scan's previews; keeps the place
 * @param work folder of this preview: nobody sees half a place
 * @returns folder of the place, and the seconds saved because it was there
 */
export async function placeForPreviews(
  ctx: Pick<BatchContext, 'placeScan' | 'leadingScan'>,
  scan: { readonly seriesId: number; readonly volumePath: string },
  { parent, work }: { readonly parent: string; readonly work: string },
  signal: AbortSignal,
): Promise<{ dir: string; savedSeconds: number }> {
  const { seriesId, volumePath } = scan;
  const converted = Math.round(statSync(volumePath, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  const name = `place-${RUN}-${converted}-${ctx.leadingScan(seriesId) ?? 'alone'}`;
  const kept = join(parent, name);
  for (const entry of readdirSync(parent)) {
    if (entry.startsWith('place-') && entry !== name)
      rmSync(join(parent, entry), { recursive: true, force: true });
  }
  if (hasPlace(kept)) return { dir: kept, savedSeconds: tookSeconds.get(kept) ?? 0 };
  const found = join(work, 'place');
  mkdirSync(work, { recursive: true });
  const started = Date.now();
  await ctx.placeScan(seriesId, volumePath, found, signal);
  tookSeconds.set(kept, (Date.now() - started) / 1000);
  // Another preview may have been quicker.
  if (!existsSync(kept)) renameSync(found, kept);
  return { dir: kept, savedSeconds: 0 };
}
