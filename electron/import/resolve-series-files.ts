import { join } from 'node:path';
import type { Db } from '../catalog/database.ts';
import type { FileStamp } from './file-stamp.ts';

export class SeriesNotFoundError extends Error {
  override name = 'SeriesNotFoundError';
}

export interface SeriesFiles {
  format: 'dicom' | 'nifti';
  /** The source folder of the series. */
  root: string;
  /** Absolute paths in slice order. */
  files: string[];
  /** What each of them was when it was imported. */
  imported: FileStamp[];
}

/**
 * Where the files of a series lie, in slice order.
 *
 * @throws SeriesNotFoundError when the catalog has no such series
 */
export function resolveSeriesFiles(db: Db, seriesId: number): SeriesFiles {
  const series = db
    .prepare(
      'SELECT s.format, r.path AS root FROM series s JOIN source_root r ON r.id = s.root_id WHERE s.id = ?',
    )
    .get(seriesId) as { format: 'dicom' | 'nifti'; root: string } | undefined;
  if (!series) throw new SeriesNotFoundError(`There is no series ${seriesId} in this project.`);
  const files = db
    .prepare(
      `SELECT r.path AS root, f.path, f.size, f.mtime_ms AS mtimeMs FROM instance i JOIN source_file f ON f.id = i.file_id JOIN source_root r ON r.id = f.root_id
       WHERE i.series_id = ? ORDER BY i.position_mm, i.instance_number, i.id`,
    )
    .all(seriesId) as Array<{ root: string; path: string } & FileStamp>;
  return {
    format: series.format,
    root: series.root,
    files: files.map((f) => join(f.root, f.path)),
    imported: files.map(({ size, mtimeMs }) => ({ size, mtimeMs })),
  };
}
