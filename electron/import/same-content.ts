import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { groupBy } from '../../shared/group-by.ts';
import type { Task } from '../worker/task.ts';

export interface HashFilesParams {
  /** Absolute paths. */
  files: string[];
  /** The whole content; otherwise a sample, which differs for different scans but not for every two files. */
  whole: boolean;
}

const sampleBytes = 16 * 1024;
const readBytes = 1024 * 1024;

/** One hash for each file, as hex; null when it cannot be read. */
export const hashFiles: Task<HashFilesParams, Array<string | null>> = async ({ files, whole }, context) => {
  const block = Buffer.allocUnsafe(whole ? readBytes : sampleBytes);
  return files.map((file) => {
    context.signal.throwIfAborted();
    try {
      return hashOf(file, whole, block, context.signal);
    } catch (error) {
      context.signal.throwIfAborted();
      if ((error as NodeJS.ErrnoException).code === undefined) throw error;
      return null;
    }
  });
};

function hashOf(file: string, whole: boolean, block: Buffer, signal: AbortSignal): string {
  const descriptor = openSync(file, 'r');
  try {
    const { size } = fstatSync(descriptor);
    const hash = createHash('sha256');
    const take = (at: number) => {
      const read = readSync(descriptor, block, 0, block.length, at);
      hash.update(block.subarray(0, read));
      return read;
    };
    if (whole) {
      for (let at = 0; at < size; ) {
        signal.throwIfAborted();
        const read = take(at);
        if (read === 0) break;
        at += read;
      }
    } else {
      // Where an uncompressed head has tissue; anywhere in a compressed file differs.
      take(Math.floor(size / 2));
      take(Math.max(0, size - 2 * block.length));
    }
    return hash.digest('hex');
  } finally {
    closeSync(descriptor);
  }
}

/** A NIfTI file of the catalog, with whose it is. */
export interface ImageFile {
  /** Absolute. */
  file: string;
  size: number;
  subjectId: number;
}

/** How many files one task hashes. */
const filesPerTask = 64;

/**
 * Images of equal content that stand as different people. By size first, then by a sample, then by the
 * whole: in a folder of 100,000 images nearly all are told apart by a size or by two blocks of 16 KB.
 *
 * @param runTask runs `import.hashFiles`, usually in the worker pool
 * @returns groups of two or more files, each of at least two people
 */
export async function findSameContent<F extends ImageFile>(
  files: readonly F[],
  runTask: (name: string, params: HashFilesParams) => Promise<unknown>,
): Promise<F[][]> {
  let groups = ofSeveralPeople(files, (f) => String(f.size));
  for (const whole of [false, true]) {
    const candidates = groups.flat();
    const parts: Array<Promise<unknown>> = [];
    for (let from = 0; from < candidates.length; from += filesPerTask)
      parts.push(
        runTask('import.hashFiles', {
          files: candidates.slice(from, from + filesPerTask).map((f) => f.file),
          whole,
        }),
      );
    const hashes = (await Promise.all(parts)).flat() as Array<string | null>;
    const hashOfFile = new Map(candidates.map((f, n) => [f, hashes[n]]));
    const readable = candidates.filter((f) => hashOfFile.get(f) != null);
    groups = ofSeveralPeople(readable, (f) => `${f.size}|${hashOfFile.get(f)}`);
  }
  return groups;
}

function ofSeveralPeople<F extends ImageFile>(files: readonly F[], keyOf: (file: F) => string): F[][] {
  return [...groupBy(files, keyOf).values()].filter((g) => g.some((f) => f.subjectId !== g[0]!.subjectId));
}
