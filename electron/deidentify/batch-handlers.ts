import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { MethodInfo, Policy, Verdict } from '../../shared/deidentify/records.ts';
import type { ScanState, SeriesLayout } from '../../shared/import/records.ts';
import type { ModelSummary } from '../../shared/models/records.ts';
import type { Picture } from '../../shared/review/records.ts';
import type { Db } from '../catalog/database.ts';
import { setScanState } from '../catalog/scan-state.ts';
import { UserError } from '../dispatch.ts';
import type { NewJob } from '../jobs/queue.ts';
import { rungsOf, withReplacedMethod } from '../project/ladder.ts';
import { listPictures } from '../review/handlers.ts';
import type { TaskPool } from '../worker/pool.ts';
import { faceMethod, faceMethods } from './face/methods.ts';
import { whyUnavailable } from './method-models.ts';
import { personSeed } from './person-seed.ts';
import { placeForPreviews } from './preview-place.ts';

export interface BatchContext {
  readonly db: Db;
  readonly previewDir: string;
  readonly pool: TaskPool;
  readonly policy: (name: string) => Policy;
  readonly ensureVolume: (seriesId: number, signal: AbortSignal) => Promise<string>;
  /** Finds where brain and face lie and keeps it in `dir`. */
  readonly placeScan: (
    seriesId: number,
    volumePath: string,
    dir: string,
    signal: AbortSignal,
  ) => Promise<void>;
  /** Series that leads the session of a scan; null where none does. */
  readonly leadingScan: (seriesId: number) => number | null;
  readonly startBatch: (jobs: readonly NewJob[]) => string;
}

export interface StartInput {
  readonly seriesIds: readonly number[];
  readonly policy: string;
  readonly method?: string | undefined;
  readonly seed?: number | undefined;
  readonly measure: boolean;
}

/**
 * The methods as the screen and the command line list them.
 *
 * @param models of this installation, which say what cannot be used in it
 */
export function listMethods(models: readonly ModelSummary[]): MethodInfo[] {
  return faceMethods.map((m) => ({
    id: m.id,
    kind: m.kind,
    title: m.title,
    summary: m.summary,
    reference: m.reference,
    caution: m.caution ?? null,
    version: m.version,
    defaults: { ...m.defaults },
    params: Object.keys(m.defaults).map((name) => {
      const info = m.params[name];
      return {
        name,
        label: info?.label ?? name,
        unit: info?.unit ?? '',
        meaning: info?.meaning ?? '',
        min: info?.min ?? null,
        max: info?.max ?? null,
        region: info?.region ?? false,
      };
    }),
    model: m.model ?? null,
    unavailable: whyUnavailable(m, models),
  }));
}

/** Queues de-identification of the given scans, or of every scan that waits. */
export function startDeidentify(ctx: BatchContext, input: StartInput): { batchId: string; scans: number } {
  const policy = ctx.policy(input.policy);
  const method = faceMethod(input.method ?? policy.method).id;
  const busy =
    "AND NOT EXISTS (SELECT 1 FROM job j WHERE j.series_id = s.id AND j.kind = 'deidentify' AND j.state IN ('queued','running'))";
  const chosen =
    input.seriesIds.length > 0
      ? input.seriesIds.map((id) => seriesLabel(ctx.db, id))
      : (ctx.db
          .prepare(
            `SELECT s.id, u.label || ' ' || s.kind AS label, s.state FROM series s JOIN subject u ON u.id = s.subject_id
             WHERE s.state = 'queued' ${busy} ORDER BY s.id`,
          )
          .all() as { id: number; label: string; state: string }[]);
  const excluded = chosen.filter((s) => s.state === 'excluded');
  if (excluded.length > 0) {
    throw new UserError(
      'excluded',
      `${excluded.length} of the chosen scans ${excluded.length === 1 ? 'is' : 'are'} excluded and will not be processed.`,
      'Include them on the import screen first.',
    );
  }
  if (chosen.length === 0) {
    throw new UserError(
      'nothing-to-do',
      'No scan is waiting to be de-identified.',
      'Import a folder, or choose scans to do again.',
    );
  }
  const jobs: NewJob[] = chosen.map((s) => ({
    kind: 'deidentify',
    seriesId: s.id,
    label: s.label,
    payload: {
      policy,
      method,
      seed: input.seed ?? DEFAULT_SEED,
      measure: input.measure,
      before: stateToGoBackTo(ctx.db, s.id),
    },
  }));
  for (const s of chosen) setScanState(ctx.db, s.id, 'queued', 'Waiting for its turn in the batch.');
  return { batchId: ctx.startBatch(jobs), scans: jobs.length };
}

/** What a scan that is done again goes back to when that is cancelled; a waiting one just waits. */
function stateToGoBackTo(db: Db, id: number) {
  const scan = db
    .prepare('SELECT state, state_reason AS reason, state_next AS next FROM series WHERE id = ?')
    .get(id) as { state: ScanState; reason: string; next: string };
  return scan.state === 'queued' || scan.state === 'running' ? undefined : scan;
}

function seriesLabel(db: Db, id: number): { id: number; label: string; state: string } {
  const row = db
    .prepare(
      "SELECT s.id, u.label || ' ' || s.kind AS label, s.state FROM series s JOIN subject u ON u.id = s.subject_id WHERE s.id = ?",
    )
    .get(id) as { id: number; label: string; state: string } | undefined;
  if (!row) throw new UserError('no-such-series', `The catalog has no series ${id}.`, 'Reload the table.');
  return row;
}

