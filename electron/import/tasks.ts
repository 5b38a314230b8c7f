import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Task } from '../worker/task.ts';
import { type ConvertedSeries, type ConvertSeriesParams, convertSeries } from './convert-series.ts';
import type { FileStamp } from './file-stamp.ts';
import { type ReadFile, readSourceFile } from './read-file.ts';
import { hashFiles } from './same-content.ts';

export interface ReadHeadersParams {
  /** Absolute folder. */
  root: string;
  /** Relative to it, '/' separated; a few hundred at a time. */
  files: string[];
}

const readHeaders: Task<ReadHeadersParams, ReadFile[]> = async ({ root, files }, context) => {
  const results: ReadFile[] = [];
  for (const [n, path] of files.entries()) {
    if (n % 32 === 0) context.signal.throwIfAborted();
    results.push(readSourceFile(root, path));
  }
  return results;
};

/** Null for a file that cannot be looked at. In a worker like the reading: a slow network drive must not hold up the main thread. */
const stampFiles: Task<ReadHeadersParams, (FileStamp | null)[]> = async ({ root, files }, context) =>
  files.map((path, n) => {
    if (n % 64 === 0) context.signal.throwIfAborted();
    try {
      const info = statSync(join(root, path));
      return { size: info.size, mtimeMs: info.mtimeMs };
    } catch {
      return null;
    }
  });

const convert: Task<ConvertSeriesParams, ConvertedSeries> = (params, context) =>
  convertSeries(params, context);

/** What import asks of the worker pool. */
export const importTasks = {
  'import.readHeaders': readHeaders,
  'import.stampFiles': stampFiles,
  'import.hashFiles': hashFiles,
  'import.convertSeries': convert,
};
