import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** One finished file of a share: where, how long, and what it must hash to. */
export interface FileRecord {
  /** Relative to the share, `/` separated. */
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
}

/** A share could not be written; the message says what to do, and nothing half-written has a final name. */
export class ShareWriteError extends Error {
  override name = 'ShareWriteError';
  constructor(
    readonly code: string,
    message: string,
    readonly fix: string,
    options?: { cause?: unknown },
  ) {
    super(`${message} ${fix}`, options);
  }
}

/**
 * Writes a file under its final name only when it is complete: temporary name → fsync → rename.
 *
 * @param root folder of the share in the making
 * @param path relative to it, `/` separated
 * @throws ShareWriteError with what to do next for a full disk, missing rights and the like
 */
export async function writeWholeFile(
  root: string,
  path: string,
  content: Uint8Array | string,
): Promise<FileRecord> {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
  const target = join(root, ...path.split('/'));
  const temporary = join(dirname(target), `.${basename(target)}.${randomBytes(4).toString('hex')}.part`);
  try {
    await mkdir(dirname(target), { recursive: true });
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {});
    throw explainWriteFailure(cause, root);
  }
  return { path, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** SHA-256 of a file, read in pieces. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }))
    hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}

const EXPLAINED: Readonly<Record<string, [string, string]>> = {
  ENOSPC: [
    'The disk of the share is full.',
    'Free some space and start the share again to the same folder; it continues where it stopped.',
  ],
  EDQUOT: [
    'The disk quota for the share is used up.',
    'Free some space and start the share again to the same folder; it continues where it stopped.',
  ],
  EACCES: ['The share folder may not be written to.', 'Ask for write permission or choose another folder.'],
  EPERM: ['The share folder may not be written to.', 'Ask for write permission or choose another folder.'],
  EROFS: ['The disk of the share is read-only.', 'Choose a folder on a disk that can be written to.'],
  ENOTDIR: ['Part of the path to the share is a file, not a folder.', 'Choose another folder.'],
  EIO: [
    'The disk of the share reported an error.',
    'Check the disk and the cable, then start the share again to the same folder.',
  ],
  ENAMETOOLONG: ['A path in the share is too long for this disk.', 'Choose a folder with a shorter path.'],
};

/** Turns the system's error into one that says what to do; other errors pass unchanged. */
export function explainWriteFailure(cause: unknown, where: string): Error {
  if (cause instanceof ShareWriteError) return cause;
  const code = (cause as { code?: string } | null)?.code ?? '';
  const explained = EXPLAINED[code];
  if (!explained) return cause instanceof Error ? cause : new Error(String(cause));
  return new ShareWriteError(code, `${explained[0]} (${where})`, explained[1], { cause });
}
