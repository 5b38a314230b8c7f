import type { Task } from '../worker/task.ts';
import { type ConvertedSeries, type ConvertSeriesParams, convertSeries } from './convert-series.ts';
import { type ReadFile, readSourceFile } from './read-file.ts';

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

const convert: Task<ConvertSeriesParams, ConvertedSeries> = (params, context) =>
  convertSeries(params, context);

/** What import asks of the worker pool. */
export const importTasks = { 'import.readHeaders': readHeaders, 'import.convertSeries': convert };