/** The seed of a preview or batch that names none. */
const DEFAULT_SEED = 1;

/** Previews of one scan whose pictures stay, so that methods and seeds can be looked at side by side. */
const KEPT_PREVIEWS = 24;
let previewNumber = 0;

export interface PreviewInput {
  readonly seriesId: number;
  readonly policy: string;
  readonly method?: string | undefined;
  readonly seed?: number | undefined;
}

export interface FacePreview {
  readonly method: string;
  readonly seed: number;
  readonly verdict: Verdict;
  readonly pictures: Picture[];
  readonly seconds: number;
  readonly methodSeconds: number;
  readonly batchSecondsEstimate: number;
}

/**
 * Runs the method on one scan into a folder of its own below the preview folder. Nothing enters the catalog. Aborting ends
 * what is running.
 *
 * Only the pictures stay, under an address that no other preview gets.
 */
export async function previewFace(
  ctx: BatchContext,
  input: PreviewInput,
  signal: AbortSignal,
): Promise<FacePreview> {
  const policy = ctx.policy(input.policy);
  const method = faceMethod(input.method ?? policy.method).id;
  const seed = input.seed ?? DEFAULT_SEED;
  const started = Date.now();
  const volumePath = await ctx.ensureVolume(input.seriesId, signal);
  const { outDir, name } = newPreviewDir(ctx.previewDir, input.seriesId);
  const layout = ctx.db
    .prepare('SELECT layout FROM series WHERE id = ?')
    .pluck()
    .get(input.seriesId) as SeriesLayout;
  const rung = rungsOf(method, policy, layout)[0]!;
  const work = join(outDir, 'work');
  const pictures = join(outDir, 'pictures');
  try {
    const place = await placeForPreviews(
      ctx,
      { seriesId: input.seriesId, volumePath },
      { parent: join(outDir, '..'), work },
      signal,
    );
    const face = await ctx.pool.run<{
      editedPath: string;
      maskPath: string;
      verdict: Verdict;
      seconds: number;
    }>(
      'deidentify.face',
      {
        volumePath,
        outDir: work,
        method: rung.method,
        params: rung.params,
        seed: personSeed(ctx.db, input.seriesId, seed),
        limits: policy.limits,
        placeDir: place.dir,
      },
      { signal },
    );
    await ctx.pool.run(
      'review.pictures',
      {
        beforePath: volumePath,
        afterPath: face.editedPath,
        maskPath: face.maskPath,
        outDir: pictures,
        threeQuarter: true,
      },
      { signal },
    );
    const seconds = (Date.now() - started) / 1000;
    const waiting = ctx.db
      .prepare("SELECT count(*) FROM series WHERE state = 'queued'")
      .pluck()
      .get() as number;
    return {
      method: rung.method,
      seed,
      verdict: withReplacedMethod(face.verdict, method, rung.method, layout),
      pictures: listPictures(pictures, `/pictures/${name}`),
      seconds,
      methodSeconds: face.seconds,
      batchSecondsEstimate: (seconds + place.savedSeconds) * waiting,
    };
  } catch (error) {
    rmSync(outDir, { recursive: true, force: true });
    throw error;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** A folder for one more preview of a scan; the oldest of many are removed. `name` is its owner in a picture's address. */
function newPreviewDir(previewDir: string, seriesId: number): { outDir: string; name: string } {
  const parent = join(previewDir, `series-${seriesId}`);
  mkdirSync(parent, { recursive: true });
  // Times of one length: the alphabet's order is that of the clock.
  const kept = readdirSync(parent).filter((entry) => PREVIEW_FOLDER.test(entry));
  const newest = new Set(kept.sort().slice(1 - KEPT_PREVIEWS));
  for (const entry of readdirSync(parent)) {
    if (!newest.has(entry) && !entry.startsWith('place-'))
      rmSync(join(parent, entry), { recursive: true, force: true });
  }
  const folder = `${Date.now()}-${++previewNumber}`;
  const outDir = join(parent, folder);
  mkdirSync(outDir);
  return { outDir, name: `preview-${seriesId}-${folder}` };
}

const PREVIEW_FOLDER = /^\d+-\d+$/;

/** Where the pictures of a preview lie by the owner in their address, `preview-<series>-<folder>`; null for other owners. */
export function previewPicturesDir(previewDir: string, owner: string): string | null {
  const match = /^preview-(\d+)-(\d+-\d+)$/.exec(owner);
  return match ? join(previewDir, `series-${match[1]}`, match[2]!, 'pictures') : null;
}

/**
 * {@link previewFace} for the screen, one at a time: a newer preview, or the one who asked going away, ends the older with
 * all that runs for it.
 */
export function latestPreview(ctx: BatchContext) {
  let running = new AbortController();
  return (input: PreviewInput, asking?: AbortSignal) => {
    running.abort(new UserError('preview-replaced', 'This preview was ended by a newer one.'));
    running = new AbortController();
    const signals = [running.signal, ...(asking ? [asking] : [])];
    return previewFace(ctx, input, AbortSignal.any(signals));
  };
}
