import { existsSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Problem } from '../../shared/problem.ts';
import type { Db } from '../catalog/database.ts';
import { sourceVersionKey } from '../catalog/import-writes.ts';
import { UserError } from '../dispatch.ts';
import { type FileStamp, sameStamp } from '../import/file-stamp.ts';
import { resolveSeriesFiles } from '../import/resolve-series-files.ts';
import { oneAtATime } from '../one-at-a-time.ts';
import type { TaskPool } from '../worker/pool.ts';
import type { ProjectFolder } from './project-folder.ts';

interface Converted {
  readonly path: string;
  readonly shape: number[];
  readonly voxelSizeMm: number[];
  readonly affine: number[];
  readonly problems: Problem[];
}

/** Where the voxels of a series lie: the NIfTI source itself, or the volume made once from DICOM. */
export function volumePathOf(ctx: { db: Db; folder: ProjectFolder }, seriesId: number): string {
  const source = resolveSeriesFiles(ctx.db, seriesId);
  return source.format === 'nifti' ? source.files[0]! : join(ctx.folder.volumesDir, `${seriesId}.nii`);
}

/**
 * Makes sure the voxels of a series can be read, converting DICOM once.
 *
 * A source file that is another than the one imported is refused: what is known of the scan, its measurements and
 * de-identified versions belong to the earlier file, and only an import takes them back.
 *
 * @throws UserError when the source files are gone, have changed since they were imported, or cannot be converted
 */
export async function ensureVolume(
  ctx: { db: Db; folder: ProjectFolder; pool: TaskPool },
  seriesId: number,
  signal: AbortSignal,
  progress: (fraction: number, message: string) => void,
): Promise<string> {
  const source = resolveSeriesFiles(ctx.db, seriesId);
  const found = source.files.map((file) => statSync(file, { throwIfNoEntry: false }));
  const missing = found.filter((file) => file === undefined).length;
  if (missing > 0 || source.files.length === 0) {
    throw new UserError(
      'source-missing',
      `${missing} of ${source.files.length} source files of this series are no longer where they were imported from.`,
      'Bring the folder back (mount the disk or share), or import it from its new place.',
    );
  }
  refuseChanged(source.imported, found as Stats[]);
  const path = volumePathOf(ctx, seriesId);
  if (source.format === 'nifti') return path;
  const { files, format } = source;
  // Every scan of a session asks for the one that leads it, at the same time.
  return oneAtATime(path, signal, async () => {
    if (isFresh(path, files, sourceVersion(ctx.db, seriesId))) return path;
    return convert(ctx, seriesId, { files, format, path }, signal, progress);
  });
}

/** @param imported what each of the files was when it was imported */
function refuseChanged(imported: readonly FileStamp[], found: readonly FileStamp[]): void {
  const changed = found.filter((file, n) => !sameStamp(file, imported[n]!)).length;
  if (changed === 0) return;
  throw new UserError(
    'source-changed',
    `${changed} of ${found.length} source files of this series changed since ${found.length === 1 ? 'it was' : 'they were'} imported.`,
    'Import the folder again; the scan is then read anew and starts over.',
  );
}

async function convert(
  ctx: { db: Db; pool: TaskPool },
  seriesId: number,
  {
    files,
    format,
    path,
  }: { readonly files: readonly string[]; readonly format: string; readonly path: string },
  signal: AbortSignal,
  progress: (fraction: number, message: string) => void,
): Promise<string> {
  progress(0, 'reading the series');
  const made = await ctx.pool.run<Converted>(
    'import.convertSeries',
    { files, outPath: path, format },
    { signal, onProgress: progress },
  );
  const insert = ctx.db.prepare(
    'INSERT INTO problem (series_id, code, level, subject, message, fix) VALUES (?, ?, ?, ?, ?, ?)',
  );
  ctx.db.transaction(() => {
    ctx.db
      .prepare('UPDATE series SET shape = ?, voxel_size_mm = ?, affine = ? WHERE id = ?')
      .run(
        JSON.stringify(made.shape),
        JSON.stringify(made.voxelSizeMm),
        JSON.stringify(made.affine),
        seriesId,
      );
    const again = ctx.db.prepare('DELETE FROM problem WHERE series_id = ? AND code = ?');
    for (const p of made.problems) again.run(seriesId, p.code); // a second conversion says the same
    for (const p of made.problems) insert.run(seriesId, p.code, p.level, p.subject, p.message, p.fix ?? null);
  })();
  return made.path;
}

/** A converted volume is used again unless a source file was touched, came or went after it was made. */
function isFresh(volume: string, sources: readonly string[], versionMs: number): boolean {
  if (!existsSync(volume)) return false;
  const made = statSync(volume).mtimeMs;
  return versionMs <= made && sources.every((file) => statSync(file).ctimeMs <= made);
}

/** When an import found other files in a series than before, ms; 0 when that never happened. */
function sourceVersion(db: Db, seriesId: number): number {
  const at = db.prepare('SELECT value FROM setting WHERE key = ?').pluck().get(sourceVersionKey(seriesId));
  return at === undefined ? 0 : Date.parse(at as string);
}
