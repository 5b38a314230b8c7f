import type { AuditLimits } from '../../shared/risk/records.ts';
import type { JobContext } from '../jobs/runner.ts';
import { BORROWED_VERSION } from '../risk/borrowed-heads.ts';
import { LOOK_VERSION, type LookPicture } from '../risk/look-conditions.ts';
import { LookCache } from '../risk/looks.ts';
import { readViews, riskDir } from './audit-looks.ts';
import type { ExecutorContext } from './executors.ts';

/** Below this many people a rank says little; variations of the average head fill the gallery up to it. */
const FEWEST = 12;
const SEED = 20261126;

/**
 * Keys of the looks of borrowed heads, as many as a small project lacks; none for a project with enough people.
 *
 * They are computed once and kept: the same heads for every audit of the project.
 */
export async function ensureBorrowedLooks(
  ctx: ExecutorContext,
  people: number,
  limits: AuditLimits,
  context: JobContext,
): Promise<string[]> {
  const reader = ctx.faceReader;
  const count = Math.max(0, Math.max(FEWEST, limits.minPeople) - people);
  if (!reader || count === 0 || people === 0) return [];
  const cache = new LookCache(riskDir(ctx));
  const keys = Array.from({ length: count }, (_, n) =>
    LookCache.key('borrowed', `${SEED} ${BORROWED_VERSION}`, String(n), String(LOOK_VERSION), reader.version),
  );
  const missing = keys.flatMap((key, n) => (cache.read(key) ? [] : [{ key, n }]));
  for (const [at, { key, n }] of missing.entries()) {
    context.progress(at / missing.length, `borrowed head ${at + 1} of ${missing.length}`);
    const { pictures } = await ctx.pool.run<{ pictures: LookPicture[] }>(
      'risk.borrowed',
      { number: n, seed: SEED },
      { signal: context.signal },
    );
    cache.write(key, { condition: 'gallery', views: await readViews(reader, pictures, context.signal) });
  }
  return keys;
}
